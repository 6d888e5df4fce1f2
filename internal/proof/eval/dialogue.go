package eval

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
	"commusafe/internal/replay"
)

// A Turn is one thing that happens in a dialogue: something said, a person's command, or what is known of the caller.
type Turn struct {
	AtMS    call.Millis `json:"at_ms"`
	Party   call.Party  `json:"party,omitempty"`
	Text    string      `json:"text,omitempty"`
	Command string      `json:"command,omitempty"`   // final_answer, accommodation, wrong_flag, warn, cut …
	Matter  int         `json:"on_matter,omitempty"` // this is the n-th call on the matter
}

// An Expect says what must come of a dialogue (contracts §9).
type Expect struct {
	Stage    policy.Stage   `json:"stage,omitempty"` // the highest that is reached
	Actions  []policy.Do    `json:"actions,omitempty"`
	Never    []policy.Do    `json:"never,omitempty"`
	Category judge.Category `json:"category,omitempty"`
	WithinMS call.Millis    `json:"within_ms,omitempty"` // from the turn that led to it to the first of the actions
}

// A Dialogue is one conversation and what must come of it.
type Dialogue struct {
	Call   string `json:"call"`
	Preset string `json:"preset"`
	Turns  []Turn `json:"turns"`
	Expect Expect `json:"expect"`
}

// A DialogueRow is what came of one conversation.
type DialogueRow struct {
	Name      string         `json:"name"`
	Stage     policy.Stage   `json:"stage"`
	Level     judge.Level    `json:"level"`
	Actions   []policy.Do    `json:"actions"`
	Category  judge.Category `json:"category,omitempty"`
	ReactedMS call.Millis    `json:"reacted_ms"` // from the last turn before it to the first action
	CutMS     call.Millis    `json:"cut_ms,omitempty"`
	Wrong     string         `json:"wrong,omitempty"` // what was not as expected
}

// Dialogues is the result of eval dialogue.
type Dialogues struct {
	Versions map[string]string `json:"versions"`
	Rows     []DialogueRow     `json:"rows"`
	Kinds    []DialogueKind    `json:"kinds"`
	Calls    int               `json:"calls"`
	Right    int               `json:"right"`
	Cuts     int               `json:"cuts"`
}

// A DialogueKind is what came of the conversations whose names are the same up to the last dash.
type DialogueKind struct {
	Name    string `json:"name"`
	Calls   int    `json:"calls"`
	Told    int    `json:"told"`    // people were, with or without an alarm
	Alarmed int    `json:"alarmed"` // with one
	Warned  int    `json:"warned"`  // the machine spoke to the caller by itself
	Cut     int    `json:"cut"`
}

// kind adds a conversation to its kind.
func (m *Dialogues) kind(r DialogueRow) {
	name := r.Name[:max(0, strings.LastIndex(r.Name, "-"))]
	i := slices.IndexFunc(m.Kinds, func(k DialogueKind) bool { return k.Name == name })
	if i < 0 {
		i, m.Kinds = len(m.Kinds), append(m.Kinds, DialogueKind{Name: name})
	}
	k := &m.Kinds[i]
	k.Calls++
	k.Told += ones(r.did(policy.Notify))
	k.Alarmed += ones(r.did(policy.Alert))
	k.Warned += ones(slices.ContainsFunc(r.Actions, policy.Do.Speaks))
	k.Cut += ones(r.did(policy.Cut))
}

// did tells whether something was done. An alarm tells people as well.
func (r DialogueRow) did(do policy.Do) bool {
	return slices.Contains(r.Actions, do) || do == policy.Notify && slices.Contains(r.Actions, policy.Alert)
}

// RunDialogues judges conversations in media time, as the guard would, with the shipped rules.
func RunDialogues(path string) (*Dialogues, error) {
	set, err := readDialogues(path)
	if err != nil {
		return nil, err
	}
	rules, err := judge.ShippedRules()
	if err != nil {
		return nil, err
	}
	m := &Dialogues{Versions: map[string]string{"lexicon": rules.Version(), "rules": "shipped"}}
	for _, d := range set {
		row := play(rules, d)
		row.Wrong = d.Expect.differs(row)
		m.Rows = append(m.Rows, row)
		m.Calls++
		m.Right += ones(row.Wrong == "")
		m.Cuts += ones(row.did(policy.Cut))
		m.kind(row)
	}
	return m, nil
}

// A player is one conversation under way.
type player struct {
	replay.Play
	row    DialogueRow
	turnAt call.Millis
	did    func(now call.Millis, do policy.Do) // told of each action; nil: nobody
}

func newPlayer(rules *judge.Rules, preset policy.Preset) *player {
	p := &player{row: DialogueRow{Stage: policy.StageNormal, ReactedMS: -1}}
	p.Course = course.New(rules, policy.ShippedRules(preset), call.Ability{Announce: true, Voicebot: true, Rejoin: true, Cut: true}, 0)
	p.Took = p.took
	return p
}

func play(rules *judge.Rules, d Dialogue) DialogueRow {
	p := newPlayer(rules, presetNamed(d.Preset))
	p.row.Name = d.Call
	turns := slices.Clone(d.Turns)
	slices.SortStableFunc(turns, func(a, b Turn) int { return int(a.AtMS - b.AtMS) })
	for _, t := range turns {
		p.Until(t.AtMS)
		if p.Over() {
			break
		}
		p.turn(t)
	}
	p.Settle()
	return p.row
}

func (p *player) turn(t Turn) {
	head := evidence.Head{Party: t.Party, FromMS: max(0, t.AtMS-2000), ToMS: t.AtMS, Source: "dialogue"}
	switch {
	case t.Command != "":
		p.Command(t.AtMS, policy.Command{Do: t.Command, By: "person"})
	case t.Matter > 0:
		p.Evidence(t.AtMS, evidence.History{Head: head, OnMatter: t.Matter})
	default:
		if t.Party == call.Caller {
			p.turnAt = t.AtMS
		}
		p.Evidence(t.AtMS, evidence.Utterance{Head: head, Text: t.Text, Confidence: 0.9, Final: true})
	}
}

// took notes what came of a step.
func (p *player) took(now call.Millis, s course.Step) {
	if j := p.Course.Judgement(); j.Level >= p.row.Level && len(j.Findings) > 0 {
		p.row.Level, p.row.Category = j.Level, j.Findings[0].Category
	}
	if rank(p.Course.State().Stage) > rank(p.row.Stage) {
		p.row.Stage = p.Course.State().Stage
	}
	at := now
	for _, a := range s.Actions {
		if a.Mode != policy.Auto {
			continue
		}
		p.row.Actions = append(p.row.Actions, a.Do)
		if p.did != nil {
			p.did(now, a.Do)
		}
		if p.row.ReactedMS < 0 {
			p.row.ReactedMS = now - p.turnAt
		}
		at += replay.Silent(a.Do).MS
		if a.Do == policy.Cut {
			p.row.CutMS = at
		}
	}
}

func rank(s policy.Stage) int {
	return slices.Index([]policy.Stage{policy.StageNormal, policy.StageWatch, policy.StageWarn1, policy.StageWarn2, policy.StageFinal,
		policy.StageClosing, policy.StageClosed, policy.StageEmergency}, s)
}

func presetNamed(name string) policy.Preset {
	switch name {
	case "見守り", string(policy.PresetWatch):
		return policy.PresetWatch
	case "自動", string(policy.PresetAuto):
		return policy.PresetAuto
	default:
		return policy.PresetAsk
	}
}

// differs says what is not as expected; empty if all is.
func (e Expect) differs(r DialogueRow) string {
	var out []string
	if e.Stage != "" && e.Stage != r.Stage {
		out = append(out, fmt.Sprintf("stage %s, want %s", r.Stage, e.Stage))
	}
	for _, do := range e.Actions {
		if !r.did(do) {
			out = append(out, fmt.Sprintf("no %s", do))
		}
	}
	for _, do := range e.Never {
		if r.did(do) {
			out = append(out, fmt.Sprintf("%s was done", do))
		}
	}
	if e.Category != "" && e.Category != r.Category {
		out = append(out, fmt.Sprintf("category %s, want %s", r.Category, e.Category))
	}
	if e.WithinMS > 0 && len(e.Actions) > 0 && r.ReactedMS > e.WithinMS && e.Category != judge.Hold && e.Category != judge.Repeat {
		out = append(out, fmt.Sprintf("after %d ms, want %d", r.ReactedMS, e.WithinMS))
	}
	return strings.Join(out, "; ")
}

func readDialogues(path string) ([]Dialogue, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<22)
	var out []Dialogue
	for n := 1; s.Scan(); n++ {
		if strings.TrimSpace(s.Text()) == "" {
			continue
		}
		var d Dialogue
		if err := json.Unmarshal(s.Bytes(), &d); err != nil {
			return nil, fmt.Errorf("%w: %s:%d: %w", ErrInput, path, n, err)
		}
		if d.Call == "" || len(d.Turns) == 0 {
			return nil, fmt.Errorf("%w: %s:%d: call and turns are needed", ErrInput, path, n)
		}
		out = append(out, d)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrInput, path, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s has no dialogues", ErrInput, path)
	}
	return out, nil
}

// Summary writes the figures of the kinds for people.
func (m *Dialogues) Summary(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "kind\tcalls\ttold\talarmed\twarned\tcut\t")
	for _, k := range m.Kinds {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t\n", k.Name, k.Calls, k.Told, k.Alarmed, k.Warned, k.Cut)
	}
	return t.Flush()
}

// Table writes the figures for people.
func (m *Dialogues) Table(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "call\tstage\tlevel\tcategory\tactions\treacted ms\tas expected")
	for _, r := range m.Rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%v\t%d\t%s\n", r.Name, r.Stage, r.Level, r.Category, r.Actions, r.ReactedMS, orYes(r.Wrong))
	}
	fmt.Fprintf(t, "total\t%d calls\t%d as expected\t%d cut\n", m.Calls, m.Right, m.Cuts)
	return t.Flush()
}

func orYes(wrong string) string {
	if wrong == "" {
		return "yes"
	}
	return "NO: " + wrong
}
