package builtin

import (
	"errors"
	"fmt"
	"math"

	"commusafe/internal/listener/hear"
)

// backgroundStep is how many bytes of the background a nat has.
const backgroundStep = 16

// ShortPhrase is the number of phonemes under which a phrase is weak: measured false alarms are frequent there, so
// its confidence stays below what is believed without a second cue.
const ShortPhrase = 9

// Numbers of the calibration against the background, and of the confidence.
const (
	calibrationBlock = 100  // steps (3 s): one greatest score is taken from each
	calibrationSigma = 4.0  // deviations of those over their mean that a hit must reach
	calibrationOver  = 0.12 // nats a phoneme over the greatest of all
	loosest          = -2.2 // nats a phoneme: worse is never a hit
	strictest        = -0.45
	sure             = 0.6  // confidence at the threshold of a phrase of at least ShortPhrase phonemes
	weakest          = 0.35 // confidence at the threshold of a shorter one
	weakCap          = 0.55 // and its greatest
)

// A phrase is one compiled expression.
type phrase struct {
	hear.Phrase
	pattern   *pattern
	threshold float32 // nats a phoneme
}

// vocabulary is a set of compiled phrases; it is never changed.
type vocabulary struct {
	phrases []phrase
}

// compile makes a vocabulary. The error joins one for each phrase that can't be used.
func (n *Net) compile(list []hear.Phrase) (*vocabulary, error) {
	v := &vocabulary{}
	var bad []error
	for _, p := range list {
		c, err := n.pattern(p.Reading)
		if err != nil {
			bad = append(bad, fmt.Errorf("phrase %s: %w", p.ID, err))
			continue
		}
		v.phrases = append(v.phrases, phrase{Phrase: p, pattern: c, threshold: n.calibrate(c)})
	}
	return v, errors.Join(bad...)
}

// calibrate gives the score that innocent speech does not reach with this phrase.
func (n *Net) calibrate(p *pattern) float32 {
	if len(n.background) < 2*calibrationBlock {
		return strictest
	}
	a := newAligner(p)
	var sum, squares float64
	count, best, top := 0, noScore, noScore
	for i, e := range n.background {
		s, _ := a.feed(e)
		best = max(best, s)
		if i%calibrationBlock == calibrationBlock-1 {
			b := math.Max(float64(best), -10)
			sum, squares, count = sum+b, squares+b*b, count+1
			top, best = max(top, best), noScore
		}
	}
	mean := sum / float64(count)
	sigma := math.Sqrt(max(0, squares/float64(count)-mean*mean))
	t := max(mean+calibrationSigma*sigma, float64(top)+calibrationOver)
	return float32(max(loosest, min(strictest, t)))
}

// confidence turns a score at or over the threshold into 0–1.
func (p *phrase) confidence(score float32) float64 {
	share := float64((score - p.threshold) / -p.threshold) // 0 at the threshold, 1 for a perfect match
	share = max(0, min(1, share))
	if p.pattern.need < ShortPhrase {
		return weakest + (weakCap-weakest)*share
	}
	return sure + (1-sure)*share
}
