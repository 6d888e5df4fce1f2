package edge

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/config"
	"commusafe/internal/policy"
)

// snapshots gives those that an office had in force, each with one limit more than the one before.
func snapshots(t *testing.T, n int) []bus.Settings {
	t.Helper()
	shipped, err := bus.ShippedSettings()
	if err != nil {
		t.Fatal(err)
	}
	out := make([]bus.Settings, n)
	for i := range out {
		out[i] = shipped
		out[i].Version = int64(i)
		for j := range i {
			out[i].Limits = append(out[i].Limits, policy.Limit{ID: fmt.Sprint("limit ", j)})
		}
	}
	return out
}

func keeper(t *testing.T) *Edge {
	t.Helper()
	s, err := loadSettings(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return &Edge{settings: s, log: slog.New(slog.DiscardHandler)}
}

// An answer that an office gave before somebody was limited, and that comes after the news of it, does not lift the limit.
func TestOvertakenSettingsDoNotLiftALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, s := keeper(t), snapshots(t, 4)
		e.take(s[2])
		e.take(s[3])
		e.take(s[2])
		if n := len(e.settings.limits()); n != 3 {
			t.Errorf("%d limits, want 3", n)
		}
		time.Sleep(bus.BackAfter)
		e.take(s[1])
		if n := len(e.settings.limits()); n != 1 {
			t.Errorf("%d limits after the office's store was put back, want 1", n)
		}
	})
}

// A provisional limit that was set here counts until the office has it. What the office lifts then is lifted, here and after a restart.
func TestAProvisionalLimitThatTheOfficeLifts(t *testing.T) {
	e, s := keeper(t), snapshots(t, 4)
	own := policy.Limit{ID: "own", Number: "+81312345678", Take: policy.TakeVoicebot, Provisional: true, Until: time.Now().Add(time.Hour)}
	e.settings.limit(own)
	e.take(s[1])
	if n := len(e.settings.limits()); n != 2 {
		t.Errorf("%d limits while the office does not know of one, want 2", n)
	}
	s[2].Limits = append(s[2].Limits, own)
	e.take(s[2])
	if n := len(e.settings.limits()); n != 3 {
		t.Errorf("%d limits when the office has it, want 3", n)
	}
	e.take(s[3])
	again, err := loadSettings(e.settings.dir, e.log)
	if err != nil {
		t.Fatal(err)
	}
	for where, got := range map[string][]policy.Limit{"here": e.settings.limits(), "after a restart": again.limits()} {
		for _, l := range got {
			if l.ID == "own" {
				t.Errorf("%s a limit is in force that the office has lifted", where)
			}
		}
	}
}

// News and answers come at the same time: the newest is in force and on the disk.
func TestSettingsThatComeAtTheSameTime(t *testing.T) {
	e, s := keeper(t), snapshots(t, 20)
	var all sync.WaitGroup
	for _, one := range s {
		all.Go(func() { e.take(one) })
	}
	all.Wait()
	var kept bus.Settings
	if err := readJSON(filepath.Join(e.settings.dir, config.SnapshotFile), &kept); err != nil {
		t.Fatal(err)
	}
	if n := len(e.settings.limits()); n != 19 || kept.Version != 19 || len(kept.Limits) != 19 {
		t.Errorf("%d limits in force, version %d with %d on the disk, want 19", n, kept.Version, len(kept.Limits))
	}
}

// Calls that began before the day's cuts were used up don't cut more than are left, and a closing that came to no cut costs none.
func TestCallsAtTheSameTimeKeepTheDaysCap(t *testing.T) {
	s := keeper(t).settings
	var back []func()
	for n := range 5 {
		giveBack, ok := s.mayCut(3)
		if ok != (n < 3) {
			t.Fatalf("closing %d: %v", n, ok)
		}
		if ok {
			back = append(back, giveBack)
		}
	}
	s.cut()
	back[0]()
	if _, ok := s.mayCut(3); ok {
		t.Error("a cut that was done counts no more")
	}
	back[1]()
	if _, ok := s.mayCut(3); !ok {
		t.Error("a closing that was stopped costs a cut")
	}
}

// The cuts of the day outlive a restart of the edge, so that no failing one cuts again and again; those of another day do not.
func TestTheCutsOfTheDayOutliveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := keeper(t).settings
		s.cut()
		s.cut()
		again := func() *settings {
			t.Helper()
			s, err := loadSettings(s.dir, s.log)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if n := again().cutsToday(); n != 2 {
			t.Errorf("%d cuts after a restart, want 2", n)
		}
		later := again()
		later.cut()
		if n := again().cutsToday(); n != 3 {
			t.Errorf("%d cuts after another restart, want 3", n)
		}
		time.Sleep(24 * time.Hour)
		if n := again().cutsToday(); n != 0 {
			t.Errorf("%d cuts on the next day", n)
		}
	})
}
