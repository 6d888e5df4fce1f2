package judge

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

func shippedRules(t testing.TB) *Rules {
	t.Helper()
	r, err := ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func said(at call.Millis, text string) evidence.Utterance {
	return evidence.Utterance{Head: evidence.Head{Party: call.Caller, FromMS: at - 1000, ToMS: at, Source: "test"}, Text: text, Confidence: 0.9, Final: true}
}

func spotted(at call.Millis, id string, confidence float64) evidence.Phrase {
	return evidence.Phrase{Head: evidence.Head{Party: call.Caller, FromMS: at - 1000, ToMS: at, Source: "builtin/1"}, ID: id, Confidence: confidence}
}

// counting gives how many strikes the ladder counts.
func counting(j Judgement) (n int) {
	for _, k := range j.Strikes {
		if !k.Statistical {
			n++
		}
	}
	return n
}

func timeline(items ...evidence.Item) *evidence.Timeline {
	var tl evidence.Timeline
	for _, it := range items {
		tl.Add(it)
	}
	return &tl
}

func TestLevels(t *testing.T) {
	r := shippedRules(t)
	for name, c := range map[string]struct {
		items []evidence.Item
		now   call.Millis
		level Level
		first Category
	}{
		"one rude word is a sign":                  {[]evidence.Item{said(20000, "ふざけんな")}, 20000, Caution, Abuse},
		"twice within a minute is clear":           {[]evidence.Item{said(20000, "ふざけんな"), said(31000, "なめてんのか、こら")}, 31000, Warning, Abuse},
		"twice in one breath is one":               {[]evidence.Item{said(20000, "ふざけんな"), said(23000, "なめてんのか、こら")}, 23000, Caution, Abuse},
		"twice in ten minutes is two signs":        {[]evidence.Item{said(20000, "ふざけんな"), said(290000, "なめてんのか、こら")}, 290000, Caution, Abuse},
		"a sign fades":                             {[]evidence.Item{said(20000, "ふざけんな")}, 320000, None, ""},
		"words of the agent count for nobody":      {[]evidence.Item{func() evidence.Item { u := said(20000, "ふざけんな"); u.Party = call.Agent; return u }()}, 20000, None, ""},
		"a quotation is no threat":                 {[]evidence.Item{said(20000, "夫に殺すぞと脅されています")}, 20000, None, ""},
		"a threat is an emergency":                 {[]evidence.Item{said(20000, "ぶっ殺してやるからな")}, 20000, Emergency, Threat},
		"a cry for help is an emergency":           {[]evidence.Item{said(20000, "もう死にたいんです")}, 20000, Emergency, GCrisis},
		"a lawyer is a right":                      {[]evidence.Item{said(20000, "弁護士に相談して連絡します")}, 20000, None, ""},
		"an unsure phrase alone is put aside":      {[]evidence.Item{spotted(20000, "ABUSE-01", 0.5)}, 20000, None, ""},
		"two unsure phrases are no cue":            {[]evidence.Item{spotted(20000, "ABUSE-01", 0.5), spotted(30000, "ABUSE-04", 0.5)}, 30000, None, ""},
		"a sure phrase stands":                     {[]evidence.Item{spotted(20000, "ABUSE-01", 0.9)}, 20000, Caution, Abuse},
		"a phrase below the floor is nothing":      {[]evidence.Item{spotted(20000, "ABUSE-01", 0.2), spotted(30000, "ABUSE-01", 0.2)}, 30000, None, ""},
		"a wrong flag forgives what was before it": {[]evidence.Item{said(20000, "ぶっ殺してやるからな"), evidence.Mark{Head: evidence.Head{FromMS: 25000, ToMS: 25000}, Mark: evidence.MarkWrongFlag}}, 26000, None, ""},
		"half an hour after the final answer":      {[]evidence.Item{evidence.Mark{Head: evidence.Head{FromMS: 60000, ToMS: 60000}, Mark: evidence.MarkFinalAnswer}}, 60000 + 30*60000, Warning, Hold},
		"the third call on a matter":               {[]evidence.Item{evidence.History{OnMatter: 3}}, 1000, Caution, Repeat},
		"what comes later isn't known yet":         {[]evidence.Item{said(20000, "ふざけんな")}, 19999, None, ""},
	} {
		j := r.Consider(timeline(c.items...), c.now)
		if j.Level != c.level {
			t.Errorf("%s: %s, want %s (%+v)", name, j.Level, c.level, j)
		} else if c.first != "" && j.Findings[0].Category != c.first {
			t.Errorf("%s: %s, want %s", name, j.Findings[0].Category, c.first)
		}
	}
}

// Adding evidence that has nothing to do with harassment never lowers a level (architecture §8).
func TestUnrelatedEvidenceLowersNothing(t *testing.T) {
	r := shippedRules(t)
	items := []evidence.Item{said(20000, "ふざけんな"), said(31000, "なめてんのか、こら"), said(60000, "どうなるか分かってるな")}
	before := r.Consider(timeline(items...), 61000).Level
	for _, extra := range []evidence.Item{said(15000, "はい、田中です"), evidence.DTMF{Head: evidence.Head{Party: call.Caller, FromMS: 3, ToMS: 3}, Digit: "1"},
		evidence.Sound{Head: evidence.Head{Party: call.Caller, FromMS: 1, ToMS: 3000}, LoudnessDB: -12}, evidence.Gap{Head: evidence.Head{ToMS: 5}, What: "emotion"}} {
		if after := r.Consider(timeline(append(items, extra)...), 61000).Level; after < before {
			t.Errorf("%#v lowered %s to %s", extra, before, after)
		}
	}
}

// Loudness alone raises nothing, however loud (E-23).
func TestLoudnessAloneIsNothing(t *testing.T) {
	var items []evidence.Item
	for at := call.Millis(0); at < 60000; at += 1000 {
		items = append(items, evidence.Sound{Head: evidence.Head{Party: call.Caller, FromMS: at, ToMS: at + 1000}, LoudnessDB: 30, Overlap: 1})
	}
	if j := shippedRules(t).Consider(timeline(items...), 60000); j.Level != None {
		t.Errorf("shouting alone is %s", j.Level)
	}
}

// The same timeline gives the same bytes, whatever order the items came in.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	r := shippedRules(t)
	a := timeline(said(20000, "ふざけんな"), said(31000, "なめてんのか"), said(40000, "弁護士に相談します"))
	b := timeline(said(40000, "弁護士に相談します"), said(31000, "なめてんのか"), said(20000, "ふざけんな"))
	ja, jb := r.Consider(a, 41000), r.Consider(b, 41000)
	if !reflect.DeepEqual(ja, jb) {
		t.Errorf("%+v\n%+v", ja, jb)
	}
	if g, ok := ja.GuardedSince(0); !ok || g != GRights {
		t.Errorf("guard %q", g)
	}
}

// The judgement says when it will change by itself.
func TestNextChange(t *testing.T) {
	r := shippedRules(t)
	tl := timeline(said(20000, "ふざけんな"))
	j := r.Consider(tl, 20000)
	if j.NextMS != 320000 || r.Consider(tl, j.NextMS-1).Level != Caution || r.Consider(tl, j.NextMS).Level != None {
		t.Errorf("next %d", j.NextMS)
	}
}

type line struct{ ID, Category, Kind, Text string }

func devPhrases(t testing.TB) []line {
	shared := os.Getenv("COMMUSAFE_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(shared, "data", "phrases", "dev.jsonl"))
	if err != nil {
		t.Skipf("the shared phrase set is not there (COMMUSAFE_SHARED): %v", err)
	}
	defer f.Close()
	var out []line
	for s := bufio.NewScanner(f); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

// On no near miss and no guard line does the judge see a clear case (domain D: 0 customer-facing actions).
func TestNearMissesAndGuardsStayBelowWarning(t *testing.T) {
	r := shippedRules(t)
	for _, l := range devPhrases(t) {
		j := r.Consider(timeline(said(20000, l.Text)), 20000)
		crisis := len(j.Findings) > 0 && j.Findings[0].Category == GCrisis
		if (l.Kind == "near_miss" || l.Kind == "guard") && j.Level >= Warning && !crisis {
			t.Errorf("%s %q is %s by %+v", l.ID, l.Text, j.Level, j.Findings)
		}
	}
}

func FuzzWords(f *testing.F) {
	r := shippedRules(f)
	f.Add("夜道にはくれぐれもお気をつけください")
	f.Fuzz(func(t *testing.T, text string) {
		j := r.Consider(timeline(said(1000, text)), 1000)
		if j.Level > None && len(j.Findings) == 0 {
			t.Error("a level without a reason")
		}
	})
}

func TestARememberedReadingJudgesTheSame(t *testing.T) {
	r := shippedRules(t)
	items := append(dense(r, 8), spotted(200000, "ABUSE-01", 0.4), spotted(210000, "ABUSE-02", 0.4))
	var kept evidence.Timeline
	for i, it := range items {
		kept.Add(it)
		now := max(it.Span().ToMS, items[max(0, i-1)].Span().ToMS)
		got, err := json.Marshal(r.Consider(&kept, now))
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(r.Consider(timeline(items[:i+1]...), now))
		if err != nil || string(got) != string(want) {
			t.Fatalf("after %d items %s, read anew %s (%v)", i+1, got, want, err)
		}
	}
}

// A guard counts from the moment it was noticed; one that was put aside does not. Only strikes of words make S2.
func TestWhatAJudgementSaysSinceATime(t *testing.T) {
	guard := Finding{Category: GCrisis, Level: Emergency, ToMS: 5000, Because: becausePhrase}
	aside := guard
	aside.Because = becauseQuoted
	for name, v := range map[string]struct {
		j    Judgement
		want bool
	}{
		"among the findings": {Judgement{Findings: []Finding{guard}}, true},
		"among the counters": {Judgement{Counter: []Finding{guard}}, true},
		"put aside":          {Judgement{Counter: []Finding{aside}}, false},
	} {
		if v.j.Protects(GCrisis, 4999) != v.want || v.j.Protects(GCrisis, 5000) || v.j.Protects(GDis, 0) {
			t.Errorf("%s: %v", name, v.j)
		}
	}
	hit := Finding{Category: Abuse, Level: Warning, ToMS: 5000, Because: becausePair}
	j := Judgement{Findings: []Finding{hit}, Strikes: []Strike{{AtMS: 5000, Category: Abuse, Level: Warning}}}
	if !j.Struck(4999) || j.Struck(5000) {
		t.Error("a strike counts from the moment it was noticed")
	}
	j.Strikes[0].Statistical = true
	if j.Struck(0) {
		t.Error("statistics alone are no strike")
	}
	j.Strikes[0].Statistical, j.Findings[0].Level = false, Caution
	if j.Struck(0) {
		t.Error("S1 is no S2")
	}
}

// Whoever speaks of dying, or of somebody who lies unconscious, is in need: also in words that few use.
func TestACrisisInFewWords(t *testing.T) {
	r := shippedRules(t)
	for _, say := range []string{"もう生きていたくないんです", "生きているのがつらい", "生きているのが辛くて、すみません", "これから死にます", "父の意識がありません"} {
		if j := r.Consider(timeline(said(5000, say)), 6000); j.Level != Emergency {
			t.Errorf("%s: %s", say, j.Level)
		}
	}
	for _, say := range []string{"ご指摘の意識がありませんでした、気をつけます", "プロとしての意識がありません"} {
		if j := r.Consider(timeline(said(5000, say)), 6000); j.Level == Emergency {
			t.Errorf("%s: %+v", say, j.Findings)
		}
	}
}
