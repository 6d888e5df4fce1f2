package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/policy"
)

// officeAway is how long no office has answered before the edge itself calls for help.
const officeAway = 12 * time.Second

// An alarm calls the emergency webhook at S4 when no office is there to tell people (contracts §4).
type alarm struct {
	client   *http.Client
	answered atomic.Pointer[time.Time] // when an office last answered; nil: never. With its monotonic reading: a step of the clock is no absence
	log      *slog.Logger
}

func newAlarm(log *slog.Logger) *alarm {
	return &alarm{client: &http.Client{Timeout: 5 * time.Second}, log: log}
}

func (a *alarm) officeAnswered() {
	now := time.Now()
	a.answered.Store(&now)
}

// needed tells whether a view calls for help that nobody else can fetch.
func (a *alarm) needed(v bus.CallView, url string) bool {
	return url != "" && slices.Contains(v.Actions, policy.Alert) && a.away() > officeAway
}

// away is how long no office has answered; very long where none ever has.
func (a *alarm) away() time.Duration {
	if at := a.answered.Load(); at != nil {
		return time.Since(*at)
	}
	return math.MaxInt64
}

// call tells the webhook of the call: its ID, level and category, nothing of what was said and by whom.
func (a *alarm) call(ctx context.Context, url string, v bus.CallView) error {
	body := map[string]any{"event": "emergency", "call": v.Incoming.ID, "level": v.Judgement.Level, "at_ms": v.AtMS, "edge": v.Edge}
	if len(v.Judgement.Findings) > 0 {
		body["category"] = v.Judgement.Findings[0].Category
	}
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("emergency webhook: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	r, err := a.client.Do(req)
	if err != nil {
		return fmt.Errorf("emergency webhook: %w", err)
	}
	defer r.Body.Close()
	if r.StatusCode >= 300 {
		return fmt.Errorf("emergency webhook answered %s", r.Status)
	}
	return nil
}

// ring calls the webhook once for a call, three times if it must, without anybody waiting for it. No view comes after the end of a
// call: then it is waited for whether an office answers.
func (c *live) ring(v bus.CallView) {
	url := c.edge.settings.now().Webhook
	a := c.edge.alarm
	late := v.Ended != nil && url != "" && slices.Contains(v.Actions, policy.Alert)
	if c.rung || !late && !a.needed(v, url) {
		return
	}
	c.rung = true
	c.edge.ringing.Go(func() {
		time.Sleep(officeAway + time.Second - a.away())
		if !a.needed(v, url) {
			return
		}
		for try := range 3 {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			err := c.edge.alarm.call(ctx, url, v)
			cancel()
			if err == nil {
				c.log.Warn("no office answers; the edge itself called the emergency webhook")
				return
			}
			c.log.Error("emergency webhook not reached", slog.Int("try", try+1), slog.Any("error", err))
		}
	})
}
