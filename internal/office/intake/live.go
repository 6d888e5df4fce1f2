package intake

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// How long a call stays in the table after its end, and after the last word of its edge.
const (
	keepEnded  = 60 * time.Second
	keepSilent = 30 * time.Second
)

// Follow is what a live call leads to at once. Each may be called again with the same.
type Follow interface {
	Notice(ctx context.Context, id call.ID, l judge.Level, c judge.Category) error
	AutoCut(ctx context.Context, id call.ID, at time.Time) error
	Limit(ctx context.Context, l policy.Limit) error
	Over(ctx context.Context, id call.ID) error
}

// A Live is the table of live calls, the newest view of each. Fill the fields, Prepare, then Run.
type Live struct {
	Follow  Follow
	Changed func(bus.CallView)
	Gone    func(call.ID)
	Log     *slog.Logger

	todo chan bus.CallView

	mu    sync.Mutex // guards below
	calls map[call.ID]*entry
}

// An entry is one live call. followed is what has been carried out already; only Run writes it.
type entry struct {
	view  bus.CallView
	seen  time.Time
	ended time.Time

	followed struct {
		level         judge.Level
		limited, over bool
	}
}

// Prepare makes the table ready for updates.
func (t *Live) Prepare() {
	t.calls, t.todo = map[call.ID]*entry{}, make(chan bus.CallView, 256)
}

// Update takes an update in. An older one than the table has is dropped.
func (t *Live) Update(u bus.Update) {
	v, id := u.Call, u.Call.Incoming.ID
	if id == "" {
		return
	}
	t.mu.Lock()
	e := t.calls[id]
	if e != nil && e.view.Edge == v.Edge && v.Revision <= e.view.Revision {
		t.mu.Unlock()
		return
	}
	if e == nil {
		e = &entry{}
		t.calls[id] = e
	}
	e.view, e.seen = v, time.Now()
	if v.Ended != nil && e.ended.IsZero() {
		e.ended = e.seen
	}
	follow := e.due()
	t.mu.Unlock()
	t.Changed(v)
	if follow {
		select {
		case t.todo <- v:
		default: // Run is behind; the next update comes within a second
		}
	}
}

// due tells whether something follows from the view that has not been carried out.
func (e *entry) due() bool {
	return e.view.Peak >= judge.Warning && e.view.Peak > e.followed.level || e.view.New != nil && !e.followed.limited ||
		e.view.Ended != nil && !e.followed.over
}

// Calls gives the live calls, the oldest first.
func (t *Live) Calls() []bus.CallView {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := []bus.CallView{}
	for _, e := range t.calls {
		out = append(out, e.view)
	}
	slices.SortFunc(out, func(a, b bus.CallView) int {
		return cmp.Or(a.Incoming.Began.Compare(b.Incoming.Began), cmp.Compare(a.Incoming.ID, b.Incoming.ID))
	})
	return out
}

// Find gives a live call.
func (t *Live) Find(id call.ID) (bus.CallView, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.calls[id]
	if e == nil {
		return bus.CallView{}, false
	}
	return e.view, true
}

// Run carries out what follows from live calls and clears the table, until ctx ends.
func (t *Live) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case v := <-t.todo:
			t.follow(ctx, v)
		case now := <-tick.C:
			t.clear(ctx, now)
		}
	}
}

// follow carries out what a view leads to. What fails is tried again with the next update or tick.
func (t *Live) follow(ctx context.Context, v bus.CallView) {
	id := v.Incoming.ID
	t.mu.Lock()
	e := t.calls[id]
	if e == nil {
		t.mu.Unlock()
		return
	}
	done := e.followed
	t.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var errs [3]error
	if v.Peak >= judge.Warning && v.Peak > done.level {
		var c judge.Category
		if len(v.Judgement.Findings) > 0 {
			c = v.Judgement.Findings[0].Known()
		}
		if errs[0] = t.Follow.Notice(ctx, id, v.Peak, c); errs[0] == nil {
			done.level = v.Peak
		}
	}
	if v.New != nil && !done.limited {
		errs[1] = t.Follow.Limit(ctx, *v.New)
		done.limited = errs[1] == nil
	}
	if v.Ended != nil && !done.over {
		errs[2] = t.over(ctx, v)
		done.over = errs[2] == nil
	}
	for _, err := range errs {
		if err != nil && ctx.Err() == nil {
			t.Log.Error("what follows from a live call can't be written; tried again", slog.String("call_id", string(id)), slog.Any("error", err))
		}
	}
	t.mu.Lock()
	e.followed = done
	t.mu.Unlock()
}

func (t *Live) over(ctx context.Context, v bus.CallView) error {
	if v.Ended.By == call.ByPolicy && v.Ended.Why == "cut" {
		if err := t.Follow.AutoCut(ctx, v.Incoming.ID, time.Now()); err != nil {
			return err
		}
	}
	return t.Follow.Over(ctx, v.Incoming.ID)
}

// clear drops calls that ended a while ago or whose edge fell silent, and tries again what is due.
func (t *Live) clear(ctx context.Context, now time.Time) {
	var gone []call.ID
	var due []bus.CallView
	t.mu.Lock()
	for id, e := range t.calls {
		ended := !e.ended.IsZero()
		switch {
		case e.due():
			due = append(due, e.view)
		case ended && now.Sub(e.ended) >= keepEnded, !ended && now.Sub(e.seen) >= keepSilent:
			delete(t.calls, id)
			gone = append(gone, id)
		}
	}
	t.mu.Unlock()
	for _, v := range due {
		t.follow(ctx, v)
	}
	for _, id := range gone {
		t.Gone(id)
	}
}
