package remote

import (
	"context"
	"sync"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
)

// A batch is sound on its way to the service.
type batch struct {
	at   call.Millis
	data []byte // mu-law
}

func (b batch) end() call.Millis { return b.at + call.Millis(len(b.data)/audio.SamplesPerMS) }

// An ear hears one party of one call.
type ear struct {
	a      *AmiVoice
	who    call.Party
	queue  chan batch
	ctx    context.Context
	cancel context.CancelFunc
	finish chan struct{} // closed: no more sound comes
	ended  chan struct{} // closed: the session's goroutine is over
	closed bool
	said   string
	after  call.Millis // end of the last final utterance
	heard  call.Millis // end of the sound so far
	any    bool

	mu    sync.Mutex // guards below
	found []evidence.Item
	lost  []span // what did not get to the service, oldest first
	clean bool   // the last session ended in order
	sent  call.Millis
	done  call.Millis // what was sent is settled up to here: recognised, or known to be no speech
}

// A span is a stretch of call time.
type span struct{ from, to call.Millis }

// mostLost is how many stretches are told apart.
const mostLost = 32

// Hear queues the frame. When the queue is full its oldest batch gives way; the service is never waited for.
func (e *ear) Hear(f audio.Frame, report hear.Report) {
	if e.closed || f.At < 0 || len(f.PCM) == 0 {
		return
	}
	b := batch{at: f.At, data: audio.PCMU.Encode(nil, f.PCM)}
	e.heard, e.any = b.end(), true
	for {
		select {
		case e.queue <- b:
			e.tell(report)
			return
		default:
		}
		select {
		case old := <-e.queue:
			e.lose(old.at, old.end())
		default:
		}
	}
}

// lose notes what will not be recognised; neighbours become one.
func (e *ear) lose(from, to call.Millis) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.lost); n > 0 && (from-e.lost[n-1].to <= 500 || n >= mostLost) {
		e.lost[n-1].from, e.lost[n-1].to = min(from, e.lost[n-1].from), max(to, e.lost[n-1].to)
		return
	}
	e.lost = append(e.lost, span{from, to})
}

// tell reports what has come. A gap is told when it is over: when something has been sent after it.
func (e *ear) tell(report hear.Report) {
	e.mu.Lock()
	found := e.found
	e.found = nil
	var over []span
	for len(e.lost) > 0 && (e.closed || e.sent > e.lost[0].to) {
		over, e.lost = append(over, e.lost[0]), e.lost[1:]
	}
	e.mu.Unlock()
	for _, s := range over {
		report(evidence.Gap{Head: e.head(s.from, s.to), What: "words", Why: hear.GapAway})
	}
	for _, it := range found {
		if u, ok := it.(evidence.Utterance); ok {
			e.utterance(u, report)
		}
	}
}

// utterance keeps the order: nothing begins before the end of the last final one, and a partial is told when it is new.
func (e *ear) utterance(u evidence.Utterance, report hear.Report) {
	u.FromMS = max(u.FromMS, e.after)
	u.ToMS = max(u.ToMS, u.FromMS)
	if !u.Final {
		if u.Text != e.said {
			e.said = u.Text
			report(u)
		}
		return
	}
	e.said, e.after = "", u.ToMS
	if e.a.tokenise != nil {
		u.Tokens = e.a.tokenise(u.Text)
	}
	report(u)
}

func (e *ear) head(from, to call.Millis) evidence.Head {
	return evidence.Head{Party: e.who, FromMS: from, ToMS: max(from, to), Source: e.a.Source()}
}

// Close asks for the last words, waits for them a limited time, and tells what was not recognised.
func (e *ear) Close(report hear.Report) {
	if e.closed {
		return
	}
	e.closed = true
	close(e.finish)
	limit := time.NewTimer(lastWords)
	defer limit.Stop()
	select {
	case <-e.ended:
	case <-limit.C:
		e.cancel()
		<-e.ended
	}
	e.cancel()
	e.a.leave()
	for {
		select {
		case b := <-e.queue:
			e.lose(b.at, b.end())
			continue
		default:
		}
		break
	}
	e.mu.Lock()
	unsettled := e.any && !e.clean && e.done < e.sent
	from, to := e.done, e.sent
	e.mu.Unlock()
	if unsettled {
		e.lose(from, to)
	}
	e.tell(report)
}
