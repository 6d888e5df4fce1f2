// Package voiceprint is the registered voices: searching them for the one that is heard.
//
// Owns: the gallery in memory, exact and quantised search.
// Never: making embeddings; acting on a match. A match is a candidate for a person to look at (参考).
// Goroutines: none of its own. A Gallery is safe for several.
package voiceprint

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
)

// A Match is a registered voice and its cosine similarity to the voice that was searched for, −1 to 1.
type Match struct {
	ID    string
	Score float32
}

// Errors of a gallery.
var (
	ErrDimensions = errors.New("the embedding has another number of dimensions than the gallery")
	ErrVector     = errors.New("the embedding has no direction: all zero, or not finite")
	ErrRegistered = errors.New("a voice of that id is registered already")
)

// lane is what vectors are padded to with zeros: one step of the widest kernel.
const lane = 32

// A Gallery holds the embeddings of registered voices of one model, each scaled to length 1.
type Gallery struct {
	dims, stride int

	mu      sync.RWMutex
	ids     []string
	at      map[string]int
	vectors []float32 // stride each
	codes   []int8    // stride each: the vector in steps of its own size
	steps   []float32 // the size of a step
	misses  []float32 // length of what the codes leave out
}

// NewGallery makes an empty gallery for embeddings of that many dimensions.
func NewGallery(dims int) (*Gallery, error) {
	if dims < 1 {
		return nil, fmt.Errorf("%d dimensions: %w", dims, ErrDimensions)
	}
	return &Gallery{dims: dims, stride: (dims + lane - 1) / lane * lane, at: map[string]int{}}, nil
}

// Len gives the number of registered voices.
func (g *Gallery) Len() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.ids)
}

// Grow makes room for n more voices, so that enrolling them copies nothing.
func (g *Gallery) Grow(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ids, g.steps, g.misses = slices.Grow(g.ids, n), slices.Grow(g.steps, n), slices.Grow(g.misses, n)
	g.vectors, g.codes = slices.Grow(g.vectors, n*g.stride), slices.Grow(g.codes, n*g.stride)
}

// Enrol registers a voice. The embedding may be of any length but 0.
func (g *Gallery) Enrol(id string, embedding []float32) error {
	v, err := g.unit(embedding)
	if err != nil {
		return err
	}
	c := encode(v)
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.at[id]; ok {
		return ErrRegistered
	}
	g.at[id] = len(g.ids)
	g.ids = append(g.ids, id)
	g.vectors, g.codes = append(g.vectors, v...), append(g.codes, c.codes...)
	g.steps, g.misses = append(g.steps, c.step), append(g.misses, c.miss)
	return nil
}

// Erase takes a voice out and leaves nothing of it in memory. It tells whether the voice was there.
func (g *Gallery) Erase(id string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i, ok := g.at[id]
	if !ok {
		return false
	}
	last, s := len(g.ids)-1, g.stride
	copy(g.vectors[i*s:(i+1)*s], g.vectors[last*s:])
	copy(g.codes[i*s:(i+1)*s], g.codes[last*s:])
	g.ids[i], g.steps[i], g.misses[i] = g.ids[last], g.steps[last], g.misses[last]
	g.at[g.ids[i]] = i
	delete(g.at, id)
	clear(g.vectors[last*s:])
	clear(g.codes[last*s:])
	g.ids[last] = ""
	g.ids, g.steps, g.misses = g.ids[:last], g.steps[:last], g.misses[:last]
	g.vectors, g.codes = g.vectors[:last*s], g.codes[:last*s]
	return true
}

// Exact gives the n voices that are most alike, best first, by looking at every vector; alike ones in order of their ids.
func (g *Gallery) Exact(embedding []float32, n int) ([]Match, error) {
	v, err := g.unit(embedding)
	if err != nil {
		return nil, err
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	b := newBest(n)
	var scores [block]float32
	for from := 0; from < len(g.ids); from += block {
		to := min(from+block, len(g.ids))
		dots(scores[:to-from], g.vectors[from*g.stride:to*g.stride], v)
		for i, s := range scores[:to-from] {
			if s >= b.floor { // nearly never: no call for the others
				b.offer(g.ids, from+i, s)
			}
		}
	}
	return b.matches(g.ids), nil
}

// Identify gives what Exact gives, in a fraction of the time where the gallery is large: it looks at the coded vectors
// first, and exactly at those only that can be among the best. By the Cauchy-Schwarz inequality the two scores differ by no more
// than what the codes of both leave out, so no match is lost.
func (g *Gallery) Identify(embedding []float32, n int) ([]Match, error) {
	v, err := g.unit(embedding)
	if err != nil {
		return nil, err
	}
	q := encode(v)
	g.mu.RLock()
	defer g.mu.RUnlock()
	floors := newLowest(n)
	rough := make([]float32, len(g.ids)) // the most that a score can be
	var sums [block]int32
	for from := 0; from < len(g.ids); from += block {
		to := min(from+block, len(g.ids))
		codeDots(sums[:to-from], g.codes[from*g.stride:to*g.stride], q.codes)
		for i, sum := range sums[:to-from] {
			k := from + i
			s, off := float32(sum)*q.step*g.steps[k], q.miss*(1+g.misses[k])+g.misses[k]+rounding
			rough[k] = s + off
			if s-off > floors.floor {
				floors.offer(s - off)
			}
		}
	}
	b := newBest(n)
	var one [1]float32
	for k, most := range rough {
		if most >= floors.floor {
			dots(one[:], g.vectors[k*g.stride:(k+1)*g.stride], v)
			b.offer(g.ids, k, one[0])
		}
	}
	return b.matches(g.ids), nil
}

// block is how many voices are scored at a time, so that scores stay in the first cache.
const block = 1024

// rounding is more than what sums of single precision can be wrong by.
const rounding = 1e-4

// unit gives the embedding at length 1, padded.
func (g *Gallery) unit(embedding []float32) ([]float32, error) {
	if len(embedding) != g.dims {
		return nil, fmt.Errorf("%d, not %d: %w", len(embedding), g.dims, ErrDimensions)
	}
	var power float64
	for _, x := range embedding {
		power += float64(x) * float64(x)
	}
	if !(power > 0) || math.IsInf(power, 0) {
		return nil, ErrVector
	}
	v, scale := make([]float32, g.stride), 1/math.Sqrt(power)
	for i, x := range embedding {
		v[i] = float32(float64(x) * scale)
	}
	return v, nil
}

// A coded vector is whole multiples of a step.
type coded struct {
	codes      []int8
	step, miss float32
}

func encode(v []float32) coded {
	var top float32
	for _, x := range v {
		top = max(top, x, -x)
	}
	c := coded{codes: make([]int8, len(v)), step: top / math.MaxInt8}
	var miss float64
	for i, x := range v {
		n := math.RoundToEven(float64(x / c.step))
		c.codes[i] = int8(max(-math.MaxInt8, min(math.MaxInt8, n)))
		d := float64(x) - float64(c.codes[i])*float64(c.step)
		miss += d * d
	}
	c.miss = float32(math.Sqrt(miss))
	return c
}

// best keeps the n best scores.
type best struct {
	n     int
	list  []scored // best first
	floor float32  // no lower score belongs to them
}

type scored struct {
	at    int
	score float32
}

// newBest makes one; of n under 1 nothing is kept.
func newBest(n int) best { return best{n: n, floor: startOf(n)} }

func startOf(n int) float32 {
	if n < 1 {
		return float32(math.Inf(1))
	}
	return float32(math.Inf(-1))
}

func (b *best) offer(ids []string, at int, score float32) {
	i, _ := slices.BinarySearchFunc(b.list, scored{at, score}, func(a, t scored) int {
		if a.score > t.score || a.score == t.score && ids[a.at] < ids[t.at] {
			return -1
		}
		return 1
	})
	if i == b.n {
		return
	}
	b.list = slices.Insert(b.list[:min(len(b.list), b.n-1)], i, scored{at, score})
	if len(b.list) == b.n {
		b.floor = b.list[b.n-1].score
	}
}

func (b *best) matches(ids []string) []Match {
	out := make([]Match, len(b.list))
	for i, s := range b.list {
		out[i] = Match{ID: ids[s.at], Score: s.score}
	}
	return out
}

// lowest keeps the n greatest values, for the least of them.
type lowest struct {
	n     int
	list  []float32 // greatest first
	floor float32
}

func newLowest(n int) lowest { return lowest{n: n, floor: startOf(n)} }

func (l *lowest) offer(v float32) {
	i, _ := slices.BinarySearchFunc(l.list, v, func(a, t float32) int {
		if a > t {
			return -1
		}
		return 1
	})
	if i == l.n {
		return
	}
	l.list = slices.Insert(l.list[:min(len(l.list), l.n-1)], i, v)
	if len(l.list) == l.n {
		l.floor = l.list[l.n-1]
	}
}

// Embedding gives a copy of a registered voice's vector at length 1; nil where there is none of that id.
func (g *Gallery) Embedding(id string) []float32 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	i, ok := g.at[id]
	if !ok {
		return nil
	}
	return slices.Clone(g.vectors[i*g.stride:][:g.dims])
}
