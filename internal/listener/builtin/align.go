package builtin

import (
	"math"

	"commusafe/internal/text"
)

// noScore stands for a state that nothing has reached.
const noScore = float32(-1e9)

// lowest bounds one step's emission, so that a single badly heard phoneme doesn't lose the whole phrase.
const lowest = float32(-9)

// A pattern is a phrase as the aligner wants it.
type pattern struct {
	places  []place
	need    int // places that must be there
	longest int // steps that the phrase may take
}

// A place of a pattern is one phoneme.
type place struct {
	a, b     uint8 // indices of what may be heard there
	optional bool  // it may be left out
	skip     bool  // the place before may
	again    bool  // it can follow the place before only over a blank, because both are the same phoneme
}

// limitSlack keeps rounding from losing a way that ends at the very limit, in nats.
const limitSlack = 1e-3

// longestStep is how many steps of 30 ms one phoneme may take on average (200 ms), and what a phrase has beside.
const (
	longestStep  = 7
	longestExtra = 20
)

func (n *Net) pattern(reading string) (*pattern, error) {
	sounds, err := text.Sounds(reading)
	if err != nil {
		return nil, err
	}
	p := &pattern{need: text.Phonemes(sounds)}
	p.longest = p.need*longestStep + longestExtra
	for i, s := range sounds {
		at := place{a: n.index[s.A], b: n.index[s.A], optional: s.Optional}
		if s.B != "" {
			at.b = n.index[s.B]
		}
		at.skip = i > 0 && p.places[i-1].optional
		at.again = i > 0 && p.places[i-1].a == at.a && p.places[i-1].b == at.b
		p.places = append(p.places, at)
	}
	return p, nil
}

// A way is the best alignment that ends in a state: its score in parts of a nat in the upper half, and in the lower one how long before step 2³²-1
// the phrase began. The greater of two ways is the better one, or the longer one of the same score.
type way = int64

const (
	part    = 1 << 14 // of a nat
	noWay   = way(-1 << 62)
	wayUnit = 1 << 32 // a part
)

func scoreOf(w way) float32 { return float32(w>>32) / part }

func beginOf(w way) int32 { return int32(wayUnit - 1 - w&(wayUnit-1)) }

// fresh is a way that begins in a step.
func fresh(step int32) way { return wayUnit - 1 - way(step) }

// A heard is an emission for the aligner, in parts of a nat.
type heard []int32

// heardOf puts an emission into out.
func heardOf(e emission, out heard) heard {
	out = resized(out, len(e))
	for i, v := range e {
		out[i] = int32(max(v, lowest)*part - 0.5) // none is positive
	}
	return out
}

// An aligner follows the best CTC alignment (Graves et al. 2006) of one phrase through a stream, with its beginning
// free: after each step end gives the best alignment that ends there. Since emissions are relative to the best
// phoneme, a score is the phrase's log-likelihood ratio to the best path.
type aligner struct {
	p     *pattern
	place []way // place i was the last phoneme heard, at 2+i; before them nothing, and the way that begins in the next step
	blank []way // the same with a blank after it, before the next one
	step  int32
	limit way // a way whose score lies under it is given up: scores only fall
	alive int // the last place that a way has reached
}

// stateCount is how many ways an aligner of a phrase keeps.
func stateCount(p *pattern) int { return 2 * (2 + (len(p.places)+abreast-1)/abreast*abreast) }

// newStates gives what an aligner of a phrase needs.
func newStates(p *pattern) []way { return make([]way, stateCount(p)) }

// newAligner begins to look for a phrase. Only alignments with a score a phoneme of at least this are found; noScore finds
// the best whatever it is. It keeps its ways in states, stateCount of them.
func newAligner(p *pattern, least float32, states []way) aligner {
	a := aligner{p: p, alive: -1, limit: noWay}
	a.keep(states)
	if least > noScore {
		a.limit = way(math.Floor(float64(least*float32(p.need)-limitSlack)*part)) * wayUnit
	}
	for i := range states {
		states[i] = noWay
	}
	a.start(0)
	return a
}

// keep has the ways kept in states.
func (a *aligner) keep(states []way) {
	half := len(states) / 2
	a.place, a.blank = states[:half:half], states[half:]
}

// start begins at a step.
func (a *aligner) start(step int32) { a.step, a.place[1] = step, fresh(step) }

// oldest is what a way of the longest alignment has in its lower half; one that is greater takes too long.
func (a *aligner) oldest() way { return fresh(max(0, a.step-int32(a.p.longest))) }

// top is the last place that a way can reach in the next step: one more than before, or two where one may be left out.
func (a *aligner) top() int { return min(len(a.p.places)-1, a.alive+2) }

// feed takes one step and gives the score a phoneme and the first step of the best alignment that ends in it.
func (a *aligner) feed(e heard) (score float32, begin int32) {
	places := a.p.places
	alive := -1
	silence, limit, oldest := way(e[0])<<32, a.limit, a.oldest()
	for i := a.top(); i >= 0; i-- {
		at := places[i]
		place, blank := a.place[i:i+3], a.blank[i:i+3]
		into := max(place[2], blank[1]) // the ways before this one are still those of the step before
		if !at.again {
			into = max(into, place[1])
		}
		if at.skip {
			into = max(into, blank[0], place[0])
		}
		over := max(blank[2], place[2]) + silence
		into += way(max(e[at.a], e[at.b])) << 32
		if over < limit || over&(wayUnit-1) > oldest {
			over = noWay
		}
		if into < limit || into&(wayUnit-1) > oldest {
			into = noWay
		}
		place[2], blank[2] = into, over
		if alive < 0 && max(into, over) > noWay {
			alive = i
		}
	}
	return a.end(alive)
}

// end ends a step in which a place was the last one reached.
func (a *aligner) end(alive int) (score float32, begin int32) {
	a.alive = alive
	a.start(a.step + 1)
	places := a.p.places
	i := len(places) - 1
	last := a.place[2+i]
	for ; i > 0 && places[i].optional; i-- {
		last = max(last, a.place[1+i])
	}
	if last == noWay {
		return noScore, 0
	}
	return scoreOf(last) / float32(a.p.need), beginOf(last)
}
