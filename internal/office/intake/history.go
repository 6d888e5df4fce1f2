package intake

import (
	"context"
	"slices"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/policy"
)

// An Earlier is an earlier call of a number, with the case that it belongs to, if it does.
type Earlier struct {
	Call       call.ID
	Began      time.Time
	Categories []judge.Category
	Marks      []string
	Incident   incident.ID
	Status     incident.Status
	Outcome    incident.Outcome
}

// A Memory knows the earlier calls of a number and the limits in force.
type Memory struct {
	Calls  func(ctx context.Context, number string, since time.Time) ([]Earlier, error) // inbound, oldest first
	Limits func() []policy.Limit
	Now    func() time.Time
}

// How far back earlier calls count.
const (
	matterDays = 90
	silentDays = 7
)

// Of gives what is known of the caller of a number as his next call begins. A number is no person: a call counts as one
// on a matter only while people have a case of that number in hand, from that case's call on, and not when they have found
// it a legitimate complaint or a wrong flag (E-10).
func (m Memory) Of(ctx context.Context, number string) (evidence.History, error) {
	now := m.Now()
	all, err := m.Calls(ctx, number, now.AddDate(0, 0, -matterDays))
	if err != nil {
		return evidence.History{}, err
	}
	h := evidence.History{Head: evidence.Head{Source: "office"}, CallsToday: 1}
	for _, e := range all {
		today := day(e.Began) == day(now)
		if today {
			h.CallsToday++
		}
		if e.Status == incident.Open {
			h.Incidents = append(h.Incidents, string(e.Incident))
		}
		if cleared := e.Outcome == incident.Complaint || e.Outcome == incident.WrongFlag; len(h.Incidents) > 0 && !cleared {
			h.OnMatter++
			if today {
				h.MatterToday++
			}
		}
		if slices.Contains(e.Categories, judge.Silent) && now.Sub(e.Began) < silentDays*24*time.Hour {
			h.Silent++
		}
		h.Accommodation = h.Accommodation || slices.Contains(e.Marks, evidence.MarkAccommodationKept)
	}
	if h.OnMatter > 0 {
		h.OnMatter, h.MatterToday = h.OnMatter+1, h.MatterToday+1
	}
	for _, l := range m.Limits() {
		if l.Number == number && l.InForce(now) {
			h.Limits = append(h.Limits, l.ID)
		}
	}
	return h, nil
}

// Accommodated tells whether an accommodation was ever asked for in a call of a number.
func (m Memory) Accommodated(ctx context.Context, number string) (bool, error) {
	all, err := m.Calls(ctx, number, time.Time{})
	return slices.ContainsFunc(all, func(e Earlier) bool {
		return slices.Contains(e.Marks, evidence.MarkAccommodation) || slices.Contains(e.Marks, evidence.MarkAccommodationKept)
	}), err
}

// Answer answers an edge. It knows nothing when the store does not answer.
func (m Memory) Answer(ctx context.Context, r bus.HistoryRequest) (bus.HistoryReply, error) {
	h, err := m.Of(ctx, r.Number)
	return bus.HistoryReply{V: bus.Version, Known: err == nil, History: bus.Item{Item: h}}, err
}

// day is the day in Japan.
func day(t time.Time) string { return t.UTC().Add(9 * time.Hour).Format(time.DateOnly) }
