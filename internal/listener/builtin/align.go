package builtin

import "commusafe/internal/text"

// noScore stands for a state that nothing has reached.
const noScore = float32(-1e9)

// lowest bounds one step's emission, so that a single badly heard phoneme doesn't lose the whole phrase.
const lowest = float32(-9)

// A pattern is a phrase as the aligner wants it: for each place the phoneme indices, and which places may be left out.
type pattern struct {
	a, b     []uint8
	optional []bool
	again    []bool // place i can follow place i-1 only over a blank, because both are the same phoneme
	need     int    // places that must be there
	longest  int    // steps that the phrase may take
}

// limitSlack keeps rounding from losing a way that ends at the very limit, in nats.
const limitSlack = 1e-3

// longestStep is how many steps of 30 ms one phoneme may take on average (200 ms), and what a phrase has beside.
const (
	longestStep  = 7
	longestExtra = 20
)

func (n *Net) pattern(reading string) (*pattern, error) {
	places, err := text.Sounds(reading)
	if err != nil {
		return nil, err
	}
	p := &pattern{need: text.Phonemes(places)}
	p.longest = p.need*longestStep + longestExtra
	for i, s := range places {
		a := n.index[s.A]
		b := a
		if s.B != "" {
			b = n.index[s.B]
		}
		p.a, p.b, p.optional = append(p.a, a), append(p.b, b), append(p.optional, s.Optional)
		p.again = append(p.again, i > 0 && (p.a[i-1] == a && p.b[i-1] == b))
	}
	return p, nil
}

// An aligner follows the best CTC alignment (Graves et al. 2006) of one phrase through a stream, with its beginning
// free: after each step end gives the best alignment that ends there. Since emissions are relative to the best
// phoneme, a score is the phrase's log-likelihood ratio to the best path.
type aligner struct {
	p     *pattern
	place []cell // place i was the last phoneme heard
	blank []cell // blank before place i+1, after place i
	step  int32
	limit float32 // a way whose score lies under it is given up: scores only fall
	alive int     // the last place that a way has reached
}

// A cell is the best way into a state: its score and the step in which the phrase began.
type cell struct {
	score float32
	begin int32
}

// newAligner begins to look for a phrase. Only alignments with a score a phoneme of at least this are found; noScore finds
// the best whatever it is.
func newAligner(p *pattern, least float32) *aligner {
	a := &aligner{p: p, place: make([]cell, len(p.a)), blank: make([]cell, len(p.a)), alive: -1}
	a.limit = max(noScore, least*float32(p.need)-limitSlack)
	for i := range a.place {
		a.place[i], a.blank[i] = cell{noScore, 0}, cell{noScore, 0}
	}
	return a
}

// feed takes one step and gives the score a phoneme and the first step of the best alignment that ends in it.
func (a *aligner) feed(e emission) (score float32, begin int32) {
	p := a.p
	top := min(len(a.place)-1, a.alive+2) // a way goes on by one place, or two where one may be left out
	a.alive = -1
	silence := max(e[0], lowest)
	for i := top; i >= 0; i-- {
		heard := max(e[p.a[i]], e[p.b[i]], lowest)
		a.blank[i] = a.kept(step(better(a.blank[i], a.place[i]), silence))
		a.place[i] = a.kept(step(a.into(i), heard))
		if a.alive < 0 && (a.place[i].score > noScore || a.blank[i].score > noScore) {
			a.alive = i
		}
	}
	a.step++
	last := a.place[len(a.place)-1]
	for i := len(a.place) - 1; i > 0 && p.optional[i]; i-- {
		last = better(last, a.place[i-1])
	}
	return last.score / float32(p.need), last.begin
}

// into is the best way into place i at this step; the states before it still hold the step before.
func (a *aligner) into(i int) cell {
	if i == 0 {
		return better(a.place[0], cell{0, a.step})
	}
	best := better(a.place[i], a.blank[i-1])
	if !a.p.again[i] {
		best = better(best, a.place[i-1])
	}
	if a.p.optional[i-1] && i > 1 {
		best = better(best, better(a.blank[i-2], a.place[i-2]))
	}
	return best
}

// kept forgets what has taken too long, and what can't become good enough any more.
func (a *aligner) kept(c cell) cell {
	if c.score < a.limit || a.step-c.begin > int32(a.p.longest) {
		return cell{noScore, a.step}
	}
	return c
}

func step(c cell, by float32) cell { return cell{c.score + by, c.begin} }

func better(a, b cell) cell {
	if b.score > a.score {
		return b
	}
	return a
}
