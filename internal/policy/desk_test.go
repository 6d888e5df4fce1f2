package policy

import (
	"encoding/json"
	"strings"
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

// On a closed day the desk is away from midnight to midnight in Japan, whatever its hours and the zone of the machine are.
func TestClosedDays(t *testing.T) {
	minute := func(m int) call.Millis { return call.At(time.Duration(m) * time.Minute) }
	const hour = 60
	newYear := []ClosedDay{{Date: "2026-12-31"}, {Date: "2027-01-01", Note: "元日"}, {Date: "2027-01-02"}, {Date: "2027-01-03"}}
	weekdaysOnly, always := ShippedRules(PresetAuto), ShippedRules(PresetAuto)
	weekdaysOnly.Desk = weekdays("09:00", "18:00")
	weekdaysOnly.Closed, always.Closed = newYear, newYear
	night := ShippedRules(PresetAuto)
	night.Desk, night.Closed = []Hours{{Day: time.Wednesday, From: "18:00", Until: "24:00"}, {Day: time.Thursday, From: "00:00", Until: "03:00"}}, newYear
	for name, c := range map[string]struct {
		rules Rules
		clock string
		want  Window
	}{
		"hours, the day before": {weekdaysOnly, "2026-12-30T17:59:00+09:00", Window{true, 0, minute(1)}},
		"hours, after closing":  {weekdaysOnly, "2026-12-30T18:00:00+09:00", Window{true, minute(4*24*hour + 15*hour), minute(5 * 24 * hour)}},
		"hours, on a holiday":   {weekdaysOnly, "2027-01-01T12:00:00+09:00", Window{true, minute(2*24*hour + 21*hour), minute(3*24*hour + 6*hour)}},
		"hours, the first day":  {weekdaysOnly, "2027-01-04T09:00:00+09:00", Window{true, 0, minute(9 * hour)}},
		"none, a minute before": {always, "2026-12-30T23:59:00+09:00", Window{true, 0, minute(1)}},
		"none, the same in UTC": {always, "2026-12-30T14:59:00Z", Window{true, 0, minute(1)}},
		"none, at midnight":     {always, "2026-12-31T00:00:00+09:00", Window{true, minute(4 * 24 * hour), minute(8 * 24 * hour)}},
		"none, still a holiday": {always, "2027-01-03T23:59:00+09:00", Window{true, minute(1), minute(7*24*hour + 1)}},
		"none, over":            {always, "2027-01-04T00:00:00+09:00", Window{}},
		"none, far ahead":       {always, "2026-12-20T12:00:00+09:00", Window{}},
		"night, into a holiday": {night, "2026-12-30T23:30:00+09:00", Window{true, 0, minute(30)}},
		"night, on the holiday": {night, "2026-12-31T01:00:00+09:00", Window{true, minute(6*24*hour + 17*hour), minute(6*24*hour + 23*hour)}},
	} {
		at, err := time.Parse(time.RFC3339, c.clock)
		if err != nil {
			t.Fatal(err)
		}
		if w := c.rules.DeskFrom(at); w != c.want {
			t.Errorf("%s: %+v, want %+v", name, w, c.want)
		}
		if w := c.rules.Around(at).DeskFrom(at); w != c.want {
			t.Errorf("%s, from what the journal keeps: %+v, want %+v", name, w, c.want)
		}
	}
	shut := always
	shut.Closed = nil
	for d := range 10 {
		shut.Closed = append(shut.Closed, ClosedDay{Date: time.Date(2027, 2, 1+d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)})
	}
	if w := shut.DeskFrom(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)); w != (Window{Bounded: true}) {
		t.Errorf("away for longer than a call lasts: %+v", w)
	}
}

// What a journal keeps of closed days are those that its call can reach; without any its bytes are those of before there were any.
func TestAJournalKeepsTheDaysAround(t *testing.T) {
	r := ShippedRules(PresetAuto)
	plain, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for d := range MostClosed {
		r.Closed = append(r.Closed, ClosedDay{Date: time.Date(2027, 1, 1+2*d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)})
	}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	evening := time.Date(2027, 1, 9, 15, 0, 0, 0, time.UTC) // the 10th in Japan
	if got := r.Around(evening).Closed; len(got) != 4 || got[0].Date != "2027-01-11" || got[3].Date != "2027-01-17" {
		t.Errorf("%+v", got)
	}
	if b, err := json.Marshal(r.Around(evening.AddDate(-1, 0, 0))); err != nil || string(b) != string(plain) {
		t.Errorf("%s, want %s", b, plain)
	}
	if len(r.Closed) != MostClosed {
		t.Error("the rules themselves lost days")
	}
}

func TestClosedDaysAreChecked(t *testing.T) {
	many := make([]ClosedDay, MostClosed+1)
	for i := range many {
		many[i].Date = time.Date(2027, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	for name, days := range map[string][]ClosedDay{"no date": {{}}, "another form": {{Date: "2027/1/1"}}, "no such day": {{Date: "2027-02-29"}}, "twice": {{Date: "2027-01-01"}, {Date: "2027-01-01", Note: "元日"}},
		"a long note": {{Date: "2027-01-01", Note: strings.Repeat("長", LongestNote+1)}}, "two lines": {{Date: "2027-01-01", Note: "元\n日"}}, "too many": many} {
		r := ShippedRules(PresetAuto)
		r.Closed = days
		if r.Check() == nil {
			t.Errorf("%s was taken", name)
		}
	}
	r := ShippedRules(PresetAuto)
	r.Closed = []ClosedDay{{Date: "2028-02-29", Note: strings.Repeat("長", LongestNote)}}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}
