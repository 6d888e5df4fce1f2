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
	calmReadings = 6    // readings with speech (6 s or more) before it is known
	calmNear     = 1.5  // odds around it that still count as calm and move it
	calmFollow   = 0.02 // share of the difference a reading
)

// Known tells whether the warm-up is over.
func (c *Calm) Known() bool { return c.n >= calmReadings }

// Learn takes the odds of a reading.
func (c *Calm) Learn(odds float64) {
	switch d := odds - c.mean; {
	case c.n < calmReadings:
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

// Relative gives odds as they would be of a voice with the usual calm. What lies over the threshold already in the calm
// counts only up to it. Without a calm they are as they were.
func (c *Calm) Relative(odds, threshold float64) float64 {
	if !c.Known() {
		return odds
	}
	return odds - calmTrust*(min(c.mean, threshold)-usualCalm)
}
