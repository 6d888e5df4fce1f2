package builtin

import (
	"errors"
	"fmt"

	"commusafe/internal/listener/hear"
	"commusafe/internal/text"
)

// backgroundStep is how many bytes of the background a nat has.
const backgroundStep = 16

// Numbers of the calibration against the background, in nats a phoneme, and of the confidence. The background is 11
// minutes of innocent speech; the margins over its best score were chosen so that 70 minutes of other innocent speech
// gave no hit that needs no second cue (train/RESULTS.md).
const (
	calibrationOver = 0.30 // over the background's best score: a hit
	sureOver        = 0.60 // over that: a hit that needs no second cue
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
	typical   float32 // what innocent speech of ten seconds reaches on the average, nats a phoneme
	lanes     []lane  // the pattern, where the vocabulary has sounds
}

// vocabulary is a set of compiled phrases; it is never changed.
type vocabulary struct {
	phrases []phrase
	sounds  [][2]uint8 // what the phrases are made of, for the SIMD path; nil where it is not in use
}

// compile makes a vocabulary. What was compiled before is taken from there: calibrating a phrase takes milliseconds. The
// error joins one for each phrase that can't be used.
func (n *Net) compile(list []hear.Phrase, before *vocabulary) (*vocabulary, error) {
	known := map[string]phrase{}
	if before != nil {
		for _, p := range before.phrases {
			known[p.Reading] = p
		}
	}
	v := &vocabulary{}
	var bad []error
	for _, p := range list {
		if k, ok := known[p.Reading]; ok {
			v.phrases = append(v.phrases, phrase{Phrase: p, pattern: k.pattern, threshold: k.threshold, typical: k.typical})
			continue
		}
		c, err := n.pattern(p.Reading)
		if err != nil {
			bad = append(bad, fmt.Errorf("phrase %s: %w", p.ID, err))
			continue
		}
		threshold, typical := n.calibrate(c)
		v.phrases = append(v.phrases, phrase{Phrase: p, pattern: c, threshold: threshold, typical: typical})
	}
	if n.simd && wideReady() {
		v.lay()
	}
	return v, errors.Join(bad...)
}

// stretch is the innocent speech of which the best score is typical, in steps: ten seconds.
const stretch = 333

// calibrate gives the score that innocent speech does not reach with this phrase, and the one that it typically has.
func (n *Net) calibrate(p *pattern) (threshold, typical float32) {
	a := newAligner(p, noScore, newStates(p))
	top, best, stretches := noScore, noScore, 0
	for i, e := range n.background {
		s, _ := a.feed(e)
		top, best = max(top, s), max(best, s)
		if i%stretch == stretch-1 {
			typical, best, stretches = typical+best, noScore, stretches+1
		}
	}
	limit := float32(strictest)
	if p.need < text.ShortReading {
		limit = strictestShort
	}
	return max(loosest, min(limit, top+calibrationOver)), typical / float32(max(1, stretches))
}

// calibrated makes scores of different phrases comparable: half of what innocent speech typically reaches with the phrase is taken
// off. Taking all of it off punishes short phrases, which innocent speech meets well because it holds them.
func (p *phrase) calibrated(score float64) float64 { return score - 0.5*float64(p.typical) }

// confidence turns a score at or over the threshold into 0–1.
func (p *phrase) confidence(score float32) float64 {
	over, full := float64(score-p.threshold), max(float64(-p.threshold), sureOver+0.1)
	c := atThreshold + (atSure-atThreshold)*over/sureOver
	if over > sureOver {
		c = atSure + (1-atSure)*(over-sureOver)/(full-sureOver)
	}
	c = max(0, min(1, c))
	if p.pattern.need < text.ShortReading {
		return min(c, weakCap)
	}
	return c
}
