package builtin

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Giving up hopeless ways loses nothing: whenever the best alignment reaches the threshold, score and beginning are those
// of the full search, and otherwise no score reaches it.
func TestGivingUpLosesNothing(t *testing.T) {
	n := shippedNet(t)
	v, err := n.compile(phrases(), nil)
	if err != nil {
		t.Fatal(err)
	}
	pcm := demo(t, "abuse-caller.wav")
	if raced {
		pcm = pcm[19*8000 : 24*8000]
	}
	front, run := frontEnd{bank: n.bank}, newStream(n)
	steps := run.close(run.feed(front.feed(pcm, nil), nil))
	hits := 0
	var h heard
	for i := range v.phrases {
		p := &v.phrases[i]
		all, few := newAligner(p.pattern, noScore, newStates(p.pattern)), newAligner(p.pattern, p.threshold, newStates(p.pattern))
		for k, e := range steps {
			h = heardOf(e, h)
			want, begin := all.feed(h)
			got, at := few.feed(h)
			if want >= p.threshold {
				hits++
				if got != want || at != begin {
					t.Fatalf("%s, step %d: %v from %d, full search %v from %d", p.ID, k, got, at, want, begin)
				}
			} else if got >= p.threshold {
				t.Fatalf("%s, step %d: %v, full search %v", p.ID, k, got, want)
			}
		}
	}
	if hits < 5 {
		t.Errorf("only %d steps with a hit", hits)
	}
}

// The aligner finds what trying every beginning finds.
func TestAlignerTriesEveryBeginning(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	found, hidden := 0, 0
	for round := range 300 {
		p := &pattern{need: 2, longest: 100}
		if round%2 > 0 {
			p.longest = 6 + r.IntN(9)
		}
		for i := range 2 + r.IntN(4) {
			at := place{a: uint8(1 + r.IntN(3)), b: uint8(1 + r.IntN(3)), optional: i > 0 && r.IntN(3) == 0}
			at.skip = i > 0 && p.places[i-1].optional
			at.again = i > 0 && p.places[i-1].a == at.a && p.places[i-1].b == at.b
			if i > 0 && p.places[i-1].optional {
				at.optional = false
			}
			p.places = append(p.places, at)
		}
		steps := make([]emission, 24)
		for i := range steps {
			steps[i] = make(emission, 4)
			for k := range steps[i] {
				steps[i][k] = -float32(r.ExpFloat64() * 3)
			}
		}
		a := newAligner(p, noScore, newStates(p))
		for k, e := range steps {
			score, begin := a.feed(heardOf(e, nil))
			want, first := math.Inf(-1), 0
			for from := range k + 1 {
				if v := alignedFrom(p, steps[from:k+1]); k-from <= p.longest && v > want+1e-9 {
					want, first = v, from
				}
			}
			want /= float64(p.need)
			if math.IsInf(want, -1) {
				if score > -1e6 {
					t.Fatalf("step %d: %v from %d, and there is no way", k, score, begin)
				}
				continue
			}
			// A better way that took too long may have hidden one that did not.
			if d := float64(score) - want; d > 1e-2 || score > -1e6 && d > -1e-2 && int(begin) != first && math.Abs(alignedFrom(p, steps[begin:k+1])/float64(p.need)-want) > 1e-2 {
				t.Fatalf("%+v, step %d: %v from %d, by trying %v from %d", p, k, score, begin, want, first)
			} else if d > -1e-2 {
				found++
			} else if hidden++; p.longest == 100 {
				t.Fatalf("%+v, step %d: %v from %d, by trying %v from %d", p, k, score, begin, want, first)
			}
		}
	}
	if found < 6000 || hidden > 60 {
		t.Errorf("%d of 7200 steps, %d hidden", found, hidden)
	}
}

// alignedFrom gives the best alignment of a pattern that takes all steps, by one sum for each place and the blank behind it.
func alignedFrom(p *pattern, steps []emission) float64 {
	const none = -1e12
	n := 2 * len(p.places)
	at := make([]float64, n) // places at even numbers
	for i := range at {
		at[i] = none
	}
	for k, e := range steps {
		next := make([]float64, n)
		for i := range next {
			s, place := at[i], p.places[i/2]
			silent := i%2 == 1
			switch {
			case silent:
				s = max(s, at[i-1])
			case i == 0 && k == 0:
				s = 0
			case i > 0:
				s = max(s, at[i-1])
				if !place.again {
					s = max(s, at[i-2])
				}
				if i > 2 && p.places[i/2-1].optional {
					s = max(s, at[i-3], at[i-4])
				}
			}
			by := float64(max(e[0], lowest))
			if !silent {
				by = float64(max(e[place.a], e[place.b], lowest))
			}
			next[i] = s + by
		}
		at = next
	}
	last := len(p.places) - 1
	best := at[2*last]
	for ; last > 0 && p.places[last].optional; last-- {
		best = max(best, at[2*(last-1)])
	}
	if best < none/2 {
		return math.Inf(-1)
	}
	return best
}

// Eight places at a time give the same score and beginning as one after the other, in every step, and end in the same states.
func TestLanesAreOnePath(t *testing.T) {
	if !wideReady() || !simdReady() {
		t.Skip("no AVX-512 here, or not built in")
	}
	n := shippedNet(t)
	v, err := n.compile(phrases(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if v.sounds == nil {
		t.Fatal("the phrases are not laid in lanes")
	}
	r := rand.New(rand.NewPCG(7, 8))
	pcm := demo(t, "abuse-caller.wav")[:60*8000]
	front, run := frontEnd{bank: n.bank}, newStream(n)
	steps := run.close(run.feed(front.feed(pcm, nil), nil))
	var h heard
	var tb table
	reached := 0
	for i := range v.phrases {
		p := &v.phrases[i]
		for _, least := range []float32{p.threshold, noScore} {
			one, all := newAligner(p.pattern, least, newStates(p.pattern)), newAligner(p.pattern, least, newStates(p.pattern))
			for k, e := range steps[r.IntN(200):] {
				h = heardOf(e, h)
				tb.fill(v, h)
				want, begin := one.feed(h)
				got, at := all.feedWide(&tb, p.lanes)
				if got != want || at != begin || one.alive != all.alive || !slices.Equal(one.place, all.place) || !slices.Equal(one.blank, all.blank) {
					t.Fatalf("%s, step %d: %v from %d, in lanes %v from %d", p.ID, k, want, begin, got, at)
				}
				if want > noScore {
					reached++
				}
			}
		}
	}
	if reached < 1000 {
		t.Errorf("an end was reached %d times", reached)
	}
}

// Phrases of more sounds than a table holds are aligned one place after the other.
func TestTooManySounds(t *testing.T) {
	p := &pattern{need: 1}
	for i := range uint8(tableSize) {
		p.places = append(p.places, place{a: i, b: i + 1})
	}
	v := &vocabulary{phrases: []phrase{{pattern: p}}}
	if v.lay(); v.sounds != nil {
		t.Error("they are in lanes")
	}
	v.phrases[0].pattern = &pattern{need: 1, places: p.places[:tableSize-1]}
	if v.lay(); len(v.sounds) != tableSize {
		t.Errorf("%d sounds", len(v.sounds))
	}
}
