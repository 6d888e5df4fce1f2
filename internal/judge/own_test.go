package judge

import (
	"encoding/json"
	"strings"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// What a centre has added counts like what is shipped, is named, and what is switched off does not count.
func TestTheCentresOwnEntries(t *testing.T) {
	shipped, err := ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	own := Own{Version: 7, Sheets: []Sheet{{Category: Threat, Entries: []Entry{
		{ID: "OWN-1", Surface: "看板に味噌を塗る", Reading: "かんばんにみそをぬる", Level: Warning, Note: "社内"},
		{ID: "OWN-2", Surface: "門に砂糖をまく", Reading: "もんにさとうをまく", Level: Warning, Off: true}}}}}
	l := shipped.With(own)
	if l.Name() != "shipped/16 own/7" || len(l.Own.Sheets[0].Entries) != 1 || l.Own.Sheets[0].Entries[0].Note != "" {
		t.Errorf("%s %+v", l.Name(), l.Own)
	}
	r, err := NewRules(l, ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	spotted := func(r *Rules, id string) Judgement {
		var tl evidence.Timeline
		tl.Add(evidence.Phrase{Head: evidence.Head{Party: call.Caller, FromMS: 1000, ToMS: 2000, Source: "builtin/1"}, ID: id, Confidence: 0.9})
		return r.Consider(&tl, 3000)
	}
	if j := spotted(r, "OWN-1"); j.Level != Warning || j.Findings[0].Category != Threat || j.Findings[0].Words != "看板に味噌を塗る" || !strings.HasPrefix(j.Versions, "shipped/16 own/7 ") {
		t.Errorf("%+v", j)
	}
	if j := spotted(r, "OWN-2"); j.Level != None {
		t.Errorf("what is switched off counts: %+v", j)
	}
	without, err := r.With(Own{}, nil)
	if err != nil || spotted(without, "OWN-1").Level != None || !strings.HasPrefix(without.Version(), "shipped/16 text/") {
		t.Errorf("without own entries: %s (%v)", without.Version(), err)
	}
	again, err := without.With(r.Own(), nil)
	if err != nil || again.Version() != r.Version() || spotted(again, "OWN-1").Level != Warning {
		t.Errorf("with them again: %v", err)
	}
	if b, err := json.Marshal(shipped); err != nil || strings.Contains(string(b), `"own"`) {
		t.Error("a lexicon without own entries is written in another form")
	}
	if _, err := NewRules(shipped.With(Own{Version: 1, Sheets: []Sheet{{Category: Abuse, Entries: []Entry{{ID: "ABUSE-01", Surface: "あれこれ", Level: Caution}}}}}), ShippedThresholds()); err == nil {
		t.Error("an ID of a shipped entry was taken again")
	}
}
