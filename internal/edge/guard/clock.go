package guard

import (
	"time"

	"commusafe/internal/folder"
)

// A ClockLine is the data of a clock line.
type ClockLine struct {
	StepMS int64 `json:"step_ms"` // how far the wall clock was put forward; negative: back
}

// leastStep is the least change of the wall clock that is written down. What keeps a clock right bit by bit moves both clocks alike.
const leastStep = 500 * time.Millisecond

// clock writes down that the wall clock was put forward or back since the last look: the wall times of the lines before and after don't
// go together.
func (g *Guard) clock(now time.Time) {
	ahead := now.Round(0).Sub(g.Began.Round(0)) - now.Sub(g.Began) // without and with the monotonic reading
	step := ahead - g.ahead
	if step.Abs() < leastStep {
		return
	}
	g.ahead = ahead
	g.append(g.now(), folder.KindClock, ClockLine{StepMS: step.Round(time.Millisecond).Milliseconds()})
}
