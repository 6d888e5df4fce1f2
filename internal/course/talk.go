package course

import (
	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// A talk is the voicebot's dialogue in a call, the newest if there were several.
type talk struct {
	state dialogue.State
	on    bool        // the voicebot has the caller
	since call.Millis // what was noticed up to then is not about this dialogue
	rough call.Millis // when rude words were answered last
	asked call.Millis // when the command was given: words from then on answer it
}

// Dialogue takes what happened to the voicebot. Began begins a dialogue and makes the ladder wait for its end.
func (c *Course) Dialogue(now call.Millis, e dialogue.Event) Step {
	if e.Kind == dialogue.Began {
		c.talk = talk{state: c.talk.state.Before(e.Way), on: true, since: now, rough: now}
		c.state = c.policy.Begun(c.state, policy.Voicebot)
	}
	var s Step
	c.talk.next(now, e, &s)
	return s
}

// Talking tells whether the voicebot has the caller.
func (c *Course) Talking() bool { return c.talk.on }

// Talk gives the newest dialogue; its Step is empty when there was none.
func (c *Course) Talk() dialogue.State { return c.talk.state }

func (t *talk) next(now call.Millis, e dialogue.Event, s *Step) {
	if !t.on {
		return
	}
	state, command := t.state.Next(e)
	t.state = state
	if command != nil {
		s.Turn = command
		if command.Do != dialogue.Listen { // that goes on hearing the answer to what came before
			t.asked = now
		}
	}
}

// over tells that an action ended.
func (t *talk) over(do policy.Do) {
	if do == policy.Voicebot {
		t.on = false
	}
}

// evidence brings what the caller said and pressed to the dialogue, and what was noticed in it.
func (t *talk) evidence(now call.Millis, it evidence.Item, j judge.Judgement, s *Step) {
	if !t.on || it.Span().Party != call.Caller {
		return
	}
	switch it := it.(type) {
	case evidence.Utterance:
		if it.FromMS >= t.asked {
			t.next(now, dialogue.Event{Kind: dialogue.Words, Text: it.Text}, s)
		}
	case evidence.DTMF:
		t.next(now, dialogue.Event{Kind: dialogue.Pressed, Key: it.Digit}, s)
	}
	if f := t.noticed(j); f != "" {
		if f == dialogue.FoundRough {
			t.rough = now
		}
		t.next(now, dialogue.Event{Kind: dialogue.Found, Finding: f}, s)
	}
}

// noticed gives the gravest that a judgement says of the caller's words in this dialogue.
func (t *talk) noticed(j judge.Judgement) dialogue.Finding {
	emergency := func() bool {
		for _, f := range j.Findings {
			if f.Level == judge.Emergency && f.ToMS > t.since {
				return true
			}
		}
		return false
	}
	switch {
	case emergency() || j.Protects(judge.GCrisis, t.since):
		return dialogue.FoundDanger
	case j.Protects(judge.GDis, t.since):
		return dialogue.FoundDisability
	case j.Protects(judge.GRights, t.since):
		return dialogue.FoundComplaint
	case j.Struck(t.rough):
		return dialogue.FoundRough
	}
	return ""
}
