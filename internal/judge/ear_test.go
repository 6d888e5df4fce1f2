package judge

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/text"
)

// misheardDogeza is 土下座して謝れ、お前, as a recogniser might write it.
const misheardDogeza = "どげざひて謝まれ、お前"

// sharedOnce makes the shipped rules once for all tests that don't change them.
var sharedOnce = sync.OnceValues(ShippedRules)

func sharedRules(t *testing.T) *Rules {
	t.Helper()
	r, err := sharedOnce()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func onlySounds(j Judgement) []Finding {
	return slices.DeleteFunc(slices.Clone(j.Findings), func(f Finding) bool { return f.Because != becauseSounds })
}

func TestFoundInSpiteOfErrors(t *testing.T) {
	r := sharedRules(t)
	for name, c := range map[string]struct {
		words string
		want  Category
	}{
		"s for h":                       {misheardDogeza, Dogeza},
		"other kanji of the same sound": {"失う門なんか値えんだよ", Intim},
		"kana for kanji, a sound lost":  {"炎錠されてやるよ", SNS},
		"a sound added":                 {"もうひっかい最初から接明しろ", Hold},
		"d for o, t for d":              {"親のかおだ見て未鯛", Insult},
	} {
		j := r.Consider(timeline(said(20000, c.words)), 20000)
		found := onlySounds(j)
		if len(found) == 0 || found[0].Category != c.want || found[0].Level != Caution || j.Level != Caution {
			t.Errorf("%s: %s is %s by %+v", name, c.words, j.Level, j.Findings)
			continue
		}
		if f := found[0]; f.Confidence <= 0.4 || f.Confidence >= 0.9 || f.Words != c.words || f.Entry == "" {
			t.Errorf("%s: %+v", name, f)
		}
		if j := r.ByLetters().Consider(timeline(said(20000, c.words)), 20000); len(onlySounds(j)) != 0 {
			t.Errorf("%s: found by letters: %+v", name, j.Findings)
		}
	}
}

// Words that many say at the end of anything are not enough, however long they are.
func TestACommonEndingIsNotEnough(t *testing.T) {
	r := sharedRules(t)
	for _, words := range []string{"勝手にしてください", "明日の朝にしてください", "いい加減にしてください", "休憩してください"} {
		if got := r.SoundsLike(words); slices.Contains(got, "G-RIGHTS-02") {
			t.Errorf("%s: %v", words, got)
		}
	}
	if got := r.SoundsLike("辺金してくだはい"); !slices.Contains(got, "G-RIGHTS-02") {
		t.Error(got)
	}
}

// A finding is no surer than the recogniser was, and what nobody is sure of is not read.
func TestTheRecognisersConfidenceIsCarried(t *testing.T) {
	r := sharedRules(t)
	with := func(confidence float64) []Finding {
		u := said(20000, misheardDogeza)
		u.Confidence = confidence
		return onlySounds(r.Consider(timeline(u), 20000))
	}
	full, half := with(1), with(0.5)
	if len(full) != 1 || len(half) != 1 || full[0].Confidence != 2*half[0].Confidence && full[0].Confidence-2*half[0].Confidence > 0.011 {
		t.Fatalf("%+v %+v", full, half)
	}
	if low := with(r.Thresholds.WordFloor); len(low) != 0 {
		t.Errorf("%+v", low)
	}
}

// A sound alone is a sign and no strike, however often it comes; with a second cue it is a strike, and no more than S2.
func TestASoundNeedsASecondCue(t *testing.T) {
	r := sharedRules(t)
	alone := []evidence.Item{said(20000, misheardDogeza), said(30000, misheardDogeza), said(41000, "おやのかおだみてみたい和"), said(60000, misheardDogeza)}
	if j := r.Consider(timeline(alone...), 60000); j.Level != Caution || len(j.Strikes) != 0 || len(onlySounds(j)) != 4 {
		t.Errorf("alone: %s, strikes %+v, %+v", j.Level, j.Strikes, j.Findings)
	}
	for name, cue := range map[string]evidence.Item{
		"words":  said(30000, "ふざけんな"),
		"phrase": spotted(30000, "ABUSE-01", 0.9),
		"voice":  evidence.Sound{Head: evidence.Head{Party: call.Caller, FromMS: 19500, ToMS: 20500}, LoudnessDB: 12},
	} {
		j := r.Consider(timeline(alone[0], cue), 30000)
		k := slices.IndexFunc(j.Strikes, func(s Strike) bool { return s.Category == Dogeza })
		if k < 0 || j.Strikes[k].Level != Warning || j.Level > Warning {
			t.Errorf("%s: %s, strikes %+v", name, j.Level, j.Strikes)
		}
	}
	// Two cues that stand alone don't hold each other up.
	if j := r.Consider(timeline(alone[0], spotted(30000, "ABUSE-01", 0.5)), 30000); len(j.Strikes) > 1 {
		t.Errorf("%+v", j.Strikes)
	}
}

// What a caller wants again, or refuses, is not counted by what only sounds so.
func TestASoundLeavesNoTrace(t *testing.T) {
	r := sharedRules(t)
	var tl evidence.Timeline
	tl.Add(evidence.Mark{Head: evidence.Head{FromMS: 1000, ToMS: 1000}, Mark: evidence.MarkFinalAnswer})
	for i := range 6 {
		r.Add(&tl, said(call.Millis(20000+20000*i), misheardDogeza))
	}
	if f := r.Facts(&tl, 200000); f.Again != 0 || f.RefusedEnd != 0 {
		t.Errorf("%+v", f)
	}
}

// Guards, quotations and negations put a sound aside as they do words.
func TestASoundIsPutAsideLikeWords(t *testing.T) {
	r, err := NewRules(Lexicon{Sheets: []Sheet{
		{Category: Abuse, Unless: []string{"芝居"}, Entries: []Entry{{ID: "A", Surface: "覚悟しておけよ", Reading: "かくごしておけよおまえ", Level: Severe, Negations: []string{"ドラマ"}}}},
		{Category: GVictim, Entries: []Entry{{ID: "V", Surface: "と脅されて"}}},
	}}, ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]bool{"格後しておけよお舞え、馬鹿野郎": true, "格後しておけよお舞え、馬鹿野郎と脅されています": false,
		"格後しておけよお舞え、馬鹿野郎というドラマ": false, "格後しておけよお舞え、馬鹿野郎という芝居": false} {
		if got := len(onlySounds(r.Consider(timeline(said(20000, words)), 20000))) > 0; got != want {
			t.Errorf("%s: %v (%v)", words, got, r.SoundsLike(words))
		}
	}
}

// A reason not to act that may have been misheard protects without a second cue. A crisis alarms nobody by that; people are told where the statistics see it too.
func TestAGuardThatOnlySoundsSoProtects(t *testing.T) {
	r := sharedRules(t)
	for words, want := range map[string]Category{"辨護士に早談します": GRights, "耳が聞こへ肉いのでゆっくり": GDis, "もう死二鯛んです": GCrisis} {
		j := r.Consider(timeline(said(20000, words)), 20000)
		level, because := None, []string{becauseSounds, becauseGuard}
		if want == GCrisis {
			level, because = Warning, []string{becauseNeed}
		}
		if got, ok := j.GuardedSince(10000); !ok || got != want || j.Level != level || !slices.Contains(because, j.Counter[0].Because) {
			t.Errorf("%s: %s %+v %+v", words, j.Level, j.Counter, j.Findings)
		}
	}
}

// Without errors nothing changes: each entry, as it is written, gives the same judgement, byte for byte.
func TestWithoutErrorsTheJudgementIsTheSame(t *testing.T) {
	r := sharedRules(t)
	letters := r.ByLetters()
	letters.version = r.version
	for _, k := range r.entries {
		for _, words := range append([]string{k.Surface}, k.Forms...) {
			if words == "" || strings.ContainsAny(words, "<>…()|^$ ") {
				continue
			}
			tl := timeline(said(20000, words))
			with, without := r.Consider(tl, 20000), letters.Consider(timeline(said(20000, words)), 20000)
			if len(without.Findings) > 0 && bytesOf(t, with) != bytesOf(t, without) {
				t.Errorf("%s %s:\n%s\n%s", k.ID, words, bytesOf(t, with), bytesOf(t, without))
			}
		}
	}
}

// A centre's own entry is found by its sound too; one that is too short to be told from other words is not.
func TestOwnEntriesAreFoundBySound(t *testing.T) {
	l, err := ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRules(l.With(Own{Version: 1, Sheets: []Sheet{{Category: Insult, Entries: []Entry{
		{ID: "OWN-1", Surface: "とんちんかん対応", Reading: "とんちんかんたいおう", Level: Caution}, {ID: "OWN-2", Surface: "ぽんこつ", Level: Caution}}}}}), ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	if got := r.SoundsLike("とんちんまん体往だな"); !slices.Contains(got, "OWN-1") {
		t.Error(got)
	}
	if got := r.SoundsLike("ほんこつ"); slices.Contains(got, "OWN-2") {
		t.Error(got)
	}
}

// The order in which misheard words and others come makes no difference.
func TestAnyOrderOfSoundsGivesTheSameJudgement(t *testing.T) {
	r := sharedRules(t)
	items := append(harsh(), said(24000, misheardDogeza), said(54000, "炎錠されてやるよ"), said(171000, misheardDogeza), said(182000, "辨護士に早談します"))
	want := bytesOf(t, r.Consider(timeline(items...), 190000))
	if !strings.Contains(want, becauseSounds) {
		t.Fatal(want)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		order := slices.Clone(items)
		rng.Shuffle(len(order), func(i, k int) { order[i], order[k] = order[k], order[i] })
		var tl evidence.Timeline
		for _, it := range order {
			tl.Add(it)
			r.Consider(&tl, 190000)
		}
		if got := bytesOf(t, r.Consider(&tl, 190000)); got != want {
			t.Fatalf("%s\nwant %s", got, want)
		}
	}
}

// However long an utterance is and whatever it says, no more than a few entries are compared with each window of it; and
// what is said at its very end is found.
func TestALongUtteranceIsBoundedWork(t *testing.T) {
	r := sharedRules(t)
	for name, part := range map[string]string{"kanji of many readings": "生上下行来重", "abuse": "どげざしてあやまれいいかげんにしろよこのぼけ", "vowels": "あいうえお"} {
		letters := []rune(strings.Repeat(part, 10000))[:10000]
		l := r.ear.listening()
		for from := 0; from < len(letters); from += 2000 {
			r.ear.readings.Fill(&l.lattice, letters[from:from+earWindow])
			r.ear.sight(l, r.ear.inAny)
			if n := len(r.ear.candidates(l, func(int32) bool { return true })); n > maxCompared {
				t.Errorf("%s: %d entries are compared", name, n)
			}
			if n := len(l.lattice.Edges); n > 4*earWindow {
				t.Errorf("%s: %d edges", name, n)
			}
		}
		if got := r.SoundsLike(string(letters) + "、口コミに星一つ百件けてやるよ"); !slices.Contains(got, "SNS-03") {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Listening allocates what it finds and nothing by the phoneme.
func TestListeningAllocatesNothingByThePhoneme(t *testing.T) {
	r := sharedRules(t)
	allocs := func(words string) float64 {
		letters, l := text.Fold(words).Runes, r.ear.listening()
		listen := func() { r.ear.listenWith(l, letters, false, func(int32) bool { return true }) }
		listen()
		return testing.AllocsPerRun(50, listen)
	}
	short, long := allocs("はい、結構です。"), allocs(strings.Repeat("先週そちらで買った掃除機のことで、少し教えていただきたいのですが。", 20))
	if short > 1 || long > short+1 {
		t.Errorf("%v allocations, %v for a long utterance", short, long)
	}
}
