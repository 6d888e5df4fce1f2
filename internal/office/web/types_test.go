package web

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/staff"
)

// Every category has its official types, and every type has a text in both languages.
func TestOfficialTypes(t *testing.T) {
	k := newKit(t)
	status, raw := k.as(staff.Supervisor).raw("GET", "/types", nil)
	var v TypesView
	if err := json.Unmarshal(raw, &v); status != 200 || err != nil || len(v.Categories) != 18 {
		t.Fatalf("%d %v %s", status, err, raw)
	}
	for _, c := range v.Categories {
		if c.Category == judge.Sexual && (len(c.MHLW9) != 1 || c.MHLW9[0] != "mhlw9.sexual" || c.Tokyo[0] != "tokyo.sexual") {
			t.Errorf("%+v", c)
		}
	}
	for _, lang := range []string{"ja", "en"} {
		status, raw := k.nobody().raw("GET", "/texts/"+lang, nil)
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); status != 200 || err != nil {
			t.Fatal(status, err)
		}
		all := judge.Schemes()
		for _, scheme := range [][]judge.Type{all.MHLW9, all.MHLW2026, all.Tokyo} {
			for _, x := range scheme {
				if texts["type."+string(x)] == "" {
					t.Errorf("%s has no text for type.%s", lang, x)
				}
			}
		}
	}
}

// An administrator enters the types of the CCAJ guideline. They stand beside the others for all who see those, can be saved
// as a file, are in the trail, and outlast a change of the rules.
func TestTypesOfTheCentre(t *testing.T) {
	k := newKit(t)
	admin, sv := k.as(staff.Administrator), k.as(staff.Supervisor)
	if v := answer[TypesView](t, sv, "GET", "/types", nil); len(v.CCAJ) != 0 || len(v.Categories[0].CCAJ) != 0 {
		t.Errorf("before anybody has entered one: %+v", v)
	}
	in := CCAJChange{Types: []CCAJType{{Name: " 暴言にあたるもの ", Categories: []judge.Category{judge.Insult, judge.Abuse, judge.Abuse}}, {Name: "その他", Categories: []judge.Category{}}}}
	if status, p := sv.do("PUT", "/types", in); status != 403 {
		t.Errorf("a supervisor: %d %s", status, p.Title)
	}
	s := answer[SettingsView](t, admin, "PUT", "/types", in)
	if s.Version != 1 || len(s.CCAJ) != 2 || s.CCAJ[0].Name != "暴言にあたるもの" || !slices.Equal(s.CCAJ[0].Categories, []judge.Category{judge.Abuse, judge.Insult}) {
		t.Errorf("%+v", s)
	}
	if status, p := admin.do("PUT", "/types", in); status != 409 || p.Title != "error.version" {
		t.Errorf("an old version: %d %s", status, p.Title)
	}
	if s = answer[SettingsView](t, admin, "PUT", "/settings", SettingsChange{Version: 1, Rules: s.Rules, Reason: "r"}); s.Version != 2 || len(s.CCAJ) != 2 {
		t.Errorf("after a change of the rules: %+v", s.CCAJ)
	}
	v := answer[TypesView](t, sv, "GET", "/types", nil)
	for _, c := range v.Categories {
		if has := len(c.CCAJ) == 1 && c.CCAJ[0] == "暴言にあたるもの"; has != (c.Category == judge.Abuse || c.Category == judge.Insult) {
			t.Errorf("%+v", c)
		}
	}
	status, raw := sv.raw("GET", "/types/export", nil)
	if lines := strings.Split(string(raw), "\n"); status != 200 || len(lines) != 1+9+9+15+2+1 || lines[0] != "\ufefflist,type,categories,proposed,stated,both" ||
		!slices.Contains(lines, "ccaj,暴言にあたるもの,ABUSE、INSULT,0,0,0") || !slices.Contains(lines, "ccaj,その他,,0,0,0") || !slices.Contains(lines, "mhlw9,リピート型,REPEAT、SILENT,0,0,0") {
		t.Errorf("%d %q", status, raw)
	}
	entries, err := k.server.Store.TrailOf(t.Context(), "1", "trail.types")
	if err != nil || len(entries) != 1 || !strings.Contains(entries[0].Detail, "暴言にあたるもの [ABUSE INSULT]") {
		t.Errorf("%+v %v", entries, err)
	}
	long, many := strings.Repeat("長", 81), make([]CCAJType, 21)
	for i := range many {
		many[i].Name = strings.Repeat("あ", i+1)
	}
	for name, types := range map[string][]CCAJType{"no name": {{Name: " "}}, "twice": {{Name: "あ"}, {Name: "あ "}}, "too long": {{Name: long}}, "too many": many,
		"a formula": {{Name: "=1+1"}}, "a guard": {{Name: "あ", Categories: []judge.Category{judge.GDis}}}} {
		for i := range types {
			types[i].Categories = filled(types[i].Categories)
		}
		if status, p := admin.do("PUT", "/types", CCAJChange{Version: 2, Types: types}); status != 422 || p.Title != "error.types" {
			t.Errorf("%s: %d %s", name, status, p.Title)
		}
	}
}

// A case's official types are proposed by the product and decided on by whoever may handle cases; they stand on the case with who and when,
// in the trail, and beside the proposals in the table. A type that has left the list stays in the case that has it.
func TestOfficialTypesOfACase(t *testing.T) {
	k := newKit(t)
	id := string(takenIn(t, k).Call.Incoming.ID)
	admin, sv, manager, auditor := k.as(staff.Administrator), k.as(staff.Supervisor), k.as(staff.Manager), k.as(staff.Auditor)
	put := func(version int64, types ...CCAJType) {
		t.Helper()
		answer[SettingsView](t, admin, "PUT", "/types", CCAJChange{Version: version, Types: types})
	}
	put(0, CCAJType{Name: "暴言", Categories: []judge.Category{judge.Abuse}}, CCAJType{Name: "前の名前", Categories: []judge.Category{}})
	i := answer[IncidentView](t, sv, "POST", "/calls/"+id+"/incident", NewIncident{Category: judge.Abuse})
	if i.Types != nil || i.Proposed == nil || !slices.Contains(i.Proposed.MHLW9, "mhlw9.abuse") || !slices.Equal(i.Proposed.CCAJ, []string{"暴言"}) {
		t.Fatalf("%+v", i)
	}
	yes := &ReviewView{Conduct: "yes", Beyond: "yes", Harmed: "yes"}
	stated := incident.Types{MHLW2026: []string{"mhlw2026.mental"}, MHLW9: []string{}, Tokyo: []string{}, CCAJ: []string{"前の名前"}}
	status := func(b *browser, path string, in any, want int, key string) {
		t.Helper()
		if got, p := b.do("POST", "/incidents/"+i.ID+path, in); got != want || p.Title != key {
			t.Errorf("%s: %d %s, want %d %s", path, got, p.Title, want, key)
		}
	}
	unknown := stated
	unknown.Tokyo = []string{"mhlw9.abuse"}
	status(auditor, "/types", TypesStatement{Types: stated}, 403, "error.forbidden")
	status(sv, "/types", TypesStatement{Types: stated}, 409, "error.incident_state")
	status(sv, "/status", IncidentStatus{Status: "closed", Outcome: "harassment", Review: yes, Types: &unknown}, 422, "error.incident_type")
	status(sv, "/status", IncidentStatus{Status: "closed", Outcome: "complaint", Review: &ReviewView{Conduct: "yes", Beyond: "no", Harmed: "no"}, Types: &stated}, 422, "error.incident_no_types")
	count := func(list incident.List, name string) incident.TallyRow {
		t.Helper()
		for _, r := range answer[TypesView](t, admin, "GET", "/types", nil).Counts.Rows {
			if r.List == list && r.Type == name {
				return r
			}
		}
		return incident.TallyRow{}
	}
	if i = answer[IncidentView](t, sv, "POST", "/incidents/"+i.ID+"/status", IncidentStatus{Status: "closed", Outcome: "harassment", Review: yes}); i.Types != nil {
		t.Errorf("stated by itself: %+v", i.Types)
	}
	if r := count(incident.MHLW9, "mhlw9.abuse"); r.Proposed != 1 || r.Stated != 0 {
		t.Errorf("%+v", r)
	}
	i = answer[IncidentView](t, sv, "POST", "/incidents/"+i.ID+"/types", TypesStatement{Types: stated})
	if i.Types == nil || i.Types.Version != 1 || i.Types.By != "supervisor" || i.Types.At.IsZero() {
		t.Fatalf("%+v", i.Types)
	}

	put(1, CCAJType{Name: "暴言", Categories: []judge.Category{judge.Abuse}})
	d := answer[CallDetail](t, auditor, "GET", "/calls/"+id, nil)
	if d.Case == nil || d.Case.Types == nil || !slices.Equal(d.Case.Types.Types.CCAJ, []string{"前の名前"}) {
		t.Errorf("%+v", d.Case)
	}
	status(manager, "/types", TypesStatement{Types: stated}, 409, "error.incident_types_version")
	again := stated
	again.MHLW9 = []string{"mhlw9.abuse"}
	if i = answer[IncidentView](t, manager, "POST", "/incidents/"+i.ID+"/types", TypesStatement{Version: 1, Types: again}); i.Types.Version != 2 || i.Types.By != "manager" {
		t.Errorf("%+v", i.Types)
	}
	if r := count(incident.MHLW9, "mhlw9.abuse"); r.Proposed != 1 || r.Stated != 1 || r.Both != 1 || r.Gone {
		t.Errorf("%+v", r)
	}
	if r := count(incident.CCAJ, "前の名前"); r.Stated != 1 || !r.Gone {
		t.Errorf("%+v", r)
	}
	if _, raw := auditor.raw("GET", "/types/export", nil); !strings.Contains(string(raw), "\nccaj,前の名前,,0,1,0\n") || !strings.Contains(string(raw), "\nmhlw9,暴言型,") {
		t.Errorf("%s", raw)
	}
	if v := answer[TypesView](t, sv, "GET", "/types?from=2999-01-01T00:00:00Z", nil); v.Counts.Closed != 0 || len(v.Counts.Rows) != 9+9+15+1 {
		t.Errorf("%+v", v.Counts)
	}
	entries, err := k.server.Store.TrailOf(t.Context(), i.ID, "trail.incident_types")
	if err != nil || len(entries) != 2 || !strings.Contains(entries[0].Detail+entries[1].Detail, "version 1: mhlw2026 [mhlw2026.mental]; mhlw9 []; tokyo []; ccaj [前の名前]") {
		t.Errorf("%+v %v", entries, err)
	}
}
