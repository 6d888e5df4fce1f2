package replay

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

func shipped(t *testing.T) *judge.Rules {
	t.Helper()
	r, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func said(at call.Millis, text string) evidence.Item {
	return evidence.Utterance{Head: evidence.Head{Party: call.Caller, FromMS: at - 1000, ToMS: at, Source: "test"}, Text: text, Confidence: 0.9, Final: true}
}

func rude() []evidence.Item {
	return []evidence.Item{said(20000, "ふざけんな、てめえ"), said(31000, "なめてんのか、こら"), said(70000, "うるせえ、黙って聞いてろ"), said(110000, "引っ込んでろ、お前じゃ話になんねえ")}
}

// A pen writes the lines of a journal.
type pen struct {
	t     *testing.T
	w     *folder.Writer
	began time.Time
}

// record writes the folder of a call as a guard does: what was said, announcements that take promptMS, and a wrong flag at a time if it is above 0.
func record(t *testing.T, calls string, rules *judge.Rules, p policy.Rules, promptMS, wrong, end call.Millis, items ...evidence.Item) string {
	t.Helper()
	began := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	w, err := folder.Create(calls, call.NewID(), began, folder.Options{Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	x := &pen{t: t, w: w, began: began}
	can := call.Ability{Announce: true, Voicebot: true, Rejoin: true, Cut: true}
	x.line(0, folder.KindSettings, course.SettingsLine{Program: "test", Rules: p, Thresholds: rules.Thresholds, Lexicon: rules.Version(), Can: can})
	c := course.New(rules, p, can, 0)
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
	for _, it := range items {
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

// The journal names the versions of every judgement, and a replay gives it back byte for byte; with another lexicon at
// hand it says so, and with a changed byte of evidence it finds where (E-61).
func TestE61ReplayIsByteEqual(t *testing.T) {
	rules := shipped(t)
	for _, preset := range []policy.Preset{policy.PresetWatch, policy.PresetAsk, policy.PresetAuto} {
		dir := record(t, t.TempDir(), rules, policy.ShippedRules(preset), 7000, 0, 400000, rude()...)
		judged := 0
		if err := folder.Read(dir, func(l folder.Line) error {
			if l.Kind == folder.KindJudgement {
				var j judge.Judgement
				if err := json.Unmarshal(l.Data, &j); err != nil || j.Versions != rules.Version() || j.Versions == "" {
					t.Errorf("%s %v", l.Data, err)
				}
				judged++
			}
			return nil
		}); err != nil || judged < 4 {
			t.Fatalf("%d judgements, %v", judged, err)
		}
		r, err := Folder(dir, rules)
		if err != nil || r.Differs != "" || r.Judgements != judged {
			t.Errorf("%s: %+v %v", preset, r, err)
		}
		other, err := judge.NewRules(judge.Lexicon{Version: "other"}, judge.ShippedThresholds())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Folder(dir, other); err == nil || !strings.Contains(err.Error(), "other") {
			t.Errorf("another lexicon: %v", err)
		}
	}
}

// Without a change nothing differs, whatever the announcements really took, and with wrong flags of people as they came.
func TestWithoutAChangeNothingDiffers(t *testing.T) {
	rules := shipped(t)
	for _, preset := range []policy.Preset{policy.PresetWatch, policy.PresetAsk, policy.PresetAuto} {
		for _, promptMS := range []call.Millis{1500, 12000, 28000} {
			for _, wrong := range []call.Millis{0, 75000} {
				dir := record(t, t.TempDir(), rules, policy.ShippedRules(preset), promptMS, wrong, 900000, rude()...)
				got, err := Try(dir, rules, Change{}, nil)
				if err != nil || got.Differs() || len(got.Before.Events) < 3 || !got.Heard || got.Before.Peak != got.After.Peak {
					t.Errorf("%s %d %d: %+v %v", preset, promptMS, wrong, got, err)
				}
			}
		}
	}
}

// A changed preset, threshold or lexicon shows what would have been otherwise, and when.
func TestAChangeShowsWhatWouldDiffer(t *testing.T) {
	rules := shipped(t)
	dir := record(t, t.TempDir(), rules, policy.ShippedRules(policy.PresetAsk), 7000, 0, 200000, rude()...)
	got, err := Try(dir, rules, Change{Preset: policy.PresetAuto}, nil)
	if err != nil || got.After.Did(policy.Warn1) != 1 || got.Before.Did(policy.Warn1) != 0 || got.After.Did(policy.Warn2) != 1 || got.Before.Peak != got.After.Peak {
		t.Errorf("%+v %v", got, err)
	}
	if len(got.New) == 0 || got.New[0] != (Event{AtMS: 31000, What: EventDone, Do: policy.Warn1, Entry: got.New[0].Entry}) || got.Gone[0].What != EventPropose || got.Gone[0].AtMS != 31000 {
		t.Errorf("new %+v gone %+v", got.New, got.Gone)
	}
	if got, err = Try(dir, rules, Change{Thresholds: json.RawMessage(`{"pair_ms": 6000}`)}, nil); err != nil || !got.Differs() || got.After.Peak >= got.Before.Peak {
		t.Errorf("a shorter pair: %+v %v", got, err)
	}
	empty, err := judge.NewRules(judge.Lexicon{Version: "empty"}, judge.ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	if got, err = Try(dir, rules, Change{Lexicon: empty}, nil); err != nil || got.After.Did(policy.Notify) != 0 && got.After.Peak == judge.None || !strings.HasPrefix(got.Lexicon, "empty") || !got.Differs() {
		t.Errorf("no lexicon: %+v %v", got, err)
	}
	for name, c := range map[string]Change{"an unknown field": {Rules: json.RawMessage(`{"gap": 1}`)}, "a preset of nobody": {Preset: "wild"}, "a gap too short": {Rules: json.RawMessage(`{"gap_ms": 1}`)}, "no JSON": {Thresholds: json.RawMessage(`{`)}} {
		if c.Check() == nil {
			t.Errorf("%s was taken", name)
		}
		if _, err := Try(dir, rules, c, nil); err == nil {
			t.Errorf("%s was tried", name)
		}
	}
}

// At the time of a wrong flag the level is that of the rules, as if nobody had flagged it.
func TestAnExampleIsAskedForWithoutItsFlag(t *testing.T) {
	rules := shipped(t)
	dir := record(t, t.TempDir(), rules, policy.ShippedRules(policy.PresetAsk), 7000, 40000, 200000, rude()...)
	got, err := Try(dir, rules, Change{}, []call.Millis{10000, 40000, 60000, 500000})
	if err != nil || len(got.Checked) != 3 || got.Checked[0] != judge.None || got.Checked[1] != judge.Warning || got.Checked[2] != judge.Warning {
		t.Errorf("%v %v", got.Checked, err)
	}
	empty, err := judge.NewRules(judge.Lexicon{Version: "empty"}, judge.ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	if got, err = Try(dir, rules, Change{Lexicon: empty, Thresholds: json.RawMessage(`{"word_floor": 1}`)}, []call.Millis{40000}); err != nil || got.Checked[0] != judge.None {
		t.Errorf("%v %v", got.Checked, err)
	}
}

// Evidence that was never a call is judged by both sets of rules.
func TestTryingARecording(t *testing.T) {
	rules := shipped(t)
	got, err := TryItems("a.wav", rude(), rules, policy.ShippedRules(policy.PresetAsk), Change{Preset: policy.PresetAuto})
	if err != nil || got.After.Did(policy.Warn2) != 1 || got.Before.Did(policy.Warn1) != 0 || !got.Differs() {
		t.Errorf("%+v %v", got, err)
	}
	if got, err = TryItems("a.wav", rude(), rules, policy.ShippedRules(policy.PresetAuto), Change{}); err != nil || got.Differs() {
		t.Errorf("%+v %v", got, err)
	}
}
