package listener

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/listener/hear"
)

// busServer runs a server for the bus until the test has ended.
func busServer(t *testing.T) *server.Server {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("no server")
	}
	return srv
}

// A call goes over a real bus to the real net and its evidence comes back, with the place where it was said.
func TestOverARealBus(t *testing.T) {
	srv := busServer(t)
	quiet := slog.New(slog.DiscardHandler)
	link := func() *bus.Link {
		l, err := bus.Connect(bus.Options{URL: srv.ClientURL(), Site: "t", Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	edge, ears := link(), link()
	defer edge.Close()
	defer ears.Close()
	sheet := judge.Sheet{Category: judge.Threat, Entries: []judge.Entry{{ID: "T", Reading: "よみちにはきをつけろよ", Level: judge.Warning}}}
	h, unusable, err := NewHearing("builtin", judge.Lexicon{Sheets: []judge.Sheet{sheet}})
	if err != nil || unusable != nil {
		t.Fatal(err, unusable)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, ears, Config{Name: "m/1", Budget: 1, Log: quiet}, h)
	}()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	found := make(chan evidence.Phrase, 10)
	done := make(chan bus.Heard, 1)
	if _, err := edge.SubscribeHeard(id, func(h bus.Heard) {
		for _, it := range h.Items {
			if p, ok := it.Item.(evidence.Phrase); ok {
				found <- p
			}
		}
		if h.Done {
			done <- h
		}
	}); err != nil {
		t.Fatal(err)
	}
	claimed(t, edge)
	sendAll(t, edge)
	select {
	case h := <-done:
		if h.CallerMS != 5000 || len(found) != 1 {
			t.Fatalf("heard until %v, %d phrases", h.CallerMS, len(found))
		}
	case <-time.After(time.Minute):
		t.Fatal("the call was not heard to its end")
	}
	if p := <-found; p.ID != "T" || p.FromMS < 1000 || p.ToMS > 5000 {
		t.Errorf("%+v", p)
	}
}

// A noSound is a bus on which no sound can be subscribed to.
type noSound struct{ *bus.Link }

func (noSound) SubscribeSound(call.ID, func(bus.Sound)) (*bus.Subscription, error) {
	return nil, errors.New("no sound")
}

// A call that can't be heard leaves nothing open, or each offer of it would leave more.
func TestACallThatCannotBeHeardLeavesNothingOpen(t *testing.T) {
	srv := busServer(t)
	before := srv.NumSubscriptions()
	l, err := bus.Connect(bus.Options{URL: srv.ClientURL(), Site: "t", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, tell := range []bool{false, true} { // the built-in engine's listener, an engine's process
		w := &wing{cfg: Config{Name: "m/1", Seconds: []string{"x"}, Log: slog.New(slog.DiscardHandler), tell: tell}, link: noSound{l},
			hearing: whole{&Hearing{words: &fakeSpotter{}, activity: hear.LevelActivity{}}}}
		if _, err := w.follower(bus.Claim{Call: id}, func(error) {}); err == nil {
			t.Fatal("a call without sound was taken")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if err := l.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		if n := srv.NumSubscriptions(); n != before {
			t.Errorf("%d subscriptions left open", n-before)
		}
	}
}

// claimed offers the call until the listener is there.
func claimed(t *testing.T, l *bus.Link) {
	t.Helper()
	for range 200 {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		c, err := l.RequestClaim(ctx, bus.Claim{V: bus.Version, Call: id})
		<-ctx.Done()
		cancel()
		if err == nil && c.Engine == "builtin/1" {
			return
		}
	}
	t.Fatal("nobody took the call")
}

// sendAll sends five seconds of the caller, each batch twice, and ends both parties.
func sendAll(t *testing.T, l *bus.Link) {
	t.Helper()
	w, err := audio.ReadWAVFile(filepath.Join("..", "proof", "demo", "sound", "threat-caller.wav"))
	if err != nil {
		t.Fatal(err)
	}
	g := audio.PCMU.Encode(nil, w.Channels[0][13*8000-4000:18*8000-4000])
	var batches []bus.Sound
	for k := range 50 {
		batches = append(batches, bus.Sound{Call: id, Party: call.Caller, Seq: uint32(k), End: k == 49,
			Octets: audio.Octets{Sample: int64(k * batch), Data: g[k*batch : (k+1)*batch]}})
	}
	batches = append(batches, bus.Sound{Call: id, Party: call.Agent, End: true})
	for _, b := range batches {
		for range 2 {
			if err := l.PublishSound(b); err != nil {
				t.Fatal(err)
			}
		}
	}
}
