package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/config"
	"commusafe/internal/edge/voicebot"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// settings are what is in force: the last snapshot of the office, and what this edge decided since.
type settings struct {
	dir string
	log *slog.Logger

	taking sync.Mutex // one snapshot at a time; guards newest
	newest bus.Newest

	disk sync.Mutex // one file at a time

	mu      sync.RWMutex // guards below
	snap    bus.Settings
	rules   *judge.Rules
	prompts *voicebot.Prompts
	own     []policy.Limit // provisional limits set here that no snapshot has had yet
	count   cutCount
	taken   int // cuts that closings under way, of calls that aren't over, may lead to
}

// A cutCount is what this edge knows of the automatic cuts of a day.
type cutCount struct {
	Day   string `json:"day"`   // in Japan
	Cuts  int    `json:"cuts"`  // of this edge
	Based int    `json:"based"` // those of the snapshot when counting began
}

const (
	limitsFile = "limits.json"
	cutsFile   = "cuts.json"
	ackedFile  = "acknowledged.txt"
)

// loadSettings takes the last snapshot from the disk, or what is shipped.
func loadSettings(dir string, log *slog.Logger) (*settings, error) {
	s := &settings{dir: dir, log: log}
	shipped, err := bus.ShippedSettings()
	if err != nil {
		return nil, err
	}
	if s.prompts, err = voicebot.Shipped(); err != nil {
		return nil, err
	}
	s.ownPrompts(filepath.Join(dir, "prompts"))
	if err := s.use(shipped); err != nil {
		return nil, err
	}
	var kept bus.Settings
	if err := readJSON(filepath.Join(dir, config.SnapshotFile), &kept); err == nil {
		err = s.use(kept)
		if err != nil {
			log.Error("the settings on disk can't be used; the shipped ones are in force", slog.Any("error", err))
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		log.Error("the settings on disk can't be read; the shipped ones are in force", slog.Any("error", err))
	}
	if err := readJSON(filepath.Join(dir, limitsFile), &s.own); err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Error("provisional limits on disk can't be read", slog.Any("error", err))
	}
	if err := readJSON(filepath.Join(dir, cutsFile), &s.count); err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Error("the cuts of the day on disk can't be read; they are counted from none", slog.Any("error", err))
	}
	s.handOver()
	return s, nil
}

// ownPrompts puts the centre's own recordings (settings/prompts/<id>.wav, G.711, 8 kHz, one channel) in the place of the
// shipped ones. One that can't be used is named, and the shipped one stays.
func (s *settings) ownPrompts(dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.wav"))
	if err != nil {
		return
	}
	for _, f := range files {
		id := strings.TrimSuffix(filepath.Base(f), ".wav")
		b, err := os.ReadFile(f)
		if err == nil {
			var with *voicebot.Prompts
			if with, err = s.prompts.With(id, b); err == nil {
				s.prompts = with
			}
		}
		if err != nil {
			s.log.Error("own prompt can't be used; the shipped one is", slog.String("prompt", id), slog.Any("error", err))
		}
	}
}

// use puts a snapshot in force, or says why it can't be.
func (s *settings) use(n bus.Settings) error {
	if err := n.Rules.Check(); err != nil {
		return err
	}
	rules, err := judge.NewRules(n.Lexicon, n.Thresholds)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range n.Prompts {
		with, err := s.prompts.With(p.ID, p.Data)
		if err != nil {
			return err
		}
		s.prompts = with
	}
	s.snap, s.rules = n, rules
	return nil
}

func (s *settings) now() bus.Settings {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.snap
}

func (s *settings) judge() *judge.Rules {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.rules
}

func (s *settings) sounds() *voicebot.Prompts {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.prompts
}

// limits gives those of the snapshot, and those set here that the snapshot doesn't have.
func (s *settings) limits() []policy.Limit {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := append([]policy.Limit(nil), s.snap.Limits...)
	known := map[string]bool{}
	for _, l := range out {
		known[l.ID] = true
	}
	for _, l := range s.own {
		if !known[l.ID] {
			out = append(out, l)
		}
	}
	return out
}

// limit keeps a provisional limit.
func (s *settings) limit(l policy.Limit) {
	s.mu.Lock()
	var kept []policy.Limit
	for _, o := range s.own {
		if time.Now().Before(o.Until) {
			kept = append(kept, o)
		}
	}
	s.own = append(kept, l)
	s.mu.Unlock()
	s.keep(limitsFile, s.provisional, "provisional limit is in force but not on disk")
}

// provisional gives the limits set here that no snapshot has had yet.
func (s *settings) provisional() any {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.own)
}

// keepWait is how long a change waits until it is on the disk.
const keepWait = time.Second

// keep writes what now gives into a file, and says so where that fails. A disk that hangs holds nobody: the newest state is written when it
// goes on.
func (s *settings) keep(file string, now func() any, failed string) {
	kept := within(keepWait, func() {
		s.disk.Lock()
		defer s.disk.Unlock()
		if err := writeJSON(filepath.Join(s.dir, file), now()); err != nil {
			s.log.Error(failed, slog.Any("error", err))
		}
	})
	if !kept {
		s.log.Error(failed, slog.Any("error", folder.ErrUnanswered))
	}
}

// handOver leaves the limits that the snapshot has to the office: from here on one that it does not have is lifted, and not unknown.
func (s *settings) handOver() {
	s.mu.Lock()
	var kept []policy.Limit
	for _, o := range s.own {
		if !slices.ContainsFunc(s.snap.Limits, func(l policy.Limit) bool { return l.ID == o.ID }) {
			kept = append(kept, o)
		}
	}
	same := len(kept) == len(s.own)
	s.own = kept
	s.mu.Unlock()
	if !same {
		s.keep(limitsFile, s.provisional, "provisional limits that the office has are still on disk")
	}
}

// day is the day in Japan, by which cuts are capped.
func day(t time.Time) string { return t.UTC().Add(9 * time.Hour).Format(time.DateOnly) }

// cutsToday is the office's count, or this edge's own when it knows of more.
func (s *settings) cutsToday() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.cutsLocked()
}

func (s *settings) cutsLocked() int {
	if s.count.Day != day(time.Now()) {
		return s.snap.CutsToday
	}
	return max(s.snap.CutsToday, s.count.Based+s.count.Cuts)
}

// mayCut takes one of the day's automatic cuts for a call until it is given back. ok is false when most are done or taken.
func (s *settings) mayCut(most int) (giveBack func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cutsLocked()+s.taken >= most {
		return nil, false
	}
	s.taken++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.taken--
	}, true
}

// cut counts an automatic cut. It outlives a restart: an edge that fails after each cut would cut again and again.
func (s *settings) cut() {
	s.mu.Lock()
	if d := day(time.Now()); s.count.Day != d {
		s.count = cutCount{Day: d, Based: s.snap.CutsToday}
	}
	s.count.Cuts++
	s.mu.Unlock()
	s.keep(cutsFile, s.counted, "an automatic cut is counted, but not on disk")
}

func (s *settings) counted() any {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.count
}

// keepSettings follows the office's snapshots.
func (e *Edge) keepSettings(ctx context.Context) error {
	sub, err := e.link.SubscribeSettings(e.take)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	defer sub.Stop()
	t := time.NewTicker(5 * time.Second)
	defer t.Stop()
	for {
		rctx, cancel := context.WithTimeout(ctx, time.Second)
		if s, err := e.link.RequestSettings(rctx); err == nil {
			e.alarm.officeAnswered()
			e.take(s)
		}
		cancel()
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// take puts a snapshot in force, if it was not overtaken on its way. News and answers come at the same time.
func (e *Edge) take(n bus.Settings) {
	e.settings.taking.Lock()
	defer e.settings.taking.Unlock()
	if !e.settings.newest.Takes(n.Version, time.Now()) {
		return
	}
	if old := e.settings.now(); n.Version == old.Version && n.CutsToday == old.CutsToday {
		return
	}
	if err := e.settings.use(n); err != nil {
		e.log.Error("new settings can't be used; the old ones stay in force", slog.Any("error", err))
		return
	}
	e.settings.keep(config.SnapshotFile, func() any { return e.settings.now() }, "new settings are in force but not on disk")
	e.settings.handOver()
	e.log.Info("settings in force", slog.Int64("version", n.Version), slog.String("preset", string(n.Rules.Preset)))
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// writeJSON writes a file whole or not at all.
func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".part", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}
