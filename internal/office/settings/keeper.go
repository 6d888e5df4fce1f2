package settings

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/judge"
)

// A Keeper knows what is in force. Fill the exported fields, then Prepare, then Renew once before the bus is
// served.
type Keeper struct {
	Store   Store
	Lexicon judge.Lexicon
	// Publish sends a new snapshot to the edges; Changed tells the consoles.
	Publish func(bus.Settings) error
	Changed func(bus.Settings)
	// ShadowReport tells whether there is a report on what 自動 would have done in 14 days by these rules.
	ShadowReport func(context.Context, Data) bool
	Log          *slog.Logger

	wake chan struct{}
	now  atomic.Pointer[bus.Settings]
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

// Poke asks Run to renew the snapshot soon.
func (k *Keeper) Poke() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Renew builds the snapshot from the store, and publishes it when it is another one.
func (k *Keeper) Renew(ctx context.Context) error {
	v, err := k.Current(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	revision, err1 := k.Store.Revision(ctx)
	limits, err2 := k.Store.LimitsInForce(ctx, now)
	cuts, err3 := k.Store.CutsOn(ctx, Day(now))
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	if v.Data.Exempt != "" && k.ShadowReport(ctx, v.Data) {
		v.Data.Exempt = "" // the report is there by now
	}
	s := bus.Settings{V: bus.Version, Version: revision, Rules: v.Data.Rules, Thresholds: v.Data.Thresholds, Lexicon: k.Lexicon,
		Limits: limits, CutsToday: cuts, Exempt: v.Data.Exempt}
	old := k.now.Swap(&s)
	if old != nil && old.Version == s.Version && old.CutsToday == s.CutsToday && len(old.Limits) == len(s.Limits) && old.Exempt == s.Exempt {
		return nil
	}
	k.Changed(s)
	if old == nil {
		return nil // edges ask at their start and every few seconds
	}
	return k.Publish(s)
}

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
		if err := k.Renew(ctx); err != nil && ctx.Err() == nil {
			k.Log.Error("settings can't be renewed; those sent last stay in force", slog.Any("error", err))
		}
	}
}
