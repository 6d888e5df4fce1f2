package settings

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/judge"
)

// A Keeper knows what is in force. Fill the exported fields, then Prepare, then Renew once before the bus is
// served.
type Keeper struct {
	Store Store
	// Lexicon gives the shipped lexicon with the centre's own words.
	Lexicon func(context.Context) (judge.Lexicon, error)
	// Publish sends a new snapshot to the edges; Changed tells the consoles.
	Publish func(bus.Settings) error
	Changed func(bus.Settings)
	// ShadowReport tells whether there is a report on what 自動 would have done in 14 days by these rules.
	ShadowReport func(context.Context, Data) bool
	// Voices brings the registered voices in line with what is decided, and gives how many can be compared, by source; nil: there are none.
	// VoiceReady tells what is missing for registering any.
	Voices     func(ctx context.Context, on bool, keep time.Duration) (map[string]int, error)
	VoiceReady func() error
	Log        *slog.Logger

	wake    chan struct{}
	renew   sync.Mutex // one Renew at a time, or an older snapshot could come after a newer one
	now     atomic.Pointer[bus.Settings]
	trouble atomic.Pointer[string]
}

// Prepare makes the keeper ready for its methods.
func (k *Keeper) Prepare() { k.wake = make(chan struct{}, 1) }

// Day is the day in Japan, by which cuts are counted.
func Day(t time.Time) string { return t.UTC().Add(9 * time.Hour).Format(time.DateOnly) }

// Snapshot gives what is in force. Renew must have succeeded once.
func (k *Keeper) Snapshot() bus.Settings {
	if s := k.now.Load(); s != nil {
		return *s
	}
	return bus.Settings{}
}

// LexiconTrouble says why the newest words are not in force, and where; empty when they are.
func (k *Keeper) LexiconTrouble() string {
	if s := k.trouble.Load(); s != nil {
		return *s
	}
	return ""
}

// lexicon gives what is to be in force. Words that the judge refuses are told of, and those before them stay.
func (k *Keeper) lexicon(ctx context.Context, t judge.Thresholds) (judge.Lexicon, error) {
	l, err := k.Lexicon(ctx)
	if err != nil {
		return l, err
	}
	old := k.now.Load()
	if old != nil && old.Lexicon.Name() == l.Name() {
		return old.Lexicon, nil
	}
	_, err = judge.NewRules(l, t)
	if err == nil {
		k.trouble.Store(nil)
		return l, nil
	}
	if why := err.Error(); k.LexiconTrouble() != why {
		k.Log.Error("the centre's own words can't be used; those before them stay in force", slog.String("lexicon", l.Name()), slog.Any("error", err))
		k.trouble.Store(&why)
	}
	if old != nil {
		return old.Lexicon, nil
	}
	return l.With(judge.Own{}).Trading(nil), nil
}

// Poke asks Run to renew the snapshot soon.
func (k *Keeper) Poke() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Renew builds the snapshot from the store, and publishes it when it is another one.
func (k *Keeper) Renew(ctx context.Context) error {
	k.renew.Lock()
	defer k.renew.Unlock()
	before, err := k.Current(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	voices := k.voices(ctx, before.Data.Voice) // before the revision, which counts what it erases
	revision, err1 := k.Store.Revision(ctx)    // before all that it counts: what changes meanwhile comes with the next
	v, err := k.Current(ctx)
	if err != nil {
		return err
	}
	lexicon, err4 := k.lexicon(ctx, v.Data.Thresholds)
	limits, err2 := k.Store.LimitsInForce(ctx, now)
	cuts, err3 := k.Store.CutsOn(ctx, Day(now))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	if v.Data.Exempt != "" && k.ShadowReport(ctx, v.Data) {
		v.Data.Exempt = "" // the report is there by now
	}
	s := bus.Settings{V: bus.Version, Version: revision, Rules: v.Data.Rules, Thresholds: v.Data.Thresholds, Lexicon: lexicon,
		Limits: limits, CutsToday: cuts, Exempt: v.Data.Exempt, Voices: voices}
	old := k.now.Swap(&s)
	if old != nil && old.Version == s.Version && old.CutsToday == s.CutsToday && len(old.Limits) == len(s.Limits) && old.Exempt == s.Exempt && maps.Equal(old.Voices, s.Voices) {
		return nil
	}
	k.Changed(s)
	if old == nil {
		return nil // edges ask at their start and every few seconds
	}
	return k.Publish(s)
}

// renewTime is how long a renewal may take: a database that takes questions and gives no answers, as its machine is gone, is asked anew.
const renewTime = 15 * time.Second

// Run renews the snapshot when poked, and once a minute: limits end, days end, other offices change things.
func (k *Keeper) Run(ctx context.Context) {
	t := time.NewTicker(time.Minute)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		case <-t.C:
		}
		rctx, cancel := context.WithTimeout(ctx, renewTime)
		if err := k.Renew(rctx); err != nil && ctx.Err() == nil {
			k.Log.Error("settings can't be renewed; those sent last stay in force", slog.Any("error", err))
		}
		cancel()
	}
}
