package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
)

func (b *browser) get(t *testing.T, method, path string, in, out any) int {
	t.Helper()
	status, raw := b.raw(method, path, in)
	if status == 200 {
		if err := json.Unmarshal(raw, out); err != nil {
			t.Fatalf("%s: %v: %s", path, err, raw)
		}
	}
	return status
}

// A supervisor looks at what would come of a word, enters it, and it is in the snapshot that edges and listeners get.
func TestAWordIsEnteredAndInForce(t *testing.T) {
	k := newKit(t)
	sv := k.as(staff.Supervisor)
	var v LexiconView
	if status := sv.get(t, "GET", "/lexicon", nil, &v); status != 200 || v.Version != 0 || len(v.Own) != 0 || len(v.Shipped) < 400 || v.InForce != "shipped/16" {
		t.Fatalf("%d: version %d, %d own, %d shipped, %s", status, v.Version, len(v.Own), len(v.Shipped), v.InForce)
	}
	for _, w := range v.Shipped {
		if w.Surface == "" && w.Reading == "" {
			t.Errorf("%s: nothing of it can be shown", w.ID)
		}
	}
	w := LexiconWord{Category: judge.Threat, Surface: "看板に味噌を塗ってやる", Reading: "かんばんにみそをぬってやる", Level: judge.Warning}
	change := LexiconChange{Put: []LexiconWord{w}}
	var p LexiconPreview
	if status := sv.get(t, "POST", "/lexicon/check", change, &p); status != 200 || p.Wrong || len(p.Issues) != 0 || len(p.Added) != 1 || p.Added[0].Phonemes < 15 {
		t.Errorf("preview: %d %+v", status, p)
	}
	if s := k.server.Settings.Snapshot(); s.Lexicon.Own.Version != 0 {
		t.Error("a look put it in force")
	}
	before := k.server.Settings.Snapshot().Version
	if status := sv.get(t, "PUT", "/lexicon", change, &v); status != 200 || v.Version != 1 || v.Author != "supervisor" || len(v.Own) != 1 || v.InForce != "shipped/16 own/1" {
		t.Errorf("put: %d %+v", status, v.Own)
	}
	s := k.server.Settings.Snapshot()
	if s.Version <= before || len(s.Lexicon.Own.Sheets) != 1 || s.Lexicon.Own.Sheets[0].Entries[0].Reading != w.Reading {
		t.Errorf("snapshot %d (before %d): %+v", s.Version, before, s.Lexicon.Own)
	}
	if status, p := sv.do("PUT", "/lexicon", change); status != 409 || p.Title != "error.lexicon_version" {
		t.Errorf("an old version: %d %s", status, p.Title)
	}
	var trail TrailPage
	if status := k.as(staff.Auditor).get(t, "GET", "/trail", nil, &trail); status != 200 || !slices.ContainsFunc(trail.Entries, func(e TrailEntry) bool {
		return e.What == "trail.lexicon" && e.By == "supervisor" && strings.Contains(e.Detail, w.Surface)
	}) {
		t.Errorf("the trail does not say who entered what: %+v", trail.Entries)
	}
	off := v.Own[0]
	off.Off = true
	if status := k.as(staff.Manager).get(t, "PUT", "/lexicon", LexiconChange{Version: 1, Put: []LexiconWord{off}}, &v); status != 200 || v.InForce != "shipped/16" || !v.Own[0].Off {
		t.Errorf("switched off: %d %s", status, v.InForce)
	}
}

// A mistake is refused with its place, and what was in force stays.
func TestAWrongWordIsRefused(t *testing.T) {
	k := newKit(t)
	sv := k.as(staff.Supervisor)
	bad := LexiconChange{Put: []LexiconWord{{ID: "X", Category: judge.Threat, Surface: "もしもし", Reading: "漢字", Level: judge.None}}}
	status, p := sv.do("PUT", "/lexicon", bad)
	want := []ProblemField{{Path: "X.level", MessageKey: "lexicon.issue.level"}, {Path: "X.reading", MessageKey: "lexicon.issue.kana"}, {Path: "X.surface", MessageKey: "lexicon.issue.innocent"}}
	if status != 422 || p.Title != "error.lexicon" || !reflect.DeepEqual(p.Fields, want) {
		t.Errorf("%d %+v", status, p)
	}
	if k.server.Settings.Snapshot().Lexicon.Own.Version != 0 {
		t.Error("it is in force all the same")
	}
	if status, _ := sv.do("PUT", "/lexicon", map[string]any{"version": 0, "put": []any{map[string]any{"category": "RUDE", "surface": "x", "level": "S1"}}}); status != 422 {
		t.Errorf("a category that isn't there: %d", status)
	}
}

// A table is looked at, put, and comes out again as it went in.
func TestATableGoesInAndOut(t *testing.T) {
	k := newKit(t)
	sv := k.as(staff.Supervisor)
	table := []byte("\xef\xbb\xbfcategory，id，surface，reading，level\r\nTHREAT，W-1，看板に味噌を塗ってやる，かんばんにみそをぬってやる，S2\r\n")
	var in LexiconImport
	if status := sv.get(t, "POST", "/lexicon/import", LexiconTable{Table: table}, &in); status != 200 || in.Preview.Wrong || len(in.Preview.Added) != 1 {
		t.Fatalf("%d %+v", status, in)
	}
	var v LexiconView
	if status := sv.get(t, "PUT", "/lexicon", in.Change, &v); status != 200 || len(v.Own) != 1 {
		t.Fatalf("%d %+v", status, v.Own)
	}
	resp, err := sv.http.Get(k.http.URL + prefix + "/lexicon/export")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(got, "text/csv") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	_, out := sv.raw("GET", "/lexicon/export", nil)
	if status := sv.get(t, "POST", "/lexicon/import", LexiconTable{Table: out, Replace: true}, &in); status != 200 || len(in.Preview.Added)+len(in.Preview.Changed)+len(in.Preview.Removed)+len(in.Preview.Issues) != 0 {
		t.Errorf("%d %+v", status, in.Preview)
	}
	if status := sv.get(t, "POST", "/lexicon/import", LexiconTable{Table: []byte("category,id,level\nABUSE,A,S9\nABUSE,,S1\n")}, &in); status != 200 || !in.Preview.Wrong ||
		in.Preview.Issues[0].Line != 2 || in.Preview.Issues[1].Line != 3 {
		t.Errorf("%d %+v", status, in.Preview)
	}
}
