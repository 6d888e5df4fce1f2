package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// A Change is what is tried over past calls. What is left empty stays as each call had it.
type Change struct {
	// Lexicon are the rules whose lexicon is tried; nil: the one at hand.
	Lexicon *judge.Rules
	// Own are entries of the centre's own and Trade packs in the place of those that each call had; nil: its own.
	Own    *judge.Own
	Trade  *[]string
	Preset policy.Preset
	// Rules and Thresholds are JSON objects with the fields that change.
	Rules      json.RawMessage
	Thresholds json.RawMessage
	// Ready keeps the rules that were made last for further calls; nil: they are made for each call anew.
	Ready *Ready
}

// A Ready is the rules that were made last. Making them takes far longer than judging a call by them. One trial uses it.
type Ready struct {
	of, rules *judge.Rules
	key       string
}

// with gives rules with other entries of the centre's own and other packs.
func (y *Ready) with(r *judge.Rules, own judge.Own, trade []string) (*judge.Rules, error) {
	if y == nil {
		return r.With(own, trade)
	}
	b, err := json.Marshal([]any{own, trade})
	if err != nil {
		return nil, err
	}
	if y.of == r && y.key == string(b) {
		return y.rules, nil
	}
	with, err := r.With(own, trade)
	if err == nil {
		y.of, y.rules, y.key = r, with, string(b)
	}
	return with, err
}

// words gives rules with the entries and packs of a call, as far as the change does not put others in their place.
func (c Change) words(r *judge.Rules, own judge.Own, trade []string) (*judge.Rules, error) {
	if c.Own != nil {
		own = *c.Own
	}
	if c.Trade != nil {
		trade = *c.Trade
	}
	return c.Ready.with(r, own, trade)
}

// rules gives a call's rules with the change. An unknown field or a wrong value is an error.
func (c Change) rules(r policy.Rules, t judge.Thresholds) (policy.Rules, judge.Thresholds, error) {
	if c.Preset != "" {
		r.Preset = c.Preset
	}
	// A patch writes into the lists that are there, which are the call's own.
	r.Desk, r.Closed, r.Careful, r.Criteria = slices.Clone(r.Desk), slices.Clone(r.Closed), slices.Clone(r.Careful), slices.Clone(r.Criteria)
	if err := patch(c.Rules, &r); err != nil {
		return r, t, fmt.Errorf("rules: %w", err)
	}
	if err := patch(c.Thresholds, &t); err != nil {
		return r, t, fmt.Errorf("thresholds: %w", err)
	}
	return r, t, r.Check()
}

// Check tells what is wrong with a change, before a call is tried.
func (c Change) Check() error {
	_, t, err := c.rules(policy.ShippedRules(policy.PresetAsk), judge.ShippedThresholds())
	if err != nil {
		return err
	}
	if err := t.Check(); err != nil {
		return fmt.Errorf("thresholds: %w", err)
	}
	return nil
}

func patch(b json.RawMessage, v any) error {
	if len(b) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// Sorts of events.
const (
	EventLevel   = "level"   // the level of the judgement changed
	EventDone    = "done"    // done by itself
	EventPropose = "propose" // proposed to a person
)

// An Event is what a person would notice of judging at a moment of a call.
type Event struct {
	AtMS     call.Millis    `json:"at_ms"`
	What     string         `json:"what" enum:"level,done,propose"`
	Level    judge.Level    `json:"level"`
	Do       policy.Do      `json:"do,omitempty"`
	Category judge.Category `json:"category,omitempty"`
	Entry    string         `json:"entry,omitempty"` // lexicon entry or catalogue key; never words of the call
}

// A Course is what happened, or would have happened, in a call.
type Course struct {
	Peak   judge.Level  `json:"peak"`
	Stage  policy.Stage `json:"stage"`
	Events []Event      `json:"events"`
}

// Did counts how often something was done by itself.
func (c Course) Did(do policy.Do) (n int) {
	for _, e := range c.Events {
		if e.What == EventDone && e.Do == do {
			n++
		}
	}
	return n
}

// A Tried is one call under changed rules.
type Tried struct {
	Call    call.ID     `json:"call,omitempty"`
	Name    string      `json:"name"` // of the folder or file
	Began   time.Time   `json:"began,omitzero"`
	EndMS   call.Millis `json:"end_ms"`
	Heard   bool        `json:"heard"` // somebody listened to the caller
	Lexicon string      `json:"lexicon"`
	Before  Course      `json:"before"`
	After   Course      `json:"after"`
	Gone    []Event     `json:"gone"` // only as it was
	New     []Event     `json:"new"`  // only with the change
	// Checked are the levels that the changed rules give at the times that were asked for.
	Checked []judge.Level `json:"checked,omitempty"`
}

// Differs tells whether anybody would have noticed the change.
func (t Tried) Differs() bool { return len(t.Gone) > 0 || len(t.New) > 0 }

// together is how far apart two events may be that are the same: timers of a live call fire a little late.
const together = 2000

// compare finds what only one of two courses has.
func (t *Tried) compare() {
	used := make([]bool, len(t.After.Events))
	t.Gone, t.New = []Event{}, []Event{}
	for _, b := range t.Before.Events {
		found := false
		for i, a := range t.After.Events {
			if d := a.AtMS - b.AtMS; !used[i] && !found && a.What == b.What && a.Level == b.Level && a.Do == b.Do && d <= together && -d <= together {
				used[i], found = true, true
			}
		}
		if !found {
			t.Gone = append(t.Gone, b)
		}
	}
	for i, a := range t.After.Events {
		if !used[i] {
			t.New = append(t.New, a)
		}
	}
}

// A witness notes the events of a course.
type witness struct {
	Course
	level judge.Level
}

func (w *witness) judged(at call.Millis, j judge.Judgement) {
	if j.Level == w.level {
		return
	}
	e := Event{AtMS: at, What: EventLevel, Level: j.Level}
	if len(j.Findings) > 0 {
		f := j.Findings[0]
		e.Category, e.Entry = f.Known(), f.Entry
		if e.Entry == "" {
			e.Entry = f.Because
		}
	}
	w.level, w.Peak = j.Level, max(w.Peak, j.Level)
	w.Events = append(w.Events, e)
}

func (w *witness) planned(at call.Millis, p course.PlanLine) {
	w.Stage = p.Stage
	for _, a := range p.Actions {
		if a.By != "" || a.Do == policy.Stop {
			continue // a person's
		}
		e := Event{AtMS: at, What: EventDone, Do: a.Do}
		if a.Mode == policy.AskFirst {
			e.What = EventPropose
		}
		if len(a.Because) > 0 {
			e.Entry = a.Because[0]
		}
		w.Events = append(w.Events, e)
	}
}

func (w *witness) took(c *course.Course) func(call.Millis, course.Step) {
	return func(at call.Millis, s course.Step) {
		if s.Judgement != nil {
			w.judged(at, *s.Judgement)
		}
		w.planned(at, course.PlanLine{Actions: s.Actions, Stage: c.State().Stage})
	}
}

// Try judges a call folder again under changed rules and compares with what its journal says happened. rules have the
// lexicon at hand. Commands of people come as they came; what was really spoken takes as long as it really took. checks
// are times at which the level is asked for: for those, wrong flags of people are left out.
func Try(dir string, rules *judge.Rules, c Change, checks []call.Millis) (Tried, error) {
	t := trial{Tried: Tried{Name: filepath.Base(dir)}, change: c, rules: rules, checks: checks}
	if c.Lexicon != nil {
		t.rules = c.Lexicon
	}
	if err := folder.Read(dir, t.gather); err != nil {
		return t.Tried, fmt.Errorf("try %s: %w", dir, err)
	}
	if t.play.Course == nil {
		return t.Tried, fmt.Errorf("try %s: the journal has no settings line; nothing was judged", dir)
	}
	if err := t.again(); err != nil {
		return t.Tried, fmt.Errorf("try %s: %w", dir, err)
	}
	return t.Tried, nil
}

// A trial is one folder under way: gather reads what was, again plays it once more.
type trial struct {
	Tried
	change Change
	rules  *judge.Rules
	checks []call.Millis
	play   Play
	before witness
	after  witness
	feed   []folder.Line
	open   map[policy.Do]call.Millis
	really []really
}

// A really is how an action of the live call went.
type really struct {
	do   policy.Do
	from call.Millis
	Ending
}

func (t *trial) gather(l folder.Line) error {
	if l.Seq == 0 {
		t.Began = l.Wall
	}
	t.EndMS = max(t.EndMS, l.AtMS)
	switch l.Kind {
	case folder.KindSettings:
		return t.settings(l)
	case folder.KindTimer: // the play has its own
	case folder.KindJudgement:
		var j judge.Judgement
		if err := json.Unmarshal(l.Data, &j); err != nil {
			return fmt.Errorf("line %d: %w", l.Seq, err)
		}
		t.before.judged(l.AtMS, j)
	case folder.KindPlan:
		var p course.PlanLine
		if err := json.Unmarshal(l.Data, &p); err != nil {
			return fmt.Errorf("line %d: %w", l.Seq, err)
		}
		t.before.planned(l.AtMS, p)
	case folder.KindAction:
		return t.action(l)
	default:
		t.feed = append(t.feed, l)
	}
	return nil
}

func (t *trial) settings(l folder.Line) error {
	var s course.SettingsLine
	if err := json.Unmarshal(l.Data, &s); err != nil {
		return fmt.Errorf("line %d: %w", l.Seq, err)
	}
	rules, thresholds, err := t.change.rules(s.Rules, s.Thresholds)
	if err != nil {
		return err
	}
	with, err := t.change.words(t.rules, s.Own, s.Trade) // those that the centre had then
	if err != nil {
		return fmt.Errorf("line %d: %w", l.Seq, err)
	}
	changed := *with
	changed.Thresholds = thresholds
	t.Lexicon = changed.Version()
	t.play = Play{Course: course.New(&changed, rules, s.Can, s.CutsToday), Takes: t.takes}
	desk := s.Desk
	if !slices.Equal(rules.Desk, s.Rules.Desk) || !slices.Equal(rules.Closed, s.Rules.Closed) {
		desk = rules.DeskFrom(l.Wall.Add(-l.AtMS.Duration()))
	}
	t.play.Course.Desk(desk)
	t.play.Took = t.after.took(t.play.Course)
	return nil
}

func (t *trial) action(l folder.Line) error {
	var a struct {
		Do     policy.Do `json:"do"`
		Phase  string    `json:"phase"`
		Spoken *struct {
			Complete bool `json:"complete"`
		} `json:"spoken"`
	}
	if err := json.Unmarshal(l.Data, &a); err != nil {
		return fmt.Errorf("line %d: %w", l.Seq, err)
	}
	if a.Do == policy.Voicebot { // it may have come first, before anything was planned
		t.feed = append(t.feed, l)
	}
	if t.open == nil {
		t.open = map[policy.Do]call.Millis{}
	}
	from, begun := t.open[a.Do]
	switch {
	case a.Phase == "begun":
		t.open[a.Do] = l.AtMS
	case begun:
		delete(t.open, a.Do)
		t.really = append(t.really, really{a.Do, from, Ending{MS: l.AtMS - from, Complete: a.Spoken == nil || a.Spoken.Complete, Failed: a.Phase == "failed"}})
	}
	return nil
}

// takes gives how an action ends: as it really did if the live call had it at that time.
func (t *trial) takes(do policy.Do, at call.Millis) Ending {
	for _, r := range t.really {
		if d := r.from - at; r.do == do && d <= together && -d <= together {
			if !r.Complete && !r.Failed { // something stopped it; that comes again by itself if it comes at all
				return Ending{MS: max(PromptMS, r.MS+together), Complete: true}
			}
			return r.Ending
		}
	}
	return Silent(do)
}

// again plays the call under the changed rules.
func (t *trial) again() error {
	next := 0
	check := func(until call.Millis) {
		for ; next < len(t.checks) && t.checks[next] <= until; next++ {
			t.play.Until(t.checks[next])
			t.Checked = append(t.Checked, t.play.Course.Judgement().Level)
		}
	}
	feed := player{course: t.play.Course}
	for _, l := range t.feed {
		check(l.AtMS - 1)
		if skip, err := t.skips(l); err != nil || skip {
			if err != nil {
				return err
			}
			continue
		}
		var err error
		t.play.bring(l.AtMS, func() (s course.Step, ok bool) {
			s, ok, err = feed.step(l)
			return s, ok && err == nil
		})
		if err != nil {
			return err
		}
	}
	check(t.EndMS)
	t.play.Until(t.EndMS)
	t.Before, t.After = t.before.Course, t.after.Course
	t.compare()
	return nil
}

// skips tells whether a line is left out: commands that were refused, and wrong flags where the level is asked for. It notes
// whether anybody listened.
func (t *trial) skips(l folder.Line) (bool, error) {
	switch l.Kind {
	case folder.KindEvidence:
		it, err := evidence.Unmarshal(l.Data)
		if err != nil {
			return false, fmt.Errorf("line %d: %w", l.Seq, err)
		}
		k := it.Kind()
		t.Heard = t.Heard || k == evidence.KindSound || k == evidence.KindPhrase || k == evidence.KindUtterance
	case folder.KindCommand:
		var c struct {
			Do      string `json:"do"`
			Refused string `json:"refused"`
		}
		if err := json.Unmarshal(l.Data, &c); err != nil {
			return false, fmt.Errorf("line %d: %w", l.Seq, err)
		}
		return c.Refused != "" || c.Do == evidence.MarkWrongFlag && len(t.checks) > 0, nil
	}
	return false, nil
}

// TryItems judges evidence that was never a call, a recording that was heard again, with two sets of rules and compares.
func TryItems(name string, items []evidence.Item, rules *judge.Rules, p policy.Rules, c Change) (Tried, error) {
	t := Tried{Name: name}
	changed := rules
	if c.Lexicon != nil {
		changed = c.Lexicon
	}
	changed, err := c.words(changed, changed.Own(), changed.Trade())
	if err != nil {
		return t, err
	}
	with := *changed
	var after policy.Rules
	if after, with.Thresholds, err = c.rules(p, rules.Thresholds); err != nil {
		return t, err
	}
	t.Lexicon = with.Version()
	t.Before, t.After = playItems(items, rules, p), playItems(items, &with, after)
	for _, it := range items {
		t.EndMS, t.Heard = max(t.EndMS, it.Span().ToMS), true
	}
	t.compare()
	return t, nil
}

func playItems(items []evidence.Item, j *judge.Rules, p policy.Rules) Course {
	w := witness{}
	play := Play{Course: course.New(j, p, call.Ability{Announce: true, Voicebot: true, Rejoin: true, Cut: true}, 0)}
	play.Took = w.took(play.Course)
	for _, it := range items {
		play.Evidence(it.Span().ToMS, it)
	}
	play.Settle()
	return w.Course
}
