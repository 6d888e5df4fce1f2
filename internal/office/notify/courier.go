package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// A Channel carries messages to people outside the console. Deliver is called again with the same delivery until it
// gives nil, a Refusal, or Tries are over; it must not block longer than its context and not put a secret into an error.
type Channel interface {
	Name() string
	Deliver(ctx context.Context, d Delivery) error
}

// A Refusal is an error that trying again won't mend.
type Refusal struct{ Why string }

// Error says why.
func (r Refusal) Error() string { return r.Why }

// An Outbox keeps deliveries. Hold takes one for an attempt: the next is not before then; false when another office has it.
type Outbox interface {
	DueDeliveries(ctx context.Context, now time.Time, most int) ([]Delivery, error)
	HoldDelivery(ctx context.Context, d Delivery, until time.Time) (bool, error)
	EndDelivery(ctx context.Context, id string, delivered bool, why string) error
}

// Tries is how often a delivery is attempted: the last about nine hours after the first.
const Tries = 12

// A Courier brings deliveries to their channels.
type Courier struct {
	Outbox   Outbox
	Channels []Channel
	Log      *slog.Logger

	wake chan struct{}
}

// Prepare makes the courier ready for Poke and Run.
func (c *Courier) Prepare() { c.wake = make(chan struct{}, 1) }

// Poke says that there are new deliveries.
func (c *Courier) Poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run delivers what is due, when poked and every few seconds.
func (c *Courier) Run(ctx context.Context) {
	t := time.NewTicker(2 * time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-t.C:
		}
		if err := c.round(ctx); err != nil && ctx.Err() == nil {
			c.Log.Error("deliveries can't be read", slog.Any("error", err))
		}
	}
}

func (c *Courier) round(ctx context.Context) error {
	sctx, cancel := context.WithTimeout(ctx, storeTime)
	due, err := c.Outbox.DueDeliveries(sctx, time.Now(), 20)
	cancel()
	if err != nil {
		return err
	}
	for _, d := range due {
		if err := c.deliver(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// backoff is 10 s, 20 s, 40 s … and at most two hours.
func backoff(attempts int) time.Duration {
	return min(10*time.Second<<attempts, 2*time.Hour)
}

func (c *Courier) end(ctx context.Context, id string, delivered bool, why string) error {
	sctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	return c.Outbox.EndDelivery(sctx, id, delivered, why)
}

func (c *Courier) deliver(ctx context.Context, d Delivery) error {
	sctx, done := context.WithTimeout(ctx, storeTime)
	ok, err := c.Outbox.HoldDelivery(sctx, d, time.Now().Add(backoff(d.Attempts)))
	done()
	if err != nil || !ok {
		return err
	}
	var via Channel
	for _, ch := range c.Channels {
		if ch.Name() == d.Channel {
			via = ch
		}
	}
	if via == nil {
		return c.end(ctx, d.ID, false, "the channel is not configured")
	}
	dctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	err = via.Deliver(dctx, d)
	cancel()
	log := c.Log.With(slog.String("delivery", d.ID), slog.Int("attempt", d.Attempts+1))
	if err == nil {
		log.Info("notice delivered")
		return c.end(ctx, d.ID, true, "")
	}
	if _, final := errors.AsType[Refusal](err); final || d.Attempts+1 >= Tries {
		log.Error("notice not delivered, given up", slog.Any("error", err))
		return c.end(ctx, d.ID, false, err.Error())
	}
	log.Warn("notice not delivered, tried again later", slog.Any("error", err))
	return nil
}
