package builtin

import (
	"errors"
	"fmt"

	"commusafe/internal/listener/hear"
)

// backgroundStep is how many bytes of the background a nat has.
const backgroundStep = 16

// ShortPhrase is the number of phonemes under which a phrase is weak: measured false alarms are frequent there, so
// its confidence stays below what is believed without a second cue.
const ShortPhrase = 9

// Numbers of the calibration against the background, in nats a phoneme, and of the confidence. The background is 11
// minutes of innocent speech; the margins over its best score were chosen so that 70 minutes of other innocent speech
// gave no hit that needs no second cue (train/RESULTS.md).
const (
	calibrationOver = 0.20 // over the background's best score: a hit
	sureOver        = 0.40 // over that: a hit that needs no second cue
	loosest         = -2.5 // worse is never a hit
	strictest       = -0.6 // better always is one
	strictestShort  = -0.1 // the same for short phrases, which innocent speech meets well
	atThreshold     = 0.35 // confidence of a score at the threshold
	atSure          = 0.60 // and of one that is sureOver better
	weakCap         = 0.55 // greatest confidence of a short phrase
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
	of      []hear.Phrase // what it was made of
	bad     error         // those that can't be used
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
	a := newAligner(p, noScore)
	top := noScore
	for _, e := range n.background {
		s, _ := a.feed(e)
		top = max(top, s)
	}
	limit := float32(strictest)
	if p.need < ShortPhrase {
		limit = strictestShort
	}
	return max(loosest, min(limit, top+calibrationOver))
}

// confidence turns a score at or over the threshold into 0–1.
func (p *phrase) confidence(score float32) float64 {
	over, full := float64(score-p.threshold), max(float64(-p.threshold), sureOver+0.1)
	c := atThreshold + (atSure-atThreshold)*over/sureOver
	if over > sureOver {
		c = atSure + (1-atSure)*(over-sureOver)/(full-sureOver)
	}
	c = max(0, min(1, c))
	if p.pattern.need < ShortPhrase {
		return min(c, weakCap)
	}
	return c
}
