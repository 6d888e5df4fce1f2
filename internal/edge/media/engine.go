package media

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"commusafe/internal/call"
)

// An Engine holds the ports and the workers of all calls of a process.
type Engine struct {
	config  Config
	v6      bool
	ports   *ports
	workers []*worker
	turn    atomic.Uint64
	calls   atomic.Int64
	closing sync.Once
	running sync.WaitGroup
}

// NewEngine starts the workers.
func NewEngine(c Config) (*Engine, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Engine{config: c, v6: c.Bind.Is6(), ports: newPorts(c)}
	for range c.Workers {
		w, err := newWorker(e)
		if err != nil {
			for _, w := range e.workers {
				w.free()
			}
			return nil, err
		}
		e.workers = append(e.workers, w)
	}
	for _, w := range e.workers {
		e.running.Go(w.run)
	}
	return e, nil
}

// Open makes the media of one call. began is the INVITE's arrival, with its monotonic reading: the zero of call time.
// ErrNoPorts is the error when the range is used up, ErrClosed after Close.
func (e *Engine) Open(began time.Time) (*Pair, error) {
	p := &Pair{engine: e, began: began, events: make(chan Event, eventRoom)}
	p.worker = e.workers[e.turn.Add(1)%uint64(len(e.workers))]
	p.caller = leg{pair: p, party: call.Caller, other: &p.agent}
	p.agent = leg{pair: p, party: call.Agent, other: &p.caller}
	var taken []*socket
	for _, l := range []*leg{&p.caller, &p.agent} {
		rtp, rtcp, err := e.ports.take()
		if err != nil {
			p.worker.rest(taken...)
			return nil, err
		}
		taken = append(taken, rtp, rtcp)
		l.begin(rtp, rtcp, p.now())
	}
	if err := p.worker.join(p); err != nil {
		for _, s := range taken {
			_ = unix.Close(s.fd)
		}
		return nil, err
	}
	if err := p.worker.watch(taken...); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Stats gives the sums over all workers.
func (e *Engine) Stats() EngineStats {
	s := EngineStats{Calls: int(e.calls.Load())}
	for _, w := range e.workers {
		w.mu.Lock()
		s.Resting += len(w.resting)
		s.Paced += len(w.paced)
		w.mu.Unlock()
		s.PacketsIn += w.count.in.Load()
		s.PacketsOut += w.count.out.Load()
		s.Dropped += w.count.dropped.Load()
		s.Drained += w.count.drained.Load()
		s.SendErrors += w.count.sendErrors.Load()
	}
	return s
}

// Close closes what pairs are still open, ends the workers, waits for them and frees all ports. Closing twice is fine.
func (e *Engine) Close() error {
	e.closing.Do(func() {
		for _, w := range e.workers {
			w.stop()
			for _, p := range w.open() {
				p.Close()
			}
		}
		e.running.Wait()
		for _, w := range e.workers {
			w.free()
		}
	})
	return nil
}

// Advertised is the address that SDP names.
func (e *Engine) Advertised() netip.Addr { return e.config.Advertise }
