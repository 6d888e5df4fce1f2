package listener

import (
	"sync/atomic"
	"time"
)

// A Status is what a listener process says of itself. It is safe for several goroutines; the zero value is ready.
type Status struct {
	budget, measured, calls, step, lag atomic.Int64
}

// Budget is how many calls may be heard at once, as configured.
func (s *Status) Budget() int { return int(s.budget.Load()) }

// Measured is how many calls this machine can hear beside its other work, as measured at start; 0 until then.
func (s *Status) Measured() int { return int(s.measured.Load()) }

// Calls is how many calls are heard.
func (s *Status) Calls() int { return int(s.calls.Load()) }

// Step is what is given up under load.
func (s *Status) Step() Step { return Step(s.step.Load()) }

// Lag is how long the worst batch of the last second lay before it was heard.
func (s *Status) Lag() time.Duration { return time.Duration(s.lag.Load()) }

// watch keeps the ladder's part of the status.
func (w *wing) watch(now time.Time) {
	step, lag := w.ladder.inForce(now)
	w.cfg.Status.step.Store(int64(step))
	w.cfg.Status.lag.Store(int64(lag))
}
