package judge

import (
	"cmp"
	"math/bits"
	"os"
	"slices"
	"strconv"
	"sync"

	"commusafe/internal/text"
)

// earVersion names how entries are found by their sound. Judgements depend on it.
const earVersion = "ear/1"

// Bounds of finding entries by their sound.
const (
	runLength   = 4  // phonemes
	kindBits    = 4  // of each of them: its kind
	earWindow   = 96 // letters that are looked at together; a longer text is read in windows
	earStep     = 48 // letters
	maxCompared = 8  // sayings in one window
	maxPhones   = 48 // of a saying
	heardNeeds  = 0.05
	lostPhone   = 16      // the cost of one that makes its runs unlike
	unreachable = 1 << 14 // above any cost
)

func env(name string, def float64) float64 {
	if v, err := strconv.ParseFloat(os.Getenv(name), 64); err == nil {
		return v
	}
	return def
}

var (
	xNeeds = env("X_NEEDS", 0.05)
	xLimit = env("X_LIMIT", 0.13)
	xSlack = env("X_SLACK", 0)
	xForms = env("X_FORMS", 0)
	xShort = env("X_SHORT", 9)
)

// A saying is what an entry sounds like.
type saying struct {
	entry  int32
	phones []text.Phone
	limit  uint16 // what may be wrong with it, in parts of text.Whole
	need   int    // runs of it that must be there to be compared
}

// An ear finds entries by their sound, in spite of what a recogniser makes of it at 8 kHz.
type ear struct {
	readings *text.Readings
	like     *text.Likeness
	sayings  []saying
	any      []uint64 // by run: whether it stands in any saying, a bit each
	first    []uint16 // by run: its first place
	places   []place
	pool     sync.Pool // of *listening
}

// A place is where a run of phonemes stands in a saying.
type place struct {
	saying int32
	at     uint8
}

// A listening is what is needed to listen to a text, used again and again.
type listening struct {
	lattice text.Lattice
	seen    []uint64 // by saying: which of its runs were seen
	touched []int32
	cells   []uint16 // by node and phoneme of the saying: the least cost up to there
	column  []uint16 // the same inside an edge
}

// A sounding is an entry that sounds like something in a text, and how much so: 1 is quite, 0.5 just enough.
type sounding struct {
	entry int32
	close float64
}

// newEar makes ready what the entries with a reading sound like.
func newEar(entries []known) (*ear, error) {
	readings, err := text.ReadingsOfKanji()
	if err != nil {
		return nil, err
	}
	e := &ear{readings: readings, like: text.NewLikeness()}
	for i := range entries {
		k := &entries[i]
		if kana := k.Spoken(); kana != "" {
			if p, err := text.Phones(kana); err == nil {
				e.add(int32(i), p)
			}
			if xForms > 0 {
				for _, f := range append([]string{k.Surface}, k.Forms...) {
					if p := e.readings.Likely(text.Fold(f).Runes); p != nil {
						e.add(int32(i), p)
					}
				}
			}
		}
	}
	e.index()
	return e, nil
}

// add adds a way to say an entry, if it is long enough to be told from other words by its sound.
func (e *ear) add(entry int32, p []text.Phone) {
	if len(p) < int(xShort) {
		return
	}
	p = p[:min(len(p), maxPhones)]
	limit := uint16(xLimit * text.Whole * float64(len(p)))
	need := max(2, len(p)-runLength+1-runLength*(int(limit)/lostPhone)-int(xSlack))
	e.sayings = append(e.sayings, saying{entry: entry, phones: p, limit: limit, need: need})
}

// index makes the table of runs.
func (e *ear) index() {
	type at struct {
		run int
		place
	}
	var all []at
	for i, s := range e.sayings {
		for from := range len(s.phones) - runLength + 1 {
			n := 0
			for _, p := range s.phones[from : from+runLength] {
				n = n<<kindBits | int(e.like.Kind[p])
			}
			all = append(all, at{n, place{int32(i), uint8(from)}})
		}
	}
	slices.SortStableFunc(all, func(a, b at) int { return cmp.Compare(a.run, b.run) })
	const runs = 1 << (runLength * kindBits)
	e.any, e.first = make([]uint64, runs/64), make([]uint16, runs+1)
	for _, a := range all {
		e.any[a.run/64] |= 1 << (a.run % 64)
		e.first[a.run+1]++
		e.places = append(e.places, a.place)
	}
	for i := range runs {
		e.first[i+1] += e.first[i]
	}
}

// listen finds entries that sound like something in folded letters, in the lexicon's order, each once.
func (e *ear) listen(t []rune, wanted func(entry int32) bool) []sounding {
	l, ok := e.pool.Get().(*listening)
	if !ok {
		l = &listening{seen: make([]uint64, len(e.sayings)), column: make([]uint16, maxPhones+1)}
	}
	defer e.pool.Put(l)
	var out []sounding
	for from := 0; from < len(t); from += earStep {
		e.readings.Fill(&l.lattice, t[from:min(from+earWindow, len(t))])
		e.sight(l)
		for _, i := range e.worth(l, wanted) {
			s := &e.sayings[i]
			cost := e.compare(l, s)
			if cost > s.limit {
				continue
			}
			found := sounding{s.entry, 1 - 0.5*float64(cost)/float64(max(1, s.limit))}
			if k := slices.IndexFunc(out, func(o sounding) bool { return o.entry == s.entry }); k < 0 {
				out = append(out, found)
			} else {
				out[k].close = max(out[k].close, found.close)
			}
		}
		if from+earWindow >= len(t) {
			break
		}
	}
	slices.SortFunc(out, func(a, b sounding) int { return cmp.Compare(a.entry, b.entry) })
	return out
}

// SoundsLike gives the entries that a text sounds like, whatever else speaks for or against them.
func (r *Rules) SoundsLike(words string) []string {
	var out []string
	for _, f := range r.ear.listen(text.Fold(words).Runes, func(int32) bool { return true }) {
		out = append(out, r.entries[f.entry].ID)
	}
	return out
}

// sight notes the runs of phonemes that sayings have in common with a text, whichever way it is read.
func (e *ear) sight(l *listening) {
	for _, i := range l.touched {
		l.seen[i] = 0
	}
	l.touched = l.touched[:0]
	for _, edge := range l.lattice.Edges {
		for from := range edge.Phones {
			e.follow(l, edge.Phones[from:], int(edge.To), 0, 0, 0)
		}
	}
}

// follow reads on until a run is full: n phonemes of it are known, the last is given.
func (e *ear) follow(l *listening, p []text.Phone, to, run, n int, last text.Phone) {
	for _, x := range p {
		if n > 0 && x.Lengthens(last) {
			continue
		}
		run, n, last = run<<kindBits|int(e.like.Kind[x]), n+1, x
		if n == runLength {
			if e.any[run/64]&(1<<(run%64)) != 0 {
				for _, at := range e.places[e.first[run]:e.first[run+1]] {
					if l.seen[at.saying] == 0 {
						l.touched = append(l.touched, at.saying)
					}
					l.seen[at.saying] |= 1 << at.at
				}
			}
			return
		}
	}
	if to < l.lattice.Nodes() {
		for _, edge := range l.lattice.Leaving(to) {
			e.follow(l, edge.Phones, int(edge.To), run, n, last)
		}
	}
}

// worth gives the sayings that are worth comparing, those first of which most was seen.
func (e *ear) worth(l *listening, wanted func(int32) bool) []int32 {
	var out []int32
	for _, i := range l.touched {
		if s := &e.sayings[i]; bits.OnesCount64(l.seen[i]) >= s.need && wanted(s.entry) {
			out = append(out, i)
		}
	}
	share := func(i int32) float64 { return float64(bits.OnesCount64(l.seen[i])) / float64(len(e.sayings[i].phones)) }
	slices.SortFunc(out, func(a, b int32) int { return cmp.Or(cmp.Compare(share(b), share(a)), cmp.Compare(a, b)) })
	return out[:min(len(out), maxCompared)]
}

// compare gives the least cost at which a saying stands anywhere in a text.
func (e *ear) compare(l *listening, s *saying) uint16 {
	width := len(s.phones) + 1
	nodes := l.lattice.Nodes()
	if need := (nodes + 1) * width; cap(l.cells) < need {
		l.cells = make([]uint16, need)
	}
	cells := l.cells[:(nodes+1)*width]
	for i := range cells {
		cells[i] = unreachable
	}
	best, column := uint16(unreachable), l.column[:width]
	for node := range nodes {
		here := cells[node*width : (node+1)*width]
		here[0] = 0
		for k, p := range s.phones {
			here[k+1] = min(here[k+1], here[k]+uint16(e.like.Loose[p]))
		}
		for _, edge := range l.lattice.Leaving(node) {
			copy(column, here)
			for _, x := range edge.Phones {
				e.hear(column, s.phones, x)
				best = min(best, column[width-1])
			}
			there := cells[int(edge.To)*width : (int(edge.To)+1)*width]
			for k, c := range column {
				there[k] = min(there[k], c)
			}
		}
	}
	return best
}

// hear takes the costs one phoneme of the text further.
func (e *ear) hear(column []uint16, meant []text.Phone, x text.Phone) {
	swap, before := &e.like.Swap[x], column[0]
	column[0] = 0
	for k, p := range meant {
		at := column[k+1]
		column[k+1] = min(before+uint16(swap[p]), column[k]+uint16(e.like.Loose[p]), at+uint16(e.like.Added(x, p)))
		before = at
	}
}
