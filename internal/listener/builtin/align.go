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
		at.again = i > 0 && p.places[i-1].a == at.a && p.places[i-1].b == at.b
		p.places = append(p.places, at)
	}
	return p, nil
}

// A way is the best alignment that ends in a state: its score in parts of a nat in the upper half, and in the lower one how long before step 2³²-1
// the phrase began. The greater of two ways is the better one, or the longer one of the same score.
type way int64

const (
	part    = 1 << 14 // of a nat
	noWay   = way(-1 << 62)
	wayUnit = 1 << 32 // a part
)

func (w way) score() float32 { return float32(w>>32) / part }

func (w way) begin() int32 { return int32(wayUnit - 1 - w&(wayUnit-1)) }

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
	p      *pattern
	states []state
	step   int32
	limit  way // a way whose score lies under it is given up: scores only fall
	alive  int // the last place that a way has reached
}

// A state is where a way may stand.
type state struct {
	place way // this place was the last phoneme heard
	blank way // blank before the next one
}

// newAligner begins to look for a phrase. Only alignments with a score a phoneme of at least this are found; noScore finds
// the best whatever it is. It keeps its states in states, one for each place.
func newAligner(p *pattern, least float32, states []state) aligner {
	a := aligner{p: p, states: states, alive: -1, limit: noWay}
	if least > noScore {
		a.limit = way(math.Floor(float64(least*float32(p.need)-limitSlack)*part)) * wayUnit
	}
	for i := range a.states {
		a.states[i] = state{noWay, noWay}
	}
	return a
}

// newStates gives what an aligner of a phrase needs.
func newStates(p *pattern) []state { return make([]state, len(p.places)) }

// feed takes one step and gives the score a phoneme and the first step of the best alignment that ends in it.
func (a *aligner) feed(e heard) (score float32, begin int32) {
	places := a.p.places
	states := a.states[:len(places)]
	top := min(len(states)-1, a.alive+2) // a way goes on by one place, or two where one may be left out
	alive := -1
	silence, limit := way(e[0])<<32, a.limit
	oldest := fresh(max(0, a.step-int32(a.p.longest)))
	for i := top; i >= 0; i-- {
		at, here := places[i], &states[i]
		into := here.place // the states before this one still hold the step before
		if i == 0 {
			into = max(into, fresh(a.step))
		} else {
			before := states[i-1]
			into = max(into, before.blank)
			if !at.again {
				into = max(into, before.place)
			}
			if i > 1 && places[i-1].optional {
				into = max(into, states[i-2].blank, states[i-2].place)
			}
		}
		blank := max(here.blank, here.place) + silence
		into += way(max(e[at.a], e[at.b])) << 32
		if blank < limit || blank&(wayUnit-1) > oldest {
			blank = noWay
		}
		if into < limit || into&(wayUnit-1) > oldest {
			into = noWay
		}
		*here = state{into, blank}
		if alive < 0 && max(into, blank) > noWay {
			alive = i
		}
	}
	a.alive = alive
	a.step++
	last := states[len(states)-1].place
	for i := len(states) - 1; i > 0 && places[i].optional; i-- {
		last = max(last, states[i-1].place)
	}
	if last == noWay {
		return noScore, 0
	}
	return last.score() / float32(a.p.need), last.begin()
}
