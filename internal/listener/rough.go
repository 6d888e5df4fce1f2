package listener

import (
	"log/slog"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
)

// How the rough reading is shown to who looks at a call.
const (
	lookLasts  = 5 * time.Second        // after the last sign of somebody who looks
	roughEvery = 500 * time.Millisecond // between two pieces
)

// A rougher is what hears and can spell the caller's sounds roughly: the built-in engine.
type rougher interface{ rough(on bool) string }

// roughLink is what of the bus the rough reading needs.
type roughLink interface {
	SubscribeLook(id call.ID, handle func(bus.Look)) (*bus.Subscription, error)
	PublishRough(bus.Rough) error
}

var _ roughLink = (*bus.Link)(nil)

// A looker shows the rough reading of one call while somebody looks. It never becomes evidence: it goes to the screen,
// past the edge, and nothing keeps it. It belongs to the follower's goroutine, but for looked.
type looker struct {
	link   roughLink
	reader rougher // nil: the engine has no rough reading, or the bus doesn't carry it
	call   call.ID
	log    *slog.Logger
	sub    *bus.Subscription
	looked chan struct{}
	until  time.Time
	last   time.Time
}

func (f *follower) newLooker() (*looker, error) {
	x := &looker{call: f.claim.Call, log: f.log}
	r, can := f.pair.(rougher)
	l, ok := f.w.link.(roughLink)
	if !can || !ok {
		return x, nil
	}
	x.link, x.reader, x.looked = l, r, make(chan struct{}, 1)
	var err error
	x.sub, err = l.SubscribeLook(x.call, func(bus.Look) {
		select {
		case x.looked <- struct{}{}:
		default:
		}
	})
	return x, err
}

// begins: somebody looks, from now on for a while.
func (x *looker) begins(now time.Time) {
	if !now.Before(x.until) {
		x.reader.rough(true) // what was heard before nobody has asked for
		x.last = now
	}
	x.until = now.Add(lookLasts)
}

// show sends what was heard since the last piece, or ends when nobody looks any more.
func (x *looker) show(now time.Time, at call.Millis) {
	if x.until.IsZero() || now.Sub(x.last) < roughEvery {
		return
	}
	x.last = now
	on := now.Before(x.until)
	kana := x.reader.rough(on)
	if !on {
		x.until = time.Time{}
		return
	}
	if kana == "" {
		return
	}
	if err := x.link.PublishRough(bus.Rough{V: bus.Version, Call: x.call, Party: call.Caller, AtMS: at, Kana: kana}); err != nil {
		x.log.Debug("rough reading not sent", slog.Any("error", err))
	}
}
