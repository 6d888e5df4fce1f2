package hear

// A Calm is a caller's own calm: how angry his ordinary voice reads. Voices differ in it, and a voice that always reads
// a little angry is none the angrier for it. It is learned in the first readings and then followed slowly while the
// voice stays near it. The zero value is ready.
type Calm struct {
	mean float64
	n    int
}

// Numbers of the calm.
const (
	// CalmReadings is how many readings with speech (6 s or more) it takes until a calm is known.
	CalmReadings = 6

	calmNear   = 1.5  // odds around it that still count as calm and move it
	calmFollow = 0.02 // share of the difference a reading
)

// Known tells whether the warm-up is over.
func (c *Calm) Known() bool { return c.n >= CalmReadings }

// Learn takes the odds of a reading.
func (c *Calm) Learn(odds float64) {
	switch d := odds - c.mean; {
	case c.n < CalmReadings:
		c.n++
		c.mean += d / float64(c.n)
	case d < calmNear && d > -calmNear:
		c.mean += calmFollow * d
	}
}

// Odds that the calm of most voices has, and how much of a difference to it is taken off: somebody who is angry from his
// first word has no calm to be compared with, and must not be given his anger as one.
const (
	usualCalm = -3.0
	calmTrust = 0.5
)

// Relative gives the odds of a reading as they would be of a voice with the usual calm: those of its change where the reader
// knows it. A voice whose calm already reads as angry has none to be compared with, so there the higher of both counts. What lies
// over the threshold already in the calm counts only up to it. Without a calm they are as they were.
func (c *Calm) Relative(r Reading, threshold float64) float64 {
	if !c.Known() {
		return r.Odds
	}
	odds := r.Odds - calmTrust*(min(c.mean, threshold)-usualCalm)
	switch {
	case !r.HasChange:
		return odds
	case c.mean >= threshold:
		return max(odds, r.Change)
	default:
		return r.Change
	}
}
