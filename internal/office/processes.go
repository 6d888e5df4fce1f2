package office

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/office/web"
)

// A process is away when it has not been heard of for so long, and forgotten after a day.
const (
	awayAfter   = 5 * time.Second
	forgetAfter = 24 * time.Hour
)

// processes are those that have said something of themselves.
type processes struct {
	changed func()
	own     func()

	mu   sync.Mutex // guards below
	seen map[string]web.Process
}

func (p *processes) heard(h bus.Health) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen == nil {
		p.seen = map[string]web.Process{}
	}
	p.seen[h.Role+" "+h.Machine] = web.Process{Role: h.Role, Machine: h.Machine, OK: h.OK, Why: h.Why, Seen: time.Now().UTC(), Counts: h.Counts}
}

// list gives all processes, in a steady order.
func (p *processes) list() []web.Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []web.Process
	for key, v := range p.seen {
		silent := time.Since(v.Seen)
		if silent > forgetAfter {
			delete(p.seen, key)
			continue
		}
		v.Away = silent > awayAfter
		v.OK = v.OK && !v.Away
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b web.Process) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Machine, b.Machine))
	})
	return out
}

// run says once a second how the office is, and tells the consoles every other second how all are.
func (p *processes) run(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			p.own()
			if n%2 == 0 {
				p.changed()
			}
		}
	}
}

// beat says how the office is.
func (p *parts) beat() {
	h := bus.Health{V: bus.Version, Role: "office", Machine: p.cfg.Edge.Name, PID: os.Getpid(), Wall: time.Now().UTC(), OK: true,
		Counts: map[string]int{"consoles": p.web.Readers(), "calls": len(p.live.Calls())}}
	if err := p.ready(); err != nil {
		h.OK, h.Why = false, err.Error()
	}
	if err := p.link.PublishHealth(h); err != nil {
		p.log.Debug("health not sent", slog.Any("error", err))
	}
}
