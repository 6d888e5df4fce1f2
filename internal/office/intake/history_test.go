package intake_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/intake"
	"commusafe/internal/policy"
)

// Calls count as calls on a matter only while people have a case of the number in hand; what they found a complaint never
// does (E-10).
func TestE10ComplaintsAreNotCounted(t *testing.T) {
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC) // noon in Japan
	ago := func(d time.Duration, e intake.Earlier) intake.Earlier { e.Began = now.Add(-d); return e }
	const dayLong = 24 * time.Hour
	open := intake.Earlier{Incident: "i", Status: incident.Open}
	for name, c := range map[string]struct {
		calls []intake.Earlier
		want  evidence.History
	}{
		"a stranger":               {nil, evidence.History{CallsToday: 1}},
		"many calls, no matter":    {[]intake.Earlier{ago(3*time.Hour, intake.Earlier{}), ago(2*time.Hour, intake.Earlier{}), ago(time.Hour, intake.Earlier{})}, evidence.History{CallsToday: 4}},
		"a draft nobody looked at": {[]intake.Earlier{ago(time.Hour, intake.Earlier{Incident: "i", Status: incident.New}), ago(time.Minute, intake.Earlier{})}, evidence.History{CallsToday: 3}},
		"a case in hand": {[]intake.Earlier{ago(3*dayLong, intake.Earlier{}), ago(2*dayLong, open), ago(dayLong, intake.Earlier{}), ago(time.Hour, intake.Earlier{})},
			evidence.History{OnMatter: 4, CallsToday: 2, MatterToday: 2, Incidents: []string{"i"}}},
		"a call that was a complaint": {[]intake.Earlier{ago(2*dayLong, open), ago(time.Hour, intake.Earlier{Incident: "j", Status: incident.Closed, Outcome: incident.Complaint}),
			ago(time.Minute, intake.Earlier{Incident: "k", Status: incident.Closed, Outcome: incident.WrongFlag})}, evidence.History{OnMatter: 2, CallsToday: 3, MatterToday: 1, Incidents: []string{"i"}}},
		"a case that is closed":  {[]intake.Earlier{ago(dayLong, intake.Earlier{Incident: "i", Status: incident.Closed, Outcome: incident.Harassment}), ago(time.Hour, intake.Earlier{})}, evidence.History{CallsToday: 2}},
		"silent calls":           {[]intake.Earlier{ago(8*dayLong, intake.Earlier{Categories: []judge.Category{judge.Silent}}), ago(dayLong, intake.Earlier{Categories: []judge.Category{judge.Silent}})}, evidence.History{CallsToday: 1, Silent: 1}},
		"an accommodation, kept": {[]intake.Earlier{ago(dayLong, intake.Earlier{Marks: []string{evidence.MarkAccommodation, evidence.MarkAccommodationKept}})}, evidence.History{CallsToday: 1, Accommodation: true}},
		"one without consent":    {[]intake.Earlier{ago(dayLong, intake.Earlier{Marks: []string{evidence.MarkAccommodation}})}, evidence.History{CallsToday: 1}},
	} {
		m := intake.Memory{Now: func() time.Time { return now }, Calls: func(context.Context, string, time.Time) ([]intake.Earlier, error) { return c.calls, nil },
			Limits: func() []policy.Limit { return []policy.Limit{{ID: "other", Number: "+81"}} }}
		c.want.Source = "office"
		if got, err := m.Of(t.Context(), "+81312345678"); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, c.want)
		}
	}
	away := intake.Memory{Now: time.Now, Calls: func(context.Context, string, time.Time) ([]intake.Earlier, error) { return nil, errors.New("away") }}
	if r, err := away.Answer(t.Context(), bus.HistoryRequest{Number: "+81"}); err == nil || r.Known {
		t.Errorf("a store that is away knows something: %+v", r)
	}
}
