package builtin

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

//go:embed weights/gist.bin
var gistWeights []byte

// gistMagic begins the weights of a gist: magic, uint32 length of a JSON header, the header, then the table as int8, weights and bias as float32,
// little-endian, all in gzip.
const gistMagic = "CSGIST1\x00"

// A gistHeader describes the weights of a gist.
type gistHeader struct {
	Classes  []string `json:"classes"` // the first is nothing
	Phonemes []string `json:"phonemes"`
	Bits     int      `json:"bits"`  // of a place in the table
	Width    int      `json:"width"` // numbers in a place
	Least    int      `json:"least"` // phonemes of a run
	Most     int      `json:"most"`
	Open     []int    `json:"open"` // lengths of runs in which one phoneme between the ends is open
	Unit     float32  `json:"unit"` // of the table's numbers
	Made     string   `json:"made"`
}

func (h *gistHeader) check() error {
	switch {
	case len(h.Classes) < 2 || len(h.Classes) > gistClasses || len(h.Phonemes) < 2 || len(h.Phonemes) > 254:
		return fmt.Errorf("gist of %d classes and %d phonemes can't be right", len(h.Classes), len(h.Phonemes))
	case h.Bits < 1 || h.Bits > 18 || h.Width < 1 || h.Width > gistWidth:
		return fmt.Errorf("gist of %d bits and width %d can't be right", h.Bits, h.Width)
	case h.Least < 1 || h.Most < h.Least || h.Most > 16 || len(h.Open) > 16 || slices.ContainsFunc(h.Open, func(n int) bool { return n < 3 || n > 16 }):
		return fmt.Errorf("gist of runs from %d to %d, open %v, can't be right", h.Least, h.Most, h.Open)
	case !(h.Unit > 0 && h.Unit < 1e3):
		return fmt.Errorf("gist of unit %v can't be right", h.Unit)
	}
	return nil
}

// A Gist says what a stretch of speech is like, by statistics of the runs of phonemes in it: no word of it is known. It is linear in the runs
// (a table with few numbers in each place, as in Joulin et al. 2017), and takes what is misread into account because it was trained on
// misread sentences. It is read-only and may be used by any number of ears at once.
type Gist struct {
	gistHeader
	table   []int8 // [1<<bits][width]
	weights []float32
	bias    []float32
	reason  []bool // by class: a reason not to act, no harassment
	need    int    // the class of people in need; 0 where there is none

	language *Language // nil: the phonemes are those of the best path
}

// LoadGist reads the gist that comes with the product, and the language model by which it reads.
func LoadGist() (*Gist, error) {
	g, err := ParseGist(gistWeights)
	if err != nil {
		return nil, err
	}
	l, err := LoadLanguage()
	if err != nil {
		return nil, err
	}
	return g.With(l)
}

// With makes a gist read with a language model of the same phonemes.
func (g *Gist) With(l *Language) (*Gist, error) {
	if !slices.Equal(g.Phonemes, l.Phonemes) {
		return nil, errors.New("language model is of other phonemes than the gist")
	}
	read := *g
	read.language = l
	return &read, nil
}

// ParseGist reads weights as train/gist.py writes them.
func ParseGist(b []byte) (*Gist, error) {
	g := new(Gist)
	r, err := begun(b, gistMagic, &g.gistHeader)
	if err != nil {
		return nil, err
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	g.table = make([]int8, g.Width<<g.Bits)
	g.weights, g.bias = make([]float32, len(g.Classes)*g.Width), make([]float32, len(g.Classes))
	for _, part := range []any{g.table, g.weights, g.bias} {
		if err := binary.Read(r, binary.LittleEndian, part); err != nil {
			return nil, errors.New("weights file ends inside its numbers")
		}
	}
	for _, c := range g.Classes {
		g.reason = append(g.reason, strings.HasPrefix(c, "G-"))
	}
	g.need = max(0, slices.Index(g.Classes, gistNeed))
	for _, v := range slices.Concat(g.weights, g.bias) {
		if !(math.Abs(float64(v)) < 1e6) {
			return nil, fmt.Errorf("weights of the gist have the number %v, which can't be right", v)
		}
	}
	return g, nil
}

// What stands for the ends of a stretch and for an open phoneme, and the numbers of the FNV hash (offset and prime of 32 bits).
const (
	gistEdge   = 0
	gistAny    = 255
	hashOffset = 2166136261
	hashPrime  = 16777619
)

// places gives where the weights of the runs of a stretch stand, sorted, each once; phonemes without pauses, none twice in a row. It uses the
// room of out.
func (g *Gist) places(phonemes []uint8, out []uint32) []uint32 {
	out = out[:0]
	n := len(phonemes) + 2
	at := func(i int) uint32 {
		if i == 0 || i == n-1 {
			return gistEdge
		}
		return uint32(phonemes[i-1])
	}
	put := func(h uint32) { out = append(out, (h^h>>15)&(1<<g.Bits-1)) }
	for a := range n {
		h := uint32(hashOffset)
		for b := a; b < min(n, a+g.Most); b++ {
			h = (h ^ at(b)) * hashPrime
			if b-a+1 >= g.Least {
				put(h)
			}
		}
	}
	for _, width := range g.Open {
		for a := range n - width + 1 {
			for hole := 1; hole < width-1; hole++ {
				h := uint32(hashOffset)
				for b := range width {
					p := uint32(gistAny)
					if b != hole {
						p = at(a + b)
					}
					h = (h ^ p) * hashPrime
				}
				put(h)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// likely gives how likely each class is, in likely; places as above. The sums are of whole numbers, the rest is of so few that all machines
// agree in the digits that are told.
func (g *Gist) likely(places []uint32, likely []float64) {
	var sums [gistWidth]int32
	for _, p := range places {
		for i, v := range g.table[int(p)*g.Width:][:g.Width] {
			sums[i] += int32(v)
		}
	}
	scale := float64(g.Unit) / math.Sqrt(float64(max(1, len(places))))
	top := math.Inf(-1)
	for k := range g.Classes {
		z := float64(g.bias[k])
		for i, w := range g.weights[k*g.Width:][:g.Width] {
			z += float64(w) * float64(sums[i]) * scale
		}
		likely[k], top = z, max(top, z)
	}
	total := 0.0
	for k, z := range likely[:len(g.Classes)] {
		likely[k] = math.Exp(z - top)
		total += likely[k]
	}
	for k := range g.Classes {
		likely[k] /= total
	}
}

// Numbers of the stretches that are judged, as train/gist.py has them, and of what is told.
const (
	gistPause   = 13   // steps (390 ms) without a phoneme that end a stretch
	gistLeast   = 10   // phonemes in a stretch
	gistMost    = 80   // … after which the next one begins
	gistTold    = 0.35 // how likely harassment must be to be told: what goes on is made of stretches that say little each
	needTold    = 0.10 // … and that somebody is in need
	gistClasses = 64   // at most
	gistWidth   = 32

	gistNeed = "G-CRISIS" // people in need
)

// A gister follows the phonemes of one party and tells what stretches of them are like.
type gister struct {
	gist       *Gist
	phonemes   []uint8
	last       uint8 // phoneme or blank of the last step
	begin, end int32 // steps of the first and the last phoneme
	early      tenor // what the first phonemes of the stretch are like
	enough     bool  // … where they say anything
	judged     int   // how many these are
	beam       *beam // nil: the best path is what was said
}

// newGister begins to follow a party.
func newGister(g *Gist) *gister {
	n := &gister{gist: g}
	if g.language != nil {
		n.beam = &beam{language: g.language, pause: uint8(max(0, slices.Index(g.Phonemes, pausePhoneme)))}
	}
	return n
}

// A gistRoom is what a gister works with.
type gistRoom struct {
	said   []uint8
	places []uint32
	likely [gistClasses]float64
	beam   beamRoom
}

// A tenor is what a stretch was found to be like, in two digits.
type tenor struct {
	class      string  // of harassment, the likeliest
	harm       float64 // how likely any of it is
	need       float64 // how likely it is that somebody is in need
	begin, end int32
}

// step takes the emission of a step and its best phoneme, pauses as blanks, and gives a stretch that ended before it.
func (g *gister) step(e emission, phoneme uint8, step int32, room *gistRoom) (t tenor, ok bool) {
	if len(g.phonemes) > 0 && (step-g.end > gistPause || len(g.phonemes) >= gistMost && phoneme != 0 && phoneme != g.last) {
		t, ok = g.finish(room)
	}
	if g.beam != nil && (phoneme != 0 || len(g.phonemes) > 0) {
		if len(g.phonemes) == 0 {
			g.beam.begin()
		}
		g.beam.step(e, &room.beam)
	}
	if phoneme != 0 {
		if n := len(g.phonemes); phoneme != g.last && (n == 0 || g.phonemes[n-1] != phoneme) {
			if n == 0 {
				g.begin = step
			}
			g.phonemes = append(g.phonemes, phoneme)
		}
		g.end = step
	}
	g.last = phoneme
	return t, ok
}

// finish ends the stretch; false where it is too short to say anything.
func (g *gister) finish(room *gistRoom) (tenor, bool) {
	if g.beam != nil && len(g.phonemes) > 0 {
		g.phonemes = g.beam.said(g.phonemes)
	}
	t, ok := g.like(g.phonemes, room)
	g.phonemes, g.judged = g.phonemes[:0], 0
	return t, ok
}

// soFar gives what the stretch is like as far as it has come; false while it is too short to say anything.
func (g *gister) soFar(room *gistRoom) (tenor, bool) {
	if n := len(g.phonemes); n != g.judged {
		said := g.phonemes
		if g.beam != nil {
			room.said = g.beam.said(room.said)
			said = room.said
		}
		g.early, g.enough = g.like(said, room)
		g.judged = n
	}
	g.early.begin, g.early.end = g.begin, g.end
	return g.early, g.enough
}

// like gives what phonemes are like; false where they are too few to say anything.
func (g *gister) like(phonemes []uint8, room *gistRoom) (tenor, bool) {
	t := tenor{begin: g.begin, end: g.end}
	if len(phonemes) < gistLeast {
		return t, false
	}
	room.places = g.gist.places(phonemes, room.places)
	g.gist.likely(room.places, room.likely[:])
	most := 0.0
	for k, p := range room.likely[:len(g.gist.Classes)] {
		if k == 0 || g.gist.reason[k] {
			continue
		}
		t.harm += p
		if p > most {
			most, t.class = p, g.gist.Classes[k]
		}
	}
	if g.gist.need > 0 {
		t.need = math.Round(100*room.likely[g.gist.need]) / 100
	}
	t.harm = math.Round(100*t.harm) / 100
	return t, true
}

// within tells whether the stretch that is still being said may have a phrase in it that ended in a step.
func (g *gister) within(end int32) bool { return len(g.phonemes) > 0 && g.begin <= end }

// gistAround is the share of a stretch that a phrase may have, for the stretch to say something about it: of a few phonemes the spotter knows more.
const gistAround = 0.7

// around gives how likely harassment or need is in the stretch that more than half of a hit lies in, from 0.01; 0 where there is none, or hardly more in it than
// the hit.
func around(tenors []tenor, h hit) float64 {
	for _, t := range tenors {
		if 2*(min(t.end, h.end)-max(t.begin, h.begin)) <= h.end-h.begin {
			continue
		}
		if float64(h.end-h.begin) > gistAround*float64(t.end-t.begin) {
			return 0
		}
		return max(t.harm, t.need, 0.01)
	}
	return 0
}

// GistInputs gives what tells the phonemes that are read in a clip, as numbers in one row; for training.
func GistInputs() (func(pcm []int16) [][]float32, error) {
	n, err := Load()
	if err != nil {
		return nil, err
	}
	g, err := LoadGist()
	if err != nil {
		return nil, err
	}
	return func(pcm []int16) [][]float32 {
		front, run := frontEnd{bank: n.bank}, newStream(n)
		b, room := newGister(g).beam, gistRoom{}
		b.begin()
		for _, e := range run.close(run.feed(front.feed(pcm, nil), nil)) {
			b.step(e, &room.beam)
		}
		row := []float32{}
		for _, p := range b.said(nil) {
			row = append(row, float32(p))
		}
		return [][]float32{row}
	}, nil
}
