package intake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// line turns one journal line into what the console shows and the index counts.
func (r *reader) line(l folder.Line) error {
	if l.Seq == 0 && r.Call.Incoming.Trunk == "" {
		r.Call.Incoming.Began = l.Wall
	}
	r.Call.Duration = max(r.Call.Duration, l.AtMS)
	read := map[folder.Kind]func(folder.Line) error{
		folder.KindCall: r.call, folder.KindNotice: r.call, folder.KindEvidence: r.evidence, folder.KindJudgement: r.judgement,
		folder.KindPlan: r.plan, folder.KindAction: r.action, folder.KindCommand: r.command, folder.KindSettings: r.settings,
		folder.KindGap: r.gap, folder.KindTurn: r.turn,
	}[l.Kind]
	if read == nil {
		return nil // timers, the clock and what the voicebot was told are for replay
	}
	if err := read(l); err != nil {
		return fmt.Errorf("line %d: %w", l.Seq, err)
	}
	return nil
}

// show keeps a line for the console.
func (r *reader) show(l folder.Line, part int, v bus.ViewLine) error {
	v.Seq = l.Seq
	if v.AtMS == 0 {
		v.AtMS = l.AtMS
	}
	b, err := json.Marshal(v)
	r.Lines = append(r.Lines, Line{Seq: l.Seq, Part: part, AtMS: v.AtMS, Kind: v.Kind, Words: Fold(v.Text), Data: b})
	return err
}

func (r *reader) call(l folder.Line) error {
	var d struct {
		What     string          `json:"what"`
		Party    call.Party      `json:"party"`
		Incoming *call.Incoming  `json:"incoming"`
		Reason   *call.EndReason `json:"reason"`
	}
	if err := json.Unmarshal(l.Data, &d); err != nil {
		return err
	}
	if d.Incoming != nil && d.Incoming.ID != "" {
		r.Call.Incoming = *d.Incoming
	}
	if d.Reason != nil {
		r.Call.Ended = *d.Reason
	}
	return r.show(l, 0, bus.ViewLine{Kind: string(l.Kind), Text: d.What, Party: d.Party})
}

func (r *reader) evidence(l folder.Line) error {
	it, err := evidence.Unmarshal(l.Data)
	if err != nil {
		return err
	}
	h := it.Span()
	v := bus.ViewLine{AtMS: h.ToMS, Kind: string(it.Kind()), Party: h.Party, Source: h.Source}
	switch it := it.(type) {
	case evidence.Utterance:
		v.Text, v.Confidence = it.Text, it.Confidence
	case evidence.Phrase:
		v.Text, v.Category = r.surface(it.ID)
		if v.Text == "" {
			v.Text = it.Reading
		}
		v.Confidence = it.Confidence
	case evidence.Gist:
		if !judge.IsSign(it) {
			return nil
		}
		v.Category, v.Confidence = judge.Category(it.Category), it.Harm
	case evidence.DTMF:
		v.Text = it.Digit
	case evidence.Voice:
		for i, c := range it.Candidates {
			v.Voice, v.Confidence = c.Voiceprint, c.Score
			if err := r.show(l, i, v); err != nil {
				return err
			}
		}
		return nil
	case evidence.Mark:
		if it.Source == evidence.SourceEdge {
			return nil // hold and resume have lines of their own
		}
		v.Text, v.By = it.Mark, it.By
	case evidence.Gap:
		v.Text, v.Because = it.What, it.Why
	default:
		return nil // loudness and emotion go to the wave picture, not into the list
	}
	return r.show(l, 0, v)
}

func (r *reader) judgement(l folder.Line) error {
	var j judge.Judgement
	if err := json.Unmarshal(l.Data, &j); err != nil {
		return err
	}
	r.Call.Peak, r.last = max(r.Call.Peak, j.Level), j
	for _, f := range j.Findings {
		if c := f.Known(); c != "" {
			r.Call.Categories = append(r.Call.Categories, c)
		}
	}
	r.Lines = append(r.Lines, Line{Seq: l.Seq, AtMS: l.AtMS, Kind: string(l.Kind), Data: l.Data})
	return nil
}

func (r *reader) plan(l folder.Line) error {
	var p course.PlanLine
	if err := json.Unmarshal(l.Data, &p); err != nil {
		return err
	}
	r.reached(p.Stage)
	for i, a := range p.Actions {
		if a.Mode != policy.AskFirst {
			continue // what is done by itself has its action lines
		}
		r.Suggest = r.Suggest || a.Do == policy.LimitNow
		if err := r.show(l, i, bus.ViewLine{Kind: "proposal", Do: a.Do, Mode: a.Mode, Stage: p.Stage}); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) action(l folder.Line) error {
	var a struct {
		Do     policy.Do     `json:"do"`
		Phase  string        `json:"phase"`
		By     string        `json:"by"`
		Error  string        `json:"error"`
		Limit  *policy.Limit `json:"limit"`
		Spoken *struct {
			Complete bool `json:"complete"`
		} `json:"spoken"`
	}
	if err := json.Unmarshal(l.Data, &a); err != nil {
		return err
	}
	if a.Phase == "done" {
		r.Call.Actions = append(r.Call.Actions, a.Do)
		if a.Spoken == nil || a.Spoken.Complete {
			r.reached(stageOf(a.Do))
		}
		if a.Do == policy.Cut && a.By == "" {
			r.AutoCut = l.Wall
		}
		if a.Limit != nil {
			r.Limits = append(r.Limits, *a.Limit)
		}
	}
	return r.show(l, 0, bus.ViewLine{Kind: "action", Do: a.Do, Phase: a.Phase, By: a.By, Because: a.Error})
}

func (r *reader) command(l folder.Line) error {
	var c struct {
		policy.Command
		Refused string `json:"refused"`
	}
	if err := json.Unmarshal(l.Data, &c); err != nil {
		return err
	}
	if c.Refused == "" {
		r.marked(l, c.Command)
	}
	return r.show(l, 0, bus.ViewLine{Kind: "command", Text: c.Do, By: c.By, Because: c.Refused})
}

// marked notes what a person said of the call while it ran.
func (r *reader) marked(l folder.Line, c policy.Command) {
	if !evidence.IsMark(c.Do) {
		return
	}
	if !slices.Contains(r.Call.Marks, c.Do) {
		r.Call.Marks = append(r.Call.Marks, c.Do)
	}
	if c.Do != evidence.MarkWrongFlag || r.last.Level == judge.None {
		return
	}
	w := WrongFlag{AtMS: l.AtMS, Level: r.last.Level, By: c.By, Note: c.Why, At: l.Wall.UTC().Truncate(time.Millisecond)}
	if len(r.last.Findings) > 0 {
		w.Category = r.last.Findings[0].Known()
	}
	r.Wrong = append(r.Wrong, w)
}

func (r *reader) settings(l folder.Line) error {
	var s course.SettingsLine
	if err := json.Unmarshal(l.Data, &s); err != nil {
		return err
	}
	r.Call.Preset, r.Call.Lexicon, r.Call.Program, r.own = s.Rules.Preset, s.Lexicon, s.Program, s.Own.Sheets
	return nil
}

// surface gives the written form of an entry, of the centre's own by what the folder says of them.
func (r *reader) surface(id string) (string, judge.Category) {
	for _, s := range r.own {
		for _, e := range s.Entries {
			if e.ID == id {
				return e.Surface, s.Category
			}
		}
	}
	text, c, _ := r.rules.Surface(id)
	return text, c
}

func (r *reader) gap(l folder.Line) error {
	var g struct {
		What string `json:"what"`
		Why  string `json:"why"`
	}
	if err := json.Unmarshal(l.Data, &g); err != nil {
		return err
	}
	return r.show(l, 0, bus.ViewLine{Kind: "gap", Text: g.What, Because: strings.TrimSpace(g.Why)})
}

// turn keeps what the voicebot had learned by then: the last one is what it learned.
func (r *reader) turn(l folder.Line) error {
	var t course.TurnLine
	if err := json.Unmarshal(l.Data, &t); err != nil {
		return err
	}
	b, err := json.Marshal(t.State.Summary(r.Call.Incoming.ID))
	r.Lines = append(r.Lines, Line{Seq: l.Seq, AtMS: l.AtMS, Kind: string(l.Kind), Data: b})
	return err
}
