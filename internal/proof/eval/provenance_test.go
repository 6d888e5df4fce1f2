package eval

import (
	"path/filepath"
	"testing"

	"commusafe/internal/judge"
)

// The cheapest dishonest way to good figures in folds is to copy a line into the rules and not to name it. What is
// copied is left out all the same; what others say too stays.
func TestACopiedLineIsLeftOut(t *testing.T) {
	l := judge.Lexicon{Sheets: []judge.Sheet{{Category: judge.Abuse, Entries: []judge.Entry{
		{ID: "copied", Forms: []string{"このとんちんかんめ"}},
		{ID: "among", Forms: []string{"<相手>…(ばか|このとんちんかんめ)", "(このとんちんかんめ)です"}},
		{ID: "named", Forms: []string{"ばか"}, From: []string{"held"}},
		{ID: "common", Forms: []string{"おねがいします"}},
	}}}}
	held := []Line{{ID: "held", Text: "このとんちんかんめ、おねがいします"}}
	got := unseen(l, held, []Line{{ID: "other", Text: "おねがいします"}}, nil).Sheets[0].Entries
	if len(got) != 2 || got[0].ID != "among" || len(got[0].Forms) != 1 || got[0].Forms[0] != "<相手>…(ばか)" || got[1].ID != "common" {
		t.Errorf("%+v", got)
	}
}

// A line of the test is not found by the reading that was made of it.
func TestAReadingOfALineIsLeftOut(t *testing.T) {
	l, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := judge.NewRules(l, judge.ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	held := []Line{{ID: "held", Text: "親の顔が見てみたいわ"}}
	sounds := sounding(rules, held)
	if !sounds["INSULT-03"] {
		t.Fatalf("%v", sounds)
	}
	without, err := judge.NewRules(unseen(l, held, nil, sounds), judge.ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	if got := without.SoundsLike("親の顔が見てみたいわ"); len(got) != 0 {
		t.Error(got)
	}
}

// The figures that strangers will see, in five folds over the seed (issue: recall ≥ 0.75, polite ≥ 0.6; near misses
// and guards never act and are S2 in at most 3 %).
func TestFiveFolds(t *testing.T) {
	m, err := RunTextFolds(filepath.Join("testdata", "seed.jsonl"), 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]TextRow{}
	for _, r := range m.Rows {
		rows[r.Name] = r
	}
	if p := rows["positive"]; p.AtS1 < 0.75 || rows["positive/polite"].AtS1 < 0.6 {
		t.Errorf("recall %.3f, polite %.3f", p.AtS1, rows["positive/polite"].AtS1)
	}
	if m.Total.CustomerFacing != 0 || rows["near_miss"].AtS2 > 0.03 || rows["guard"].AtS2 > 0.03 {
		t.Errorf("near misses %.3f and guards %.3f at S2, %d acted", rows["near_miss"].AtS2, rows["guard"].AtS2, m.Total.CustomerFacing)
	}
}

// What the judge was made for, in sample (issue: S1 ≥ 0.95, category ≥ 0.85, polite ≥ 0.85, grave lines ≥ 0.85 at S3).
func TestTheSeedInSample(t *testing.T) {
	m, err := RunText(filepath.Join("testdata", "seed.jsonl"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range m.Rows {
		switch r.Name {
		case "positive":
			if r.AtS1 < 0.95 || r.CategoryRight < 0.85 {
				t.Errorf("%+v", r)
			}
		case "positive/polite":
			if r.AtS1 < 0.85 {
				t.Errorf("%+v", r)
			}
		case "positive/THREAT", "positive/SEXUAL", "positive/DOGEZA":
			if r.SevereAtS3 < 0.85 {
				t.Errorf("%+v", r)
			}
		case "near_miss", "guard":
			if r.AtS2 > 0.03 || r.CustomerFacing != 0 {
				t.Errorf("%+v", r)
			}
		}
	}
}
