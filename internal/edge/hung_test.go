package edge

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/edge/guard"
	"commusafe/internal/folder"
	"commusafe/internal/policy"
	"commusafe/internal/proof/phone"
)

// A hungDisk answers nothing while it hangs.
type hungDisk struct {
	mu    sync.Mutex
	hangs chan struct{}
}

func (d *hungDisk) hang() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hangs = make(chan struct{})
}

func (d *hungDisk) goOn() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hangs != nil {
		close(d.hangs)
	}
	d.hangs = nil
}

func (d *hungDisk) wait() {
	d.mu.Lock()
	c := d.hangs
	d.mu.Unlock()
	if c != nil {
		<-c
	}
}

func (d *hungDisk) open(path string) (folder.File, error) {
	d.wait()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	return &hungFile{f, d}, err
}

type hungFile struct {
	*os.File
	d *hungDisk
}

func (f *hungFile) WriteAt(b []byte, at int64) (int, error) {
	f.d.wait()
	return f.File.WriteAt(b, at)
}

func (f *hungFile) Sync() error {
	f.d.wait()
	return f.File.Sync()
}

// While a disk answers nothing, a supervisor's press ends a call, the next call comes through to its agent, and the edge can stop. The
// folder of a call is whole as soon as the disk goes on.
func TestADiskThatHangsStopsNoCall(t *testing.T) {
	var d hungDisk
	h := newHouse(t, func(e *Edge) { e.openFile = d.open })
	defer h.stop()
	defer d.goOn()
	h.serveOffers()
	ctx := limited(t)
	first, agent := h.talk(ctx)
	v := h.until(ctx, "the call", func(v bus.CallView) bool { return v.Line == bus.LineWatching && v.AtMS > 1500 })
	d.hang()
	h.until(ctx, "the hung journal", func(v bus.CallView) bool { return slices.Contains(v.Lost, "journal") })
	cmd := bus.CommandRequest{V: bus.Version, Call: v.Incoming.ID, ID: "1", Command: policy.Command{Do: policy.CommandCut, By: "op7"}}
	if r, err := h.office.Command(ctx, v.Edge, cmd); err != nil || r.Error != "" {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := agent.Wait(ctx); err != nil { // he is let go first
		t.Fatal(err)
	}
	if err := first.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
	second, _ := h.talk(ctx)
	if err := second.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
	for h.edge.unsealed.len() < 2 || h.edge.desk.Len() > 0 {
		select {
		case <-ctx.Done():
			t.Fatalf("%d folders wait for the disk and %d calls are there; want both calls over", h.edge.unsealed.len(), h.edge.desk.Len())
		case <-time.After(20 * time.Millisecond):
		}
	}
	d.goOn()
	for range 2 {
		select {
		case offer := <-h.offers:
			s, err := folder.Verify(offer.Dir)
			if err != nil || s.State != folder.Sealed || len(s.Lost) == 0 || s.Call == v.Incoming.ID && !hasCut(t, offer.Dir) {
				t.Errorf("%+v %v", s, err)
			}
		case <-ctx.Done():
			t.Fatal("no folder is offered")
		}
	}
}

// hasCut tells whether the journal says that a person's closing was begun.
func hasCut(t *testing.T, dir string) (found bool) {
	t.Helper()
	err := folder.Read(dir, func(l folder.Line) error {
		found = found || l.Kind == folder.KindAction && strings.HasPrefix(string(l.Data), `{"do":"closing","phase":"begun","by":"op7"`)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return found
}

// An edge whose disk hangs can be stopped.
func TestAnEdgeStopsThoughItsDiskHangs(t *testing.T) {
	var d hungDisk
	h := newHouse(t, func(e *Edge) { e.openFile = d.open })
	defer d.goOn()
	ctx := limited(t)
	caller, _ := h.talk(ctx)
	d.hang()
	if err := caller.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() { h.stop(); close(stopped) }()
	select {
	case <-stopped:
	case <-ctx.Done():
		t.Error("the edge can't be stopped")
		d.goOn()
		<-stopped
	}
}

// The evidence of a refusal is kept beside the refusal: a disk that takes longer than an admission may lets no refused caller in.
func TestARefusalDoesNotWaitForTheDisk(t *testing.T) {
	var d hungDisk
	h := newHouse(t, func(e *Edge) {
		e.openFile = d.open
		s := e.settings.now()
		s.Rules.RefuseSilently = true
		s.Limits = []policy.Limit{{ID: "l1", Number: "+81390001111", Take: policy.TakeRefuse, From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}}
		if err := e.settings.use(s); err != nil {
			t.Fatal(err)
		}
	})
	defer h.stop()
	defer d.goOn()
	h.serveOffers()
	d.hang()
	ctx := limited(t)
	c, err := h.caller.Dial(ctx, phone.DialOptions{To: "sip:0355550100@" + h.addr().String(), From: "0390001111"})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := c.Wait(ctx); err != nil || r.Status != 607 {
		t.Errorf("a refused caller: %+v %v", r, err)
	}
	d.goOn()
	select {
	case offer := <-h.offers:
		if s, err := folder.Verify(offer.Dir); err != nil || s.Lines != 1 {
			t.Errorf("%+v %v", s, err)
		}
	case <-ctx.Done():
		t.Error("the refusal is not kept")
	}
}

// A disk that hangs while a limit is written stops no other call: the limit is in force, and new calls find the settings.
func TestAHungDiskHoldsNoSettings(t *testing.T) {
	s := keeper(t).settings
	part := filepath.Join(s.dir, limitsFile+".part")
	if err := unix.Mkfifo(part, 0o600); err != nil { // a write to it waits until somebody reads
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.limit(policy.Limit{ID: "own", Number: "+81312345678", Until: time.Now().Add(time.Hour)})
		if n := len(s.limits()); n != 1 {
			t.Errorf("%d limits in force", n)
		}
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("who sets a limit waits for the disk, and everybody who needs the settings with him")
	}
	f, err := os.Open(part)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	<-done
	s.disk.Lock() // the write is over
	defer s.disk.Unlock()
}

// Commands on calls whose guards don't answer hold no command on another call.
func TestACommandWaitsForNoOtherCall(t *testing.T) {
	h := newHouse(t, nil)
	defer h.stop()
	ctx := limited(t)
	caller, _ := h.talk(ctx)
	v := h.until(ctx, "the call", func(v bus.CallView) bool { return v.Line == bus.LineWatching })
	var stuck sync.WaitGroup
	defer stuck.Wait()
	for n := range 3 {
		in := call.Incoming{ID: call.NewID(), Began: time.Now()}
		g := &guard.Guard{Call: in, Judge: h.edge.settings.judge(), Policy: h.edge.settings.now().Rules, Began: in.Began, Line: endless{}}
		g.Prepare() // and nobody watches
		defer h.edge.desk.Put(g)()
		stuck.Go(func() {
			_, _ = h.office.Command(ctx, v.Edge, bus.CommandRequest{V: bus.Version, Call: in.ID, ID: fmt.Sprint(n), Command: policy.Command{Do: policy.CommandCut}})
		})
	}
	time.Sleep(200 * time.Millisecond)                               // they are there first
	cctx, stop := context.WithTimeout(ctx, commandLimit+time.Second) // as an office waits
	defer stop()
	cmd := bus.CommandRequest{V: bus.Version, Call: v.Incoming.ID, ID: "own", Command: policy.Command{Do: policy.CommandHandsOff, By: "op7"}}
	if r, err := h.office.Command(cctx, v.Edge, cmd); err != nil || r.Error != "" {
		t.Errorf("%+v %v", r, err)
	}
	if err := caller.Hangup(ctx); err != nil {
		t.Error(err)
	}
}

// endless is the line of a call that does not end.
type endless struct{ guard.Line }

// Can tells that nothing can be done.
func (endless) Can() call.Ability { return call.Ability{} }

// Ended is never closed.
func (endless) Ended() <-chan struct{} { return nil }
