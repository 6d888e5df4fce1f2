package guard

import (
	"context"
	"errors"
	"sync"

	"commusafe/internal/call"
	"commusafe/internal/policy"
)

// ErrNoCall means that this edge has no such live call.
var ErrNoCall = errors.New("no such call")

// A Desk knows the live calls of an edge, so that commands find them.
type Desk struct {
	mu    sync.RWMutex // guards below
	calls map[call.ID]*Guard
}

// Put takes a prepared guard in and gives the function that takes it out.
func (d *Desk) Put(g *Guard) (remove func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.calls == nil {
		d.calls = map[call.ID]*Guard{}
	}
	d.calls[g.Call.ID] = g
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.calls, g.Call.ID)
	}
}

// Len is the number of live calls.
func (d *Desk) Len() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.calls)
}

// Do carries out a person's command on a call.
func (d *Desk) Do(ctx context.Context, id call.ID, commandID string, c policy.Command) error {
	d.mu.RLock()
	g := d.calls[id]
	d.mu.RUnlock()
	if g == nil {
		return ErrNoCall
	}
	return g.Do(ctx, commandID, c)
}
