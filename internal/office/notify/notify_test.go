package notify

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
)

// A memory is a store of notices and deliveries.
type memory struct {
	mu      sync.Mutex // guards below
	notices []Notice
	due     []Delivery
	tried   map[string]time.Time
	ended   map[string]string
}

func (m *memory) PutNotice(_ context.Context, n Notice, d []Delivery) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.ContainsFunc(m.notices, func(o Notice) bool { return o.Call == n.Call && o.Level == n.Level }) {
		return false, nil
	}
	m.notices, m.due = append(m.notices, n), append(m.due, d...)
	return true, nil
}

func (m *memory) Notice(context.Context, string) (Notice, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.notices[0], nil
}

func (m *memory) ListNotices(context.Context, int) ([]Notice, error) { return nil, nil }

func (m *memory) DueNotices(_ context.Context, until time.Time) (out []Notice, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range m.notices {
		if n.State == Triggered && !n.At.After(until) {
			out = append(out, n)
		}
	}
	return out, nil
}

func (m *memory) EscalateNotice(_ context.Context, id string, at time.Time, d []Delivery) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notices[0].State, m.due = Escalated, append(m.due, d...)
	return true, nil
}

func (m *memory) AcknowledgeNotice(_ context.Context, _, note string, d staff.Deed) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.notices[0].AcknowledgedBy != "" {
		return false, nil
	}
	m.notices[0].State, m.notices[0].AcknowledgedBy = Acknowledged, d.By
	return true, nil
}

func (m *memory) ResolveNotices(context.Context, call.ID, time.Time) ([]Notice, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return nil, nil
}

func (m *memory) DueDeliveries(_ context.Context, now time.Time, _ int) (out []Delivery, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.due {
		if m.ended[d.ID] == "" && !m.tried[d.ID].After(now) {
			out = append(out, d)
		}
	}
	return out, nil
}

func (m *memory) HoldDelivery(_ context.Context, d Delivery, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.due {
		if m.due[i].ID == d.ID {
			m.due[i].Attempts++
		}
	}
	m.tried[d.ID] = until
	return true, nil
}

func (m *memory) EndDelivery(_ context.Context, id string, delivered bool, why string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended[id] = "delivered"
	if !delivered {
		m.ended[id] = why
	}
	return nil
}

func newMemory() *memory {
	return &memory{tried: map[string]time.Time{}, ended: map[string]string{}}
}

// A notice of 警告対象 or above that nobody takes on goes to all after 20 s (E-03); one that somebody has taken on does not.
func TestE03UnacknowledgedEscalates(t *testing.T) {
	for name, taken := range map[string]bool{"nobody takes it on": false, "somebody does": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				told := make(chan State, 10)
				heard := func() (out []State) {
					for len(told) > 0 {
						out = append(out, <-told)
					}
					return out
				}
				d := &Desk{Store: m, After: 20 * time.Second, Channels: []string{"c"}, Changed: func(n Notice) { told <- n.State }, Sent: func() {}, Log: slog.New(slog.DiscardHandler)}
				ctx, stop := context.WithCancel(context.Background())
				go d.Run(ctx)
				for range 2 {
					if err := d.Raise(ctx, "call", judge.Warning, judge.Abuse); err != nil {
						t.Error(err)
					}
				}
				time.Sleep(19 * time.Second) // in the bubble's fake time
				synctest.Wait()
				if got := heard(); !slices.Equal(got, []State{Triggered}) {
					t.Errorf("after 19 s: %v", got)
				}
				want := []State{Escalated}
				if taken {
					want[0] = Acknowledged
					if _, err := d.Acknowledge(ctx, staff.Person{ID: "p"}, "x", ""); err != nil {
						t.Error(err)
					}
					if _, err := d.Acknowledge(ctx, staff.Person{ID: "q"}, "x", ""); !errors.Is(err, ErrState) {
						t.Errorf("acknowledged twice: %v", err)
					}
				}
				time.Sleep(5 * time.Second)
				synctest.Wait()
				if got := heard(); !slices.Equal(got, want) {
					t.Errorf("after 24 s: %v, want %v", got, want)
				}
				stop()
				synctest.Wait()
			})
		})
	}
}

// A channel fails so often, then delivers, or refuses for good.
type channel struct {
	fails  int
	refuse bool
	times  []time.Duration
	began  time.Time
}

func (c *channel) Name() string { return "c" }

func (c *channel) Deliver(context.Context, Delivery) error {
	c.times = append(c.times, time.Since(c.began).Truncate(10*time.Second))
	if c.refuse {
		return Refusal{Why: "no"}
	}
	if len(c.times) <= c.fails {
		return errors.New("away")
	}
	return nil
}

// A failed delivery is tried again with growing pauses; a refusal and too many tries end it.
func TestDeliveriesAreTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		fails  int
		refuse bool
		tries  int
		end    string
	}{
		"at once":        {0, false, 1, "delivered"},
		"the third time": {2, false, 3, "delivered"},
		"never":          {1000, false, Tries, "away"},
		"refused":        {0, true, 1, "no"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				m.due = []Delivery{{ID: "d", Channel: "c"}, {ID: "gone", Channel: "nowhere"}}
				ch := &channel{fails: c.fails, refuse: c.refuse, began: time.Now()}
				k := &Courier{Outbox: m, Channels: []Channel{ch}, Log: slog.New(slog.DiscardHandler)}
				k.Prepare()
				ctx, stop := context.WithCancel(context.Background())
				go k.Run(ctx)
				k.Poke()
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				stop()
				synctest.Wait()
				if len(ch.times) != c.tries || m.ended["d"] != c.end {
					t.Errorf("%d tries at %v, ended %q", len(ch.times), ch.times, m.ended["d"])
				}
				if m.ended["gone"] == "" {
					t.Error("a delivery without a channel is still waiting")
				}
			})
		})
	}
}

// hanging is a memory whose machine is gone for a while: it takes questions and gives no answers.
type hanging struct {
	*memory
	until time.Time
}

func (h hanging) hang(ctx context.Context) error {
	if time.Now().Before(h.until) {
		<-ctx.Done()
	}
	return ctx.Err()
}

func (h hanging) DueNotices(ctx context.Context, until time.Time) ([]Notice, error) {
	if err := h.hang(ctx); err != nil {
		return nil, err
	}
	return h.memory.DueNotices(ctx, until)
}

func (h hanging) DueDeliveries(ctx context.Context, now time.Time, most int) ([]Delivery, error) {
	if err := h.hang(ctx); err != nil {
		return nil, err
	}
	return h.memory.DueDeliveries(ctx, now, most)
}

// A question to the store that is never answered does not end escalation and delivery: they go on once it answers again.
func TestAStoreThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		h := hanging{m, time.Now().Add(30 * time.Second)}
		ch := &channel{}
		c := &Courier{Outbox: h, Channels: []Channel{ch}, Log: slog.New(slog.DiscardHandler)}
		c.Prepare()
		d := &Desk{Store: h, Channels: []string{"c"}, After: time.Second, Changed: func(Notice) {}, Sent: c.Poke, Log: slog.New(slog.DiscardHandler)}
		if err := d.Raise(t.Context(), "c", judge.Severe, judge.Abuse); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		running.Go(func() { c.Run(ctx) })
		time.Sleep(30*time.Second + 10*time.Second)
		synctest.Wait()
		m.mu.Lock()
		if m.notices[0].State != Escalated || len(m.ended) != 2 {
			t.Errorf("%s, %d deliveries ended", m.notices[0].State, len(m.ended))
		}
		m.mu.Unlock()
		cancel()
		running.Wait()
	})
}
