package guard

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"
	"unsafe"

	"commusafe/internal/call"
	"commusafe/internal/folder"
	"commusafe/internal/policy"
)

// stepped is a moment as a wall clock tells it that was put forward by whole seconds since the process began.
func stepped(t time.Time, by time.Duration) time.Time {
	*(*int64)(unsafe.Pointer(&t)) += int64(by/time.Second) << 30 // the seconds beside a monotonic reading
	return t
}

// clockLines is a journal that passes on what clock lines say.
type clockLines chan string

// Append tells of a clock line.
func (j clockLines) Append(_ call.Millis, _ time.Time, kind folder.Kind, data any) ([]byte, error) {
	b, err := json.Marshal(data)
	if kind == folder.KindClock {
		j <- string(b)
	}
	return b, err
}

// Sync has nothing to do.
func (j clockLines) Sync() error { return nil }

// A wall clock that is put forward or back stands in the journal, once each time; nothing does while it is right.
func TestAStepOfTheClockStandsInTheJournal(t *testing.T) {
	s := newScenario(t, policy.PresetAsk) // not in fake time, which has no second clock
	lines := make(clockLines, 10)
	s.guard.Journal = lines
	s.guard.Prepare()
	now := time.Now()
	for _, by := range []time.Duration{0, 0, time.Hour, time.Hour, -2 * time.Second, -2 * time.Second, 0} {
		s.guard.clock(stepped(now, by))
	}
	close(lines)
	if got, want := slices.Collect(received(lines)), []string{`{"step_ms":3600000}`, `{"step_ms":-3602000}`, `{"step_ms":2000}`}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// received gives what is left in a closed channel.
func received(c <-chan string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for s := range c {
			if !yield(s) {
				return
			}
		}
	}
}

// A step during a call is found while the call goes on.
func TestAStepOfTheClockIsLookedFor(t *testing.T) {
	s := newScenario(t, policy.PresetAsk)
	lines := make(clockLines, 10)
	s.guard.Journal, s.guard.Began = lines, stepped(s.began, -5*time.Second) // since then it was put forward
	s.guard.Prepare()
	done := make(chan struct{})
	go func() { defer close(done); s.guard.Watch(context.Background(), s.items, s.notes) }()
	select {
	case got := <-lines:
		var l ClockLine
		if err := json.Unmarshal([]byte(got), &l); err != nil || l.StepMS < 4900 || l.StepMS > 5100 { // the two clocks are not read at once
			t.Errorf("got %s", got)
		}
	case <-time.After(30 * time.Second):
		t.Error("the journal says nothing of it")
	}
	s.line.end(call.EndReason{By: call.ByCaller, Why: "hangup"})
	close(s.items)
	close(s.notes)
	<-done
}
