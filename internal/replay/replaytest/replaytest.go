// Package replaytest records calls for tests: folders as a guard writes them, of a line that nobody is on.
//
// Owns: the recorded calls. Never: anything outside of tests.
// Goroutines: none.
package replaytest

import (
	"encoding/json"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// Said is something that the caller says, in a second.
func Said(at call.Millis, text string) evidence.Item {
	return evidence.Utterance{Head: evidence.Head{Party: call.Caller, FromMS: at - 1000, ToMS: at, Source: "test"}, Text: text, Confidence: 0.9, Final: true}
}

// Rude is a caller who climbs the whole ladder.
func Rude() []evidence.Item {
	return []evidence.Item{Said(20000, "ふざけんな、てめえ"), Said(31000, "なめてんのか、こら"), Said(70000, "うるせえ、黙って聞いてろ"), Said(110000, "引っ込んでろ、お前じゃ話になんねえ")}
}

// Calm is an ordinary caller.
func Calm() []evidence.Item {
	return []evidence.Item{Said(20000, "お世話になります、先週の件でお電話しました"), Said(40000, "はい、それで結構です")}
}

// A pen writes the lines of a journal.
type pen struct {
	t     *testing.T
	w     *folder.Writer
	began time.Time
}

// A Call is a call to be recorded: what was said, announcements that take PromptMS, a wrong flag at WrongMS if that is
// above 0, the end.
type Call struct {
	Calls                    string // the calls directory
	Began                    time.Time
	ID                       call.ID // made if empty
	Rules                    *judge.Rules
	Own                      judge.Own // the centre's entries that Rules hold beside the shipped ones
	Policy                   policy.Rules
	PromptMS, WrongMS, EndMS call.Millis
	Items                    []evidence.Item
}

// Record writes the folder of the call, sealed, as a guard does, and gives its directory.
func (r Call) Record(t *testing.T) string {
	t.Helper()
	id, began, rules, p, promptMS, wrong, end := r.ID, r.Began, r.Rules, r.Policy, r.PromptMS, r.WrongMS, r.EndMS
	if id == "" {
		id = call.NewID()
	}
	w, err := folder.Create(r.Calls, id, began, folder.Options{Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	x := &pen{t: t, w: w, began: began}
	can := call.Ability{Announce: true, Voicebot: true, Rejoin: true, Cut: true}
	x.line(0, folder.KindCall, map[string]any{"what": "began", "incoming": call.Incoming{ID: id, Began: began, Direction: call.Inbound, Trunk: "t", From: call.ParseNumber("0312345678")}})
	x.line(0, folder.KindSettings, course.SettingsLine{Program: "test", Rules: p.Around(began), Thresholds: rules.Thresholds, Lexicon: rules.Version(), Own: r.Own, Trade: rules.Trade(), Can: can, Desk: p.DeskFrom(began)})
	c := course.New(rules, p, can, 0)
	c.Desk(p.DeskFrom(began))
	flagged := false
	var done []struct {
		at call.Millis
		do policy.Do
	}
	var step func(at call.Millis, s course.Step)
	ends := func(at call.Millis, do policy.Do, complete bool) {
		x.line(at, folder.KindAction, map[string]any{"do": do, "phase": "done", "spoken": map[string]any{"complete": complete}})
		step(at, c.Done(at, do, complete))
	}
	step = func(at call.Millis, s course.Step) {
		if s.Judgement != nil {
			x.line(at, folder.KindJudgement, s.Judgement)
		}
		if len(s.Actions) > 0 {
			x.line(at, folder.KindPlan, course.PlanLine{Actions: s.Actions, Stage: c.State().Stage})
		}
		for _, a := range s.Actions {
			if a.Do == policy.Stop {
				stopped := done
				done = nil
				for _, d := range stopped {
					ends(at, d.do, false)
				}
			}
			if a.Mode == policy.Auto && a.Do.Speaks() {
				x.line(at, folder.KindAction, map[string]any{"do": a.Do, "phase": "begun"})
				done = append(done, struct {
					at call.Millis
					do policy.Do
				}{at + promptMS, a.Do})
			}
		}
	}
	until := func(at call.Millis) {
		for {
			next, timer := c.Next(), true
			if len(done) > 0 && (next == 0 || done[0].at <= next) {
				next, timer = done[0].at, false
			}
			if next == 0 || next > at {
				return
			}
			if timer {
				next += 3 // a live timer fires late
				x.line(next, folder.KindTimer, map[string]any{"why": "due"})
				step(next, c.Timer(next))
				continue
			}
			do := done[0].do
			done = done[1:]
			ends(next, do, true)
		}
	}
	flag := func(at call.Millis) {
		if wrong > 0 && !flagged && at >= wrong {
			flagged = true
			until(wrong)
			cmd := policy.Command{Do: policy.CommandWrongFlag, By: "op"}
			s, err := c.Command(wrong, cmd)
			if err != nil {
				t.Fatal(err)
			}
			x.line(wrong, folder.KindCommand, cmd)
			step(wrong, s)
		}
	}
	for _, it := range r.Items {
		at := it.Span().ToMS
		flag(at)
		until(at)
		raw, err := evidence.Marshal(it)
		if err != nil {
			t.Fatal(err)
		}
		x.line(at, folder.KindEvidence, json.RawMessage(raw))
		step(at, c.Evidence(at, it))
	}
	flag(end)
	until(end)
	x.line(end, folder.KindCall, map[string]any{"what": "ended"})
	if _, err := w.Seal(end, began.Add(end.Duration()), nil); err != nil {
		t.Fatal(err)
	}
	return w.Dir
}

func (x *pen) line(at call.Millis, k folder.Kind, data any) {
	x.t.Helper()
	if _, err := x.w.Append(at, x.began.Add(at.Duration()), k, data); err != nil {
		x.t.Fatal(err)
	}
}
