package replay

import (
	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/evidence"
	"commusafe/internal/policy"
)

// PromptMS is how long an announcement takes where nobody plays it.
const PromptMS = 12000

// A Play takes a call through a course in call time, with nobody on the line: timers fire when they are due, and what is
// spoken takes its time. Fill Course and Took, then feed it in the order of call time.
type Play struct {
	Course *course.Course
	// Took is told of each step, as it is taken.
	Took func(at call.Millis, s course.Step)
	// Takes gives how an action that begins at a time ends; nil: each announcement takes PromptMS and is heard to its end.
	Takes func(do policy.Do, at call.Millis) Ending

	pending []pending
}

// An Ending is how long an action takes and how it ends.
type Ending struct {
	MS       call.Millis
	Complete bool
	Failed   bool
}

type pending struct {
	at call.Millis
	do policy.Do
	Ending
}

// Over tells whether the call was cut.
func (p *Play) Over() bool { return p.Course.State().Stage == policy.StageClosed }

// Until lets time pass: announcements end, timers fire.
func (p *Play) Until(t call.Millis) {
	for !p.Over() {
		next, timer := p.Course.Next(), true
		if len(p.pending) > 0 && (next == 0 || p.pending[0].at <= next) {
			next, timer = p.pending[0].at, false
		}
		if next == 0 || next > t {
			return
		}
		if timer {
			p.take(next, p.Course.Timer(next))
			continue
		}
		e := p.pending[0]
		p.pending = p.pending[1:]
		p.end(next, e)
	}
}

// Settle lets the announcements that are under way end.
func (p *Play) Settle() {
	for len(p.pending) > 0 && !p.Over() {
		p.Until(p.pending[len(p.pending)-1].at)
	}
}

// Evidence brings an item at a time.
func (p *Play) Evidence(at call.Millis, it evidence.Item) {
	p.bring(at, func() (course.Step, bool) { return p.Course.Evidence(at, it), true })
}

// Command brings a person's command at a time. One that is refused does nothing.
func (p *Play) Command(at call.Millis, c policy.Command) {
	p.bring(at, func() (course.Step, bool) {
		s, err := p.Course.Command(at, c)
		return s, err == nil
	})
}

// bring lets time pass and then gives the course what came. Nothing comes any more once the call was cut.
func (p *Play) bring(at call.Millis, step func() (course.Step, bool)) {
	if p.Until(at); p.Over() {
		return
	}
	if s, ok := step(); ok {
		p.take(at, s)
	}
}

func (p *Play) end(at call.Millis, e pending) {
	if e.Failed {
		p.take(at, p.Course.Failed(at, e.do))
		return
	}
	p.take(at, p.Course.Done(at, e.do, e.Complete))
}

// take begins what a step asks for.
func (p *Play) take(now call.Millis, s course.Step) {
	p.Took(now, s)
	at := now
	if n := len(p.pending); n > 0 {
		at = max(at, p.pending[n-1].at)
	}
	for _, a := range s.Actions {
		switch {
		case a.Mode != policy.Auto:
		case a.Do == policy.Stop:
			p.stop(now)
			at = now
		case a.Do.Speaks() || a.Do == policy.Cut || a.Do == policy.Rejoin:
			e := p.takes(a.Do, at)
			at += e.MS
			p.pending = append(p.pending, pending{at, a.Do, e})
		}
	}
}

func (p *Play) takes(do policy.Do, at call.Millis) Ending {
	if p.Takes != nil {
		return p.Takes(do, at)
	}
	return Silent(do)
}

// Silent is how an action ends where nobody is on the line.
func Silent(do policy.Do) Ending {
	e := Ending{Complete: true}
	if do.Speaks() {
		e.MS = PromptMS
	}
	return e
}

func (p *Play) stop(now call.Millis) {
	stopped := p.pending
	p.pending = nil
	for _, e := range stopped {
		p.take(now, p.Course.Done(now, e.do, false))
	}
}
