package sherpa

import (
	"sync"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
)

// Limits of what may wait in one ear.
const (
	mostFinals  = 4                     // finished stretches
	mostPending = 10 * audio.SampleRate // samples of a streaming model
	closeWait   = 15 * time.Second      // how long the end of a call waits for its last words
	// pieceMS is how much sound a streaming model is given at once, at most: it tells the end of an utterance (0.8 s of
	// silence) after a piece only, so a longer one would join what was said before and after.
	pieceMS = 300
	// lostMS is how much sound that found no room becomes one gap, for each is a line of the journal.
	lostMS = 2000
)

// An ear hears one party of one call.
type ear struct {
	engine *Engine
	who    call.Party
	stream stream
	cut    *cutter // nil for a streaming model
	base   call.Millis
	fed    call.Millis // streaming: sound given since base
	begun  bool
	closed bool
	said   string      // last partial told
	after  call.Millis // end of the last final: nothing may begin before it
	// Of a streaming model: where its present utterance began, if one has.
	origin    call.Millis
	hasOrigin bool
	lost      *evidence.Gap // what found no room and has not been told yet
	full      bool          // sound finds no room until half of what waited is recognised

	mu   sync.Mutex // guards below
	todo []*task
	busy bool // waits in the pool or is worked on
	done []*task
	idle chan struct{} // told when there is nothing left to do
	hand []*task       // being recognised
}

// A task is work with its place in the call.
type task struct {
	work
	from, to call.Millis
}

// Hear takes the next frame and reports what has been recognised meanwhile. It never waits for the recogniser.
func (e *ear) Hear(f audio.Frame, report hear.Report) {
	if f.At < 0 || len(f.PCM) == 0 || e.closed {
		return
	}
	if e.cut != nil {
		e.cut.hear(f, func(s stretch) { e.stretch(s, report) })
	} else {
		e.flow(f, report)
	}
	e.tell(report)
}

// stretch queues one piece of speech. A partial gives way to everything, a final to nothing but too many finals.
func (e *ear) stretch(s stretch, report hear.Report) {
	t := &task{from: s.from, to: s.to, work: work{stream: e.stream, last: s.final, pcm: append([]int16(nil), s.pcm...)}}
	e.mu.Lock()
	finals := 0
	kept := e.todo[:0]
	for _, w := range e.todo {
		if w.last {
			finals++
			kept = append(kept, w)
		}
	}
	e.todo = kept
	full := finals >= mostFinals || !s.final && e.busy && finals > 0
	if !full {
		e.todo = append(e.todo, t)
	}
	e.mu.Unlock()
	if full {
		if s.final {
			report(e.gap(s.from, s.to, hear.GapBehind))
		}
		return
	}
	e.offer(report, s.from, s.to)
}

// flow queues sound for a streaming model; a hole in the sound ends the utterance.
func (e *ear) flow(f audio.Frame, report hear.Report) {
	if !e.begun || f.At-(e.base+e.fed) > jumpMS || e.base+e.fed-f.At > jumpMS {
		if e.begun {
			e.queue(nil, true, report)
		}
		e.begun, e.base, e.fed = true, f.At, 0
	}
	e.queue(f.PCM, false, report)
	e.fed += call.Millis(len(f.PCM) / audio.SamplesPerMS)
}

func (e *ear) queue(pcm []int16, last bool, report hear.Report) {
	from := e.base + e.fed
	to := from + call.Millis(len(pcm)/audio.SamplesPerMS)
	e.mu.Lock()
	pending := 0
	for _, w := range e.todo {
		pending += len(w.pcm)
	}
	full := pending > mostPending || e.full && pending > mostPending/2
	e.full = full
	if n := len(e.todo); n > 0 && !full && !e.todo[n-1].last && e.todo[n-1].to == from && to-e.todo[n-1].from <= pieceMS {
		e.todo[n-1].pcm, e.todo[n-1].to, e.todo[n-1].last = append(e.todo[n-1].pcm, pcm...), to, last
	} else if !full {
		e.todo = append(e.todo, &task{from: from, to: to, work: work{stream: e.stream, pcm: append([]int16(nil), pcm...), last: last}})
	}
	e.mu.Unlock()
	if full {
		e.lose(from, to, report)
		return
	}
	e.tellLost(report)
	e.offer(report, from, to)
}

// lose notes sound that found no room; neighbours become one gap.
func (e *ear) lose(from, to call.Millis, report hear.Report) {
	if e.lost != nil && from != e.lost.ToMS {
		e.tellLost(report)
	}
	if e.lost == nil {
		g := e.gap(from, to, hear.GapBehind)
		e.lost = &g
	}
	if e.lost.ToMS = to; to-e.lost.FromMS >= lostMS {
		e.tellLost(report)
	}
}

func (e *ear) tellLost(report hear.Report) {
	if e.lost != nil {
		report(*e.lost)
		e.lost = nil
	}
}

// offer puts the ear into the pool unless it is there.
func (e *ear) offer(report hear.Report, from, to call.Millis) {
	e.mu.Lock()
	enter := !e.busy && len(e.todo) > 0
	if enter && e.engine.stopped() {
		e.todo, enter = nil, false
		e.mu.Unlock()
		report(e.gap(from, to, hear.GapFailed))
		return
	}
	e.busy = e.busy || enter
	e.mu.Unlock()
	if enter {
		e.engine.pool.ready <- e
	}
}

// next takes the oldest work; called by the pool.
func (e *ear) next() *work {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.todo) == 0 {
		e.busy = false
		e.wake()
		return nil
	}
	t := e.todo[0]
	e.todo = e.todo[1:]
	e.hand = append(e.hand, t)
	return &t.work
}

// finish keeps what was recognised; true when there is more to do. Called by the pool.
func (e *ear) finish(w *work) (more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, t := range e.hand {
		if &t.work == w {
			t.pcm = nil
			e.done = append(e.done, t)
			e.hand = append(e.hand[:i], e.hand[i+1:]...)
			break
		}
	}
	e.busy = len(e.todo) > 0
	if !e.busy {
		e.wake()
	}
	return e.busy
}

func (e *ear) wake() {
	select {
	case e.idle <- struct{}{}:
	default:
	}
}

// tell reports what has been recognised.
func (e *ear) tell(report hear.Report) {
	e.mu.Lock()
	done := e.done
	e.done = nil
	e.mu.Unlock()
	for _, t := range done {
		if t.err != nil {
			report(e.gap(t.from, t.to, hear.GapFailed))
			continue
		}
		e.words(t, report)
	}
}

// Close waits for the last words, a limited time, and reports them.
func (e *ear) Close(report hear.Report) {
	if e.closed {
		return
	}
	if e.cut != nil {
		e.cut.flush(func(s stretch) { e.stretch(s, report) })
	} else if e.begun {
		e.queue(nil, true, report)
	}
	e.tellLost(report)
	e.closed = true
	limit := time.NewTimer(closeWait)
	defer limit.Stop()
	quiet, given := e.quiet(), false
	for !quiet && !given {
		select {
		case <-e.idle:
			quiet = e.quiet()
		case <-e.engine.pool.stop:
			given = true
		case <-limit.C:
			given = true
		}
	}
	if given {
		e.abandon(report)
	}
	e.tell(report)
	if quiet {
		e.release()
		return
	}
	go func() { // a worker may still have the stream
		for !e.quiet() {
			select {
			case <-e.idle:
			case <-e.engine.pool.ended:
				e.release()
				return
			}
		}
		e.release()
	}()
}

func (e *ear) quiet() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.busy && len(e.todo) == 0
}

// abandon tells what will not be recognised any more.
func (e *ear) abandon(report hear.Report) {
	e.mu.Lock()
	left := append(e.hand, e.todo...)
	e.todo, e.hand = nil, nil
	e.mu.Unlock()
	for _, t := range left {
		report(e.gap(t.from, t.to, hear.GapBehind))
	}
}

// release frees what the ear had of the library.
func (e *ear) release() {
	e.stream.close()
	if e.cut != nil {
		e.engine.giveBack(e.cut.act)
	}
	e.engine.leave()
}

func (e *ear) gap(from, to call.Millis, why string) evidence.Gap {
	return evidence.Gap{Head: evidence.Head{Party: e.who, FromMS: from, ToMS: max(from, to), Source: e.engine.Source()}, What: "words", Why: why}
}
