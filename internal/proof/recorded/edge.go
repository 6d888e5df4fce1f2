package recorded

import (
	"context"
	"fmt"
	"sync"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
)

// An Edge stands in for the telephone wing with one recorded call.
type Edge struct {
	Call *Call
	Link *bus.Link
	Name string
	// Speed is how fast call time runs against the wall: 1 as it was, 0 as fast as the bus takes it.
	Speed float64
	// Unheard leaves the listener out; Unkept the offer of the folder.
	Unheard, Unkept bool

	mu       sync.Mutex // guards below
	over     bool
	commands []bus.CommandRequest
	heard    []evidence.Item
}

const (
	batch    = 100 * audio.SamplesPerMS // one message of sound
	tryAgain = 100 * time.Millisecond
	tryFor   = 2 * time.Second // how long one request may take
)

// Run plays the call: claim, sound, updates, offer. It returns when the folder was acknowledged and all was heard.
func (e *Edge) Run(ctx context.Context) error {
	rules, err := judge.ShippedRules()
	if err != nil {
		return err
	}
	commands, err := e.Link.ServeCommands(e.Name, e.command)
	if err != nil {
		return err
	}
	defer commands.Stop()
	v := newView(e.Call, e.Name, rules)
	done := make(chan struct{})
	if !e.Unheard {
		sub, err := e.listen(done)
		if err != nil {
			return err
		}
		defer sub.Stop()
		claimed, err := e.claim(ctx)
		if err != nil {
			return err
		}
		v.Listener, v.Engine = claimed.Listener, claimed.Engine
	}
	if err := e.play(ctx, v); err != nil {
		return err
	}
	if !e.Unheard {
		select {
		case <-done:
		case <-ctx.Done():
			return fmt.Errorf("the listener did not finish: %w", context.Cause(ctx))
		}
	}
	if e.Unkept {
		return nil
	}
	return e.offer(ctx)
}

// listen collects what the listener finds; done is closed when it has heard everything.
func (e *Edge) listen(done chan struct{}) (*bus.Subscription, error) {
	var once sync.Once
	return e.Link.SubscribeHeard(e.Call.Incoming.ID, func(h bus.Heard) {
		e.mu.Lock()
		for _, it := range h.Items {
			e.heard = append(e.heard, it.Item)
		}
		e.mu.Unlock()
		if h.Done {
			once.Do(func() { close(done) })
		}
	})
}

// Heard gives the evidence that came from the listener.
func (e *Edge) Heard() []evidence.Item {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]evidence.Item(nil), e.heard...)
}

// Commands gives what the edge was asked to do.
func (e *Edge) Commands() []bus.CommandRequest {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]bus.CommandRequest(nil), e.commands...)
}

// command keeps what was asked for. It is taken as long as the call lasts; the recording is not changed by it.
func (e *Edge) command(c bus.CommandRequest) bus.Reply {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := bus.Reply{V: bus.Version}
	switch {
	case c.Call != e.Call.Incoming.ID:
		r.Error = "error.no_call"
	case e.over:
		r.Error = "error.over"
	default:
		e.commands = append(e.commands, c)
	}
	return r
}

// claim asks until a listener takes the call.
func (e *Edge) claim(ctx context.Context) (bus.Claimed, error) {
	for {
		cctx, cancel := context.WithTimeout(ctx, tryFor)
		c, err := e.Link.RequestClaim(cctx, bus.Claim{V: bus.Version, Call: e.Call.Incoming.ID, Edge: e.Name, Began: e.Call.Incoming.Began})
		cancel()
		if err == nil {
			return c, nil
		}
		if err := pause(ctx, tryAgain); err != nil {
			return c, fmt.Errorf("nobody listens: %w", err)
		}
	}
}

// play sends sound and updates in the order of call time.
func (e *Edge) play(ctx context.Context, v *view) error {
	began := time.Now()
	next := 0
	for at, seq := 0, uint32(0); ; at, seq = at+batch, seq+1 {
		now := call.Millis(at / audio.SamplesPerMS)
		if e.Speed > 0 {
			if err := pause(ctx, time.Until(began.Add(time.Duration(float64(now.Duration())/e.Speed)))); err != nil {
				return err
			}
		} else if err := context.Cause(ctx); err != nil {
			return err
		}
		for ; next < len(e.Call.Lines) && e.Call.Lines[next].AtMS <= now; next++ {
			if err := e.update(v, next); err != nil {
				return err
			}
		}
		last := at+batch >= max(len(e.Call.sound[call.Caller]), len(e.Call.sound[call.Agent]))
		if err := e.send(at, seq, last); err != nil {
			return err
		}
		if last {
			break
		}
	}
	for ; next < len(e.Call.Lines); next++ {
		if err := e.update(v, next); err != nil {
			return err
		}
	}
	e.mu.Lock()
	e.over = true
	e.mu.Unlock()
	return nil
}

func (e *Edge) update(v *view, line int) error {
	if err := v.line(e.Call.Lines[line]); err != nil {
		return err
	}
	return e.Link.PublishUpdate(bus.Update{V: bus.Version, Wall: time.Now().UTC(), Call: v.CallView})
}

func (e *Edge) send(at int, seq uint32, last bool) error {
	if e.Unheard {
		return nil
	}
	for _, p := range []call.Party{call.Caller, call.Agent} {
		octets := e.Call.sound[p]
		from, to := min(at, len(octets)), min(at+batch, len(octets))
		s := bus.Sound{Call: e.Call.Incoming.ID, Party: p, Seq: seq, End: last, Octets: audio.Octets{Codec: e.Call.codec, Sample: int64(at), Data: octets[from:to]}}
		if err := e.Link.PublishSound(s); err != nil {
			return err
		}
	}
	return nil
}

// offer hands the folder over until an office takes it.
func (e *Edge) offer(ctx context.Context) error {
	for {
		octx, cancel := context.WithTimeout(ctx, tryFor)
		r, err := e.Link.OfferFolder(octx, bus.Offer{V: bus.Version, Edge: e.Name, Call: e.Call.Incoming.ID, Dir: e.Call.Dir, Last: e.Call.Seal.Last})
		cancel()
		if err == nil && r.Error == "" {
			return nil
		}
		if err == nil {
			return fmt.Errorf("the office did not take the folder: %s %s", r.Error, r.Detail)
		}
		if err := pause(ctx, tryAgain); err != nil {
			return fmt.Errorf("no office took the folder: %w", err)
		}
	}
}

// pause waits, or tells why it was ended.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
