package web

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"commusafe/internal/judge"
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
	if status, raw := sv.raw("GET", "/types/export", nil); status != 200 || string(raw) != "\ufefftype,categories\n暴言にあたるもの,ABUSE、INSULT\nその他,\n" {
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
