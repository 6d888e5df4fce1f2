package edge

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/folder"
)

// An offerer hands sealed folders to the office until each is acknowledged.
type offerer struct {
	e       *Edge
	wake    chan struct{}
	mu      sync.Mutex // guards below
	dirs    []string
	acked   map[string]bool
	refused map[string]refusal // by directory
}

// A refusal says when a folder that an office has found broken is offered again, and how long it waits for that.
type refusal struct {
	next time.Time
	wait time.Duration
}

// The first and the longest wait: what is broken mostly stays so, and each offer has the whole folder proved and listed anew.
const (
	firstWait   = 3 * time.Second
	longestWait = time.Hour
)

func newOfferer(e *Edge) *offerer {
	o := &offerer{e: e, wake: make(chan struct{}, 1), acked: map[string]bool{}, refused: map[string]refusal{}}
	if b, err := os.ReadFile(o.file()); err == nil {
		for id := range strings.FieldsSeq(string(b)) {
			o.acked[id] = true
		}
	}
	return o
}

func (o *offerer) file() string { return filepath.Join(o.e.cfg.Settings(), ackedFile) }

func (o *offerer) add(dir string) {
	o.mu.Lock()
	o.dirs = append(o.dirs, dir)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run offers folders, and again every few seconds what no office took.
func (o *offerer) run(ctx context.Context) {
	again := time.NewTicker(3 * time.Second)
	defer again.Stop()
	for {
		o.offerAll(ctx)
		select {
		case <-ctx.Done():
			return
		case <-o.wake:
		case <-again.C:
		}
	}
}

// drain gives the last folders a moment at the end of the process.
func (o *offerer) drain(limit time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	o.offerAll(ctx)
}

func (o *offerer) offerAll(ctx context.Context) {
	for _, dir := range o.due() {
		if ctx.Err() != nil || !o.offer(ctx, dir) {
			return // the office is away: all wait
		}
	}
}

// due gives the folders that are to be offered now.
func (o *offerer) due() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(o.dirs), func(dir string) bool { return time.Now().Before(o.refused[dir].next) })
}

// offer hands one folder over; false when no office answered.
func (o *offerer) offer(ctx context.Context, dir string) bool {
	s, err := folder.ReadSeal(dir)
	if err != nil {
		o.e.log.Error("folder without a seal is not offered", slog.String("call_id", filepath.Base(dir)), slog.Any("error", err))
		o.forget(dir)
		return true
	}
	octx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := o.e.link.OfferFolder(octx, bus.Offer{V: bus.Version, Edge: o.e.cfg.Edge.Name, Call: s.Call, Dir: dir, Last: s.Last})
	if err != nil {
		return false
	}
	if r.Error != "" {
		o.e.log.Error("the office could not take a folder in", slog.String("call_id", string(s.Call)), slog.String("reason", r.Error))
		o.later(dir, r.Error)
		return true
	}
	o.acknowledge(s.Call)
	o.forget(dir)
	return true
}

func (o *offerer) acknowledge(id call.ID) {
	f, err := os.OpenFile(o.file(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(string(id) + "\n")
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		o.e.log.Warn("acknowledgement is not on disk; the folder will be offered again", slog.Any("error", err))
	}
}

func (o *offerer) forget(dir string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.refused, dir)
	for i, d := range o.dirs {
		if d == dir {
			o.dirs = append(o.dirs[:i:i], o.dirs[i+1:]...)
			return
		}
	}
}

// later puts a folder that was refused behind the others. One that is broken waits each time for twice as long.
func (o *offerer) later(dir, why string) {
	o.mu.Lock()
	wait := min(max(firstWait, 2*o.refused[dir].wait), longestWait)
	o.mu.Unlock()
	o.forget(dir)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dirs = append(o.dirs, dir)
	if why == "error.folder_broken" || why == "error.folder_other" {
		o.refused[dir] = refusal{time.Now().Add(wait), wait}
	}
}

// waiting is the number of folders that no office has acknowledged.
func (o *offerer) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.dirs)
}
