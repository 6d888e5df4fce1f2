package web

import (
	"slices"
	"strings"
	"testing"

	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
)

// Every pack has its name in both languages.
func TestEveryPackHasAName(t *testing.T) {
	l, err := judge.ShippedLexicon()
	if err != nil || len(l.Packs) < 11 {
		t.Fatalf("%d packs, %v", len(l.Packs), err)
	}
	for _, lang := range Languages() {
		texts, err := Texts(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range l.Packs {
			if texts["trade."+p.Name] == "" {
				t.Errorf("trade.%s has no text in %s", p.Name, lang)
			}
		}
	}
}

// A supervisor chooses packs: they are in the snapshot with their words, in the trail, and can be left out again. Nobody
// who may not change words can.
func TestPacksAreChosen(t *testing.T) {
	k := newKit(t)
	sv := k.as(staff.Supervisor)
	v := answer[LexiconView](t, sv, "GET", "/lexicon", nil)
	if len(v.Trade) < 11 || slices.ContainsFunc(v.Trade, func(p TradePack) bool { return p.Chosen || len(p.Words) == 0 }) || v.InForce != "shipped/16" {
		t.Errorf("%+v", v.Trade)
	}
	trade := []string{"medical", "finance"}
	if p := answer[LexiconPreview](t, sv, "POST", "/lexicon/check", LexiconChange{Trade: &trade}); p.Wrong || !slices.Equal(p.Trade, []string{"finance", "medical"}) {
		t.Errorf("%+v", p)
	}
	if v = answer[LexiconView](t, sv, "PUT", "/lexicon", LexiconChange{Trade: &trade}); v.InForce != "shipped/16 trade/finance+medical" || v.Version != 1 {
		t.Errorf("%s, version %d", v.InForce, v.Version)
	}
	in := k.server.Settings.Snapshot().Lexicon
	if p, ok := in.Pack("finance"); !ok || len(p.Entries) == 0 || !slices.Equal(in.Trade, []string{"finance", "medical"}) {
		t.Errorf("snapshot: %v", in.Trade)
	}
	if status, p := k.as(staff.Auditor).do("PUT", "/lexicon", LexiconChange{Version: 1, Trade: &trade}); status != 403 {
		t.Errorf("an auditor: %d %s", status, p.Title)
	}
	unknown := []string{"none"}
	if status, p := sv.do("PUT", "/lexicon", LexiconChange{Version: 1, Trade: &unknown}); status != 422 || len(p.Fields) != 1 || p.Fields[0].MessageKey != "lexicon.issue.trade" {
		t.Errorf("%d %+v", status, p)
	}
	if v = answer[LexiconView](t, sv, "PUT", "/lexicon", LexiconChange{Version: 1, Put: []LexiconWord{{Category: judge.Threat, Surface: "看板に味噌を塗ってやる", Level: judge.Warning}}}); v.InForce != "shipped/16 own/2 trade/finance+medical" {
		t.Errorf("a word took the packs away: %s", v.InForce)
	}
	none := []string{}
	if v = answer[LexiconView](t, sv, "PUT", "/lexicon", LexiconChange{Version: 2, Trade: &none}); v.InForce != "shipped/16 own/3" {
		t.Errorf("left out: %s", v.InForce)
	}
	entries, err := k.server.Store.TrailOf(t.Context(), "1", "trail.lexicon")
	if err != nil || len(entries) != 1 || entries[0].Detail != "+trade finance; +trade medical" {
		t.Errorf("%+v %v", entries, err)
	}
	entries, err = k.server.Store.TrailOf(t.Context(), "3", "trail.lexicon")
	if err != nil || len(entries) != 1 || !strings.Contains(entries[0].Detail, "-trade medical") {
		t.Errorf("%+v %v", entries, err)
	}
}
