package hear

import (
	"math"
	"slices"
)

// A Baseline is a party's own calm voice in this call: the level it speaks at, learned from the first seconds of
// speech and then followed slowly. Loudness is told as the difference to it, so no absolute level counts.
type Baseline struct {
	first []float64 // levels of the first speech slots, dBov
	level float64
	known bool
	peak  float64 // of all speech so far, dBov; 0 before any
}

// Numbers of the calm baseline.
const (
	warmUp     = 200    // speech slots (4 s) before the baseline is known
	calmWithin = 5.0    // dB around it that still count as calm and move it
	followRate = 0.0007 // share of the difference a speech slot (half a minute of speech)
)

// Add takes the level of one slot of speech in dBov.
func (b *Baseline) Add(level float64) {
	if b.peak == 0 || level > b.peak {
		b.peak = level
	}
	if !b.known {
		b.first = append(b.first, level)
		if len(b.first) >= warmUp {
			b.level, b.known = energyMean(upperHalf(b.first)), true
			b.first = nil
		}
		return
	}
	if d := level - b.level; math.Abs(d) < calmWithin {
		b.level += followRate * d
	}
}

// Known tells whether enough was heard.
func (b *Baseline) Known() bool { return b.known }

// Difference gives how many dB these slots of speech lie over the calm voice; 0 while it isn't known.
func (b *Baseline) Difference(levels []float64) float64 {
	if !b.known || len(levels) == 0 {
		return 0
	}
	return energyMean(upperHalf(levels)) - b.level
}

// upperHalf gives the louder half: the vowels, which carry the voice's level.
func upperHalf(levels []float64) []float64 {
	s := slices.Clone(levels)
	slices.Sort(s)
	return s[len(s)/2:]
}

func energyMean(levels []float64) float64 {
	var sum float64
	for _, l := range levels {
		sum += math.Pow(10, l/10)
	}
	return 10 * math.Log10(sum/float64(len(levels)))
}
