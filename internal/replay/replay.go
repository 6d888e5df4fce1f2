// Package replay runs a folder's evidence, commands and timers once more through judge and policy, and compares what
// comes out with what the journal says was judged and planned.
//
// Owns: the comparison. Never: clocks, sound, performing an action.
// Goroutines: none.
package replay

import (
	"bytes"
	"encoding/json"
	"fmt"

	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/dialogue"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// A Result is what a replay gave.
type Result struct {
	Lines      int
	Judgements int
	Plans      int
	Turns      int // of the voicebot
	// Dialogues are what is to be measured of each dialogue of the voicebot.
	Dialogues []dialogue.Measure
	// Differs says where the replay first left the journal; empty when every judgement, plan and turn is the same bytes.
	Differs string
	// Again is every judgement, plan and turn as it comes out now, one JSON object a line: {"at_ms","kind","data"}.
	Again []Out
}

// An Out is one judgement, plan or turn of the replay.
type Out struct {
	AtMS call.Millis     `json:"at_ms"`
	Kind folder.Kind     `json:"kind"`
	Data json.RawMessage `json:"data"`
}

// Folder replays a call folder with the shipped lexicon it was judged with; what the centre had added to it, thresholds
// and policy come from the folder.
func Folder(dir string, rules *judge.Rules) (Result, error) {
	p := player{rules: rules}
	if err := folder.Read(dir, p.line); err != nil {
		return Result{}, fmt.Errorf("replay %s: %w", dir, err)
	}
	if p.course == nil {
		return Result{}, fmt.Errorf("replay %s: the journal has no settings line; nothing was judged", dir)
	}
	p.left()
	if p.Differs == "" && len(p.due) > 0 {
		p.Differs = fmt.Sprintf("after the last line: the replay gives a %s that the journal lacks", p.due[0].Kind)
	}
	return p.Result, nil
}

// A player goes through a journal. due are the lines that must come next.
type player struct {
	Result
	rules  *judge.Rules
	course *course.Course
	due    []Out
}

func (p *player) line(l folder.Line) error {
	p.Lines++
	switch l.Kind {
	case folder.KindSettings:
		return p.settings(l)
	case folder.KindJudgement, folder.KindPlan, folder.KindTurn:
		p.compare(l)
		return nil
	}
	if p.course == nil {
		return nil
	}
	step, ok, err := p.step(l)
	if err != nil || !ok {
		return err
	}
	if len(p.due) > 0 && p.Differs == "" {
		p.Differs = fmt.Sprintf("line %d (%s): the replay gives a %s before it", l.Seq, l.Kind, p.due[0].Kind)
	}
	p.due = nil
	return p.expect(l.AtMS, step)
}

func (p *player) settings(l folder.Line) error {
	var s course.SettingsLine
	if err := json.Unmarshal(l.Data, &s); err != nil {
		return fmt.Errorf("line %d: %w", l.Seq, err)
	}
	with, err := p.rules.With(s.Own, s.Trade)
	if err != nil {
		return fmt.Errorf("line %d: the centre's own entries or its packs can't be used: %w", l.Seq, err)
	}
	with, ok := with.OfVersion(s.Lexicon)
	if !ok {
		return fmt.Errorf("line %d: judged with lexicon %q, but %q is at hand; give the lexicon of that time", l.Seq, s.Lexicon, with.Version())
	}
	with.Thresholds = s.Thresholds
	p.course = course.New(with, s.Rules, s.Can, s.CutsToday)
	p.course.Desk(s.Desk)
	return nil
}

// step feeds one line to the course. ok is false for lines that make nothing be considered.
func (p *player) step(l folder.Line) (s course.Step, ok bool, err error) {
	switch l.Kind {
	case folder.KindEvidence:
		it, err := evidence.Unmarshal(l.Data)
		if err != nil {
			return s, false, fmt.Errorf("line %d: %w", l.Seq, err)
		}
		return p.course.Evidence(l.AtMS, it), true, nil
	case folder.KindTimer:
		return p.course.Timer(l.AtMS), true, nil
	case folder.KindCommand:
		var c struct {
			policy.Command
			Refused string `json:"refused"`
		}
		if err := json.Unmarshal(l.Data, &c); err != nil {
			return s, false, fmt.Errorf("line %d: %w", l.Seq, err)
		}
		s, err := p.course.Command(l.AtMS, c.Command)
		if (err != nil) != (c.Refused != "") && p.Differs == "" {
			p.Differs = fmt.Sprintf("line %d: command refused %q, in the replay %v", l.Seq, c.Refused, err)
		}
		return s, err == nil, nil
	case folder.KindDialogue:
		var e dialogue.Event
		if err := json.Unmarshal(l.Data, &e); err != nil {
			return s, false, fmt.Errorf("line %d: %w", l.Seq, err)
		}
		if e.Kind == dialogue.Began {
			p.left()
			p.Dialogues = append(p.Dialogues, dialogue.Measure{})
		}
		return p.course.Dialogue(l.AtMS, e), true, nil
	case folder.KindAction:
		return p.action(l)
	}
	return s, false, nil
}

// action feeds the end of an action that the ladder counts.
func (p *player) action(l folder.Line) (s course.Step, ok bool, err error) {
	var a struct {
		Do     policy.Do `json:"do"`
		Phase  string    `json:"phase"`
		Spoken *struct {
			Complete bool `json:"complete"`
		} `json:"spoken"`
	}
	if err := json.Unmarshal(l.Data, &a); err != nil {
		return s, false, fmt.Errorf("line %d: %w", l.Seq, err)
	}
	instant := a.Do == policy.Notify || a.Do == policy.Alert || a.Do == policy.Stop || a.Do == policy.LimitNow
	switch {
	case instant || a.Phase == "begun":
		return s, false, nil
	case a.Phase == "failed":
		return p.course.Failed(l.AtMS, a.Do), true, nil
	}
	return p.course.Done(l.AtMS, a.Do, a.Spoken == nil || a.Spoken.Complete), true, nil
}

func (p *player) expect(at call.Millis, s course.Step) error {
	add := func(kind folder.Kind, v any) error {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		o := Out{AtMS: at, Kind: kind, Data: b}
		p.due, p.Again = append(p.due, o), append(p.Again, o)
		return nil
	}
	if s.Judgement != nil {
		p.Judgements++
		if err := add(folder.KindJudgement, s.Judgement); err != nil {
			return err
		}
	}
	if len(s.Actions) > 0 {
		p.Plans++
		if err := add(folder.KindPlan, course.PlanLine{Actions: s.Actions, Stage: p.course.State().Stage}); err != nil {
			return err
		}
	}
	if s.Turn != nil {
		p.Turns++
		if n := len(p.Dialogues); n > 0 {
			p.Dialogues[n-1].Turn(at, *s.Turn, p.course.Talk())
		}
		return add(folder.KindTurn, course.TurnLine{Command: *s.Turn, State: p.course.Talk()})
	}
	return nil
}

// left notes how the newest dialogue was left, which no turn says where the caller hung up.
func (p *player) left() {
	if n := len(p.Dialogues); n > 0 {
		p.Dialogues[n-1].Exit = p.course.Talk().Exit
	}
}

func (p *player) compare(l folder.Line) {
	if p.Differs != "" {
		return
	}
	if len(p.due) == 0 {
		p.Differs = fmt.Sprintf("line %d: the journal has a %s that the replay does not give", l.Seq, l.Kind)
		return
	}
	want := p.due[0]
	p.due = p.due[1:]
	if want.Kind != l.Kind || want.AtMS != l.AtMS || !bytes.Equal(want.Data, l.Data) {
		p.Differs = fmt.Sprintf("line %d: %s %s, in the replay %s %s", l.Seq, l.Kind, l.Data, want.Kind, want.Data)
	}
}
