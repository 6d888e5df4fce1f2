package telephony

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/edge/media"
	"commusafe/internal/edge/telephony/phonetest"
)

// testT1 shortens SIP's timers: 64*T1 is 1.28 s.
const testT1 = 20 * time.Millisecond

func TestMain(m *testing.M) {
	sip.SetTimers(testT1, 8*testT1, 10*testT1)
	goleak.VerifyTestMain(m)
}

// A desk is a server on loopback between a fake carrier and a fake PBX.
type desk struct {
	t       testing.TB
	server  *Server
	addr    netip.AddrPort
	carrier *phonetest.Phone
	pbx     *phonetest.Phone
	calls   chan *Session
	stop    context.CancelFunc // begins to drain
	done    chan struct{}      // closed when Run has returned
	log     *lockedBuffer
	media   func(n int) error

	mu     sync.Mutex // guards below
	sounds []*fakeSound
}

// A setting changes the desk before it opens.
type setting struct {
	config  func(*Config)
	admit   AdmitFunc
	serve   ServeFunc
	media   func(n int) error // asked before the n-th call gets its media
	carrier *phonetest.Phone
	pbx     *phonetest.Phone
}

func openDesk(t testing.TB, o setting) *desk {
	t.Helper()
	d := &desk{t: t, carrier: o.carrier, pbx: o.pbx, calls: make(chan *Session, 16), done: make(chan struct{}), log: &lockedBuffer{}, media: o.media}
	if d.carrier == nil {
		d.carrier = phonetest.UDP(t)
	}
	transport := "tcp"
	if d.pbx == nil {
		d.pbx = phonetest.UDP(t)
		transport = "udp"
	}
	cfg := Config{
		Listen: []string{"udp:127.0.0.1:0", "tcp:127.0.0.1:0"},
		Trunks: []Trunk{{Name: "hikari", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, TrustIdentity: true}},
		PBX:    []PBX{{Name: "pbx", Target: "sip:" + d.pbx.Addr().String() + ";transport=" + transport}},
		Drain:  2 * time.Second, EndTimeout: 40 * testT1, TryTimeout: time.Second, T1: testT1, T2: 8 * testT1,
	}
	if o.config != nil {
		o.config(&cfg)
	}
	if o.admit == nil {
		o.admit = func(context.Context, call.Incoming) call.Admission { return call.Admission{Verdict: call.Accept} }
	}
	if o.serve == nil {
		o.serve = func(ctx context.Context, s *Session) {
			if err := s.Connect(ctx); err != nil {
				var failed *ConnectError
				if !errors.As(err, &failed) && !errors.As(err, new(*EndedError)) {
					t.Errorf("connect: %v", err)
				}
			}
			<-s.Ended()
		}
	}
	serve := func(ctx context.Context, s *Session) { d.calls <- s; o.serve(ctx, s) }
	server, err := newServer(cfg, d.open, o.admit, serve, slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	d.server, d.addr = server, server.Addr("udp", 0)
	ctx, cancel := context.WithCancel(context.Background())
	d.stop = cancel
	go func() {
		defer close(d.done)
		if err := server.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	t.Cleanup(func() {
		for _, s := range server.table.all() {
			_ = s.End(context.Background(), call.EndReason{By: call.BySystem, Why: "test"})
		}
		cancel()
		<-d.done
		if strings.Contains(d.log.String(), "panicked") && !strings.Contains(t.Name(), "Panic") {
			t.Errorf("something panicked:\n%s", d.log.String())
		}
		if os.Getenv("SHOW_LOG") != "" {
			t.Log(d.log.String())
		}
	})
	return d
}

func (d *desk) open(time.Time) (sound, error) {
	f := &fakeSound{events: make(chan media.Event, 8), changed: make(chan struct{}, 1), port: 30000, remotes: map[call.Party][]media.Remote{}}
	d.mu.Lock()
	d.sounds = append(d.sounds, f)
	n := len(d.sounds)
	d.mu.Unlock()
	if d.media != nil {
		if err := d.media(n); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (d *desk) sound() *fakeSound {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sounds[len(d.sounds)-1]
}

// talk sets a call up from the carrier to the PBX.
func (d *desk) talk() (caller, agent *phonetest.Dialog, s *Session) {
	d.t.Helper()
	caller = d.carrier.Invite(d.addr, phonetest.Invite{})
	agent = d.pbx.Incoming()
	agent.Accept(d.pbxSDP("sendrecv"))
	caller.Talk()
	s = <-d.calls
	d.awaitKind(s, LegUp)
	d.awaitKind(s, LegUp)
	return caller, agent, s
}

func (d *desk) pbxSDP(direction string) string {
	return phonetest.SDP(netip.AddrPortFrom(d.pbx.Addr().Addr(), 41000), direction, 0, 101)
}

func (d *desk) carrierSDP(direction string) string {
	return phonetest.SDP(netip.AddrPortFrom(d.carrier.Addr().Addr(), 40000), direction, 0, 101)
}

func (d *desk) awaitKind(s *Session, k Kind) Event {
	d.t.Helper()
	over := time.After(phonetest.Patience)
	for {
		select {
		case e, ok := <-s.Events():
			if !ok {
				d.t.Fatalf("events ended, no %s came", k)
			}
			if e.Kind == k {
				return e
			}
		case <-over:
			d.t.Fatalf("no event %s", k)
		}
	}
}

func (d *desk) awaitEnd(s *Session) call.EndReason {
	d.t.Helper()
	select {
	case <-s.Ended():
	case <-time.After(phonetest.Patience):
		d.t.Fatal("the call did not end")
	}
	return s.Reason()
}

// A fakeSound notes what the signalling asks of media.
type fakeSound struct {
	events  chan media.Event
	changed chan struct{} // one signal for what came since the last look

	mu      sync.Mutex // guards below
	port    uint16
	remotes map[call.Party][]media.Remote
	renewed int
	closed  int
}

func (f *fakeSound) Local(p call.Party) netip.AddrPort {
	f.mu.Lock()
	defer f.mu.Unlock()
	port := f.port
	if p == call.Agent {
		port += uint16(2 + 2*f.renewed)
	}
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
}

func (f *fakeSound) SetRemote(p call.Party, r media.Remote) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remotes[p] = append(f.remotes[p], r)
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// await waits until the party's media is as ok wants it.
func (f *fakeSound) await(t testing.TB, p call.Party, ok func(media.Remote) bool) {
	t.Helper()
	over := time.After(phonetest.Patience)
	for !ok(f.last(p)) {
		select {
		case <-f.changed:
		case <-over:
			t.Fatalf("media of the %s stays %+v", p, f.last(p))
		}
	}
}

func (f *fakeSound) Renew(call.Party) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.renewed++
	return nil
}

func (f *fakeSound) Events() <-chan media.Event { return f.events }

func (f *fakeSound) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
}

func (f *fakeSound) last(p call.Party) media.Remote {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.remotes[p]); n > 0 {
		return f.remotes[p][n-1]
	}
	return media.Remote{Codec: audio.Codec(255)}
}

// A lockedBuffer is a log that many write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func itoa(n int) string { return strconv.Itoa(n) }
