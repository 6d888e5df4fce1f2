package judge

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// harsh is a call with something of everything in it.
func harsh() []evidence.Item {
	return []evidence.Item{said(20000, "ふざけんな、てめえ"), said(31000, "なめてんのか、こら"), spotted(40000, "ABUSE-04", 0.5),
		said(52000, "迷惑料として十万払えよ"), said(70000, "ネットに晒してやるからな"), said(90000, "女じゃ話にならない、男を出せ"),
		said(110000, "お世話になります"), said(130000, "弁護士に相談します"), said(150000, "納得するまで切らせねえからな"),
		evidence.Sound{Head: evidence.Head{Party: call.Caller, FromMS: 39000, ToMS: 40500}, LoudnessDB: 15},
		evidence.Mark{Head: evidence.Head{FromMS: 60000, ToMS: 60000}, Mark: evidence.MarkFinalAnswer},
		evidence.History{Head: evidence.Head{}, OnMatter: 3}, evidence.Gap{Head: evidence.Head{ToMS: 5}, What: "emotion"}}
}

// bytesOf is a judgement as it stands in the journal.
func bytesOf(t *testing.T, j Judgement) string {
	t.Helper()
	b, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Late evidence leads to the same final judgement, byte for byte, in whatever order it comes, and whatever was
// considered in between.
func TestAnyOrderGivesTheSameJudgement(t *testing.T) {
	r, items := shippedRules(t), append(harsh(), like(41000, Insult, 0.85), like(59000, Threat, 0.85), like(63000, Abuse, 0.95), like(91000, Abuse, 0.95))
	want := bytesOf(t, r.Consider(timeline(items...), 160000))
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		order := slices.Clone(items)
		rng.Shuffle(len(order), func(i, k int) { order[i], order[k] = order[k], order[i] })
		var tl evidence.Timeline
		for _, it := range order {
			tl.Add(it)
			r.Consider(&tl, 160000)
		}
		if got := bytesOf(t, r.Consider(&tl, 160000)); got != want {
			t.Fatalf("%s\nwant %s", got, want)
		}
	}
}

// Unrelated evidence neither raises nor lowers a level, at any moment of the call.
func TestUnrelatedEvidenceChangesNoLevel(t *testing.T) {
	r, items := shippedRules(t), harsh()
	rng := rand.New(rand.NewPCG(3, 4))
	calm := []string{"はい、田中です", "明日の午前中にお願いします", "会員番号は一二三です", "ありがとうございます", "少々お待ちください"}
	for range 50 {
		now := call.Millis(10000 + rng.IntN(300000))
		before := r.Consider(timeline(items...), now)
		at := call.Millis(1000 + rng.IntN(160000))
		extra := []evidence.Item{said(at, calm[rng.IntN(len(calm))]), evidence.DTMF{Head: evidence.Head{Party: call.Caller, FromMS: at, ToMS: at}, Digit: "1"},
			evidence.Emotion{Head: evidence.Head{Party: call.Caller, FromMS: at, ToMS: at + 3000}, Anger: 0.9, Confidence: 0.9},
			evidence.Voice{Head: evidence.Head{Party: call.Caller, FromMS: at, ToMS: at + 3000}}}
		after := r.Consider(timeline(append(slices.Clone(items), extra...)...), now)
		if after.Level != before.Level || len(after.Strikes) != len(before.Strikes) {
			t.Errorf("at %d: %s with %d strikes became %s with %d", now, before.Level, len(before.Strikes), after.Level, len(after.Strikes))
		}
	}
}

// A registered voice that is near changes no bit of a judgement, at any moment of the call (E-34).
func TestE34AVoiceChangesNoBit(t *testing.T) {
	r, items := shippedRules(t), harsh()
	rng := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		now := call.Millis(10000 + rng.IntN(300000))
		with := slices.Clone(items)
		for range 1 + rng.IntN(5) {
			at := call.Millis(rng.IntN(160000))
			with = append(with, evidence.Voice{Head: evidence.Head{Party: call.Caller, FromMS: at, ToMS: at + 3000, Source: "builtin-voice/1"},
				Candidates: []evidence.Candidate{{Voiceprint: "v", Score: 1}}})
		}
		if got, want := bytesOf(t, r.Consider(timeline(with...), now)), bytesOf(t, r.Consider(timeline(items...), now)); got != want {
			t.Fatalf("at %d:\n%s\nwithout\n%s", now, got, want)
		}
	}
}

// A guard never raises a level (a crisis alarms people, which is its purpose), and always shows as counter-evidence.
func TestE11AGuardNeverRaisesAndAlwaysShows(t *testing.T) {
	r, items := shippedRules(t), harsh()
	before := r.Consider(timeline(items...), 160000)
	for c, words := range map[Category]string{GRights: "消費生活センターに相談します", GDis: "補聴器をつけているので聞き取りにくいんです",
		GVictim: "夫に殺すぞと脅されています", GLoud: "工事の音がうるさくて大きな声になってすみません", GB2B: "税務署ですが、資料の照会でお電話しました"} {
		after := r.Consider(timeline(append(slices.Clone(items), said(155000, words))...), 160000)
		if after.Level > before.Level || len(after.Strikes) > len(before.Strikes) {
			t.Errorf("%s raised %s to %s", c, before.Level, after.Level)
		}
		if !slices.ContainsFunc(after.Counter, func(f Finding) bool { return f.Category == c }) {
			t.Errorf("%s is not among the counter-evidence: %+v", c, after.Counter)
		}
	}
}

// Twelve decibels more or less change nothing where words are sure (E-23).
func TestE23GainChangesNothing(t *testing.T) {
	r := shippedRules(t)
	with := func(db float64) string {
		items := []evidence.Item{said(20000, "ふざけんな、てめえ"), said(31000, "なめてんのか、こら"), said(50000, "返金してください")}
		for at := call.Millis(1000); at < 60000; at += 1000 {
			items = append(items, evidence.Sound{Head: evidence.Head{Party: call.Caller, FromMS: at - 1000, ToMS: at}, LoudnessDB: db})
		}
		return bytesOf(t, r.Consider(timeline(items...), 60000))
	}
	if with(12) != with(0) || with(-12) != with(0) {
		t.Errorf("%s\n%s\n%s", with(-12), with(0), with(12))
	}
}

// Lawyer, police, regulator, review, recording: mentioning them is S0 (E-13), however often (E-10).
func TestE13RightsAreS0(t *testing.T) {
	r := shippedRules(t)
	var items []evidence.Item
	for i, words := range []string{"弁護士に依頼します", "警察に届けます", "消費生活センターに相談するつもりです", "監督官庁に報告させていただきます", "レビューに事実を書くのは自由ですよね",
		"こちらも録音させていただきます", "返金の期限を過ぎています、早く返してください", "怒るのは当然だと思います、三回目ですよ"} {
		items = append(items, said(call.Millis(10000+10000*i), words))
	}
	if j := r.Consider(timeline(items...), 100000); j.Level != None || len(j.Strikes) != 0 {
		t.Errorf("%s %+v", j.Level, j.Findings)
	}
}

// An accommodation doubles the clock of the stalemate (E-20) and is no evidence against anybody.
func TestE20AccommodationDoublesTheClock(t *testing.T) {
	r := shippedRules(t)
	mark := func(at call.Millis, m string) evidence.Mark {
		return evidence.Mark{Head: evidence.Head{FromMS: at, ToMS: at}, Mark: m}
	}
	tl := timeline(mark(1000, evidence.MarkAccommodation), mark(60000, evidence.MarkFinalAnswer))
	for minutes, want := range map[call.Millis]Level{15: None, 29: None, 30: Caution, 60: Warning, 120: Severe} {
		if j := r.Consider(tl, 60000+minutes*60000); j.Level != want {
			t.Errorf("after %d minutes %s, want %s", minutes, j.Level, want)
		}
	}
	if j := r.Consider(tl, 70000); len(j.Counter) == 0 || j.Counter[0].Category != GDis {
		t.Errorf("%+v", j.Counter)
	}
}

// Statistics alone are no more than one clear case of their category and never S4, say what weighed, and never come without
// saying that they are alone.
func TestStatisticsAloneStayLow(t *testing.T) {
	r := shippedRules(t)
	empty, err := NewRules(Lexicon{Version: "empty"}, ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"お前、頭おかしいんじゃねえのか", "土下座して謝れ", "この役立たずが、口答えするな", "ネットに晒してやるからな"} {
		j := empty.Consider(timeline(said(20000, words)), 20000)
		if len(j.Findings) == 0 || j.Level > base(j.Findings[0].Category) || j.Level == Emergency || !j.Findings[0].Statistical() || j.Findings[0].Because != becauseStatistics || len(j.Findings[0].Weighed) == 0 || !j.Strikes[0].Statistical {
			t.Errorf("%s: %+v", words, j)
		}
		if j := r.Consider(timeline(said(20000, words)), 20000); j.Strikes[0].Statistical {
			t.Errorf("%s: a rule knows it: %+v", words, j)
		}
	}
}

// A wide rule does not count where the statistics are sure of another category; what the machine acts on is what is left.
func TestARuleOfAnotherCategoryIsPutAside(t *testing.T) {
	j := shippedRules(t).Consider(timeline(said(20000, "切るなよ、俺が納得するまで何時間でも付き合ってもらうからな")), 20000)
	if len(j.Findings) == 0 || j.Findings[0].Category != Hold || slices.ContainsFunc(j.Findings, func(f Finding) bool { return f.Category == Sexual }) ||
		!slices.ContainsFunc(j.Counter, func(f Finding) bool { return f.Category == Sexual && f.Because == becauseElsewhere }) {
		t.Errorf("%+v", j)
	}
}

// てめえ is read where it is said, also before what looks like another word, and not in なんてめんどくさい.
func TestTemeeAndWhatOnlyLooksLikeIt(t *testing.T) {
	r := shippedRules(t)
	for _, words := range []string{"てめえもいい加減にしろ", "てめえくそが", "てめえちゃんとやれ", "てめえいい加減にしろ", "てめえしか出ねえのか", "てめえがねぼけてんのか"} {
		if j := r.Consider(timeline(said(20000, words)), 20000); j.Level == None {
			t.Errorf("%s: %+v", words, j)
		}
	}
	for _, words := range []string{"運動なんてめんどくさいよ", "光がまぶしくてめまいがするし", "あなたにとってメリットがあります", "今日こそって目指してめざましをかけました"} {
		if j := r.Consider(timeline(said(20000, words)), 20000); j.Level != None {
			t.Errorf("%s: %+v", words, j)
		}
	}
}

// A threat in the midst of much else is a threat, whatever the rest of the sentence is mostly.
func TestAThreatAmongOtherThings(t *testing.T) {
	r := shippedRules(t)
	for _, words := range []string{
		"土下座しろ、床に額をつけて泣いて詫びろ、詫び状も書け、できないなら刺すぞ",
		"この役立たずの能なしのばか女が、電話番も満足にできねえのか、殺すぞ",
		"返金しろ、慰謝料も百万払え、商品券もつけろ、払わないなら店に火をつけるぞ",
	} {
		j := r.Consider(timeline(said(20000, words)), 20000)
		if j.Level != Emergency || !slices.ContainsFunc(j.Findings, func(f Finding) bool { return f.Category == Threat && !f.Statistical() }) {
			t.Errorf("%s: %+v", words, j)
		}
	}
}

// Nouns and verbs that harassers use too are no sign by themselves.
func TestAWordThatMostSentencesUseInnocently(t *testing.T) {
	r := shippedRules(t)
	for _, sentence := range []string{"最新鋭機に乗り込む。", "不発弾と爆弾の展示はいつまでですか", "試合でぼこぼこにされて落ち込んでるんです"} {
		if j := r.Consider(timeline(said(20000, sentence)), 20000); j.Level != None {
			t.Errorf("%s: %+v", sentence, j)
		}
	}
	for sentence, want := range map[string]Level{"今から店に乗り込むからな": Severe, "店に爆弾を仕掛けたぞ": Emergency, "お前をぼこぼこにしてやる": Severe} {
		if j := r.Consider(timeline(said(20000, sentence)), 20000); j.Level < want {
			t.Errorf("%s: %+v", sentence, j)
		}
	}
}

func TestBadInput(t *testing.T) {
	r := shippedRules(t)
	for name, words := range map[string]string{"empty": "", "a letter": "死", "spaces": "   ", "emoji": "😀😡🔪", "long": strings.Repeat("お世話になっております。", 1000),
		"mixed width": "ＡＢＣ abc ｱｲｳ アイウ", "broken": "\xff\xfe\x80", "half heard": "…ですが、それ", "marks": "<相手>…(a|b)$^"} {
		if j := r.Consider(timeline(said(20000, words)), 20000); j.Level != None {
			t.Errorf("%s is %s by %+v", name, j.Level, j.Findings)
		}
	}
	for name, words := range map[string]string{"half width": "ﾃﾒｪ ﾌｻﾞｹﾝﾅ", "drawn out": "ふざけんなーーーっ、てめーーー", "in a flood": strings.Repeat("はい、そうですか。", 200) + "てめえ、ぶっ殺すぞ",
		"spaced": "ふ ざ け ん な 、 て め え", "hidden": "おまえタヒねよ"} {
		if j := r.Consider(timeline(said(20000, words)), 20000); j.Level == None {
			t.Errorf("%s is nothing", name)
		}
	}
}

// A rule with an error says where it is, so that the rules in force stay.
func TestAWrongRuleSaysWhere(t *testing.T) {
	for want, e := range map[string]Entry{
		"class \"見知らぬ\" is not known": {ID: "X-1", Forms: []string{"<見知らぬ>だ"}, Level: Caution},
		"( without )":                 {ID: "X-1", Forms: []string{"(あれ|これ"}, Level: Caution},
		"form \"未来\" is not known":    {ID: "X-1", Forms: []string{"<殺す:未来>"}, Level: Caution},
		"save the file as UTF-8":      {ID: "X-1", Forms: []string{"あれ\x82\xa0"}, Level: Caution}, // あ in Shift_JIS
		"weight 2 is not between":     {ID: "X-1", Surface: "あれこれ", Level: Caution, Weight: 2},
	} {
		l, err := ShippedLexicon()
		if err != nil {
			t.Fatal(err)
		}
		l.Sheets = append(l.Sheets, Sheet{Category: Abuse, Entries: []Entry{e}})
		if _, err := NewRules(l, ShippedThresholds()); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "X-1") {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("<相手>…(ばか|あほ)$", "おまえはばか")
	f.Fuzz(func(t *testing.T, form, words string) {
		r, err := NewRules(Lexicon{Classes: []Class{{Name: "相手", Words: []string{"おまえ"}}}, Sheets: []Sheet{{Category: Abuse, Entries: []Entry{{ID: "F", Surface: "あいう", Forms: []string{form}, Level: Caution}}}}}, ShippedThresholds())
		if err == nil {
			r.Consider(timeline(said(1000, words)), 1000)
		}
	})
}

// Who tells what was said to him is no harasser, whatever it was and however he puts it; who says the same is one.
func TestWhoTellsWhatWasSaidIsNoHarasser(t *testing.T) {
	r := shippedRules(t)
	for said, told := range map[string]string{
		"お前なんか死ね、消えろ": "娘が同じクラスの子に、お前なんか死ね消えろって毎日言われてるんです",
		"ぶっ殺してやるからな":  "前の夫から、ぶっ殺してやるからなって留守電が入ってて、番号を変えたいんです",
		"土下座して謝れよ":    "さっき別のお客さんに土下座して謝れよって怒鳴られて、まだ手が震えてるんです",
	} {
		if j := alone(r, said); j.Level < Warning {
			t.Errorf("%s: %s", said, j.Level)
		}
		if j := alone(r, told); j.Level > None || len(j.Counter) == 0 {
			t.Errorf("%s: %s %+v, counter %+v", told, j.Level, j.Findings, j.Counter)
		}
	}
}
