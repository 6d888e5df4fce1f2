package policy

import (
	"testing"
	"time"

	"commusafe/internal/call"
)

func weekdays(from, until string) (out []Hours) {
	for d := time.Monday; d <= time.Friday; d++ {
		out = append(out, Hours{Day: d, From: from, Until: until})
	}
	return out
}

// The window is told in call time, from the clock in Japan, whatever zone the machine has.
func TestDeskFrom(t *testing.T) {
	r := ShippedRules(PresetAuto)
	if w := r.DeskFrom(time.Now()); !w.Open(0) || !w.Open(1<<40) {
		t.Errorf("without hours: %+v", w)
	}
	r.Desk = append(weekdays("09:00", "18:00"), Hours{Day: time.Saturday, From: "22:00", Until: "24:00"}, Hours{Day: time.Sunday, From: "00:00", Until: "02:00"})
	minute := func(m int) call.Millis { return call.At(time.Duration(m) * time.Minute) }
	for clock, want := range map[string]Window{
		"2026-11-27T17:50:00+09:00": {true, 0, minute(10)},                    // Friday, ten minutes before it closes
		"2026-11-27T08:50:00Z":      {true, 0, minute(10)},                    // the same moment
		"2026-11-27T18:00:00+09:00": {true, minute(28 * 60), minute(30 * 60)}, // closed: Saturday at 22:00 is next
		"2026-11-28T23:30:00+09:00": {true, 0, minute(30)},                    // Saturday
		"2026-11-29T00:00:00+09:00": {true, 0, minute(120)},                   // Sunday
		"2026-11-30T08:59:00+09:00": {true, minute(1), minute(9*60 + 1)},
	} {
		at, err := time.Parse(time.RFC3339, clock)
		if err != nil {
			t.Fatal(err)
		}
		if w := r.DeskFrom(at); w != want {
			t.Errorf("%s: %+v, want %+v", clock, w, want)
		}
	}
	w := Window{true, minute(1), minute(2)}
	for at, want := range map[call.Millis]bool{0: false, minute(1) - 1: false, minute(1): true, minute(2) - 1: true, minute(2): false} {
		if w.Open(at) != want {
			t.Errorf("%d: %v", at, !want)
		}
	}
}

func TestHoursAreChecked(t *testing.T) {
	for name, h := range map[string][]Hours{
		"no day": {{Day: 7, From: "09:00", Until: "10:00"}}, "twice": {{Day: 1, From: "09:00", Until: "10:00"}, {Day: 1, From: "11:00", Until: "12:00"}},
		"no time": {{Day: 1, From: "9:00", Until: "10:00"}}, "no end": {{Day: 1, From: "09:00"}}, "backwards": {{Day: 1, From: "18:00", Until: "09:00"}},
		"empty": {{Day: 1, From: "09:00", Until: "09:00"}}, "past midnight": {{Day: 1, From: "09:00", Until: "25:00"}},
	} {
		r := ShippedRules(PresetAuto)
		r.Desk = h
		if r.Check() == nil {
			t.Errorf("%s was taken", name)
		}
	}
	r := ShippedRules(PresetAuto)
	r.Desk = weekdays("00:00", "24:00")
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}
