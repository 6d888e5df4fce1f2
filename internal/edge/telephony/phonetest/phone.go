// Package phonetest is a telephone on a script: a fake carrier or PBX which sends exactly the SIP that a test
// writes, over UDP or TCP on loopback, and keeps what comes until the test asks for it.
//
// Owns: Phone, Dialog, Message.
// Never: answers, repeats or acknowledges by itself; uses the SIP library of the product.
// Goroutines: one reader a phone and one a TCP connection; the test's cleanup waits for them.
package phonetest

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Patience is how long Expect waits.
const Patience = 5 * time.Second

// A Phone sends and receives SIP messages.
type Phone struct {
	t       testing.TB
	network string // UDP or TCP
	addr    netip.AddrPort
	udp     *net.UDPConn
	tcp     net.Listener
	reading sync.WaitGroup

	mu      sync.Mutex // guards below
	conns   map[netip.AddrPort]net.Conn
	unread  []Message
	count   []Message
	seen    map[string]bool
	arrived chan struct{} // closed and made anew with every message
	lose    func(Message) bool
	all     bool
}

// UDP makes a phone with a UDP port on 127.0.0.1.
func UDP(t testing.TB) *Phone {
	t.Helper()
	return UDPAt(t, "127.0.0.1:0")
}

// UDPAt makes a phone with a UDP port on another address of loopback.
func UDPAt(t testing.TB, addr string) *Phone {
	t.Helper()
	at, network := netip.MustParseAddrPort(addr), "udp4"
	if at.Addr().Is6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	p := newPhone(t, "UDP", conn.LocalAddr())
	p.udp = conn
	p.reading.Go(p.readUDP)
	t.Cleanup(func() {
		_ = conn.Close() // ends the reader
		p.reading.Wait()
	})
	return p
}

// TCP makes a phone that listens on loopback and speaks over TCP.
func TCP(t testing.TB) *Phone {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := newPhone(t, "TCP", l.Addr())
	p.tcp = l
	p.reading.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close() // ends accept
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close() // ends its reader
		}
		p.mu.Unlock()
		p.reading.Wait()
	})
	return p
}

func newPhone(t testing.TB, network string, a net.Addr) *Phone {
	return &Phone{t: t, network: network, addr: netip.MustParseAddrPort(a.String()), seen: map[string]bool{},
		conns: map[netip.AddrPort]net.Conn{}, arrived: make(chan struct{})}
}

// Addr is where the phone receives.
func (p *Phone) Addr() netip.AddrPort { return p.addr }

// Lose lets messages that f picks never arrive.
func (p *Phone) Lose(f func(Message) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = f
}

// LoseFirst loses the first n messages of a kind.
func (p *Phone) LoseFirst(n int, what string) {
	p.Lose(func(m Message) bool {
		if n > 0 && m.Is(what) {
			n--
			return true
		}
		return false
	})
}

// KeepCopies lets Expect see repeated messages too, which it otherwise skips.
func (p *Phone) KeepCopies() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = true
}

func (p *Phone) readUDP() {
	buf := make([]byte, 65536)
	for {
		n, from, err := p.udp.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		p.take(Parse(string(buf[:n]), netip.AddrPortFrom(from.Addr().Unmap(), from.Port())))
	}
}

func (p *Phone) accept() {
	for {
		conn, err := p.tcp.Accept()
		if err != nil {
			return
		}
		p.keep(conn)
	}
}

func (p *Phone) keep(conn net.Conn) {
	from := netip.MustParseAddrPort(conn.RemoteAddr().String())
	p.mu.Lock()
	p.conns[from] = conn
	p.mu.Unlock()
	p.reading.Go(func() { p.readTCP(conn, from) })
}

func (p *Phone) readTCP(conn net.Conn, from netip.AddrPort) {
	r := bufio.NewReader(conn)
	for {
		var head strings.Builder
		length := 0
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			head.WriteString(line)
			if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Content-Length") {
				length, _ = strconv.Atoi(strings.TrimSpace(value)) // 0 where it is none
			}
			if line == "\r\n" {
				break
			}
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		p.take(Parse(head.String()+string(body), from))
	}
}

func (p *Phone) take(m Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lose != nil && p.lose(m) {
		return
	}
	p.count = append(p.count, m)
	if p.all || !p.seen[m.Raw] {
		p.unread = append(p.unread, m)
	}
	p.seen[m.Raw] = true
	close(p.arrived)
	p.arrived = make(chan struct{})
}

// Send sends raw text.
func (p *Phone) Send(to netip.AddrPort, raw string) {
	p.t.Helper()
	if p.udp != nil {
		if _, err := p.udp.WriteToUDPAddrPort([]byte(raw), to); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	p.mu.Lock()
	conn := p.conns[to]
	p.mu.Unlock()
	if conn == nil {
		var err error
		if conn, err = net.Dial("tcp4", to.String()); err != nil {
			p.t.Fatal(err)
		}
		p.keep(conn)
	}
	if _, err := io.WriteString(conn, raw); err != nil {
		p.t.Fatal(err)
	}
}

// Expect gives the next unread message of this kind (see Message.Is) and fails the test when none comes.
func (p *Phone) Expect(what string) Message {
	p.t.Helper()
	m, ok := p.within(Patience, what)
	if !ok {
		p.mu.Lock()
		defer p.mu.Unlock()
		var got []string
		for _, m := range p.count {
			got = append(got, m.Start)
		}
		p.t.Fatalf("no %s came; what came: %q", what, got)
	}
	return m
}

// Silent fails the test when a message of this kind comes within d.
func (p *Phone) Silent(d time.Duration, what string) {
	p.t.Helper()
	if m, ok := p.within(d, what); ok {
		p.t.Fatalf("%s came, nothing was to come:\n%s", what, m.Raw)
	}
}

// Poll gives the next unread message of this kind if one has come already.
func (p *Phone) Poll(what string) (Message, bool) { return p.within(0, what) }

func (p *Phone) within(d time.Duration, what string) (Message, bool) {
	over := time.NewTimer(d)
	defer over.Stop()
	for {
		p.mu.Lock()
		for i, m := range p.unread {
			if m.Is(what) {
				p.unread = append(p.unread[:i:i], p.unread[i+1:]...)
				p.mu.Unlock()
				return m, true
			}
		}
		arrived := p.arrived
		p.mu.Unlock()
		select {
		case <-arrived:
		case <-over.C:
			return Message{}, false
		}
	}
}

// Count tells how many messages of this kind have come so far, copies left out.
func (p *Phone) Count(what string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	different := map[string]bool{}
	for _, m := range p.count {
		if m.Is(what) {
			different[m.Raw] = true
		}
	}
	return len(different)
}

// Copies tells how many messages of this kind have come so far, copies and all.
func (p *Phone) Copies(what string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, m := range p.count {
		if m.Is(what) {
			n++
		}
	}
	return n
}
