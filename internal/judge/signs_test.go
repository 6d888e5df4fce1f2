package judge

import (
	"slices"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// A sign near another one is told to people, whatever the two rest on, and makes no strike more. Alone, in the same breath, minutes apart, put aside, or after
// a person said that it was wrong, it is a sign.
func TestTwoSignsAreForPeople(t *testing.T) {
	const rude, demand, likely = "この馬鹿野郎が", "社長を出せ", "今すぐ全部あなたが一人で決めて下さい" // by entries of two channels, and by statistics alone
	r := shippedRules(t)
	signs := func(items ...evidence.Item) (Judgement, bool) {
		j := r.Consider(timeline(items...), items[len(items)-1].Span().ToMS+1000)
		return j, slices.ContainsFunc(j.Findings, func(f Finding) bool { return f.Because == becauseSigns })
	}
	for _, words := range []string{rude, demand, likely} {
		if j, told := signs(said(20000, words)); told || j.Level != Caution {
			t.Errorf("%s alone: %s %+v", words, j.Level, j.Findings)
		}
	}
	for _, pair := range [][2]string{{rude, demand}, {likely, rude}, {demand, likely}} {
		one, _ := signs(said(20000, pair[0]))
		two, _ := signs(said(40000, pair[1]))
		j, told := signs(said(20000, pair[0]), said(40000, pair[1]))
		if !told || j.Level != Warning || !slices.Equal(j.Strikes, append(one.Strikes, two.Strikes...)) {
			t.Errorf("%v: %s %+v %+v", pair, j.Level, j.Findings, j.Strikes)
		}
		for _, f := range j.Findings {
			if f.Because == becauseSigns && (!f.ForPeople() || !f.Statistical()) {
				t.Errorf("%v: the machine may act on %+v", pair, f)
			}
		}
		if j.Struck(0) {
			t.Errorf("%v: conduct that deserves a warning", pair)
		}
	}
	wrong := evidence.Mark{Head: evidence.Head{FromMS: 30000, ToMS: 30000, Source: "office"}, Mark: evidence.MarkWrongFlag}
	for name, items := range map[string][]evidence.Item{
		"in one breath":       {said(20000, rude), said(23000, demand)},
		"minutes apart":       {said(20000, rude), said(20000+r.Thresholds.PairOther+1000, demand)},
		"the first was wrong": {said(20000, rude), wrong, said(40000, demand)},
		"beside ordinary":     {said(20000, rude), said(40000, "請求書の住所を変えたいのですが")},
	} {
		if j, told := signs(items...); told {
			t.Errorf("%s: %+v", name, j.Findings)
		}
	}
}

// What is faintly like somebody in need is told to people the second time, and holds the machine then; once it is nothing, not even a reason that is shown.
func TestNeedIsToldTheSecondTime(t *testing.T) {
	r := shippedRules(t)
	const faint, again, clear = "FAINT", "AGAIN", "CLEAR"
	o := map[string]float64{faint: (needAt + needsAt) / 2, again: needsAt, clear: needAt}
	hitOf := func(words string, at call.Millis) hit {
		h, ok := inNeed(nil, said(at, words), opinion{need: o[words]})
		if !ok {
			t.Fatalf("%s: nothing", words)
		}
		return h
	}
	if _, ok := inNeed(nil, evidence.Utterance{}, opinion{need: needsAt - 0.01}); ok {
		t.Error("less than faint is something")
	}
	tell := func(words string, at call.Millis, before string, wrong call.Millis) []reason {
		one, two := hitOf(before, 20000), hitOf(words, at)
		return r.tellNeeds([]reason{{hit: &one, level: one.Level, because: one.Because, aside: one.why}, {hit: &two, level: two.Level, because: two.Because, aside: two.why}}, wrong)
	}
	counting := func(rs []reason) (n int) {
		for _, f := range rs {
			if f.aside != "" || f.level != Warning || f.because != becauseNeed {
				t.Errorf("%+v", f)
			}
			n++
		}
		return n
	}
	for name, c := range map[string]struct {
		words  string
		at     call.Millis
		before string
		wrong  call.Millis
		count  int
	}{
		"faint twice":            {again, 40000, faint, -1, 1},
		"faint after clear":      {faint, 40000, clear, -1, 2},
		"clear after faint":      {clear, 40000, faint, -1, 1},
		"faint in one breath":    {again, 22000, faint, -1, 0},
		"faint, minutes apart":   {again, 20000 + 181000, faint, -1, 0},
		"the first was wrong":    {again, 40000, faint, 20000, 0},
		"wrong before the first": {again, 40000, faint, 19000, 1},
	} {
		if got := counting(tell(c.words, c.at, c.before, c.wrong)); got != c.count {
			t.Errorf("%s: %d count, want %d", name, got, c.count)
		}
	}
	// Unknown words are a cue where they are a sign.
	for likely, count := range map[float64]int{gistSign - 0.01: 1, gistSign: 2} {
		gist, words := r.readGist(like(20000, GCrisis, likely))[0], hitOf(faint, 40000)
		if got := r.tellNeeds([]reason{{hit: &gist, level: gist.Level, because: gist.Because}, {hit: &words, level: words.Level, because: words.Because, aside: words.why}}, -1); len(got) != count {
			t.Errorf("after a stretch of %v: %+v", likely, got)
		}
	}
}
