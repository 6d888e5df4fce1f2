package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
)

// An administrator reads a table of holidays, looks at what came of it, and saves it with the rules; reading saves nothing.
func TestClosedDaysAreReadAndSaved(t *testing.T) {
	k := newKit(t)
	admin := k.as(staff.Administrator)
	next := time.Now().Year() + 1
	table := fmt.Sprintf("国民の祝日・休日月日,国民の祝日・休日名称\n1955/1/1,元日\n%d/1/1,元日\n", next)
	mine := policy.ClosedDay{Date: fmt.Sprintf("%d-08-13", next), Note: "夏休み"}
	read := answer[ClosedRead](t, admin, "POST", "/settings/closed-days", ClosedTable{Table: []byte(table), Days: []policy.ClosedDay{mine}})
	want := []policy.ClosedDay{{Date: fmt.Sprintf("%d-01-01", next), Note: "元日"}, mine}
	if !slices.Equal(read.Days, want) || read.Added != 1 || read.Past != 1 || len(read.Issues) != 0 {
		t.Fatalf("%+v", read)
	}
	s := answer[SettingsView](t, admin, "GET", "/settings", nil)
	if s.Version != 0 || len(s.Rules.Closed) != 0 {
		t.Errorf("reading has saved something: %+v", s.Rules.Closed)
	}
	s.Rules.Closed = read.Days
	if s = answer[SettingsView](t, admin, "PUT", "/settings", SettingsChange{Version: s.Version, Rules: s.Rules}); !slices.Equal(s.Rules.Closed, want) {
		t.Errorf("%+v", s.Rules.Closed)
	}
	if err := k.server.Settings.Renew(t.Context()); err != nil || !slices.Equal(k.server.Settings.Snapshot().Rules.Closed, want) {
		t.Errorf("the edges get %+v (%v)", k.server.Settings.Snapshot().Rules.Closed, err)
	}
	s.Rules.Closed = []policy.ClosedDay{{Date: "2027/1/1"}}
	if status, p := admin.do("PUT", "/settings", SettingsChange{Version: s.Version, Rules: s.Rules}); status != 422 || p.Title != "error.rules" {
		t.Errorf("%d %s", status, p.Title)
	}

	wrong := answer[ClosedRead](t, admin, "POST", "/settings/closed-days", ClosedTable{Table: []byte(table + "2027/2/30,無い日\n"), Days: []policy.ClosedDay{mine}})
	if !slices.Equal(wrong.Days, []policy.ClosedDay{mine}) || len(wrong.Issues) != 1 || wrong.Issues[0].Line != 4 || wrong.Issues[0].Args["cell"] != "2027/2/30" {
		t.Errorf("%+v", wrong)
	}
}

// Everything that can be wrong with a table has its sentence, with the cell where there is one.
func TestIssuesOfClosedDaysHaveTexts(t *testing.T) {
	for _, lang := range Languages() {
		texts, err := Texts(lang)
		if err != nil {
			t.Fatal(err)
		}
		for key, cell := range map[string]bool{settings.ClosedEncoding: false, settings.ClosedEmpty: false, settings.ClosedMany: true, settings.ClosedQuotes: false,
			settings.ClosedCells: true, settings.ClosedDate: true, settings.ClosedNote: true} {
			if texts[key] == "" || strings.Contains(texts[key], "{cell}") != cell {
				t.Errorf("%s: %s is %q", lang, key, texts[key])
			}
		}
	}
}
