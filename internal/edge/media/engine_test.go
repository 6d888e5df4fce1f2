package media

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

func TestPortsRunOutAndRest(t *testing.T) {
	e := engine(t, Config{PortMin: 33100, PortMax: 33103, Rest: time.Millisecond})
	p, err := e.Open(time.Now())
	if errors.Is(err, ErrNoPorts) {
		t.Skip("the test's ports are taken by somebody else")
	}
	if _, err := e.Open(time.Now()); !errors.Is(err, ErrNoPorts) {
		t.Errorf("second call: %v", err)
	}
	late := newPeer(t, p.Local(call.Caller))
	p.Close()
	late.speak(audio.PCMU, 1)
	deadline := time.After(5 * time.Second)
	for e.Stats().Resting > 0 {
		select {
		case <-deadline:
			t.Fatal("ports rest for ever")
		case <-time.After(10 * time.Millisecond):
		}
	}
	again, err := e.Open(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestAWrongConfigIsRefusedInASentence(t *testing.T) {
	for name, c := range map[string]Config{
		"too few ports":        {PortMin: 4000, PortMax: 4001},
		"unspecified":          {Bind: netip.IPv4Unspecified()},
		"port 0 as the lowest": {PortMax: 4001},
	} {
		if e, err := NewEngine(c); err == nil {
			t.Errorf("%s: accepted", name)
			_ = e.Close()
		}
	}
}

func TestAClosedEngineOpensNothing(t *testing.T) {
	e := engine(t, Config{Workers: 2})
	p := open(t, e)
	tap := p.Tap(call.Agent, time.Second)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	for {
		if _, err := tap.Next(t.Context()); err != nil {
			break
		}
	}
	if _, err := e.Open(time.Now()); !errors.Is(err, ErrClosed) {
		t.Errorf("open after close: %v", err)
	}
}

func TestIPv6(t *testing.T) {
	e, err := NewEngine(Config{Bind: netip.IPv6Loopback()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	p, err := e.Open(time.Now())
	if err != nil {
		t.Skip("no IPv6 here: ", err)
	}
	if got := p.Local(call.Caller).Addr(); got != netip.IPv6Loopback() {
		t.Errorf("local address %v", got)
	}
	var ep endpoint
	want := netip.MustParseAddrPort("[2001:db8::7]:4321")
	if ep.set(want, true); ep.addrPort() != want {
		t.Errorf("endpoint %v", ep.addrPort())
	}
	v4 := netip.MustParseAddrPort("192.0.2.7:4321")
	if ep.set(v4, true); ep.addrPort() != v4 {
		t.Errorf("mapped endpoint %v", ep.addrPort())
	}
	if ep.set(v4, false); ep.addrPort() != v4 {
		t.Errorf("IPv4 endpoint %v", ep.addrPort())
	}
}

// After this machine has stood still, a party whose packets wait to be read is not taken for one that sends nothing.
func TestAStandstillIsNoSilence(t *testing.T) {
	e := engine(t, Config{Timeout: 3 * time.Second})
	p, caller, agent := talk(t, e)
	w := e.workers[0]
	time.Sleep(2 * idleTick) // the worker has looked around before
	w.mu.Lock()
	time.Sleep(2 * idleTick) // its next look waits here, before what comes is read
	for range 10 {
		caller.speak(audio.PCMU, 1)
		agent.speak(audio.PCMU, 2)
	}
	time.Sleep(2 * standstill)
	w.mu.Unlock()
	for over := time.After(idleTick / 2); ; {
		select {
		case e := <-p.Events():
			if e.Kind == Timeout {
				t.Fatalf("%s is told to be silent", e.Party)
			}
		case <-over:
			return
		}
	}
}
