package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	idleTick    = 500 * time.Millisecond // between looks for silent parties and rested ports
	standstill  = 2 * time.Second        // after so long between two looks packets wait to be read that were there in time
	workerNice  = -15                    // where real-time priority is refused
	eventsAtOne = 256                    // epoll events taken at a time
)

// What an epoll event stands for, where it is no port.
const (
	wakeMark  = -1
	timerMark = -2
)

// A worker is one thread that reads all sockets of its calls, and alone sends for them.
type worker struct {
	engine             *Engine
	epoll, wake, timer int
	sockets            [1 << 16]atomic.Pointer[socket] // by port: those that epoll watches
	stopping           atomic.Bool
	count              counters

	// used by the worker's thread only
	in, out [2048]byte
	from    endpoint
	looked  time.Time
	legs    []*leg
	gone    []*socket

	mu      sync.Mutex // guards what follows; taken before any Pair.mu
	pairs   map[*Pair]struct{}
	paced   []*leg
	resting []rest
	fast    bool // the timer runs at packetTime
}

type rest struct {
	socket *socket
	until  time.Time
}

func newWorker(e *Engine) (*worker, error) {
	w := &worker{engine: e, epoll: -1, wake: -1, timer: -1, pairs: map[*Pair]struct{}{}}
	if err := w.prepare(); err != nil {
		w.free()
		return nil, fmt.Errorf("start relay worker: %w", err)
	}
	return w, nil
}

func (w *worker) prepare() (err error) {
	if w.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if w.wake, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return err
	}
	if w.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return err
	}
	if err := w.add(w.wake, wakeMark); err != nil {
		return err
	}
	if err := w.add(w.timer, timerMark); err != nil {
		return err
	}
	return w.arm(idleTick)
}

func (w *worker) add(fd int, mark int32) error {
	return unix.EpollCtl(w.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: mark})
}

// arm lets the timer fire at once and then each interval.
func (w *worker) arm(interval time.Duration) error {
	return unix.TimerfdSettime(w.timer, 0, &unix.ItimerSpec{
		Interval: unix.NsecToTimespec(interval.Nanoseconds()), Value: unix.NsecToTimespec(1),
	}, nil)
}

// first puts the calling thread before everything of ordinary priority, as far as the system allows: a packet waits for nobody's turn
// (sched(7), SCHED_RR; the kernel leaves others a twentieth of the time). What it starts is ordinary again.
func first() error {
	err := unix.SchedSetAttr(0, &unix.SchedAttr{Policy: unix.SCHED_RR, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}, 0)
	if err == nil {
		return nil
	}
	return errors.Join(err, unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), workerNice))
}

// run is the worker's thread; it ends with the goroutine, since its priority is its own.
func (w *worker) run() {
	runtime.LockOSThread()
	if err := first(); err != nil {
		w.engine.config.Logger.Debug("relay worker has no real-time priority", slog.Any("error", err))
	}
	events := make([]unix.EpollEvent, eventsAtOne)
	for !w.stopping.Load() {
		n, err := unix.EpollWait(w.epoll, events, -1)
		if err != nil && err != unix.EINTR {
			w.engine.config.Logger.Error("relay worker can't wait for packets", slog.Any("error", err))
			return
		}
		for _, e := range events[:max(n, 0)] {
			switch e.Fd {
			case wakeMark:
			case timerMark:
				w.tick()
			default:
				w.read(e.Fd)
			}
		}
	}
}

// read takes one datagram from a port. One only: what is left comes with the next round, after the others' turn.
func (w *worker) read(port int32) {
	s := w.sockets[uint16(port)].Load()
	if s == nil {
		return
	}
	n, errno := s.receive(w.in[:], &w.from)
	if errno != 0 {
		return // nothing there, or an error left by a receiver that is gone: now taken off the socket
	}
	w.count.in.Add(1)
	l := s.leg.Load()
	if l == nil {
		w.count.drained.Add(1)
		return
	}
	p := l.pair
	p.mu.Lock()
	switch {
	case p.closed:
		w.count.drained.Add(1)
	case l.rtp == s:
		p.receive(l, w.in[:n], w.from.addrPort(), p.now())
	case l.rtcp == s:
		l.stats.RTCPIn++
	}
	p.mu.Unlock()
}

// tick paces prompts, and now and then looks after idle calls and rested ports.
func (w *worker) tick() {
	var expired [8]byte
	_, _ = unix.Read(w.timer, expired[:])
	if binary.NativeEndian.Uint64(expired[:]) == 0 {
		return
	}
	w.mu.Lock()
	w.legs = append(w.legs[:0], w.paced...)
	w.mu.Unlock()
	over := false
	for _, l := range w.legs {
		p := l.pair
		p.mu.Lock()
		over = !p.tick(l, p.now()) || over
		p.mu.Unlock()
	}
	clear(w.legs)
	if over {
		w.unpace()
	}
	if now := time.Now(); now.Sub(w.looked) >= idleTick {
		stood := !w.looked.IsZero() && now.Sub(w.looked) >= standstill
		if w.looked = now; !stood {
			w.keepHouse(now)
		}
	}
}
