package bench

import (
	"fmt"
	"time"

	"commusafe/internal/judge"
	"commusafe/internal/listener"
)

// An Overload says how the relay is measured while hearing is given more than it can do. The listener has one core: twice of what all cores can hear is
// more than a generator on the same cores can send.
type Overload struct {
	Hears int // calls that one core could hear if it did nothing else, with the path of this build
	Calls int // twice that, unless told otherwise
}

// MeasureOverload finds what a core of this machine can hear.
func MeasureOverload() (Overload, error) {
	l, err := judge.ShippedLexicon()
	if err != nil {
		return Overload{}, err
	}
	h, _, err := listener.NewHearing("", l)
	if err != nil {
		return Overload{}, err
	}
	b, err := h.Measure()
	if err != nil {
		return Overload{}, fmt.Errorf("measure what this machine can hear: %w", err)
	}
	return Overload{Hears: b.CallsACore, Calls: 2 * b.CallsACore}, nil
}

// Conditions are the same calls: heard by nobody, a quarter of them heard (half of what the core can), and all of them
// (twice as much). After the load of the last a tenth of the calls go on for calm.
func (o Overload) Conditions(length, calm time.Duration, program string) []Condition {
	return []Condition{
		{Name: "recorded", Run: Relay{Calls: o.Calls, Duration: length, Program: program}.Run},
		{Name: "within", Run: Relay{Calls: o.Calls, Duration: length, Program: program, Guarded: true, OneCore: true, Budget: max(1, o.Hears/2)}.Run},
		{Name: "overload", Run: Relay{Calls: o.Calls, Duration: length, Program: program, Guarded: true, OneCore: true, Calm: calm}.Run},
	}
}
