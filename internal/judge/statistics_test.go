package judge

import (
	"slices"
	"testing"

	"commusafe/internal/evidence"
	"commusafe/internal/text"
)

// What people in need say is told to people where no entry knows its words, and holds the machine; what customers say in nearly the same words is not.
func TestStatisticsSeeThatSomebodyIsInNeed(t *testing.T) {
	r := sharedRules(t)
	for words, want := range map[string]struct {
		level   Level
		because string // of the crisis; empty: none
	}{
		"ふっとね、ベランダから下を見て、吸い込まれそうになるんです": {Warning, becauseNeed},
		"今ホームの端に立っていて、次の電車を待っています":      {Warning, becauseMayNeed},
		"兄が部屋から出てこなくて、呼んでも返事がないんです":     {Emergency, becauseWords}, // beside 返事がない, a right to complain
		"母が台所で倒れて、呼びかけても目を開けません":        {Emergency, becauseWords},
		"死にたいです": {Emergency, becauseWords},
		"主人が息をしていません、早く来てください":                {Emergency, becauseWords},
		"ブレーキが効かなくて車が止まりません":                  {Emergency, becauseWords},
		"契約を終わりにしたいんです":                       {None, ""},
		"給湯器が止まりません、早く来てください":                 {None, ""},
		"パソコンが動かないんです":                        {None, ""},
		"父が亡くなったので名義を変えたいのですが":                {None, ""},
		"車が動かなくなったので、レッカーを呼んでください":            {None, ""},
		"ボイラーが止まってしまって、お湯が出ないんです、早く来てもらえませんか": {None, ""},
		"犬がぐったりしているので往診をお願いします":               {None, ""},
		"煙が出ないストーブはありますか":                     {None, ""},
		"子どもが急に背が伸びて、制服の丈が合わないんです":            {None, ""},
		"冷蔵庫が倒れました":                           {None, ""},
		"プロとしての意識がないんじゃないですか":                 {None, ""},
		"去年、父が倒れて救急車で運ばれたときの領収書なんですが":         {None, ""},
	} {
		j := r.Consider(timeline(said(20000, words)), 21000)
		i := slices.IndexFunc(j.Findings, func(f Finding) bool { return f.Category == GCrisis })
		because := ""
		if i >= 0 {
			because = j.Findings[i].Because
		}
		if j.Level != want.level || because != want.because {
			t.Errorf("%s: %s %s, want %s %s: %+v %+v", words, j.Level, because, want.level, want.because, j.Findings, j.Counter)
		}
		if held := j.Protects(GCrisis, 10000); held != (want.because != "") || len(j.Strikes) > 0 {
			t.Errorf("%s: the machine is held: %v; %+v", words, held, j.Strikes)
		}
		if because == becauseNeed && (!j.Findings[i].ForPeople() || !j.Findings[i].Statistical() || j.Findings[i].Score < needAt) {
			t.Errorf("%s: %+v", words, j.Findings[i])
		}
	}
}

// It falls with time as other findings do, a person's word that it was wrong takes it back, and what the agent says is nobody's need.
func TestNeedIsTakenBack(t *testing.T) {
	r := sharedRules(t)
	need := said(20000, "ふっとね、ベランダから下を見て、吸い込まれそうになるんです")
	if j := r.Consider(timeline(need, evidence.Mark{Head: evidence.Head{FromMS: 25000, ToMS: 25000}, Mark: evidence.MarkWrongFlag}), 30000); j.Level != None || j.Protects(GCrisis, 10000) {
		t.Errorf("%+v", j)
	}
	if j := r.Consider(timeline(need), 20000+2*r.Thresholds.Decay); j.Level != None {
		t.Errorf("%+v", j)
	}
	agent := need
	agent.Party = "agent"
	if j := r.Consider(timeline(agent), 30000); j.Level != None || len(j.Counter) > 0 {
		t.Errorf("%+v", j)
	}
}

// In a long text the need of any part counts, wherever it stands.
func TestNeedStandsAnywhereInALongText(t *testing.T) {
	r := sharedRules(t)
	before := "先週お電話した件なんですが、請求書の金額が前の月と違っていて、何度か見直したんですけれども理由がわからなくて、ほかの窓口でも同じことを聞いてみたのですが、こちらで聞いてくださいと言われました。"
	need := "仕事もなくして、家族にも見放されて、もう何もかも嫌になりました。今ホームの端に立っていて、次の電車を待っています。今夜でいなくなります、今までありがとうございました。"
	for _, words := range []string{before + before + need, need + before + before, before + need + before} {
		if o := r.opine(text.Fold(words).Runes); o.need < needAt || !o.part {
			t.Errorf("%.2f: %s", o.need, words)
		}
	}
	if o := r.opine(text.Fold(before + before).Runes); o.need >= needAt {
		t.Errorf("%.2f without it", o.need)
	}
}

// An entry of a crisis that has a weight alarms where the statistics see it too; where they see little of it people are told, and where they see
// nothing it is put aside and says why. One without a weight alarms whatever they see, and one of S2 never does.
func TestAnEntryOfACrisisIsBorneOut(t *testing.T) {
	r, err := NewRules(Lexicon{Sheets: []Sheet{{Category: GCrisis, Entries: []Entry{
		{ID: "WEIGHED", Surface: "助けが要ります", Weight: 0.5}, {ID: "SURE", Surface: "合言葉は山です"}, {ID: "TOLD", Surface: "合言葉は川です", Level: Warning}}}}}, ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]struct {
		level   Level
		because string
	}{
		"死にたいんです、もう生きていたくない、助けが要ります":             {Emergency, becauseWords},
		"プリンターの設定がわからないので説明書を送ってください、助けが要ります":    {None, becauseUnlikely},
		"プリンターの設定がわからないので説明書を送ってください、合言葉は山です":    {Emergency, becauseWords},
		"死にたいんです、もう生きていたくない、合言葉は川です":             {Warning, becauseMayNeed},
		"プリンターの設定がわからないので説明書を送ってください、合言葉は川です、はい": {Warning, becauseMayNeed},
	} {
		j := r.Consider(timeline(said(20000, words)), 21000)
		all := append(slices.Clone(j.Findings), j.Counter...)
		i := slices.IndexFunc(all, func(f Finding) bool { return f.Category == GCrisis })
		if i < 0 || j.Level != want.level || all[i].Because != want.because {
			t.Errorf("%s: %s, want %s %s: %+v", words, j.Level, want.level, want.because, all)
			continue
		}
		if c, held := j.GuardedSince(10000); held != (want.level > None) || held && c != GCrisis {
			t.Errorf("%s: the machine is held: %v %s", words, held, c)
		}
		if told := all[i].Because == becauseMayNeed; told != all[i].ForPeople() || all[i].Statistical() {
			t.Errorf("%s: %+v", words, all[i])
		}
	}
	h := hit{Finding: Finding{Category: GCrisis, Level: Emergency, Because: becauseWords}, needs: hintAt, full: alarmAt}
	if h.borneOut((hintAt + alarmAt) / 2); h.Level != Warning || h.Because != becauseMayNeed || h.why != "" {
		t.Errorf("%+v", h)
	}
	_, err = NewRules(Lexicon{Sheets: []Sheet{{Category: GCrisis, Entries: []Entry{{ID: "A", Surface: "助けが要ります", Level: Severe}}}}}, ShippedThresholds())
	if err == nil {
		t.Error("a crisis of S3 was taken")
	}
}

// A rule's words in which the statistics see too little harassment keep their level and are for people; the machine does nothing by them, nor by
// two of them. Rude signs and entries without a weight are what they are.
func TestWhatStatisticsHardlyBearOutIsForPeople(t *testing.T) {
	r := shippedRules(t)
	of := func(words string) (Finding, Judgement) {
		j := r.Consider(timeline(said(20000, words), said(40000, words)), 41000)
		if len(j.Findings) == 0 || len(j.Strikes) != 2 {
			t.Fatalf("%s: %+v %+v", words, j.Findings, j.Strikes)
		}
		return j.Findings[0], j
	}
	for words, level := range map[string]Level{
		"お母様もさぞ嘆いておいででしょうね":     Warning,
		"写真なんか加工すりゃいくらでも作れるんだよ": Warning,
		"今がら行ぐがら、待ってろよ":         Severe,
	} {
		f, j := of(words)
		if j.Level != level || f.Because != becauseWordsOnly || !f.ForPeople() || f.Score >= actAt || !j.Strikes[0].Statistical || !j.Strikes[1].Statistical || j.Struck(0) {
			t.Errorf("%s: %s %+v %+v", words, j.Level, f, j.Strikes)
		}
	}
	if _, j := of("おらを誰だど思ってんだ"); j.Level != Warning || !j.Strikes[0].Statistical || !j.Strikes[1].Statistical || j.Struck(0) {
		t.Errorf("two signs of authority that are hardly borne out: %+v %+v", j.Findings, j.Strikes) // told as two signs
	}
	for words, level := range map[string]Level{
		"あんた頭おかしいんじゃないの": Warning, // rude, and in doubt; the second makes a clear case of two
		"この馬鹿野郎が":        Warning,
		"国に帰れよ、おまえ":      Warning,
		"爆弾仕掛けた":         Emergency, // hardly borne out either
	} {
		if f, j := of(words); j.Level != level || f.ForPeople() || j.Strikes[0].Statistical {
			t.Errorf("%s: %s %+v %+v", words, j.Level, f, j.Strikes)
		}
	}
}
