package media

import (
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// A late timer sends what is due, three packets at most; what is later than that is left out of the pace, and the
// timestamps say so.
func TestALateTimerCatchesUpWithoutABurst(t *testing.T) {
	p, caller, _ := talk(t, engine(t, Config{}))
	defer p.Close()
	l := &p.caller
	tick := func(at time.Duration) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.tick(l, at) {
			t.Errorf("nothing to be paced at %v", at)
		}
	}
	l.playing = &prompt{codec: audio.PCMU, octets: make([]byte, 80000), id: 1, ended: make(chan struct{})}
	var last packet
	for _, step := range []struct {
		at      time.Duration
		packets int
		ahead   uint32 // samples from the last packet before to the first of these
	}{
		{1000 * time.Millisecond, 1, 0},
		{1020 * time.Millisecond, 1, 160},
		{1039 * time.Millisecond, 1, 160}, // a little early is in time
		{1052 * time.Millisecond, 0, 0},
		{1100 * time.Millisecond, 3, 160},
		{2100 * time.Millisecond, 3, 8000}, // a second late: real time again
		{2120 * time.Millisecond, 1, 160},
	} {
		tick(step.at)
		for i := range step.packets {
			k := caller.hear()
			if ahead := k.ts - last.ts; i == 0 && step.ahead > 0 && ahead != step.ahead || i > 0 && ahead != 160 {
				t.Errorf("at %v packet %d: timestamp %d after the one before", step.at, i, ahead)
			}
			last = k
		}
		if _, more := caller.hearFor(5 * time.Millisecond); more {
			t.Errorf("at %v: more than %d packets", step.at, step.packets)
		}
	}
}

// Whatever comes from the right address, nothing breaks and no more than one packet goes out for it.
func FuzzReceive(f *testing.F) {
	f.Add(raw(0, 1, 2, 3, 160, 4), raw(13, 2, 162, 3, 1, 4))
	f.Add(key(101, 1, 2, 3, 5, false, 160), key(101, 2, 2, 3, 200, true, 320))
	f.Add([]byte{0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 0, 1, 1, 2, 3, 4, 7, 1}, []byte{0x80})
	e, err := NewEngine(Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = e.Close() })
	p, caller, agent := talk(f, e)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		p.mu.Lock()
		p.caller.begin(p.caller.rtp, p.caller.rtcp, 0) // each input finds both legs fresh
		p.agent.begin(p.agent.rtp, p.agent.rtcp, 0)
		p.caller.stats, p.agent.stats = PartyStats{}, PartyStats{}
		p.mu.Unlock()
		p.SetRemote(call.Caller, Remote{Addr: caller.addr(), Codec: audio.PCMU, DTMF: 101, Send: true, Receive: true})
		p.SetRemote(call.Agent, Remote{Addr: agent.addr(), Codec: audio.PCMA, DTMF: 96, Send: true, Receive: true})
		tap := p.Tap(call.Caller, time.Second)
		for i, packet := range [][]byte{a, b, a} {
			p.mu.Lock()
			p.receive(&p.caller, append(make([]byte, 0, 2048), packet...), caller.addr(), time.Duration(i)*packetTime)
			p.mu.Unlock()
		}
		if s := p.Stats(); s.Agent.PacketsOut > 3 || s.Caller.PacketsIn+s.Caller.Strangers+s.Caller.Duplicates != 3 {
			t.Errorf("stats %+v", s)
		}
		tap.Close()
		for {
			if _, err := tap.Next(t.Context()); err != nil {
				break
			}
		}
	})
}
