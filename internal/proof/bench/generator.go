package bench

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	frame       = 20 * time.Millisecond
	phases      = 20 // calls send in 20 phases of 1 ms, as independent telephones would
	frameOctets = 160
	headerSize  = 12
	stampOctets = 64 // each lends its lowest bit: the listener hears the same words
	apart       = 37 // packets that a call is ahead of the one before in what it says
)

// A Generator is both telephones of many calls: PCMU, 20 ms, both ways.
type Generator struct {
	// Sound is what callers and agents say, in mu-law, over and over; silence when it is empty. Each call is at another
	// place of it.
	Sound [2][]byte

	ends  []end // 2i is the caller of call i, 2i+1 its agent
	epoll int
	over  atomic.Bool
}

// An end is one telephone. The sender writes sequence and sent; the receiver all below them.
type end struct {
	fd       int
	addr, to netip.AddrPort
	sequence uint16
	sent     int

	received int
	known    bool
	highest  uint16
	lost     int
}

// NewGenerator opens the sockets of n calls on host, an IPv4 address.
func NewGenerator(n int, host netip.Addr) (*Generator, error) {
	g := &Generator{ends: make([]end, 2*n)}
	for i := range g.ends {
		g.ends[i].fd = -1
	}
	var err error
	if g.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("open load generator: %w", err)
	}
	for i := range g.ends {
		if err := g.open(&g.ends[i], i, host); err != nil {
			g.Close()
			return nil, fmt.Errorf("open load generator's socket %d: %w", i, err)
		}
	}
	return g, nil
}

func (g *Generator) open(e *end, i int, host netip.Addr) (err error) {
	if e.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return err
	}
	_ = unix.SetsockoptInt(e.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 256<<10)
	if err := unix.SetsockoptInt(e.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return err
	}
	if err := unix.Bind(e.fd, &unix.SockaddrInet4{Addr: host.As4()}); err != nil {
		return err
	}
	name, err := unix.Getsockname(e.fd)
	if err != nil {
		return err
	}
	if v4, ok := name.(*unix.SockaddrInet4); ok {
		e.addr = netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), uint16(v4.Port))
	}
	return unix.EpollCtl(g.epoll, unix.EPOLL_CTL_ADD, e.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)})
}

// Close frees the sockets.
func (g *Generator) Close() {
	for i := range g.ends {
		if g.ends[i].fd >= 0 {
			_ = unix.Close(g.ends[i].fd)
		}
	}
	_ = unix.Close(g.epoll)
}

// Keep lets only the first calls go on.
func (g *Generator) Keep(calls int) {
	for i := range g.ends[2*calls:] {
		_ = unix.Close(g.ends[2*calls+i].fd)
	}
	g.ends = g.ends[:2*calls]
}

// Addrs gives where caller and agent of call i receive, for the SDP.
func (g *Generator) Addrs(i int) (caller, agent netip.AddrPort) {
	return g.ends[2*i].addr, g.ends[2*i+1].addr
}

// Connect tells where the relay wants to receive from caller and agent of call i.
func (g *Generator) Connect(i int, caller, agent netip.AddrPort) error {
	for j, to := range []netip.AddrPort{caller, agent} {
		e := &g.ends[2*i+j]
		e.to = to
		if err := unix.Connect(e.fd, &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())}); err != nil {
			return fmt.Errorf("connect to the relay at %s: %w", to, err)
		}
	}
	return nil
}

// Run sends for d and listens 200 ms longer.
func (g *Generator) Run(d time.Duration) Load {
	var delays []time.Duration
	var receiver sync.WaitGroup
	g.over.Store(false)
	for i := range g.ends {
		g.ends[i].sent, g.ends[i].received, g.ends[i].lost = 0, 0, 0
	}
	receiver.Go(func() { delays = g.receive(int(d/frame+50) * len(g.ends)) })
	var sender sync.WaitGroup
	var late time.Duration
	sender.Go(func() { late = g.send(d) })
	sender.Wait()
	settle := time.NewTimer(200 * time.Millisecond)
	<-settle.C
	g.over.Store(true)
	receiver.Wait()
	return g.load(delays, late)
}

// punctual keeps the calling goroutine's thread, which ends with it, from waiting for what else runs on this machine: real telephones are on
// others, and one that is late sends its packets in a heap, in which they wait for each other. Ordinary users are refused it; generator_lag_ms tells.
func punctual() {
	runtime.LockOSThread()
	if err := unix.SchedSetAttr(0, &unix.SchedAttr{Policy: unix.SCHED_RR, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}, 0); err != nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), -18)
	}
}

// send sends each call's packets in its phase; the result is how late the sender itself was at worst.
func (g *Generator) send(d time.Duration) (worst time.Duration) {
	punctual()
	b := make([]byte, headerSize+frameOctets)
	b[0] = 0x80
	begun := time.Now()
	tick := time.Millisecond
	for n := 0; time.Duration(n)*tick < d; n++ {
		due := begun.Add(time.Duration(n) * tick)
		if wait := time.Until(due); wait > 0 {
			ts := unix.NsecToTimespec(wait.Nanoseconds())
			_ = unix.Nanosleep(&ts, nil)
		}
		worst = max(worst, time.Since(due))
		for i := n % phases; i < len(g.ends); i += phases {
			g.sendOne(&g.ends[i], i, b)
		}
	}
	return worst
}

func (g *Generator) sendOne(e *end, i int, b []byte) {
	binary.BigEndian.PutUint16(b[2:], e.sequence)
	binary.BigEndian.PutUint32(b[4:], uint32(e.sequence)*frameOctets)
	binary.BigEndian.PutUint32(b[8:], uint32(i)+1)
	g.speak(b[headerSize:], i, int(e.sequence))
	stamp(b[headerSize:], uint64(time.Now().UnixNano()))
	e.sequence++
	if _, err := unix.Write(e.fd, b); err == nil {
		e.sent++
	}
}

// speak fills a packet with what end i says in its n-th.
func (g *Generator) speak(b []byte, i, n int) {
	say := g.Sound[i%2]
	if frames := len(say) / frameOctets; frames > 0 {
		from := (n + i/2*apart) % frames * frameOctets
		copy(b, say[from:from+frameOctets])
		return
	}
	for j := range b {
		b[j] = 0xFF
	}
}

// stamp writes v into the lowest bits of the first octets, too quietly to be heard.
func stamp(b []byte, v uint64) {
	for j := range b[:stampOctets] {
		b[j] = b[j]&^1 | byte(v>>j&1)
	}
}

// stamped reads it back.
func stamped(b []byte) (v uint64) {
	for j, o := range b[:stampOctets] {
		v |= uint64(o&1) << j
	}
	return v
}

// receive takes what comes until over, and gives the delays.
func (g *Generator) receive(room int) []time.Duration {
	runtime.LockOSThread()
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), -18) // what it reads the kernel has stamped: it only has to keep up
	delays := make([]time.Duration, 0, room)
	events := make([]unix.EpollEvent, 256)
	b, oob := make([]byte, 2048), make([]byte, 128)
	for !g.over.Load() {
		n, err := unix.EpollWait(g.epoll, events, 50)
		if err != nil && err != unix.EINTR {
			return delays
		}
		for _, ev := range events[:max(n, 0)] {
			e := &g.ends[ev.Fd]
			size, control, _, _, err := unix.Recvmsg(e.fd, b, oob, unix.MSG_DONTWAIT)
			if err != nil || size < headerSize+stampOctets {
				continue
			}
			e.count(binary.BigEndian.Uint16(b[2:]))
			if at, ok := arrival(oob[:control]); ok {
				delays = append(delays, time.Duration(at-int64(stamped(b[headerSize:]))))
			}
		}
	}
	return delays
}

// count keeps the sequence; what never comes at the end is found by sent and received.
func (e *end) count(sequence uint16) {
	e.received++
	if ahead := int16(sequence - e.highest); e.known && ahead > 1 {
		e.lost += int(ahead) - 1
	}
	e.known, e.highest = true, sequence
}

// arrival reads the kernel's receive time, in nanoseconds of real time (SO_TIMESTAMPNS).
func arrival(oob []byte) (int64, bool) {
	const head = 16 // of struct cmsghdr on 64-bit machines
	if len(oob) < head+16 {
		return 0, false
	}
	return int64(binary.NativeEndian.Uint64(oob[head:]))*1e9 + int64(binary.NativeEndian.Uint64(oob[head+8:])), true
}

// Load is what a Generator measured.
type Load struct {
	Calls          int     `json:"calls"`
	Sent           int     `json:"packets_sent"`
	Received       int     `json:"packets_received"`
	LossShare      float64 `json:"loss"`
	P50MS          float64 `json:"p50_ms"`
	P99MS          float64 `json:"p99_ms"`
	P999MS         float64 `json:"p999_ms"`
	MaxMS          float64 `json:"max_ms"`
	GeneratorLagMS float64 `json:"generator_lag_ms"` // how late the sender itself was at worst
}

func (g *Generator) load(delays []time.Duration, late time.Duration) Load {
	l := Load{Calls: len(g.ends) / 2, GeneratorLagMS: ms(late)}
	for i := range g.ends {
		l.Sent += g.ends[i].sent
		l.Received += g.ends[i].received
	}
	if l.Sent > 0 {
		l.LossShare = float64(l.Sent-l.Received) / float64(l.Sent)
	}
	slices.Sort(delays)
	if n := len(delays); n > 0 {
		l.P50MS, l.P99MS = ms(delays[n/2]), ms(delays[n*99/100])
		l.P999MS, l.MaxMS = ms(delays[n*999/1000]), ms(delays[n-1])
	}
	return l
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
