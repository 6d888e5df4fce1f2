package media

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"commusafe/internal/call"
)

// join and leave keep the list of open pairs.
func (w *worker) join(p *Pair) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopping.Load() {
		return ErrClosed
	}
	w.pairs[p] = struct{}{}
	w.engine.calls.Add(1)
	return nil
}

func (w *worker) leave(p *Pair) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.pairs[p]; ok {
		delete(w.pairs, p)
		w.engine.calls.Add(-1)
	}
}

func (w *worker) open() []*Pair {
	w.mu.Lock()
	defer w.mu.Unlock()
	pairs := make([]*Pair, 0, len(w.pairs))
	for p := range w.pairs {
		pairs = append(pairs, p)
	}
	return pairs
}

// watch lets epoll tell of packets on sockets.
func (w *worker) watch(sockets ...*socket) error {
	for _, s := range sockets {
		w.sockets[s.port].Store(s)
		if err := w.add(s.fd, int32(s.port)); err != nil {
			return err
		}
	}
	return nil
}

// rest keeps the ports of an ended leg bound and drained for Config.Rest, so that a late stream of the old peer
// can't land in a new call.
func (w *worker) rest(sockets ...*socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	until := time.Now().Add(w.engine.config.Rest)
	for _, s := range sockets {
		w.resting = append(w.resting, rest{s, until})
	}
}

// pace puts a leg among those that the timer serves, at once.
func (w *worker) pace(l *leg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !l.paced {
		l.paced = true
		w.paced = append(w.paced, l)
	}
	if !w.fast {
		w.fast = true
		_ = w.arm(packetTime)
	}
}

// unpace takes those off who need no pacing any more.
func (w *worker) unpace() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paced = slices.DeleteFunc(w.paced, func(l *leg) bool {
		l.pair.mu.Lock()
		defer l.pair.mu.Unlock()
		l.paced = !l.pair.closed && (l.playing != nil || l.feed == Silence)
		return !l.paced
	})
	if len(w.paced) == 0 {
		w.fast = false
		_ = w.arm(idleTick)
	}
}

// keepHouse tells of silent parties and frees ports that have rested.
func (w *worker) keepHouse(now time.Time) {
	for _, p := range w.open() {
		p.mu.Lock()
		p.miss(&p.caller)
		p.miss(&p.agent)
		p.mu.Unlock()
	}
	w.mu.Lock()
	w.resting = slices.DeleteFunc(w.resting, func(r rest) bool {
		if now.Before(r.until) {
			return false
		}
		w.gone = append(w.gone, r.socket)
		return true
	})
	w.mu.Unlock()
	for _, s := range w.gone {
		w.sockets[s.port].CompareAndSwap(s, nil)
		_ = unix.Close(s.fd) // leaves epoll as well
	}
	clear(w.gone)
	w.gone = w.gone[:0]
}

// miss tells once that nothing comes from a party that is expected to send.
func (p *Pair) miss(l *leg) {
	at := p.now()
	if p.closed || !l.agreed || !l.remote.Receive || l.silent || at-l.heard < p.engine.config.Timeout {
		return
	}
	l.silent = true
	p.tell(Event{At: call.At(at), Party: l.party, Kind: Timeout})
}

// stop makes the worker end.
func (w *worker) stop() {
	w.mu.Lock()
	w.stopping.Store(true)
	w.mu.Unlock()
	_, _ = unix.Write(w.wake, []byte{1, 0, 0, 0, 0, 0, 0, 1})
}

// free closes all descriptors, after the worker has ended.
func (w *worker) free() {
	for _, r := range w.resting {
		_ = unix.Close(r.socket.fd)
	}
	w.resting = nil
	for _, fd := range []int{w.epoll, w.wake, w.timer} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}
