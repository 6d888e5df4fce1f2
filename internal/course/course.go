// Package course follows one call through judging and policy: the one pure machine that the edge runs live and that a
// replay runs again over a folder.
//
// Owns: the timeline, the judgement in force, the state of the ladder, the open proposals, the voicebot's dialogue of
// one call.
// Never: clocks, I/O, performing an action.
// Goroutines: none. A Course belongs to the goroutine that owns the call.
//
// Every method is one line of the journal that makes the judgement be considered again; the Step it gives is what is
// written after that line. Equal lines give equal steps, byte for byte.
package course

import (
	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// A Course is one call's way.
type Course struct {
	judge     *judge.Rules
	policy    policy.Rules
	can       call.Ability
	timeline  evidence.Timeline
	judgement judge.Judgement
	state     policy.State
	proposed  []policy.Action
	peak      judge.Level
	criteria  *policy.Criteria
	holding   map[int]call.Millis // since when each criterion holds
	talk      talk
}

// A Step is what followed from one line.
type Step struct {
	Judgement *judge.Judgement // nil when it did not change
	Actions   []policy.Action
	Turn      *dialogue.Command // what the voicebot does next; nil: it goes on
}

// New begins a course. Criteria of the centre's own that are not right are left out: the rules are checked before they are
// in force.
func New(j *judge.Rules, p policy.Rules, can call.Ability, cutsToday int) *Course {
	c := &Course{judge: j, policy: p, can: can, state: policy.Begin(cutsToday), judgement: judge.Judgement{Versions: j.Version()}, holding: map[int]call.Millis{}}
	c.criteria, _ = policy.CompileCriteria(p.Criteria)
	return c
}

// Desk tells when people look at what was cut; before any evidence. Without it they always do.
func (c *Course) Desk(w policy.Window) { c.state.Desk = w }

// Judgement gives the opinion in force.
func (c *Course) Judgement() judge.Judgement { return c.judgement }

// State gives where the ladder stands.
func (c *Course) State() policy.State { return c.state }

// Proposed gives the actions that wait for a person.
func (c *Course) Proposed() []policy.Action { return c.proposed }

// Peak gives the highest level so far.
func (c *Course) Peak() judge.Level { return c.peak }

// Outlook tells what comes next.
func (c *Course) Outlook() policy.Outlook { return c.policy.Outlook(c.state, c.judgement) }

// Next is the call time at which Timer must be called if nothing else happens; 0 for never.
func (c *Course) Next() call.Millis { return c.policy.Next(c.state, c.judgement) }

// Evidence takes one item in. A voice that is like a registered one is for people's eyes (E-34): it is not even an occasion
// to consider again.
func (c *Course) Evidence(now call.Millis, it evidence.Item) Step {
	if it.Kind() == evidence.KindVoice {
		return Step{}
	}
	c.judge.Add(&c.timeline, it)
	s := c.consider(now)
	c.talk.evidence(now, it, c.judgement, &s)
	return s
}

// Timer considers again because time has passed.
func (c *Course) Timer(now call.Millis) Step { return c.consider(now) }

// Done tells that an action ended, and whether the caller got all of it.
func (c *Course) Done(now call.Millis, do policy.Do, complete bool) Step {
	c.talk.over(do)
	c.state = c.policy.Done(c.state, do, now, complete)
	if do == policy.AskKey && complete {
		c.judge.Asked(&c.timeline, now)
	}
	return c.consider(now)
}

// Failed tells that an action could not be done.
func (c *Course) Failed(now call.Millis, do policy.Do) Step {
	c.talk.over(do)
	c.state = c.policy.Failed(c.state, do)
	return c.consider(now)
}

// Command takes a person's command. The error is one of package policy.
func (c *Course) Command(now call.Millis, cmd policy.Command) (Step, error) {
	if evidence.IsMark(cmd.Do) {
		c.timeline.Add(evidence.Mark{Head: evidence.Head{FromMS: now, ToMS: now, Source: "person"}, Mark: cmd.Do, By: cmd.By})
		if cmd.Do != policy.CommandWrongFlag {
			return c.consider(now), nil
		}
	}
	state, acts, err := c.policy.Command(c.state, cmd, c.judgement, c.can)
	if err != nil {
		return Step{}, err
	}
	c.state = state
	if state.Proposed == "" {
		c.proposed = nil
	}
	s := c.consider(now)
	s.Actions = append(acts, s.Actions...)
	return s, nil
}

// consider judges again and plans.
func (c *Course) consider(now call.Millis) Step {
	var s Step
	c.timeline.Forget(now - c.judge.Memory())
	j := c.judge.Consider(&c.timeline, now)
	if len(c.policy.Criteria) > 0 {
		j = c.criteria.Apply(j, c.judge.Facts(&c.timeline, now), c.holding, c.policy.Guard)
	}
	if !c.judgement.Says(j) {
		s.Judgement = &j
	}
	c.judgement, c.peak = j, max(c.peak, j.Level)
	before := c.state.Proposed
	c.state, s.Actions = c.policy.Plan(c.state, j)
	if c.state.Proposed != before {
		c.proposed = nil
	}
	for _, a := range s.Actions {
		if a.Mode == policy.AskFirst {
			c.proposed = append(c.proposed, a)
		}
	}
	return s
}
