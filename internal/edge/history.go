package edge

import (
	"context"
	"log/slog"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// historyLimit is how long the office may take to say what it knows of a caller. The call does not wait for it.
const historyLimit = 2 * time.Second

// history asks the office what is known of the caller and gives it to the guard as evidence. An office that is away knows
// nothing, and the call is judged by itself.
func (c *live) history(ctx context.Context) {
	if c.in.Direction == call.Outbound || !c.in.From.Shown() {
		return
	}
	rctx, cancel := context.WithTimeout(ctx, historyLimit)
	defer cancel()
	r, err := c.edge.link.RequestHistory(rctx, bus.HistoryRequest{V: bus.Version, Call: c.in.ID, Number: c.in.From.E164})
	h, ok := r.History.Item.(evidence.History)
	if err != nil || !ok || !r.Known {
		c.log.Debug("nothing is known of the caller", slog.Any("error", err))
		return
	}
	c.items <- h
}
