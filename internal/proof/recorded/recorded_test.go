package recorded

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/listener"
	"commusafe/internal/policy"
	"commusafe/internal/replay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func shippedCall(t *testing.T) *Call {
	t.Helper()
	c, err := Shipped(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// links starts a bus and gives n connections to it.
func links(t *testing.T, n int) []*bus.Link {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the bus did not start")
	}
	var out []*bus.Link
	for range n {
		l, err := bus.Connect(bus.Options{URL: srv.ClientURL(), Site: "t", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		out = append(out, l)
	}
	return out
}

// beside runs something until the test ends.
func beside(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestTheCommittedFolderIsJudgedTheSameAgain(t *testing.T) {
	c := shippedCall(t)
	rules, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	r, err := replay.Folder(c.Dir, rules)
	if err != nil || r.Differs != "" {
		t.Fatalf("%v %s\ntestdata/README.md tells how the folder is recorded anew", err, r.Differs)
	}
	if r.Judgements == 0 || r.Plans == 0 || c.Incoming.From.Withheld == "" || c.Ended.By != call.ByCaller {
		t.Errorf("%d judgements, %d plans, %+v, %+v", r.Judgements, r.Plans, c.Incoming.From, c.Ended)
	}
}

func TestABrokenFolderIsNotReplayed(t *testing.T) {
	c := shippedCall(t)
	if err := os.WriteFile(filepath.Join(c.Dir, folder.CallerWAV), []byte("other sound"), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(c.Dir); !errors.Is(err, folder.ErrBroken) {
		t.Errorf("%v", err)
	}
}

func TestListenerHearsEdge(t *testing.T) {
	c := shippedCall(t)
	l := links(t, 3)
	office := watch(t, l[2], c)
	beside(t, (&Listener{Call: c, Link: l[1], Name: "ears"}).Run)
	e := &Edge{Call: c, Link: l[0], Name: "edge"}
	if err := e.Run(limited(t)); err != nil {
		t.Fatal(err)
	}
	if got := e.Heard(); !slices.EqualFunc(got, items(c), sameJSON) {
		t.Errorf("heard %+v\nrecorded %+v", got, items(c))
	}
	office.check(t)
}

func sameJSON(a, b evidence.Item) bool {
	x, errX := evidence.Marshal(a)
	y, errY := evidence.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// An office takes the live updates and the folder.
type office struct {
	link    *bus.Link
	call    *Call
	updates chan bus.CallView
	offers  chan bus.Offer
}

func watch(t *testing.T, l *bus.Link, c *Call) *office {
	t.Helper()
	o := &office{link: l, call: c, updates: make(chan bus.CallView, 100), offers: make(chan bus.Offer, 1)}
	_, err := l.SubscribeUpdates(func(u bus.Update) { o.updates <- u.Call })
	_, oerr := l.ServeOffers(func(f bus.Offer) bus.Reply {
		o.offers <- f
		return bus.Reply{V: bus.Version}
	})
	if err := errors.Join(err, oerr, l.Flush(limited(t))); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) check(t *testing.T) {
	t.Helper()
	if f := <-o.offers; f.Dir != o.call.Dir || f.Last != o.call.Seal.Last {
		t.Errorf("offered %+v", f)
	}
	if err := o.link.Flush(limited(t)); err != nil {
		t.Fatal(err)
	}
	var last bus.CallView
	proposed := false
	for range o.call.Lines {
		last = <-o.updates
		proposed = proposed || len(last.Proposed) > 0 && last.Proposed[0].Do == policy.Warn1
	}
	if last.Line != bus.LineEnded || last.Ended == nil || last.Peak != judge.Emergency || last.State.Stage != policy.StageEmergency ||
		last.Listener != "ears" || last.Engine != Engine || !slices.Contains(last.Actions, policy.Alert) || !proposed {
		t.Errorf("last update %+v, proposed %v", last, proposed)
	}
}

func TestEdgeTakesCommandsWhileTheCallLasts(t *testing.T) {
	c := shippedCall(t)
	l := links(t, 2)
	e := &Edge{Call: c, Link: l[0], Name: "edge", Unheard: true, Unkept: true, Speed: 8}
	replies := make(chan bus.Reply, 100)
	if _, err := l[1].SubscribeUpdates(func(u bus.Update) {
		if u.Call.Revision != 1 {
			return
		}
		for _, id := range []call.ID{c.Incoming.ID, "another"} {
			r, err := l[1].Command(limited(t), "edge", bus.CommandRequest{V: bus.Version, ID: "1", Call: id, Command: policy.Command{Do: "help"}})
			if err != nil {
				r.Error = err.Error()
			}
			replies <- r
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := l[1].Flush(limited(t)); err != nil {
		t.Fatal(err)
	}
	if err := e.Run(limited(t)); err != nil {
		t.Fatal(err)
	}
	if a, b := <-replies, <-replies; a.Error != "" || b.Error != "error.no_call" {
		t.Errorf("%+v %+v", a, b)
	}
	if got := e.Commands(); len(got) != 1 || got[0].Command.Do != "help" {
		t.Errorf("%+v", got)
	}
}

// The real listener finds in the recorded sound what was found when it was live. The recording begins with the call's
// silence, the live sound did not, so scores differ in the last places.
func TestTheRealListenerHearsTheEdge(t *testing.T) {
	if raced {
		t.Skip("the race detector makes the net fifty times slower")
	}
	c := shippedCall(t)
	l := links(t, 2)
	beside(t, func(ctx context.Context) error {
		return listener.Run(ctx, l[1], listener.Config{Name: "ears", Engines: []string{"builtin"}, Budget: 1, Log: slog.New(slog.DiscardHandler)})
	})
	e := &Edge{Call: c, Link: l[0], Name: "edge", Unkept: true}
	if err := e.Run(limited(t)); err != nil {
		t.Fatal(err)
	}
	if got, want := phrases(e.Heard()), phrases(items(c)); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("heard %v, recorded %v", got, want)
	}
}

func items(c *Call) []evidence.Item {
	var out []evidence.Item
	for _, n := range c.Evidence {
		out = append(out, n.Item)
	}
	return out
}

func phrases(items []evidence.Item) []string {
	var out []string
	for _, it := range items {
		if p, ok := it.(evidence.Phrase); ok {
			out = append(out, p.ID)
		}
	}
	return out
}
