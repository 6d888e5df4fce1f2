package policy

import (
	"fmt"
	"time"

	"commusafe/internal/call"
)

// Hours are the hours of one weekday in which the review desk is staffed, by the clock in Japan: "09:00" to "18:00". "24:00" is the
// end of a day; who works past midnight has hours of the next day too.
type Hours struct {
	Day   time.Weekday `json:"day"` // 0 is Sunday
	From  string       `json:"from"`
	Until string       `json:"until"`
}

// A Window is the desk's next hours in the time of a call. The zero Window is always open.
type Window struct {
	Bounded bool        `json:"bounded,omitempty"`
	FromMS  call.Millis `json:"from_ms,omitempty"`
	UntilMS call.Millis `json:"until_ms,omitempty"`
}

// Open tells whether the desk is staffed at a call time.
func (w Window) Open(at call.Millis) bool { return !w.Bounded || at >= w.FromMS && at < w.UntilMS }

// minutes gives the minute of the day; an error for what is no time of day.
func minutes(clock string) (int, error) {
	if clock == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", clock)
	if err != nil || len(clock) != 5 {
		return 0, fmt.Errorf("%q is not a time of day like 09:00", clock)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// checkHours tells the first thing that is wrong with the desk's hours.
func checkHours(list []Hours) error {
	seen := map[time.Weekday]bool{}
	for _, h := range list {
		from, err := minutes(h.From)
		until, err2 := minutes(h.Until)
		switch {
		case h.Day < time.Sunday || h.Day > time.Saturday:
			return fmt.Errorf("rules: desk: day %d is not one of 0 (Sunday) to 6", h.Day)
		case seen[h.Day]:
			return fmt.Errorf("rules: desk: %s has hours twice", h.Day)
		case err != nil:
			return fmt.Errorf("rules: desk: %s: %w", h.Day, err)
		case err2 != nil:
			return fmt.Errorf("rules: desk: %s: %w", h.Day, err2)
		case until <= from:
			return fmt.Errorf("rules: desk: %s: it must close after it opens", h.Day)
		}
		seen[h.Day] = true
	}
	return nil
}

// japan has no summer time.
func japan() *time.Location { return time.FixedZone("JST", 9*60*60) }

// DeskFrom gives the desk's hours that are open when a call begins, or else the next ones within a week. A call that outlasts them finds it
// closed. On a closed day there are none.
func (r Rules) DeskFrom(began time.Time) Window {
	if len(r.Desk) == 0 {
		return r.wholeDays(began)
	}
	for _, at := range days(began) {
		if r.closedOn(at) {
			continue
		}
		for _, h := range r.Desk {
			from, err := minutes(h.From)
			until, err2 := minutes(h.Until)
			if err != nil || err2 != nil || h.Day != at.Weekday() {
				continue
			}
			w := Window{Bounded: true, FromMS: call.At(at.Add(time.Duration(from) * time.Minute).Sub(began)),
				UntilMS: call.At(at.Add(time.Duration(until) * time.Minute).Sub(began))}
			if w.UntilMS > 0 {
				w.FromMS = max(0, w.FromMS)
				return w
			}
		}
	}
	return Window{Bounded: true}
}
