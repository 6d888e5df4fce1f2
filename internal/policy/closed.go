package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"commusafe/internal/call"
)

// A ClosedDay is a date, by the clock in Japan, on which the review desk is away all day.
type ClosedDay struct {
	Date string `json:"date"` // 2027-01-01
	Note string `json:"note,omitempty"`
}

// Bounds of closed days.
const (
	MostClosed  = 400
	LongestNote = 40 // letters
)

// reach is how many days from the beginning of a call are looked at for the desk: no call lasts a week.
const reach = 8

// Check tells what is wrong with a closed day.
func (d ClosedDay) Check() error {
	if _, err := time.Parse(time.DateOnly, d.Date); err != nil {
		return fmt.Errorf("%q is not a date like 2027-01-01", d.Date)
	}
	if utf8.RuneCountInString(d.Note) > LongestNote || strings.ContainsFunc(d.Note, unicode.IsControl) || !utf8.ValidString(d.Note) {
		return fmt.Errorf("%s: the note has more than %d letters, or control characters", d.Date, LongestNote)
	}
	return nil
}

// checkClosed tells the first thing that is wrong with the closed days.
func checkClosed(days []ClosedDay) error {
	if len(days) > MostClosed {
		return fmt.Errorf("rules: closed: %d days; at most %d", len(days), MostClosed)
	}
	seen := map[string]bool{}
	for _, d := range days {
		if err := d.Check(); err != nil {
			return fmt.Errorf("rules: closed: %w", err)
		}
		if seen[d.Date] {
			return fmt.Errorf("rules: closed: %s is there twice", d.Date)
		}
		seen[d.Date] = true
	}
	return nil
}

func (r Rules) closedOn(day time.Time) bool {
	date := day.Format(time.DateOnly)
	return slices.ContainsFunc(r.Closed, func(d ClosedDay) bool { return d.Date == date })
}

// days gives the days that a call can reach: midnight in Japan, from the one on which it begins.
func days(began time.Time) []time.Time {
	zone := japan()
	began = began.In(zone)
	out := make([]time.Time, reach)
	for n := range out {
		out[n] = time.Date(began.Year(), began.Month(), began.Day()+n, 0, 0, 0, 0, zone)
	}
	return out
}

// Around gives the rules with those closed days that a call can reach: what its journal keeps of them.
func (r Rules) Around(began time.Time) Rules {
	var near []ClosedDay
	all := days(began)
	for _, d := range r.Closed {
		if slices.ContainsFunc(all, func(day time.Time) bool { return day.Format(time.DateOnly) == d.Date }) {
			near = append(near, d)
		}
	}
	r.Closed = near
	return r
}

// wholeDays gives the window of a desk without hours: it is open but for the closed days.
func (r Rules) wholeDays(began time.Time) Window {
	all := days(began)
	from := slices.IndexFunc(all, func(day time.Time) bool { return !r.closedOn(day) })
	if from < 0 {
		return Window{Bounded: true}
	}
	until := slices.IndexFunc(all[from:], r.closedOn)
	if from == 0 && until < 0 {
		return Window{}
	}
	end := all[reach-1].AddDate(0, 0, 1)
	if until >= 0 {
		end = all[from+until]
	}
	return Window{Bounded: true, FromMS: max(0, call.At(all[from].Sub(began))), UntilMS: call.At(end.Sub(began))}
}
