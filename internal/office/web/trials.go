package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/office/lexicon"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
	"commusafe/internal/office/trial"
	"commusafe/internal/policy"
	"commusafe/internal/replay"
)

// A Question is what is to be tried over past calls.
type Question struct {
	Kind       string         `json:"kind" enum:"change,shadow,examples"`
	Days       int            `json:"days" minimum:"1" maximum:"400" doc:"Calls of so many last days."`
	Preset     policy.Preset  `json:"preset,omitempty"`
	Rules      map[string]any `json:"rules,omitempty" doc:"Fields of the rules that change, as in the settings."`
	Thresholds map[string]any `json:"thresholds,omitempty" doc:"Fields of the thresholds that change, as in the settings."`
	Words      *TrialWords    `json:"words,omitempty" doc:"The centre's own words as they would be; absent: those that each call had."`
	Trade      *[]string      `json:"trade,omitempty" maxItems:"50" doc:"Names of packs of trades; absent: those that each call had."`
}

// TrialWords are a change of the centre's own words that is tried and not saved. Nothing in it means the newest words.
type TrialWords struct {
	Version int64         `json:"version" doc:"The one that was read."`
	Put     []LexiconWord `json:"put,omitempty" maxItems:"1000"`
	Remove  []string      `json:"remove,omitempty" maxItems:"1000"`
}

// A TrialView is a trial and how far it is. The lists are in the answer for one trial only.
type TrialView struct {
	ID     string        `json:"id"`
	Kind   string        `json:"kind" enum:"change,shadow,examples"`
	Days   int           `json:"days"`
	Preset policy.Preset `json:"preset,omitempty"`
	// What else was changed.
	Thresholds map[string]any    `json:"thresholds,omitempty"`
	Words      *int              `json:"words,omitempty" doc:"How many words of the centre's own were tried; absent: those that each call had."`
	Trade      *[]string         `json:"trade,omitempty" doc:"Packs of trades that were tried; absent: those that each call had."`
	By         string            `json:"by"`
	At         time.Time         `json:"at"`
	State      string            `json:"state" enum:"waiting,running,done,failed,stopped"`
	Done       int               `json:"done"`
	All        int               `json:"all"`
	Broken     int               `json:"broken" doc:"Calls that could not be tried."`
	Sum        replay.Sum        `json:"sum"`
	Calls      []trial.TriedCall `json:"calls,omitempty"`
	Examples   []trial.Verdict   `json:"examples,omitempty"`
	Wrong      int               `json:"wrong" doc:"Examples that the rules get wrong."`
	Reason     string            `json:"reason,omitempty" doc:"Of a failure: a key of the text catalogue."`
}

// A ShadowView is the newest report on what 自動 would have done.
type ShadowView struct {
	At      time.Time         `json:"at"`
	By      string            `json:"by"`
	Enough  bool              `json:"enough" doc:"It covers enough days."`
	Current bool              `json:"current" doc:"It is about the rules in force."`
	From    time.Time         `json:"from,omitzero"`
	To      time.Time         `json:"to,omitzero"`
	Days    int               `json:"days"`
	Heard   int               `json:"heard_days" doc:"Days with a call that somebody listened to."`
	Sum     replay.Sum        `json:"sum"`
	Alerts  float64           `json:"alerts_per_200"`
	Calls   []trial.TriedCall `json:"calls"`
}

// Trials are those that are remembered, the newest first, and the newest shadow report.
type Trials struct {
	Trials    []TrialView `json:"trials"`
	Shadow    *ShadowView `json:"shadow,omitempty"`
	NeedDays  int         `json:"need_days" doc:"Days that a shadow report must cover."`
	NeedHeard int         `json:"need_heard_days"`
	Examples  int         `json:"examples" doc:"Moments that people have flagged as wrong."`
}

// A WrongFlagBody flags the judgement of a past call as wrong.
type WrongFlagBody struct {
	AtMS call.Millis `json:"at_ms,omitempty" minimum:"0" doc:"The moment; absent: when the judgement was the gravest."`
	Note string      `json:"note,omitempty" maxLength:"500"`
}

func trialView(j trial.Job, n names, whole bool) TrialView {
	v := TrialView{ID: j.ID, Kind: j.Question.Kind, Days: j.Question.Days, Preset: j.Question.Preset, By: n[j.By], At: j.At, State: j.State, Done: j.Done, All: j.All,
		Broken: j.Broken, Sum: j.Sum, Reason: j.Reason}
	if len(j.Question.Thresholds) > 0 {
		_ = json.Unmarshal(j.Question.Thresholds, &v.Thresholds) // it was read before
	}
	if o := j.Question.Own; o != nil {
		n := 0
		for _, s := range o.Sheets {
			n += len(s.Entries)
		}
		v.Words = &n
	}
	v.Trade = j.Question.Trade
	for _, e := range j.Examples {
		if e.Wrong {
			v.Wrong++
		}
	}
	if whole {
		v.Calls, v.Examples = j.Calls, j.Examples
	}
	return v
}

func (s *Server) askTrial(ctx context.Context, in *body[Question]) (*body[TrialView], error) {
	b, p := in.Body, who(ctx)
	q := trial.Question{Kind: b.Kind, Days: b.Days, Preset: b.Preset}
	for _, f := range []struct {
		from map[string]any
		to   *json.RawMessage
	}{{b.Rules, &q.Rules}, {b.Thresholds, &q.Thresholds}} {
		if len(f.from) == 0 {
			continue
		}
		raw, err := json.Marshal(f.from)
		if err != nil {
			return nil, err
		}
		*f.to = raw
	}
	var err error
	if q.Own, q.Trade, err = s.triedWords(ctx, b); err != nil {
		return nil, err
	}
	j, err := s.Trials.Ask(p.ID, q)
	if err != nil {
		return nil, err
	}
	if err := s.Store.AppendTrail(ctx, p.By("trail.trial", j.ID, b.Kind)); err != nil {
		return nil, err
	}
	return &body[TrialView]{trialView(j, names{p.ID: p.Name}, false)}, nil
}

// triedWords gives the words and packs of a question, when all is right with them.
func (s *Server) triedWords(ctx context.Context, q Question) (*judge.Own, *[]string, error) {
	if q.Words == nil && q.Trade == nil {
		return nil, nil, nil
	}
	now, err := s.Lexicon.Current(ctx)
	if err != nil {
		return nil, nil, err
	}
	c := lexicon.Change{Version: now.Version, Trade: q.Trade}
	if w := q.Words; w != nil {
		c = LexiconChange{Version: w.Version, Put: w.Put, Remove: w.Remove, Trade: q.Trade}.change()
	}
	p, err := s.Lexicon.Try(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if p.Wrong() {
		return nil, nil, lexiconProblem(p.Issues)
	}
	var own *judge.Own
	if q.Words != nil {
		o := s.Lexicon.Shipped.With(lexicon.Version{Version: now.Version + 1, Words: p.Words}.Own()).Own
		own = &o
	}
	if q.Trade != nil {
		trade := filled(p.Trade)
		return own, &trade, nil
	}
	return own, nil, nil
}

// stopTrial ends a trial before it is done.
func (s *Server) stopTrial(ctx context.Context, in *byID) (*body[TrialView], error) {
	j, err := s.Trials.Stop(in.ID)
	if err != nil {
		return nil, err
	}
	p := who(ctx)
	if err := s.Store.AppendTrail(ctx, p.By("trail.trial_stopped", j.ID, j.Question.Kind)); err != nil {
		return nil, err
	}
	n, err := s.Staff.Names(ctx)
	return &body[TrialView]{trialView(j, n, false)}, err
}

func (s *Server) listTrials(ctx context.Context, _ *none) (*body[Trials], error) {
	n, err := s.Staff.Names(ctx)
	if err != nil {
		return nil, err
	}
	out := Trials{Trials: []TrialView{}, NeedDays: trial.ShadowDays, NeedHeard: trial.HeardDays}
	for _, j := range s.Trials.Jobs() {
		out.Trials = append(out.Trials, trialView(j, n, false))
	}
	examples, err := s.Store.ListExamples(ctx, 1000)
	if err != nil {
		return nil, err
	}
	out.Examples = len(examples)
	r, err := s.Store.LastShadowReport(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return &body[Trials]{out}, nil
	}
	if err != nil {
		return nil, err
	}
	rules, p, err := s.Trials.InForce()
	if err != nil {
		return nil, err
	}
	out.Shadow = &ShadowView{At: r.At, By: n[r.By], Enough: r.Enough, Current: r.Versions == trial.Versions(rules, rules.Thresholds, p), From: r.From, To: r.To,
		Days: r.Days, Heard: r.Heard, Sum: r.Sum, Alerts: r.Alerts, Calls: filled(r.Calls)}
	return &body[Trials]{out}, nil
}

func (s *Server) getTrial(ctx context.Context, in *byID) (*body[TrialView], error) {
	j, err := s.Trials.Job(in.ID)
	if err != nil {
		return nil, err
	}
	n, err := s.Staff.Names(ctx)
	return &body[TrialView]{trialView(j, n, true)}, err
}

// flagWrong keeps a moment of a past call as an example for later rules. The folder stays as it was sealed.
func (s *Server) flagWrong(ctx context.Context, in *onID[WrongFlagBody]) (*body[Done], error) {
	if err := s.example(ctx, who(ctx), call.ID(in.ID), in.Body.AtMS, in.Body.Note); err != nil {
		return nil, err
	}
	return &body[Done]{Done{OK: true}}, nil
}

// example keeps the judgement in force at a moment as an example; at 0 the gravest.
func (s *Server) example(ctx context.Context, by staff.Person, id call.ID, at call.Millis, note string) error {
	lines, err := s.Store.CallLines(ctx, id)
	if err != nil {
		return err
	}
	e := trial.Example{Call: id, AtMS: at, Note: note}
	for _, l := range lines {
		if l.Kind != string(folder.KindJudgement) || at > 0 && l.AtMS > at {
			continue
		}
		var j judge.Judgement
		if err := json.Unmarshal(l.Data, &j); err != nil {
			return err
		}
		if at > 0 || j.Level > e.Level {
			e.Level, e.Category = j.Level, ""
			if len(j.Findings) > 0 {
				e.Category = j.Findings[0].Known()
			}
			if at == 0 {
				e.AtMS = l.AtMS
			}
		}
	}
	if e.Level == judge.None {
		return problem(http.StatusUnprocessableEntity, "error.nothing_flagged", "")
	}
	return s.Trials.Flag(ctx, by, e)
}
