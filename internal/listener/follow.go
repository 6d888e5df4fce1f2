package listener

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// waiting is how many batches of a call may wait to be heard (both parties, 100 ms each): 25 s.
const waiting = 500

// renew is how often a lease is renewed.
const renew = time.Second

// Why there is a gap in what was heard; keys of the text catalogue.
const (
	gapLate    = "gap.listener_late"    // an engine's process took the call after it began
	gapMissing = "gap.sound_missing"    // sound didn't reach the listener
	gapBehind  = "gap.listener_behind"  // the listener couldn't keep up
	gapFailed  = "gap.listener_failed"  // a fault of the listener
	gapStopped = "gap.listener_stopped" // the listener was stopped, or the sound ended without an end
	gapOver    = "overload_over"        // what was given up under load is heard again from here on
)

// A follower hears one call.
type follower struct {
	w      *wing
	claim  bus.Claim
	sub    *bus.Subscription
	has    *bus.Subscription
	sound  chan arrived
	lost   atomic.Int64 // batches that found no room
	pair   ears
	side   map[call.Party]*progress
	items  []bus.Item
	pcm    []int16
	log    *slog.Logger
	behind int64 // lost batches already told
	step   Step
	since  call.Millis // call time at which the step came into force

	seconds *seconds // engines beside this one
	look    *looker
	voice   *voicer
	// Of a process that joins a call in the middle: what was kept for it comes after the first batches that were under
	// way, so these are held until it is told that the kept ones have been sent.
	held    []bus.Sound
	holding <-chan time.Time // until then sound is held; nil: it isn't
	kept    chan struct{}
	told    *bus.Subscription
}

const (
	holdLongest = 3 * time.Second        // nobody tells
	holdAfter   = 150 * time.Millisecond // what was sent before the news may arrive beside it
)

// keptLink is what of the bus a process of full recognition needs beside.
type keptLink interface {
	SubscribeKept(id call.ID, handle func(bus.Kept)) (*bus.Subscription, error)
}

var _ keptLink = (*bus.Link)(nil)

// awaitKept prepares for the news that the kept sound has been sent.
func (f *follower) awaitKept() (err error) {
	l, ok := f.w.link.(keptLink)
	if !f.w.cfg.tell || !ok {
		return nil
	}
	f.kept = make(chan struct{}, 1)
	f.told, err = l.SubscribeKept(f.claim.Call, func(k bus.Kept) {
		if k.Listener != f.w.cfg.Name {
			return
		}
		select {
		case f.kept <- struct{}{}:
		default:
		}
	})
	return err
}

// heedOthers lets the call go when its edge says that another listener has it; to a process of full recognition the listener that has the
// call says which of its kind it hears.
func (f *follower) heedOthers(letGo context.CancelCauseFunc) (err error) {
	f.has, err = f.w.link.SubscribeHas(f.claim.Call, func(h bus.Has) {
		if h.Listener != f.w.cfg.Name {
			letGo(errOther)
		}
	})
	return err
}

// An arrived is a batch with the time at which it came.
type arrived struct {
	bus.Sound
	at time.Time
}

// A progress is how far one party has been heard.
type progress struct {
	begun bool
	ended bool
	next  uint32      // sequence number expected
	heard call.Millis // call time heard so far
}

// follower prepares to hear a call. Of one that can't be heard nothing stays open.
func (w *wing) follower(c bus.Claim, letGo context.CancelCauseFunc) (*follower, error) {
	p, err := w.hearing.open()
	if err != nil {
		return nil, err
	}
	f := &follower{w: w, claim: c, pair: p, sound: make(chan arrived, waiting),
		side: map[call.Party]*progress{call.Caller: {}, call.Agent: {}},
		log:  w.cfg.Log.With(slog.String("call_id", string(c.Call)))}
	if err := f.subscribe(letGo); err != nil {
		f.unsubscribe()
		p.close(func(evidence.Item) {})
		return nil, err
	}
	return f, nil
}

// subscribe asks the bus for all that the call needs, its sound last. After an error unsubscribe ends what there is.
func (f *follower) subscribe(letGo context.CancelCauseFunc) (err error) {
	if f.seconds, err = f.newSeconds(); err != nil {
		return err
	}
	if err := f.awaitKept(); err != nil {
		return err
	}
	if f.look, err = f.newLooker(); err != nil {
		return err
	}
	if err := f.heedOthers(letGo); err != nil {
		return err
	}
	f.voice = f.newVoicer()
	f.sub, err = f.w.link.SubscribeSound(f.claim.Call, func(s bus.Sound) {
		select {
		case f.sound <- arrived{s, time.Now()}:
		default:
			f.lost.Add(1)
		}
	})
	return err
}

// unsubscribe ends what subscribe began.
func (f *follower) unsubscribe() {
	if f.look != nil {
		f.look.sub.Stop()
	}
	f.told.Stop()
	if f.seconds != nil {
		f.seconds.stop()
	}
	f.has.Stop()
	f.sub.Stop()
}

// run hears until both parties ended, the sound stays away, or ctx ends.
func (f *follower) run(ctx context.Context) {
	defer f.unsubscribe()
	defer f.voice.finish(func(evidence.Item) {}) // what comes to light after the last evidence is dropped
	defer func() {
		if r := recover(); r != nil {
			f.log.Error("hearing failed", slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
			f.gaps(gapFailed)
			f.publish(false)
			f.abandon()
		}
	}()
	f.publish(false)
	if err := f.listen(ctx); err != nil {
		f.log.Info("call let go", slog.Any("reason", err))
		f.pair.close(func(evidence.Item) {}) // who hears the call next gets its last sound again
		if f.w.cfg.tell && (errors.Is(err, errOther) || errors.Is(err, errAnew)) {
			return // the listener that claimed the call knows it, and would take a last word for a sign of life
		}
		f.gaps(gapStopped)
		f.publish(false)
		return
	}
	f.pair.close(func(it evidence.Item) {
		f.report(it)
		f.publish(false) // the next may take seconds
	})
	f.publish(false)
	f.seconds.finish(ctx)
	f.voice.finish(f.report) // asked before the end of the sound, it is answered soon
	f.publish(true)
}

// abandon closes ears that broke, for what they have open outside. What broke may break again.
func (f *follower) abandon() {
	defer func() {
		if r := recover(); r != nil {
			f.log.Error("ears that failed can't be closed", slog.Any("panic", r))
		}
	}()
	f.pair.close(func(evidence.Item) {})
}

func (f *follower) listen(ctx context.Context) error {
	lease := time.NewTicker(renew)
	defer lease.Stop()
	last := time.Now()
	f.seconds.check(ctx, last)
	if f.kept != nil {
		f.holding = time.After(holdLongest)
	}
	for !f.side[call.Caller].ended || !f.side[call.Agent].ended {
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped: %w", context.Cause(ctx))
		case s := <-f.sound:
			last = time.Now()
			if f.holding != nil {
				f.held = append(f.held, s.Sound)
				continue
			}
			step := f.w.ladder.heard(last.Sub(s.at), last)
			if g, ok := f.pair.(giver); ok {
				f.follow(step, g)
			}
			f.hear(ctx, s.Sound)
			f.look.show(last, f.side[call.Caller].heard)
			if len(f.items) > 0 {
				f.publish(false)
			}
		case <-f.look.looked:
			f.look.begins(time.Now())
		case <-f.kept:
			if f.holding != nil {
				f.holding = time.After(holdAfter)
			}
		case <-f.holding:
			f.release(ctx)
			f.publish(false)
		case h := <-f.seconds.words:
			if f.seconds.take(h); len(f.items) > 0 {
				f.publish(false)
			}
		case a := <-f.seconds.answers:
			f.seconds.claimed(a)
		case a := <-f.voice.answers:
			if f.voice.answered(a, f.report); len(f.items) > 0 {
				f.publish(false)
			}
		case now := <-lease.C:
			f.seconds.check(ctx, now)
			if now.Sub(last) > f.w.cfg.Idle {
				return errIdle
			}
			f.w.watch(now)
			f.publish(false)
		}
	}
	return nil
}

// release hears what was held, in order.
func (f *follower) release(ctx context.Context) {
	f.holding = nil
	slices.SortStableFunc(f.held, func(a, b bus.Sound) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, s := range f.held {
		f.hear(ctx, s)
	}
	f.held = nil
}

// hear takes one batch: late and repeated ones are dropped, holes become gaps.
func (f *follower) hear(ctx context.Context, s bus.Sound) {
	p := f.side[s.Party]
	if p == nil || p.ended || p.begun && s.Seq < p.next {
		return
	}
	if !p.begun && s.Seq > 0 {
		f.w.ladder.excuse(time.Now()) // it was taken over: seconds of sound come at once
	}
	at := s.Octets.At()
	if p.begun && at > p.heard { // a batch is missing, or the edge had no room for what should have filled one
		why := gapMissing
		if lost := f.lost.Load(); lost > f.behind {
			why, f.behind = gapBehind, lost
		}
		f.gap(s.Party, p.heard, at, why)
	}
	p.begun, p.next, p.ended = true, s.Seq+1, s.End
	f.seconds.keep(s)
	if len(s.Octets.Data) == 0 {
		return
	}
	f.pcm = s.Octets.Codec.Decode(f.pcm[:0], s.Octets.Data)
	frame := audio.Frame{At: at, PCM: f.pcm, Lost: s.Lost != 0}
	f.pair.hear(s.Party, frame, f.report)
	if s.Party == call.Caller && f.step < NoVoice {
		f.voice.hear(ctx, frame)
	}
	p.heard = call.Millis(s.Octets.End() / audio.SamplesPerMS)
}

func (f *follower) report(it evidence.Item) { f.items = append(f.items, bus.Item{Item: it}) }

func (f *follower) gap(who call.Party, from, to call.Millis, why string) {
	f.report(evidence.Gap{Head: evidence.Head{Party: who, FromMS: from, ToMS: max(from, to),
		Source: f.w.hearing.Engine()}, What: "words", Why: why})
}

// A giver is what hears and can give something up: the built-in engine. One of full recognition has words only, and its
// ladder is to take no further calls.
type giver interface{ give(Step) }

// follow takes the step of the ladder that is in force, and tells what is given up from here on, or was up to here.
func (f *follower) follow(to Step, g giver) {
	for f.step != to {
		at := max(f.side[call.Caller].heard, f.since)
		if to > f.step {
			f.step++
			f.since = at
			what, why := f.step.what()
			f.report(evidence.Gap{Head: evidence.Head{Party: call.Caller, FromMS: at, ToMS: at, Source: f.w.hearing.Engine()}, What: what, Why: why})
		} else {
			what, _ := f.step.what()
			f.report(evidence.Gap{Head: evidence.Head{Party: call.Caller, FromMS: f.since, ToMS: at, Source: f.w.hearing.Engine()}, What: what, Why: gapOver})
			f.step--
			f.since = at
		}
		g.give(f.step)
	}
}

// gaps tells for both parties that hearing ended where it is.
func (f *follower) gaps(why string) {
	for _, who := range []call.Party{call.Caller, call.Agent} {
		if p := f.side[who]; !p.ended {
			f.gap(who, p.heard, p.heard, why)
		}
	}
}

// publish sends what was found, or nothing, which renews the lease.
func (f *follower) publish(done bool) {
	err := f.w.link.PublishHeard(bus.Heard{V: bus.Version, Call: f.claim.Call, Listener: f.w.cfg.Name, Items: f.items,
		Done: done, CallerMS: f.side[call.Caller].heard, AgentMS: f.side[call.Agent].heard, Engine: f.seconds.engines(f.w.hearing.Engine())})
	if err != nil {
		f.log.Warn("evidence not sent, kept for the next try", slog.Any("error", err))
		return
	}
	f.items = nil
}
