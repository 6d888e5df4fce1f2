package replay

import "commusafe/internal/policy"

// Counts are the calls in which something happened.
type Counts struct {
	Alerted int `json:"alerted"` // a supervisor was told
	Spoken  int `json:"spoken"`  // the caller was spoken to by itself
	Cut     int `json:"cut"`     // cut by itself
	Limited int `json:"limited"` // a provisional limit was set by itself
}

// Per200 gives a count for 200 calls; 0 without calls.
func Per200(n, calls int) float64 {
	if calls == 0 {
		return 0
	}
	return 200 * float64(n) / float64(calls)
}

// A Sum is what a change comes to over many calls.
type Sum struct {
	Calls  int    `json:"calls"`
	Heard  int    `json:"heard"` // calls whose caller somebody listened to; only those show anything
	Differ int    `json:"differ"`
	Before Counts `json:"before"`
	After  Counts `json:"after"`
}

// Add counts a call.
func (s *Sum) Add(t Tried) {
	s.Calls++
	if t.Heard {
		s.Heard++
	}
	if t.Differs() {
		s.Differ++
	}
	s.Before.add(t.Before)
	s.After.add(t.After)
}

func (c *Counts) add(x Course) {
	one := func(to *int, dos ...policy.Do) {
		for _, d := range dos {
			if x.Did(d) > 0 {
				*to++
				return
			}
		}
	}
	one(&c.Alerted, policy.Notify, policy.Alert)
	one(&c.Spoken, policy.Warn1, policy.Warn2, policy.Final, policy.Closing)
	one(&c.Cut, policy.Cut)
	one(&c.Limited, policy.LimitNow)
}
