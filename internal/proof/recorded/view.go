package recorded

import (
	"encoding/json"
	"fmt"
	"slices"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/edge/guard"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// A view builds from journal lines what a console is shown. Outlook and the times of the ladder's state are not in a
// journal; they stay empty.
type view struct {
	bus.CallView
	rules *judge.Rules
	ended call.EndReason
}

func newView(c *Call, edge string, r *judge.Rules) *view {
	return &view{rules: r, ended: c.Ended, CallView: bus.CallView{Incoming: c.Incoming, Edge: edge, Line: bus.LineRinging, Meter: map[call.Party]int{}}}
}

// line takes one line of the journal in.
func (v *view) line(l folder.Line) error {
	v.Revision++
	v.AtMS = l.AtMS
	var err error
	switch l.Kind {
	case folder.KindCall:
		err = v.call(l)
	case folder.KindSettings:
		var s course.SettingsLine
		err = json.Unmarshal(l.Data, &s)
		v.Preset, v.Can = s.Rules.Preset, s.Can
	case folder.KindEvidence:
		err = v.evidence(l)
	case folder.KindJudgement:
		v.Judgement = judge.Judgement{}
		err = json.Unmarshal(l.Data, &v.Judgement)
		v.Peak = max(v.Peak, v.Judgement.Level)
	case folder.KindPlan:
		err = v.plan(l)
	case folder.KindAction:
		var a guard.ActionLine
		err = json.Unmarshal(l.Data, &a)
		v.add(l, bus.ViewLine{Do: a.Do, Phase: a.Phase, By: a.By, Because: a.Error})
		if a.Phase == guard.Done {
			v.Actions = append(slices.Clip(v.Actions), a.Do)
		}
	}
	if err != nil {
		return fmt.Errorf("line %d: %w", l.Seq, err)
	}
	return nil
}

// add puts a line on the screen. What was published before is never written to again.
func (v *view) add(l folder.Line, line bus.ViewLine) {
	line.Seq, line.AtMS = l.Seq, l.AtMS
	if line.Kind == "" {
		line.Kind = string(l.Kind)
	}
	v.Lines = append(slices.Clip(v.Lines), line)
}

func (v *view) call(l folder.Line) error {
	var c struct {
		What  string     `json:"what"`
		Party call.Party `json:"party"`
	}
	if err := json.Unmarshal(l.Data, &c); err != nil {
		return err
	}
	switch c.What {
	case "leg_up", "connected":
		v.Line = bus.LineWatching
	case "ended":
		v.Line, v.Ended = bus.LineEnded, &v.ended
	}
	v.add(l, bus.ViewLine{Text: c.What, Party: c.Party})
	return nil
}

func (v *view) evidence(l folder.Line) error {
	it, err := evidence.Unmarshal(l.Data)
	if err != nil {
		return err
	}
	h := it.Span()
	line := bus.ViewLine{Kind: string(it.Kind()), Party: h.Party, Source: h.Source}
	switch it := it.(type) {
	case evidence.Phrase:
		line.Text, line.Category, _ = v.rules.Surface(it.ID)
		line.Confidence = it.Confidence
	case evidence.Utterance:
		line.Text, line.Confidence = it.Text, it.Confidence
	case evidence.Gist:
		if !judge.IsSign(it) {
			return nil
		}
		line.Category, line.Confidence = judge.Category(it.Category), it.Harm
	case evidence.Gap:
		line.Text, line.Because = it.What, it.Why
		v.Gaps = append(slices.Clip(v.Gaps), it)
	case evidence.Sound:
		v.Meter = map[call.Party]int{call.Caller: v.Meter[call.Caller], call.Agent: v.Meter[call.Agent]}
		v.Meter[h.Party] = int(it.LoudnessDB)
		return nil
	default:
		return nil
	}
	v.add(l, line)
	return nil
}

func (v *view) plan(l folder.Line) error {
	var p course.PlanLine
	if err := json.Unmarshal(l.Data, &p); err != nil {
		return err
	}
	v.State.Stage = p.Stage
	for _, a := range p.Actions {
		if a.Mode == policy.AskFirst {
			v.Proposed = append(slices.Clip(v.Proposed), a)
			v.add(l, bus.ViewLine{Kind: "proposal", Do: a.Do, Mode: a.Mode, Stage: p.Stage})
		}
	}
	return nil
}
