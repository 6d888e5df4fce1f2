package judge

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"commusafe/internal/evidence"
	"commusafe/internal/text"
)

// earVersion names how entries are found by their sound. Judgements depend on it.
const earVersion = "ear/2"

// How near is near enough. The figures were set on lines with errors of recognition (eval text --errors) and on the
// training part of real benign text.
const (
	heardLimit   = 0.15 // of text.Whole a phoneme: what may be wrong with an entry
	heardInHalf  = 0.20 // the same for each half of it
	heardNeeds   = 0.20 // how likely harassment must be by the statistics for its entries to be looked for by sound
	heardFull    = 0.40 // … and below it they are a doubtful sign
	protectNeeds = 0.02 // how likely a reason not to act must be for its entries
)

// How an entry's sound is looked for. A run is phonemes in a row, told apart by their kinds only. Runs of an entry that
// stand in a text at the same shift, more or less, make it worth comparing.
const (
	runLength   = 4   // phonemes
	kindBits    = 4   // of each
	runsShare   = 0.5 // of an entry's runs that must be there
	runsLeast   = 3
	strips      = 16 // of shifts
	stripWidth  = 16 // phonemes
	maxPhones   = 48 // of an entry; what is beyond is not compared
	maxCompared = 8  // entries in a window
	earWindow   = 96 // letters that are looked at together; a longer text is read in windows
	earStep     = 48 // letters
)

// A saying is what an entry sounds like.
type saying struct {
	entry  int32
	phones []text.Phone
	limit  int   // what may be wrong with it, in parts of text.Whole
	need   int32 // runs of it that must be there
}

// A place is where a run stands in a saying.
type place struct {
	saying int32
	at     uint8
}

// An ear finds entries by their sound, in spite of what a recogniser makes of it at 8 kHz.
type ear struct {
	readings *text.Readings
	like     *text.Likeness
	sayings  []saying
	inAny    []uint64 // by run, a bit each: it stands in a saying
	inGuards []uint64 // … of a reason not to act
	first    []int32  // by run: its first place; one more for the end
	places   []place
	pool     sync.Pool // of *listening
}

// A listening is the memory of listening to a text, used again and again.
type listening struct {
	lattice text.Lattice
	cells   text.Cells
	runs    []sightedRun
	seen    []uint64 // by saying: which of its runs stand anywhere, a bit each; then one more than its place in likely
	touched []int32  // what isn't 0 of it
	likely  []shifts
	worth   []worth
}

// A sightedRun is a run of the text that stands in sayings, with how many phonemes are before it.
type sightedRun struct{ run, at int32 }

// Shifts tell which runs of a saying stand where: by strip of shifts, a bit each. There are two rows of strips: what lies at
// the edge of one is in the middle of the other.
type shifts struct {
	saying int32
	seen   [2 * strips]uint64
}

// A worth is a saying that may be in a text, and how much of it was seen there, in thousandths.
type worth struct{ saying, share int32 }

// A sounding is an entry that sounds like something in a text, and how close it is: 1 is quite, 0.5 just near enough.
type sounding struct {
	entry     int32
	closeness float64
}

// newEar makes ready what the entries with a reading sound like. Those that are too short to be told from other words are
// left out.
func newEar(entries []known) (*ear, error) {
	readings, err := text.ReadingsOfKanji()
	if err != nil {
		return nil, err
	}
	const runs = 1 << (runLength * kindBits)
	e := &ear{readings: readings, like: text.NewLikeness(), inAny: make([]uint64, runs/64), inGuards: make([]uint64, runs/64), first: make([]int32, runs+1)}
	for i := range entries {
		p, err := text.Phones(entries[i].Spoken())
		if err != nil || len(p) < text.ShortReading || entries[i].Heard {
			continue
		}
		p = p[:min(len(p), maxPhones)]
		need := max(runsLeast, int32(runsShare*float64(len(p)-runLength+1)))
		e.sayings = append(e.sayings, saying{int32(i), p, int(heardLimit * text.Whole * float64(len(p))), need})
	}
	e.index(entries)
	return e, nil
}

// index makes the table of runs.
func (e *ear) index(entries []known) {
	type at struct {
		run int
		place
	}
	var all []at
	for i, s := range e.sayings {
		for from := range len(s.phones) - runLength + 1 {
			run := 0
			for _, p := range s.phones[from : from+runLength] {
				run = run<<kindBits | int(e.like.Kind[p])
			}
			all = append(all, at{run, place{int32(i), uint8(from)}})
			e.inAny[run/64] |= 1 << (run % 64)
			if entries[s.entry].category.IsGuard() {
				e.inGuards[run/64] |= 1 << (run % 64)
			}
			e.first[run+1]++
		}
	}
	slices.SortStableFunc(all, func(a, b at) int { return cmp.Compare(a.run, b.run) })
	for _, a := range all {
		e.places = append(e.places, a.place)
	}
	for run := range len(e.first) - 1 {
		e.first[run+1] += e.first[run]
	}
}

// listen finds the wanted entries that sound like something in folded letters, each once, in the lexicon's order. With
// guardsOnly no others are wanted.
func (e *ear) listen(t []rune, guardsOnly bool, wanted func(entry int32) bool) []sounding {
	l, ok := e.pool.Get().(*listening)
	if !ok {
		l = e.listening()
	}
	defer e.pool.Put(l)
	return e.listenWith(l, t, guardsOnly, wanted)
}

// listening gives the memory that listening needs.
func (e *ear) listening() *listening {
	return &listening{seen: make([]uint64, len(e.sayings))}
}

func (e *ear) listenWith(l *listening, t []rune, guardsOnly bool, wanted func(entry int32) bool) []sounding {
	among := e.inAny
	if guardsOnly {
		among = e.inGuards
	}
	var out []sounding
	for from := 0; ; from += earStep {
		to := min(from+earWindow, len(t))
		e.readings.Fill(&l.lattice, t[from:to])
		e.sight(l, among)
		for _, w := range e.candidates(l, wanted) {
			s := &e.sayings[w.saying]
			cost := e.like.Distance(&l.cells, &l.lattice, s.phones)
			if cost > s.limit || !e.throughout(l, s) {
				continue
			}
			found := sounding{s.entry, 1 - float64(cost)/float64(2*s.limit)}
			if i := slices.IndexFunc(out, func(o sounding) bool { return o.entry == s.entry }); i < 0 {
				out = append(out, found)
			} else {
				out[i].closeness = max(out[i].closeness, found.closeness)
			}
		}
		if to == len(t) {
			break
		}
	}
	slices.SortFunc(out, func(a, b sounding) int { return cmp.Compare(a.entry, b.entry) })
	return out
}

// throughout tells whether what is wrong with a saying is not all in one half of it: …してください is no 返金してください.
func (e *ear) throughout(l *listening, s *saying) bool {
	half := len(s.phones) / 2
	for _, part := range [][]text.Phone{s.phones[:half], s.phones[half:]} {
		if e.like.Distance(&l.cells, &l.lattice, part) > int(heardInHalf*text.Whole*float64(len(part))) {
			return false
		}
	}
	return true
}

// sight notes the runs that sayings have in common with a text, whichever way it is read.
func (e *ear) sight(l *listening, among []uint64) {
	l.runs = l.runs[:0]
	at := 0 // phonemes before the node, by first readings
	for node := range l.lattice.Nodes() {
		edges := l.lattice.Leaving(node)
		for _, edge := range edges {
			for from := range edge.Phones {
				e.follow(l, among, at+from, edge.Phones[from:], int(edge.To), begun{})
			}
		}
		if len(edges) > 0 {
			at += len(edges[0].Phones) / int(edges[0].To-edges[0].From)
		}
	}
}

// A begun is a run of which n phonemes are read.
type begun struct {
	run, n int
	last   text.Phone
}

// follow reads on until a run is full.
func (e *ear) follow(l *listening, among []uint64, at int, p []text.Phone, to int, b begun) {
	for _, x := range p {
		if b.n > 0 && x.Lengthens(b.last) {
			continue
		}
		b = begun{b.run<<kindBits | int(e.like.Kind[x]), b.n + 1, x}
		if b.n == runLength {
			if among[b.run/64]&(1<<(b.run%64)) != 0 {
				l.runs = append(l.runs, sightedRun{int32(b.run), int32(at)})
			}
			return
		}
	}
	for _, edge := range l.lattice.Leaving(to) {
		e.follow(l, among, at, edge.Phones, int(edge.To), b)
	}
}

// candidates gives the sayings that are worth comparing, those first of which most was seen at one shift, at most maxCompared.
func (e *ear) candidates(l *listening, wanted func(entry int32) bool) []worth {
	e.likely(l, wanted)
	for _, r := range l.runs {
		for _, p := range e.places[e.first[r.run]:e.first[r.run+1]] {
			if k := l.seen[p.saying]; k > 0 {
				l.likely[k-1].note(p, int(r.at))
			}
		}
	}
	l.worth = l.worth[:0]
	for i := range l.likely {
		s, most := &l.likely[i], 0
		for _, runs := range s.seen {
			most = max(most, bits.OnesCount64(runs))
		}
		if k := &e.sayings[s.saying]; int32(most) >= k.need {
			l.worth = append(l.worth, worth{s.saying, int32(most) * 1000 / int32(len(k.phones))})
		}
	}
	slices.SortFunc(l.worth, func(a, b worth) int { return cmp.Or(cmp.Compare(b.share, a.share), cmp.Compare(a.saying, b.saying)) })
	return l.worth[:min(len(l.worth), maxCompared)]
}

// likely finds the wanted sayings of which enough was seen anywhere.
func (e *ear) likely(l *listening, wanted func(entry int32) bool) {
	for _, i := range l.touched {
		l.seen[i] = 0
	}
	l.touched, l.likely = l.touched[:0], l.likely[:0]
	for _, r := range l.runs {
		for _, p := range e.places[e.first[r.run]:e.first[r.run+1]] {
			if l.seen[p.saying] == 0 {
				l.touched = append(l.touched, p.saying)
			}
			l.seen[p.saying] |= 1 << p.at
		}
	}
	for _, i := range l.touched {
		k := &e.sayings[i]
		enough := int32(bits.OnesCount64(l.seen[i])) >= k.need && wanted(k.entry)
		if l.seen[i] = 0; enough {
			l.likely = append(l.likely, shifts{saying: i})
			l.seen[i] = uint64(len(l.likely))
		}
	}
}

// note keeps that a run was seen, in both rows of strips.
func (s *shifts) note(p place, at int) {
	shift := at - int(p.at) + maxPhones
	for half := range 2 {
		s.seen[half*strips+(shift+half*stripWidth/2)/stripWidth%strips] |= 1 << p.at
	}
}

// SoundsLike gives the entries that a text sounds like, whatever else speaks for them or against.
func (r *Rules) SoundsLike(words string) []string {
	if r.ear == nil {
		return nil
	}
	var out []string
	for _, f := range r.ear.listen(text.Fold(words).Runes, false, func(int32) bool { return true }) {
		out = append(out, r.entries[f.entry].ID)
	}
	return out
}

// ByLetters gives the rules without what finds entries by their sound: those of before there was an ear, to the byte.
func (r *Rules) ByLetters() *Rules {
	same := *r
	same.ear, same.version = nil, strings.TrimSuffix(r.version, " "+earVersion)
	return &same
}

// OfVersion gives the rules as they were under a version, if they still can be had: as they are, or by letters.
func (r *Rules) OfVersion(name string) (*Rules, bool) {
	if letters := r.ByLetters(); name == letters.version {
		return letters, true
	}
	return r, name == r.version
}

// readSounds adds the entries that an utterance sounds like: reasons not to act that do not stand in its letters, and
// harassment where none stands there. The statistics must see something of it too: they know nothing of sounds, and what
// is often said in the same way (…してください) is told apart by them. A finding is as sure as the recogniser was, times
// how close the sound is.
func (r *Rules) readSounds(hits []hit, s *scan, u evidence.Utterance, o opinion) []hit {
	if r.ear == nil {
		return hits
	}
	exact := hits
	guardsOnly := o.harm < heardNeeds || slices.ContainsFunc(exact, func(h hit) bool { return !h.Category.IsGuard() })
	var wanted [maxClasses]bool
	none := true
	for i, c := range r.net.names[1:] {
		if c.IsGuard() {
			wanted[i+1] = o.all[i+1] >= protectNeeds && !slices.ContainsFunc(exact, func(h hit) bool { return h.Category == c })
		} else {
			wanted[i+1] = !guardsOnly
		}
		none = none && !wanted[i+1]
	}
	if none {
		return hits
	}
	want := func(i int32) bool { // words of a trade explain letters, and here are none
		return wanted[r.entries[i].class] && !r.entries[i].trade
	}
	for _, f := range r.ear.listen(s.text.Runes, guardsOnly, want) {
		k := &r.entries[f.entry]
		confidence := rounded(u.Confidence * f.closeness)
		if confidence < r.Thresholds.WordFloor || s.any(k.negations) || s.any(k.unless) {
			continue
		}
		h := hit{Finding: finding(k.category, min(k.Level, Warning), u.Head, u.Text, k.ID, becauseSounds), faint: true, needs: max(k.needs, heardNeeds), full: max(k.full, heardFull)}
		h.Confidence = confidence
		if k.category.IsGuard() {
			h.Level = None // a crisis that may have been misheard holds the machine back, and alarms nobody
		}
		hits = append(hits, h)
	}
	return hits
}
