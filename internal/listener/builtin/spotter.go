package builtin

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
)

// A Spotter listens for phrases in any number of calls. It is safe for several goroutines.
type Spotter struct {
	net   *Net
	list  atomic.Pointer[vocabulary]
	gist  *Gist     // nil: nobody tells what unknown words are like
	rooms sync.Pool // of *room
}

// A room is what an ear works with while it hears: what many ears share stays in the processor's cache.
type room struct {
	heard  []heard
	tables []table
	scores []scored // phrase by phrase, that of each step
	gist   gistRoom
}

// room gives what an ear works with; put it back.
func (s *Spotter) room() *room {
	if r, ok := s.rooms.Get().(*room); ok {
		return r
	}
	return new(room)
}

// A scored is the best alignment of a phrase that ends in a step: its score a phoneme, and the step in which it begins.
type scored struct {
	score float32
	begin int32
}

// stepsTogether is how many steps are aligned at a time, phrase by phrase.
const stepsTogether = 8

// phrasesTogether is how many phrases are aligned by turns.
const phrasesTogether = 8

var _ hear.PhraseSpotter = (*Spotter)(nil)

// NewSpotter makes a spotter without phrases; give it some with Use.
func NewSpotter(n *Net) *Spotter {
	s := &Spotter{net: n}
	s.list.Store(&vocabulary{})
	return s
}

// WithGist makes the spotter tell besides what stretches of speech are like. The gist must be of the same phonemes.
func (s *Spotter) WithGist(g *Gist) (*Spotter, error) {
	if !slices.Equal(g.Phonemes, s.net.Phonemes) {
		return nil, errors.New("gist is of other phonemes than the net")
	}
	s.gist = g
	return s, nil
}

// Use replaces the phrases for all open and later ears. What is new is calibrated first, which takes a few milliseconds a
// phrase. The error names each phrase that can't be used; the others are in use all the same.
func (s *Spotter) Use(list []hear.Phrase) error {
	v, err := s.net.compile(list, s.list.Load())
	s.list.Store(v)
	return err
}

// Source names this engine in evidence.
func (s *Spotter) Source() string { return Source }

// Latency is the net's look-ahead and the wait for the best of a hit.
func (s *Spotter) Latency() time.Duration {
	n := s.net
	return time.Duration(n.Blocks*n.Ahead+1+settle)*stepTime + 25*time.Millisecond
}

// Open makes an ear for one party of one call.
func (s *Spotter) Open(who call.Party) (hear.Ear, error) {
	e := &ear{spotter: s, who: who}
	if s.gist != nil {
		e.gist = newGister(s.gist)
	}
	e.reset(0)
	return e, nil
}

const (
	stepMS   = 30
	stepTime = stepMS * time.Millisecond
	settle   = 6                    // steps (180 ms) without a better score that end a hit
	quiet    = 2000                 // ms after a hit in which the same phrase isn't reported again
	breakMS  = 500 * call.Millis(1) // a jump of call time that begins the hearing anew

	tenorSteps = 2 * quiet / stepMS // … after which no hit of a stretch is open any more
)

// An ear follows one party. Steps are counted from base, the call time of its first sample.
type ear struct {
	spotter *Spotter
	who     call.Party
	list    *vocabulary
	follow  []follower

	front    frontEnd
	net      *stream
	frames   []frame
	steps    []emission
	step     int32
	base     call.Millis
	next     call.Millis // call time expected of the next frame
	started  bool
	rough    roughReading
	gist     *gister // nil where nobody asks
	tenors   []tenor // of the last stretches
	open     []hit   // hits that may still be bettered, or of which it is not known yet what is around them
	reported map[string]call.Millis
}

// A follower watches one phrase.
type follower struct {
	aligner
	phrase *phrase
	best   float32
	begin  int32
	at     int32 // step of the best score
	live   bool
}

// A hit is a phrase found, in steps.
type hit struct {
	phrase     *phrase
	score      float32
	begin, end int32
}

func (e *ear) reset(at call.Millis) {
	e.base, e.step = at, 0
	e.front = frontEnd{bank: e.spotter.net.bank, mean: e.front.mean}
	e.net = newStream(e.spotter.net)
	e.list = nil
	e.tenors = e.tenors[:0]
	e.reload()
}

// reload takes the phrases that are now in use. What is half heard of one that stays is kept.
func (e *ear) reload() {
	v := e.spotter.list.Load()
	if v == e.list {
		return
	}
	under := map[hear.Phrase]follower{}
	if e.list != nil {
		for _, f := range e.follow {
			under[f.phrase.Phrase] = f
		}
	}
	e.list = v
	e.follow = make([]follower, len(v.phrases))
	count := 0
	for i := range v.phrases {
		count += stateCount(v.phrases[i].pattern)
	}
	states := make([]way, count) // of all, side by side
	for i := range v.phrases {
		p := &v.phrases[i]
		n := stateCount(p.pattern)
		f, ok := under[p.Phrase]
		if ok {
			copy(states[copy(states, f.place):], f.blank)
			f.keep(states[:n:n])
			delete(under, p.Phrase) // an aligner follows one phrase
		} else {
			f.aligner = newAligner(p.pattern, p.threshold, states[:n:n])
			f.start(e.step)
		}
		f.phrase, states = p, states[n:]
		e.follow[i] = f
	}
}

// Hear takes a frame. A jump in call time ends what was open and begins anew, keeping the channel's mean.
func (e *ear) Hear(f audio.Frame, report hear.Report) {
	if !e.started {
		e.base, e.started, e.reported = f.At, true, map[string]call.Millis{}
	} else if d := f.At - e.next; d > breakMS || d < -breakMS {
		e.finish(report)
		e.reset(f.At)
	}
	e.next = f.At + call.Millis(len(f.PCM)/audio.SamplesPerMS)
	e.reload()
	e.frames = e.front.feed(f.PCM, e.frames[:0])
	e.steps = e.net.feed(e.frames, e.steps[:0])
	r := e.spotter.room()
	e.spot(r, report)
	e.spotter.rooms.Put(r)
	e.tenors = slices.DeleteFunc(e.tenors, func(t tenor) bool { return e.step-t.end > tenorSteps })
}

// read follows the best path through the next step.
func (e *ear) read(em emission, r *room, report hear.Report) {
	p, begins := e.rough.best(em)
	pause := e.spotter.net.Phonemes[p] == pausePhoneme
	if begins {
		e.rough.begin(e.spotter.net.Phonemes[p])
	}
	if e.gist == nil {
		return
	}
	if pause {
		p = 0
	}
	if t, ok := e.gist.step(em, p, e.step, &r.gist); ok {
		e.tell(t, report)
	}
}

// tell keeps what a stretch was like for the phrases in it, and reports what it says.
func (e *ear) tell(t tenor, report hear.Report) {
	e.tenors = append(e.tenors, t)
	head := evidence.Head{Party: e.who, FromMS: e.at(t.begin), ToMS: e.at(t.end + 1), Source: Source}
	if t.harm >= gistTold {
		report(evidence.Gist{Head: head, Category: t.class, Harm: t.harm})
	}
	if t.need >= needTold {
		report(evidence.Gist{Head: head, Category: gistNeed, Harm: t.need})
	}
}

// Phonemes gives how many phonemes were heard since it was last asked.
func (e *ear) Phonemes() int {
	n := e.rough.count
	e.rough.count = 0
	return n
}

var _ hear.PhonemeCounter = (*ear)(nil)

// Close reports what was still open.
func (e *ear) Close(report hear.Report) { e.finish(report) }

func (e *ear) finish(report hear.Report) {
	e.steps = e.net.close(e.steps[:0])
	r := e.spotter.room()
	e.spot(r, report)
	if e.gist != nil {
		if t, ok := e.gist.finish(&r.gist); ok {
			e.tell(t, report)
		}
	}
	for i := range e.follow {
		e.end(&e.follow[i])
	}
	e.publish(r, report, e.step+quiet)
	e.spotter.rooms.Put(r)
}

// spot runs all phrases over the new steps.
func (e *ear) spot(r *room, report hear.Report) {
	for part := range slices.Chunk(e.steps, stepsTogether) {
		e.align(r, part)
		for k := range part {
			e.read(part[k], r, report)
			for i := range e.follow {
				e.watch(&e.follow[i], r.scores[i*len(part)+k])
			}
			e.step++
			e.publish(r, report, e.step)
		}
	}
}

// align scores all phrases in some steps, a few phrases in all of them before the next ones: what they keep stays near, and none waits
// for its own step before.
func (e *ear) align(r *room, steps []emission) {
	n := len(steps)
	for len(r.heard) < n {
		r.heard, r.tables = append(r.heard, nil), append(r.tables, table{})
	}
	wide := e.list.sounds != nil
	for k, em := range steps {
		r.heard[k] = heardOf(em, r.heard[k])
		if wide {
			r.tables[k].fill(e.list, r.heard[k])
		}
	}
	r.scores = resized(r.scores, len(e.follow)*n)
	for from := 0; from < len(e.follow); from += phrasesTogether {
		for k := range n {
			for i := from; i < min(from+phrasesTogether, len(e.follow)); i++ {
				f, s := &e.follow[i], &r.scores[i*n+k]
				if wide {
					s.score, s.begin = f.feedWide(&r.tables[k], f.phrase.lanes)
				} else {
					s.score, s.begin = f.feed(r.heard[k])
				}
			}
		}
	}
}

// watch looks for the best score of one phrase: a hit ends when nothing better came for a while.
func (e *ear) watch(f *follower, s scored) {
	switch {
	case s.score >= f.phrase.threshold && (!f.live || s.score > f.best):
		f.live, f.best, f.begin, f.at = true, s.score, s.begin, e.step
	case f.live && e.step-f.at >= settle:
		e.end(f)
	}
}

// end puts a hit with the open ones unless a better one overlaps it; worse ones that overlap give way.
func (e *ear) end(f *follower) {
	if !f.live {
		return
	}
	f.live = false
	h := hit{phrase: f.phrase, score: f.best, begin: f.begin, end: f.at}
	for i := 0; i < len(e.open); i++ {
		o := e.open[i]
		if !overlap(o, h) {
			continue
		}
		if o.rank() >= h.rank() {
			return
		}
		e.open = append(e.open[:i], e.open[i+1:]...)
		i--
	}
	e.open = append(e.open, h)
}

// rank orders overlapping hits: how far over its threshold, longer phrases first.
func (h hit) rank() float64 {
	return h.phrase.confidence(h.score) + 0.005*float64(h.phrase.pattern.need)
}

// overlap tells whether two hits share more than half of the shorter one.
func overlap(a, b hit) bool {
	shared := min(a.end, b.end) - max(a.begin, b.begin)
	return 2*shared > min(a.end-a.begin, b.end-b.begin)
}

// publish reports the open hits that nothing can better any more, and of which it is known what is around them.
func (e *ear) publish(r *room, report hear.Report, now int32) {
	kept := e.open[:0]
	for _, h := range e.open {
		if now-h.end < 2*settle && e.rival(h) {
			kept = append(kept, h)
			continue
		}
		like, known := e.around(h, now, &r.gist)
		if !known {
			kept = append(kept, h)
			continue
		}
		if h.phrase.Least > 0 && h.phrase.confidence(h.score) < h.phrase.Least {
			continue // it has kept others from being taken for something here
		}
		from, to := e.at(h.begin), e.at(h.end+1)
		if last, ok := e.reported[h.phrase.ID]; ok && from < last+quiet {
			continue
		}
		e.reported[h.phrase.ID] = to
		report(evidence.Phrase{
			Head: evidence.Head{Party: e.who, FromMS: from, ToMS: to, Source: Source},
			ID:   h.phrase.ID, Reading: h.phrase.Reading,
			Score: float64(h.score), Confidence: h.phrase.confidence(h.score), Around: like,
		})
	}
	e.open = kept
}

// around gives what the stretch that a hit lies in is like, and whether that is known yet: when it is over or pauses, or as far as it has come like harassment
// or need.
func (e *ear) around(h hit, now int32, r *gistRoom) (float64, bool) {
	if e.gist == nil || !e.gist.within(h.end) {
		return around(e.tenors, h), true
	}
	like := 0.0
	if t, ok := e.gist.soFar(r); ok {
		like = around([]tenor{t}, h)
	}
	return like, like >= gistTold || now-e.gist.end > settle
}

// rival tells whether another phrase is still rising over the place of h.
func (e *ear) rival(h hit) bool {
	for i := range e.follow {
		if f := &e.follow[i]; f.live && overlap(h, hit{begin: f.begin, end: f.at}) {
			return true
		}
	}
	return false
}

func (e *ear) at(step int32) call.Millis { return e.base + call.Millis(step)*stepMS }
