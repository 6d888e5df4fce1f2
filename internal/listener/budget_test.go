package listener

import (
	"testing"

	"commusafe/internal/judge"
)

// The measured budget is that of the engines in use: slower ones give fewer calls.
func TestBudgetIsMeasured(t *testing.T) {
	if raced {
		t.Skip("the race detector makes the net fifty times slower")
	}
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	h, _, err := NewHearing("", lexicon)
	if err != nil {
		t.Fatal(err)
	}
	all, err := h.Measure()
	if err != nil {
		t.Fatal(err)
	}
	if all.Calls < 1 || all.ACall <= 0 || all.CallsACore < 1 || all.Engines != "builtin/1 builtin-activity/1 builtin-anger/1" {
		t.Errorf("%+v", all)
	}
	none, err := (&Hearing{words: &fakeSpotter{}, activity: h.activity}).Measure()
	if err != nil || none.CallsACore <= all.CallsACore {
		t.Errorf("without words and anger %+v, with %+v (%v)", none, all, err)
	}
}
