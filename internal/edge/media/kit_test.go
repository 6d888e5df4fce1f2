package media

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// engine starts an Engine that ends with the test.
func engine(t testing.TB, c Config) *Engine {
	t.Helper()
	e, err := NewEngine(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func open(t testing.TB, e *Engine) *Pair {
	t.Helper()
	p, err := e.Open(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A peer is a telephone's RTP socket.
type peer struct {
	t    testing.TB
	conn *net.UDPConn
	to   netip.AddrPort
	ssrc uint32
	seq  uint16
	ts   uint32

	at netip.AddrPort // its address, also when conn is closed
}

func newPeer(t testing.TB, to netip.AddrPort) *peer {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &peer{t: t, conn: c, to: to, ssrc: 0x1000, seq: 65530, ts: 1 << 31, at: c.LocalAddr().(*net.UDPAddr).AddrPort()}
}

func (p *peer) addr() netip.AddrPort { return p.at }

// raw makes a packet of n octets of value v.
func raw(typ uint8, seq uint16, ts, ssrc uint32, n int, v byte) []byte {
	b := make([]byte, headerSize+n)
	putHeader(b, false, typ, seq, ts, ssrc)
	for i := range n {
		b[headerSize+i] = v
	}
	return b
}

func (p *peer) write(b []byte) {
	p.t.Helper()
	if _, err := p.conn.WriteToUDPAddrPort(b, p.to); err != nil {
		p.t.Fatal(err)
	}
}

// speak sends the next 20 ms of value v.
func (p *peer) speak(c audio.Codec, v byte) {
	p.t.Helper()
	p.write(raw(uint8(c), p.seq, p.ts, p.ssrc, packetOctets, v))
	p.seq++
	p.ts += packetOctets
}

// hear reads the next packet; it fails after two seconds without any.
func (p *peer) hear() packet {
	p.t.Helper()
	k, ok := p.hearFor(2 * time.Second)
	if !ok {
		p.t.Fatal("nothing came")
	}
	return k
}

func (p *peer) hearFor(d time.Duration) (packet, bool) {
	p.t.Helper()
	b := make([]byte, 2048)
	if err := p.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		p.t.Fatal(err)
	}
	n, err := p.conn.Read(b)
	if err != nil {
		return packet{}, false
	}
	k, ok := parseRTP(b[:n])
	if !ok {
		p.t.Fatalf("%x is no RTP packet", b[:n])
	}
	return k, true
}

// quiet fails when something comes within 60 ms.
func (p *peer) quiet() {
	p.t.Helper()
	if k, ok := p.hearFor(60 * time.Millisecond); ok {
		p.t.Fatalf("packet of type %d came, want none", k.typ)
	}
}

// talk opens a call between two peers, both PCMU with telephone events 101 and 96.
func talk(t testing.TB, e *Engine) (p *Pair, caller, agent *peer) {
	t.Helper()
	p = open(t, e)
	caller, agent = newPeer(t, p.Local(call.Caller)), newPeer(t, p.Local(call.Agent))
	agent.ssrc = 0x2000
	p.SetRemote(call.Caller, Remote{Addr: caller.addr(), Codec: audio.PCMU, DTMF: 101, Send: true, Receive: true})
	p.SetRemote(call.Agent, Remote{Addr: agent.addr(), Codec: audio.PCMU, DTMF: 96, Send: true, Receive: true})
	return p, caller, agent
}

// event waits for the next event.
func event(t testing.TB, p *Pair) Event {
	t.Helper()
	select {
	case e := <-p.Events():
		return e
	case <-time.After(2 * time.Second):
		t.Fatal("no event came")
		return Event{}
	}
}

// key makes a packet of a telephone event.
func key(typ uint8, seq uint16, ts, ssrc uint32, code uint8, end bool, duration uint16) []byte {
	b := raw(typ, seq, ts, ssrc, 4, 0)
	b[headerSize] = code
	if end {
		b[headerSize+1] = 0x80
	}
	binary.BigEndian.PutUint16(b[headerSize+2:], duration)
	return b
}
