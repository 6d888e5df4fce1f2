package dialogue

import "commusafe/internal/call"

// A Measure is what is to be measured of a dialogue (C3), from its journal: the shares of calls that reach a person or
// end as a message come of Exit, and what a caller had to put up with of the rest.
type Measure struct {
	Exit      Exit        `json:"exit"`
	Questions int         `json:"questions"`
	Repeats   int         `json:"repeats"` // of one question; at most MaxRepeats
	LeftMS    call.Millis `json:"left_ms"` // from what called for a person to the transfer; 10 s at most; 0 without one

	leaving call.Millis
}

// Turn takes a command in with the state that gave it.
func (m *Measure) Turn(at call.Millis, c Command, s State) {
	m.Exit, m.Questions, m.Repeats = s.Exit, s.Asked.Total(), s.Asked.Repeats()
	switch {
	case s.Step == Leaving:
		m.leaving = at
	case c.Do == Transfer && s.Exit != Danger: // danger leaves without a sentence
		m.LeftMS = at - m.leaving
	}
}
