package media

import (
	"bytes"
	"net"
	"testing"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

func TestRelayPassesSoundBothWays(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	for i := range 5 {
		caller.speak(audio.PCMU, byte(i))
		k := agent.hear()
		if k.typ != 0 || len(k.payload) != packetOctets || k.payload[0] != byte(i) || k.marker != (i == 0) {
			t.Fatalf("agent heard %+v", k)
		}
		agent.speak(audio.PCMU, byte(100+i))
		if k := caller.hear(); k.payload[0] != byte(100+i) || k.ssrc == agent.ssrc {
			t.Fatalf("caller heard %+v", k)
		}
	}
	s := p.Stats()
	if s.Caller.PacketsIn != 5 || s.Caller.PacketsOut != 5 || s.Agent.BytesIn != 800 || s.Agent.Lost != 0 {
		t.Errorf("stats %+v", s)
	}
	want := "caller(PCMU+dtmf/101 latched) -> relay -> agent(PCMU+dtmf/96 latched) | agent(PCMU+dtmf/96 latched) -> relay -> caller(PCMU+dtmf/101 latched)"
	if got := p.String(); got != want {
		t.Errorf("chain\n got %s\nwant %s", got, want)
	}
}

// Loss, reordering, duplicates and the wrap of the sequence number go through as they are; a duplicate does not.
func TestRelayKeepsLossAndOrderVisible(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	order := []uint16{65533, 65534, 0, 65535, 65535, 2, 3}
	for _, seq := range order {
		caller.write(raw(0, seq, 1000+160*uint32(seq-65533), 7, 160, byte(seq)))
	}
	first := agent.hear()
	for _, seq := range []uint16{65534, 0, 65535, 2, 3} {
		k := agent.hear()
		if k.sequence-first.sequence != seq-65533 || k.ts-first.ts != 160*uint32(seq-65533) || k.payload[0] != byte(seq) {
			t.Errorf("sequence %d came as +%d, timestamp +%d", seq, k.sequence-first.sequence, k.ts-first.ts)
		}
	}
	agent.quiet()
	if s := p.Stats().Caller; s.Duplicates != 1 || s.Lost != 1 || s.Late != 1 || s.PacketsIn != 6 {
		t.Errorf("stats %+v", s)
	}
}

func TestRelayTranscodesBetweenTheLaws(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	p.SetRemote(call.Agent, Remote{Addr: agent.addr(), Codec: audio.PCMA, Send: true, Receive: true})
	tap := p.Tap(call.Caller, 0)
	caller.speak(audio.PCMU, 0x20)
	k := agent.hear()
	want := audio.PCMU.Transcode(nil, bytes.Repeat([]byte{0x20}, 160), audio.PCMA)
	if k.typ != 8 || !bytes.Equal(k.payload, want) {
		t.Errorf("agent heard type %d, %x", k.typ, k.payload[:4])
	}
	p.Close()
	for {
		o, err := tap.Next(t.Context())
		if err != nil {
			t.Fatal("the tap has not got the sound")
		}
		if !o.Lost {
			if o.Codec != audio.PCMU || o.Data[0] != 0x20 {
				t.Errorf("the tap got %v %x, not what was received", o.Codec, o.Data[0])
			}
			break
		}
	}
}

func TestANewSourceContinuesTheStream(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	caller.speak(audio.PCMU, 1)
	a := agent.hear()
	caller.ssrc, caller.seq, caller.ts = 99, 4000, 12345
	caller.speak(audio.PCMU, 2)
	b := agent.hear()
	if b.ssrc != a.ssrc || b.sequence != a.sequence+1 || !b.marker || b.ts-a.ts < 160 || b.ts-a.ts > 16000 {
		t.Errorf("after the change of SSRC: %+v then %+v", a, b)
	}
	caller.ts += 1 << 30 // a jump within a source
	caller.speak(audio.PCMU, 3)
	c := agent.hear()
	if c.sequence != b.sequence+1 || !c.marker || c.ts-b.ts < 160 || c.ts-b.ts > 16000 {
		t.Errorf("after the jump: %+v then %+v", b, c)
	}
	if s := p.Stats().Caller; s.SSRCChanges != 1 || s.Placed != 3 {
		t.Errorf("stats %+v", s)
	}
}

func TestStrangersAreNotHeard(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	caller.speak(audio.PCMU, 1)
	agent.hear()
	if e := event(t, p); e.Kind != Latched || e.Party != call.Caller {
		t.Errorf("event %+v", e)
	}
	stranger := newPeer(t, p.Local(call.Caller))
	for range 3 {
		stranger.speak(audio.PCMU, 66)
	}
	agent.quiet()
	agent.speak(audio.PCMU, 5)
	caller.hear()
	stranger.quiet()
	if s := p.Stats().Caller; s.Strangers != 3 || s.PacketsIn != 1 {
		t.Errorf("stats %+v", s)
	}
}

// A party behind NAT sends from elsewhere than its SDP says: it is taken, and answered there. When the address of
// SDP does send, it goes before.
func TestLatchingPrefersTheAddressOfSDP(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	nat := newPeer(t, p.Local(call.Caller))
	nat.write(raw(99, 1, 1, 1, 160, 0)) // a type nobody agreed on opens nothing
	nat.speak(audio.PCMU, 1)
	if k := agent.hear(); k.payload[0] != 1 {
		t.Fatalf("agent heard %+v", k)
	}
	agent.speak(audio.PCMU, 2)
	nat.hear()
	caller.speak(audio.PCMU, 3)
	if k := agent.hear(); k.payload[0] != 3 {
		t.Fatalf("agent heard %+v", k)
	}
	nat.speak(audio.PCMU, 4)
	agent.quiet()
	agent.speak(audio.PCMU, 5)
	caller.hear()
	nat.quiet()
}

func TestDTMFIsToldOnceAndRelayedUnderTheOtherType(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	caller.speak(audio.PCMU, 1)
	before := agent.hear()
	event(t, p) // latched
	ts := caller.ts
	for i := range 6 {
		caller.write(key(101, caller.seq, ts, caller.ssrc, 11, i > 2, uint16(160*(min(i, 3)+1))))
		caller.seq++
		k := agent.hear()
		if k.typ != 96 || k.ts != before.ts+160 || k.sequence != before.sequence+uint16(i)+1 || k.payload[0] != 11 {
			t.Errorf("event packet %d came as %+v", i, k)
		}
	}
	if e := event(t, p); e.Kind != DTMF || e.Digit != '#' || e.Party != call.Caller {
		t.Errorf("event %+v", e)
	}
	caller.ts += 640
	caller.speak(audio.PCMU, 2)
	if k := agent.hear(); k.ts != before.ts+800 || k.marker {
		t.Errorf("sound after the key: %+v", k)
	}
	select {
	case e := <-p.Events():
		t.Errorf("told again: %+v", e)
	default:
	}
}

func TestDTMFWithoutATypeIsToldButNotRelayed(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	p.SetRemote(call.Agent, Remote{Addr: agent.addr(), Codec: audio.PCMU, Send: true, Receive: true})
	caller.write(key(101, 1, 1, 1, 5, true, 800))
	if e := event(t, p); e.Kind != Latched {
		t.Errorf("event %+v", e)
	}
	if e := event(t, p); e.Kind != DTMF || e.Digit != '5' {
		t.Errorf("event %+v", e)
	}
	agent.quiet()
}

func TestComfortNoiseAndAWrongCodec(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	caller.speak(audio.PCMU, 1)
	a := agent.hear()
	event(t, p)
	caller.write(raw(13, caller.seq, caller.ts, caller.ssrc, 1, 40))
	caller.seq++
	caller.speak(audio.PCMA, 7)
	k := agent.hear()
	if k.sequence != a.sequence+1 || k.typ != 0 || k.payload[0] != audio.PCMA.Transcode(nil, []byte{7}, audio.PCMU)[0] {
		t.Errorf("after comfort noise: %+v", k)
	}
	if e := event(t, p); e.Kind != CodecMismatch {
		t.Errorf("event %+v", e)
	}
	if s := p.Stats().Caller; s.ComfortNoise != 1 || s.Lost != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestRenewGivesAFreshLegAndKeepsTheOtherStream(t *testing.T) {
	e := engine(t, Config{})
	p, caller, agent := talk(t, e)
	defer p.Close()
	agent.speak(audio.PCMU, 1)
	a := caller.hear()
	old := p.Local(call.Agent)
	if err := p.Renew(call.Agent); err != nil {
		t.Fatal(err)
	}
	if p.Local(call.Agent) == old {
		t.Error("the port is the old one")
	}
	agent.speak(audio.PCMU, 66) // the old agent goes on talking
	caller.quiet()
	second := newPeer(t, p.Local(call.Agent))
	p.SetRemote(call.Agent, Remote{Addr: second.addr(), Codec: audio.PCMU, Send: true, Receive: true})
	second.speak(audio.PCMU, 2)
	b := caller.hear()
	if b.ssrc != a.ssrc || b.sequence != a.sequence+1 || !b.marker || b.payload[0] != 2 {
		t.Errorf("the caller's stream: %+v then %+v", a, b)
	}
	caller.speak(audio.PCMU, 3)
	second.hear()
	if s := e.Stats(); s.Resting != 2 || s.Drained != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestADeadReceiverStopsNothing(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	_ = agent.conn.Close()
	for range 3 {
		caller.speak(audio.PCMU, 1)
	}
	again, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(agent.addr()))
	if err != nil {
		t.Skip("the port is taken by somebody else")
	}
	agent.conn = again
	t.Cleanup(func() { _ = again.Close() })
	caller.speak(audio.PCMU, 2)
	agent.hear()
}

func TestHoldSendsNothing(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	p.SetRemote(call.Agent, Remote{Addr: agent.addr(), Codec: audio.PCMU})
	caller.speak(audio.PCMU, 1)
	agent.quiet()
	p.SetRemote(call.Agent, Remote{Addr: agent.addr(), Codec: audio.PCMU, Send: true, Receive: true})
	caller.speak(audio.PCMU, 2)
	if k := agent.hear(); k.payload[0] != 2 || !k.marker {
		t.Errorf("after resume: %+v", k)
	}
}

// The relay's way of a packet, the kernel's send included, allocates nothing.
func TestAPacketAllocatesNothing(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	p.SetRemote(call.Agent, Remote{Addr: agent.addr(), Codec: audio.PCMA, DTMF: 96, Send: true, Receive: true})
	p.Tap(call.Caller, 1000)
	b, seq, from := make([]byte, 2048), uint16(0), caller.addr()
	carry := func() {
		seq++
		putHeader(b, false, 0, seq, uint32(seq)*160, 1)
		p.mu.Lock()
		p.receive(&p.caller, b[:headerSize+160], from, p.now())
		p.mu.Unlock()
	}
	carry()
	if n := testing.AllocsPerRun(500, carry); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
	if s := p.Stats().Agent; s.PacketsOut < 500 {
		t.Errorf("only %d packets went out", s.PacketsOut)
	}
}

func BenchmarkRelayPacket(b *testing.B) {
	p, caller, _ := talk(b, engine(b, Config{}))
	defer p.Close()
	buf, seq, from := make([]byte, 2048), uint16(0), caller.addr()
	b.ReportAllocs()
	for b.Loop() {
		seq++
		putHeader(buf, false, 0, seq, uint32(seq)*160, 1)
		p.mu.Lock()
		p.receive(&p.caller, buf[:headerSize+160], from, p.now())
		p.mu.Unlock()
	}
}
