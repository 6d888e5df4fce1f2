package judge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// kept is a timeline with what must be remembered of it, as a course builds it.
func kept(r *Rules, items ...evidence.Item) *evidence.Timeline {
	var tl evidence.Timeline
	for _, it := range items {
		r.Add(&tl, it)
	}
	return &tl
}

func answered(at call.Millis, text string) evidence.Utterance {
	u := said(at, text)
	u.Party = call.Agent
	return u
}

func marked(at call.Millis, m string) evidence.Mark {
	return evidence.Mark{Head: evidence.Head{FromMS: at, ToMS: at, Source: "person"}, Mark: m}
}

// persistent is a call with everything that persistence looks at.
func persistent() []evidence.Item {
	return []evidence.Item{said(20000, "先月の分の返金のことでお電話しました"), answered(40000, "何度おっしゃっていただいても、お答えは変わりません"),
		said(60000, "お金を戻してほしいだけなんです"), said(90000, "払い戻しの手続きをお願いします"), said(120000, "返金していただけませんか"),
		answered(130000, "それでは失礼いたします"), said(135000, "まだ話は終わっていないんですけど"), answered(160000, "お電話を終わらせていただきます"),
		said(166000, "一方的に終わりにするんですか"), marked(200000, evidence.MarkHold), marked(500000, evidence.MarkResume),
		evidence.History{Head: evidence.Head{Source: "office"}, OnMatter: 3}, evidence.Sound{Head: evidence.Head{Party: call.Caller, FromMS: 1, ToMS: 1500}, SilenceMS: 1500}}
}

// Persistence is the same in whatever order evidence comes, and whatever was considered or forgotten in between.
func TestPersistenceInAnyOrder(t *testing.T) {
	r, items := shippedRules(t), persistent()
	const end = 3 * 3600000
	want := bytesOf(t, r.Consider(kept(r, items...), end))
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		var tl evidence.Timeline
		for _, i := range rng.Perm(len(items)) {
			r.Add(&tl, items[i])
			r.Consider(&tl, call.Millis(rng.IntN(end)))
		}
		tl.Forget(end - r.Memory())
		if got := bytesOf(t, r.Consider(&tl, end)); got != want {
			t.Fatalf("%s\nwant\n%s", got, want)
		}
	}
}

func because(j Judgement) map[string]Level {
	out := map[string]Level{}
	for _, f := range j.Findings {
		out[f.Because] = f.Level
	}
	return out
}

func TestTheStalemateClock(t *testing.T) {
	r := shippedRules(t)
	minute := func(n int) call.Millis { return call.Millis(n) * 60000 }
	for name, c := range map[string]struct {
		items []evidence.Item
		at    map[int]Level // by minute
	}{
		"a button starts it":                 {[]evidence.Item{marked(minute(1), evidence.MarkFinalAnswer)}, map[int]Level{15: 0, 16: 1, 31: 2, 61: 3}},
		"an answer that was heard starts it": {[]evidence.Item{answered(minute(1), "ご要望にはお応えできません")}, map[int]Level{15: 0, 16: 1, 31: 2, 61: 3}},
		"one no does not":                    {[]evidence.Item{answered(minute(1), "恐れ入りますが、返金はいたしかねます")}, map[int]Level{90: 0}},
		"a second no does":                   {[]evidence.Item{answered(minute(1), "返金はいたしかねます"), answered(minute(2), "やはり、いたしかねます")}, map[int]Level{16: 0, 17: 1}},
		"the same breath is one no":          {[]evidence.Item{answered(minute(1), "返金はいたしかねます"), answered(minute(1)+8000, "いたしかねます")}, map[int]Level{90: 0}},
		"the caller's words don't":           {[]evidence.Item{said(minute(1), "ご要望にはお応えできませんと言われました")}, map[int]Level{90: 0}},
		"instructions don't":                 {[]evidence.Item{answered(minute(1), "先ほどご案内したとおりにお手続きください")}, map[int]Level{90: 0}},
		"half heard words don't": {[]evidence.Item{func() evidence.Item {
			u := answered(minute(1), "ご要望にはお応えできません")
			u.Confidence = 0.1
			return u
		}()}, map[int]Level{90: 0}},
		"it stands still on hold":             {[]evidence.Item{marked(minute(1), evidence.MarkFinalAnswer), marked(minute(5), evidence.MarkHold), marked(minute(15), evidence.MarkResume)}, map[int]Level{16: 0, 25: 0, 26: 1, 41: 2}},
		"a hold that lasts keeps it so":       {[]evidence.Item{marked(minute(1), evidence.MarkFinalAnswer), marked(minute(5), evidence.MarkHold)}, map[int]Level{300: 0}},
		"a hold before it does nothing":       {[]evidence.Item{marked(minute(1), evidence.MarkHold), marked(minute(3), evidence.MarkResume), marked(minute(4), evidence.MarkFinalAnswer)}, map[int]Level{18: 0, 19: 1}},
		"a hold over it counts from its end":  {[]evidence.Item{marked(minute(1), evidence.MarkHold), marked(minute(3), evidence.MarkFinalAnswer), marked(minute(4), evidence.MarkResume)}, map[int]Level{18: 0, 19: 1}},
		"two holds":                           {[]evidence.Item{marked(0, evidence.MarkFinalAnswer), marked(minute(2), evidence.MarkHold), marked(minute(4), evidence.MarkResume), marked(minute(6), evidence.MarkHold), marked(minute(9), evidence.MarkResume)}, map[int]Level{19: 0, 20: 1}},
		"an accommodation halves its speed":   {[]evidence.Item{marked(0, evidence.MarkAccommodation), marked(0, evidence.MarkFinalAnswer)}, map[int]Level{29: 0, 30: 1}},
		"one that is known does too":          {[]evidence.Item{evidence.History{Accommodation: true}, marked(0, evidence.MarkFinalAnswer)}, map[int]Level{29: 0, 30: 1}},
		"words that sound like it do not":     {[]evidence.Item{said(minute(1), "もう一度だけ説明してください"), marked(0, evidence.MarkFinalAnswer)}, map[int]Level{15: 1}},
		"a wrong flag undoes what was heard":  {[]evidence.Item{answered(minute(1), "ご要望にはお応えできません"), marked(minute(2), evidence.MarkWrongFlag)}, map[int]Level{90: 0}},
		"a wrong flag leaves what was marked": {[]evidence.Item{marked(minute(1), evidence.MarkFinalAnswer), marked(minute(2), evidence.MarkWrongFlag)}, map[int]Level{16: 1}},
	} {
		tl := kept(r, c.items...)
		for m, want := range c.at {
			if j := r.Consider(tl, minute(m)); j.Level != want {
				t.Errorf("%s: after %d minutes %s, want %s (%v)", name, m, j.Level, want, because(j))
			}
		}
	}
}

// The judgement names the time of its next change, so that no timer is missed, with holds counted.
func TestTheClockSaysWhenItStrikes(t *testing.T) {
	r := shippedRules(t)
	tl := kept(r, marked(0, evidence.MarkFinalAnswer), marked(60000, evidence.MarkHold))
	if j := r.Consider(tl, 70000); j.NextMS != 0 {
		t.Errorf("on hold the clock strikes at %d", j.NextMS)
	}
	r.Add(tl, marked(160000, evidence.MarkResume))
	j := r.Consider(tl, 160000)
	if want := call.Millis(15*60000 + 100000); j.NextMS != want {
		t.Errorf("strikes at %d, want %d", j.NextMS, want)
	}
	if r.Consider(tl, j.NextMS-1).Level != None || r.Consider(tl, j.NextMS).Level != Caution {
		t.Error("it does not strike then")
	}
}

func TestTheSameWishAgain(t *testing.T) {
	r := shippedRules(t)
	final := marked(30000, evidence.MarkFinalAnswer)
	for name, c := range map[string]struct {
		items []evidence.Item
		at    call.Millis
		level Level
	}{
		"in other words three times":   {[]evidence.Item{said(10000, "返金していただけますか"), final, said(40000, "お金を戻してほしいだけなんです"), said(50000, "払い戻しの手続きをお願いします"), said(60000, "やっぱり返金してもらえませんか")}, 60000, Caution},
		"twice is not thrice":          {[]evidence.Item{said(10000, "返金していただけますか"), final, said(40000, "お金を戻してほしいだけなんです"), said(50000, "払い戻しの手続きをお願いします")}, 60000, None},
		"before the answer":            {[]evidence.Item{said(5000, "返金していただけますか"), said(11000, "払い戻しできますか"), said(17000, "返金です"), said(23000, "返金のことです"), final}, 60000, None},
		"something else is new":        {[]evidence.Item{said(10000, "返金していただけますか"), final, said(40000, "説明が足りないと思うんです"), said(50000, "新品に交換してもらえますか"), said(60000, "修理をしてもらえますか")}, 60000, None},
		"new wishes are new once":      {[]evidence.Item{final, said(40000, "返金していただけますか"), said(50000, "払い戻しできますか"), said(60000, "お金を戻してほしいんです")}, 60000, None},
		"in one breath is once":        {[]evidence.Item{said(10000, "返金していただけますか"), final, said(40000, "返金ですよ"), said(41000, "返金です"), said(42000, "返金してください"), said(43000, "返金の話です")}, 60000, None},
		"without an answer":            {[]evidence.Item{said(10000, "返金していただけますか"), said(40000, "返金してください"), said(50000, "払い戻しを"), said(60000, "返金の件です")}, 60000, None},
		"giving it up":                 {[]evidence.Item{said(10000, "返金していただけますか"), final, said(40000, "返金はもういいです"), said(50000, "返金は結構です"), said(60000, "返金は諦めます")}, 60000, None},
		"the agent's words":            {[]evidence.Item{said(10000, "返金していただけますか"), final, answered(40000, "返金のご希望ですね"), answered(50000, "返金について"), answered(60000, "払い戻しは")}, 60000, None},
		"with a stalemate":             {[]evidence.Item{said(10000, "返金していただけますか"), final, said(40000, "返金してほしいんです"), said(50000, "払い戻しの手続きを"), said(60000, "お金を戻してほしいんです")}, 30000 + 15*60000, Warning},
		"and a wrong flag after it":    {[]evidence.Item{said(10000, "返金していただけますか"), final, said(40000, "返金してほしいんです"), said(50000, "払い戻しの手続きを"), said(60000, "お金を戻してほしいんです"), marked(61000, evidence.MarkWrongFlag)}, 62000, None},
		"long after it was first said": {[]evidence.Item{said(10000, "返金していただけますか"), final, said(600000, "返金してほしいんです"), said(620000, "払い戻しの手続きを"), said(640000, "お金を戻してほしいんです")}, 640000, Caution},
	} {
		if j := r.Consider(kept(r, c.items...), c.at); because(j)[becauseAgain] != c.level {
			t.Errorf("%s: %v, want %s", name, because(j), c.level)
		}
	}
}

func TestRefusalsToEnd(t *testing.T) {
	r := shippedRules(t)
	var items []evidence.Item
	for i := range call.Millis(3) {
		items = append(items, answered(60000+i*60000, "それでは失礼いたします"), said(66000+i*60000, "まだ話は終わっていないんですけど"), said(72000+i*60000, "一方的に終わりにするんですか"))
	}
	for at, want := range map[call.Millis]Level{70000: None, 130000: Caution, 190000: Warning, 3600000: Warning} {
		if got := because(r.Consider(kept(r, items...), at))[becauseRefusedEnd]; got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	late := kept(r, answered(60000, "それでは失礼いたします"), said(95000, "まだ話は終わっていないんですけど"), answered(160000, "失礼いたします"), said(195000, "まだ話は終わっていないんです"),
		said(250000, "まだ話は終わっていないんです"), said(280000, "まだ話は終わっていないんです"))
	if got := because(r.Consider(late, 300000))[becauseRefusedEnd]; got != None {
		t.Errorf("nobody wished to end the call, and %s", got)
	}
}

func TestManyCallsOnTheMatter(t *testing.T) {
	r := shippedRules(t)
	for _, c := range []struct {
		h    evidence.History
		want Level
	}{{evidence.History{OnMatter: 2}, None}, {evidence.History{OnMatter: 3}, Caution}, {evidence.History{OnMatter: 5}, Warning}, {evidence.History{OnMatter: 10}, Severe},
		{evidence.History{OnMatter: 2, MatterToday: 3}, Warning}, {evidence.History{OnMatter: 10, MatterToday: 10}, Severe}, {evidence.History{CallsToday: 50}, None}} {
		h, want := c.h, c.want
		if j := r.Consider(kept(r, h), 1000); j.Level != want || len(j.Strikes) != 0 {
			t.Errorf("%+v: %s %d strikes, want %s and none", h, j.Level, len(j.Strikes), want)
		}
	}
}

func TestSilence(t *testing.T) {
	r := shippedRules(t)
	quiet := func(at call.Millis) evidence.Item {
		return evidence.Sound{Head: evidence.Head{Party: call.Caller, FromMS: at - 1000, ToMS: at}, SilenceMS: int64(at)}
	}
	calls := []evidence.Item{answered(5000, "お電話ありがとうございます"), answered(25000, "もしもし、聞こえていらっしゃいますか"), answered(50000, "もしもし"), quiet(20000), quiet(75000)}
	for name, c := range map[string]struct {
		more  evidence.Item
		quiet bool
		level Level
	}{
		"nothing":              {nil, true, Caution},
		"a key":                {evidence.DTMF{Head: evidence.Head{Party: call.Caller, FromMS: 55000, ToMS: 55000}, Digit: "1"}, false, None},
		"a word":               {said(60000, "はい"), false, None},
		"one-way sound":        {evidence.Gap{Head: evidence.Head{Party: call.Caller, ToMS: 12000}, What: "sound", Why: "one_way"}, false, None},
		"nobody listened":      {evidence.Gap{Head: evidence.Head{ToMS: 12000}, What: "words", Why: "nobody listened"}, false, None},
		"an accommodation":     {marked(10000, evidence.MarkAccommodation), false, None},
		"one that is known":    {evidence.History{Accommodation: true}, false, None},
		"speech, then silence": {evidence.Sound{Head: evidence.Head{Party: call.Caller, FromMS: 75000, ToMS: 76000}, SilenceMS: 70000, TalkShare: 0.1}, false, None},
		"two silent calls":     {evidence.History{Silent: 2}, true, Warning},
	} {
		items := calls
		if c.more != nil {
			items = append(slices.Clip(items), c.more)
		}
		j := r.Consider(kept(r, items...), 80000)
		if j.Quiet != c.quiet || because(j)[becauseSilent] != c.level {
			t.Errorf("%s: quiet %t %v, want %t %s", name, j.Quiet, because(j), c.quiet, c.level)
		}
	}
	if j := r.Consider(kept(r, answered(25000, "もしもし"), quiet(90000)), 90000); because(j)[becauseSilent] != None || !j.Quiet {
		t.Errorf("asked once: %v", because(j))
	}
}

// A wrong cue says which it is.
func TestAWrongCueSaysWhich(t *testing.T) {
	for want, c := range map[string]Cue{`name "x" is not known`: {Name: "x"}, `party "" is not`: {Name: cueAsking}, "what is needed for about": {Name: cueAbout, Party: call.Caller},
		"no forms": {Name: cueEnding, Party: call.Agent}, "( without )": {Name: cueEnding, Party: call.Agent, Forms: []string{"(あ|い"}}} {
		if _, err := NewRules(Lexicon{Cues: []Cue{c}}, ShippedThresholds()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// BenchmarkPersistence judges the next utterance of a call that is all persistence.
func BenchmarkPersistence(b *testing.B) {
	r := shippedRules(b)
	for _, minutes := range []int{1, 20, 60} {
		b.Run(fmt.Sprintf("after%dmin", minutes), func(b *testing.B) {
			var items []evidence.Item
			for i := range call.Millis(4 * minutes) {
				items = append(items, answered(i*15000, "ご要望にはお応えできません"), said(i*15000+5000, "返金していただけませんか"), answered(i*15000+9000, "それでは失礼いたします"), said(i*15000+12000, "まだ話は終わっていないんですけど"))
			}
			tl := kept(r, items...)
			now := call.Millis(minutes) * 60000
			r.Consider(tl, now)
			tl.Forget(now - r.Memory())
			b.ReportAllocs()
			for b.Loop() {
				r.Consider(tl, now)
			}
		})
	}
}
