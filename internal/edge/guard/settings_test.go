package guard

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/folder"
	"commusafe/internal/policy"
)

// A page keeps the data of what is written into a journal.
type page struct {
	Journal
	lines []string
}

func (p *page) Append(_ call.Millis, _ time.Time, _ folder.Kind, data any) ([]byte, error) {
	b, err := json.Marshal(data)
	p.lines = append(p.lines, string(b))
	return b, err
}

// A settings line has the closed days that its call can reach and the window that came of them; days far ahead leave it byte for byte as it is without any.
func TestTheSettingsLineHasTheDaysAround(t *testing.T) {
	rules, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	line := func(closed ...string) string {
		t.Helper()
		p := policy.ShippedRules(policy.PresetAuto)
		p.Desk = []policy.Hours{{Day: time.Friday, From: "09:00", Until: "18:00"}}
		for _, d := range closed {
			p.Closed = append(p.Closed, policy.ClosedDay{Date: d})
		}
		at := &page{}
		g := &Guard{Judge: rules, Policy: p, Began: time.Date(2027, 1, 1, 1, 0, 0, 0, time.UTC), Line: &fakeLine{}, Journal: at} // Friday, 10:00 in Japan
		if err := g.WriteSettings("test"); err != nil || len(at.lines) != 1 {
			t.Fatal(err, len(at.lines))
		}
		return at.lines[0]
	}
	without := line()
	if strings.Contains(without, "closed") || !strings.Contains(without, `"desk":{"bounded":true,"until_ms":28800000}`) {
		t.Errorf("%s", without)
	}
	if far := line("2027-02-11", "2026-12-31"); far != without {
		t.Errorf("%s, want %s", far, without)
	}
	if near := line("2027-02-11", "2027-01-01"); !strings.Contains(near, `"closed":[{"date":"2027-01-01"}]`) || !strings.Contains(near, `"desk":{"bounded":true,"from_ms":601200000,"until_ms":633600000}`) {
		t.Errorf("%s", near)
	}
}
