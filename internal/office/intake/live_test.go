package intake

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// A witness notes what follows, and fails as often as it is told.
type witness struct {
	mu    sync.Mutex
	did   []string
	fails int
}

func (w *witness) note(what string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fails > 0 {
		w.fails--
		return errors.New("away")
	}
	w.did = append(w.did, what)
	return nil
}

func (w *witness) Notice(_ context.Context, _ call.ID, l judge.Level, _ judge.Category) error {
	return w.note("notice " + l.String())
}
func (w *witness) AutoCut(context.Context, call.ID, time.Time) error { return w.note("cut") }
func (w *witness) Limit(context.Context, policy.Limit) error         { return w.note("limit") }
func (w *witness) Over(context.Context, call.ID) error               { return w.note("over") }

func table(t *testing.T, w *witness, gone func(call.ID)) (*Live, func()) {
	l := &Live{Follow: w, Changed: func(bus.CallView) {}, Gone: gone, Log: slog.New(slog.DiscardHandler)}
	l.Prepare()
	ctx, stop := context.WithCancel(context.Background())
	go l.Run(ctx)
	return l, func() {
		stop()
		synctest.Wait()
	}
}

func view(revision int, peak judge.Level, change func(*bus.CallView)) bus.Update {
	v := bus.CallView{Incoming: call.Incoming{ID: "c"}, Edge: "e", Revision: revision, Peak: peak}
	if change != nil {
		change(&v)
	}
	return bus.Update{Call: v}
}

// A notice for each level that is reached, once; a cut, a limit and the end are followed, once.
func TestWhatFollowsFromALiveCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &witness{}
		var gone []call.ID
		l, stop := table(t, w, func(id call.ID) { gone = append(gone, id) })
		l.Update(view(1, judge.Caution, nil))
		l.Update(view(2, judge.Warning, nil))
		l.Update(view(3, judge.Warning, nil))
		synctest.Wait()
		l.Update(view(4, judge.Severe, nil))
		synctest.Wait()
		end := func(v *bus.CallView) {
			v.Ended, v.New = &call.EndReason{By: call.ByPolicy, Why: "cut"}, &policy.Limit{ID: "l"}
		}
		l.Update(view(5, judge.Severe, end))
		l.Update(view(6, judge.Severe, end))
		synctest.Wait()
		want := []string{"notice S2", "notice S3", "limit", "cut", "over"}
		if len(w.did) != len(want) {
			t.Fatalf("%v, want %v", w.did, want)
		}
		for i := range want {
			if w.did[i] != want[i] {
				t.Fatalf("%v, want %v", w.did, want)
			}
		}
		if len(l.Calls()) != 1 {
			t.Error("a call that just ended is not in the table")
		}
		time.Sleep(keepEnded + 2*time.Second)
		synctest.Wait()
		if len(l.Calls()) != 0 || len(gone) != 1 {
			t.Errorf("%d calls in the table, %v gone", len(l.Calls()), gone)
		}
		stop()
	})
}

// What can't be written is tried again without a new update.
func TestADatabaseThatComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &witness{fails: 3}
		l, stop := table(t, w, func(call.ID) {})
		l.Update(view(1, judge.Warning, nil))
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if len(w.did) != 1 || w.did[0] != "notice S2" {
			t.Errorf("%v", w.did)
		}
		stop()
	})
}

// Old views are dropped; a call whose edge fell silent leaves the table.
func TestTheNewestViewCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, stop := table(t, &witness{}, func(call.ID) {})
		l.Update(view(7, judge.None, func(v *bus.CallView) { v.Line = bus.LineWatching }))
		l.Update(view(6, judge.None, func(v *bus.CallView) { v.Line = bus.LineRinging }))
		if v, ok := l.Find("c"); !ok || v.Line != bus.LineWatching || v.Revision != 7 {
			t.Errorf("%+v", v)
		}
		time.Sleep(keepSilent + 2*time.Second)
		synctest.Wait()
		if _, ok := l.Find("c"); ok {
			t.Error("a call of a silent edge is still there")
		}
		stop()
	})
}
