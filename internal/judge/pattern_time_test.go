package judge

import (
	"strings"
	"testing"
	"time"
)

// A form of many parts is looked for in a time that grows with the text and the form, not with every combination of places: this one took
// eleven times as long with each part more, and the guard of the call heard nothing meanwhile.
func TestAFormOfManyPartsIsLookedForOnce(t *testing.T) {
	l, err := ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	const parts = 8
	e := Entry{ID: "OWN-1", Surface: "味噌の話", Level: Caution, Forms: []string{strings.Repeat("みそ……", parts) + "かべ"}}
	if err := l.FormChecker().Check(e); err != nil {
		t.Fatal(err)
	}
	r, err := NewRules(l.With(Own{Version: 1, Sheets: []Sheet{{Category: Threat, Entries: []Entry{e}}}}), ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for words, want := range map[string]Level{"かべ" + strings.Repeat("みそ", 300): None, strings.Repeat("みそ", 300) + "かべ": Caution} {
		if j := r.Consider(timeline(said(20000, words)), 20000); j.Level != want {
			t.Errorf("%.12s…: %s, want %s", words, j.Level, want)
		}
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}
