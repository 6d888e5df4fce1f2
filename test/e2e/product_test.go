package e2e

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/edge/media"
	"commusafe/internal/edge/telephony"
)

// A product is telephony and media between a trunk phone and a PBX phone.
type product struct {
	t     *testing.T
	addr  netip.AddrPort
	calls chan *telephony.Session
}

// openProduct serves calls to a PBX ("host:port") with serve.
func openProduct(t *testing.T, pbx string, serve telephony.ServeFunc) *product {
	t.Helper()
	engine, err := media.NewEngine(media.Config{PortMin: 24000, PortMax: 27999, Rest: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	p := &product{t: t, calls: make(chan *telephony.Session, 1000)}
	local := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	cfg := telephony.Config{
		Listen: []string{"udp:127.0.0.1:0"}, Drain: time.Second, EndTimeout: 2 * time.Second,
		Trunks: []telephony.Trunk{{Name: "trunk", Peers: local, Codecs: []audio.Codec{audio.PCMU}}},
		PBX:    []telephony.PBX{{Name: "pbx", Target: "sip:" + pbx, Peers: local}},
	}
	server, err := telephony.New(cfg, engine,
		func(context.Context, call.Incoming) call.Admission { return call.Admission{Verdict: call.Accept} },
		func(ctx context.Context, s *telephony.Session) { p.calls <- s; serve(ctx, s) }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p.addr = server.Addr("udp", 0)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, engine.Close()); err != nil {
			t.Error(err)
		}
	})
	return p
}

// connect is the ServeFunc of an ordinary call.
func connect(ctx context.Context, s *telephony.Session) {
	if s.Connect(ctx) == nil {
		<-s.Ended()
	}
}

// wait waits for an event of a call.
func wait(t *testing.T, s *telephony.Session, kind telephony.Kind) telephony.Event {
	t.Helper()
	over := time.After(patience)
	for {
		select {
		case e, ok := <-s.Events():
			if !ok {
				t.Fatalf("the call ended before %s: %+v", kind, s.Reason())
			}
			if e.Kind == kind {
				return e
			}
		case <-over:
			t.Fatalf("no event %s", kind)
		}
	}
}

// pass lets the two talk for a while: the sound of a real telephone takes its time.
func pass(d time.Duration) { <-time.After(d) }

// sine is a tone at 8 kHz.
func sine(hz int, d time.Duration) []int16 {
	pcm := make([]int16, int(d.Milliseconds())*audio.SamplesPerMS)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*float64(hz)*float64(i)/audio.SampleRate))
	}
	return pcm
}

// tone is a sine as PCMU.
func tone(hz int, d time.Duration) []byte { return audio.PCMU.Encode(nil, sine(hz, d)) }
