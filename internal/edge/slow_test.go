package edge

import (
	"log/slog"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/edge/guard"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
)

// slowCall is a call of which only what is written matters.
func slowCall(t *testing.T) *live {
	t.Helper()
	in := call.Incoming{ID: call.NewID(), Began: time.Now()}
	w, err := folder.Create(t.TempDir(), in.ID, in.Began, folder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &live{in: in, log: slog.New(slog.DiscardHandler), write: w, items: make(chan evidence.Item, 8)}
}

func gapOf(t *testing.T, c *live) evidence.Gap {
	t.Helper()
	select {
	case it := <-c.items:
		if g, ok := it.(evidence.Gap); ok {
			return g
		}
	default:
	}
	t.Fatal("no gap is told")
	return evidence.Gap{}
}

// Sound that had to wait too long for a slow disk stands as a gap in the journal, and in the seal.
func TestWhatASlowDiskLosesIsNamed(t *testing.T) {
	c := slowCall(t)
	f := &fan{record: make(chan stretch, 4)}
	for _, at := range []int64{0, 800, 4800} {
		f.record <- stretch{call.Agent, audio.Octets{Sample: at, Codec: audio.PCMU, Data: make([]byte, 800)}}
	}
	close(f.record)
	c.record(f)
	if g := gapOf(t, c); g.What != "recording" || g.Party != call.Agent || g.FromMS != 200 || g.ToMS != 600 {
		t.Errorf("%+v", g)
	}
	if s, err := c.write.Seal(700, time.Now(), nil); err != nil || len(s.Lost) != 1 || s.Lost[0] != "agent.wav: 200-600 ms" {
		t.Errorf("%v %v", s.Lost, err)
	}
}

// Evidence of a listener of a later version that this edge does not understand is told as not heard, once; the rest of it counts.
func TestEvidenceThatIsNotUnderstoodIsTold(t *testing.T) {
	c := slowCall(t)
	w := &forwarder{c: c, listener: "l", engine: "e", upTo: 1000}
	for range 2 {
		w.take(bus.Heard{Listener: "l", Engine: "e", CallerMS: 2000, Unread: 1})
	}
	if g := gapOf(t, c); g.What != "words" || g.FromMS != 1000 || g.ToMS != 2000 || g.Why != gapUnread {
		t.Errorf("%+v", g)
	}
	if len(c.items) > 0 {
		t.Error("a gap is told twice")
	}
}

// After a standstill of this process (a paused machine) what its listener said meanwhile still waits to be read: it is not taken for gone
// before it has had its time anew.
func TestAListenerIsNotGoneAfterAStandstill(t *testing.T) {
	link, err := bus.Connect(bus.Options{URL: "nats://127.0.0.1:1", Site: "test", Log: slog.New(slog.DiscardHandler)}) // nobody is there
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	c := slowCall(t)
	c.edge, c.notes = &Edge{link: link}, make(chan guard.Note, 8)
	now := time.Now()
	w := &forwarder{c: c, listener: "l", lastHeard: now.Add(-20 * time.Second), looked: now.Add(-20 * time.Second)}
	w.check(t.Context(), true)
	if w.listener != "l" || len(c.items) > 0 {
		t.Fatal("taken for gone, though it was this process that stood still")
	}
	w.lastHeard = now.Add(-20 * time.Second)
	w.check(t.Context(), true)
	if w.listener != "" || len(c.items) != 1 {
		t.Error("a listener that says nothing is not found")
	}
}

// Evidence that came faster than the guard took it is told as not heard.
func TestEvidenceThatWasTooMuchIsTold(t *testing.T) {
	c := slowCall(t)
	w := &forwarder{c: c, listener: "l", engine: "e", upTo: 1000}
	w.over.Store(true)
	w.take(bus.Heard{Listener: "l", Engine: "e", CallerMS: 31000})
	if g := gapOf(t, c); g.What != "words" || g.FromMS != 1000 || g.ToMS != 31000 {
		t.Errorf("%+v", g)
	}
	w.take(bus.Heard{Listener: "l", Engine: "e", CallerMS: 32000})
	if len(c.items) > 0 {
		t.Error("a gap is told twice")
	}
}
