package judge

import (
	"math"
	"slices"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// The weights are read as the training reads them.
func TestFramersAreThoseOfTheTraining(t *testing.T) {
	r := sharedRules(t)
	there := map[string]int{}
	of := map[string]*framer{"danger": r.danger, "aim": r.aim}
	lines := trained[struct {
		Matter, Line, Before string
		There                float64
	}](t, "frame.json")
	for _, l := range lines {
		p := of[l.Matter].there([]rune(l.Line), []rune(l.Before))
		if math.Abs(p-l.There) > 1e-4 {
			t.Errorf("%s: %q after %q: %.6f here, %.6f by the training", l.Matter, l.Line, l.Before, p, l.There)
		}
		if p > 0.5 {
			there[l.Matter]++
		}
	}
	for matter := range of {
		if n := there[matter]; n < 10 || n > len(lines)/2-10 {
			t.Errorf("%s: %d lines are there: the file says nothing", matter, n)
		}
	}
}

// said7 makes utterances of a call, seven seconds apart, and the time after the last.
func said7(lines ...string) (*evidence.Timeline, call.Millis) {
	var items []evidence.Item
	at := call.Millis(20000)
	for _, l := range lines {
		items = append(items, said(at, l))
		at += 7000
	}
	return timeline(items...), at
}

// The same words alarm when the danger is there, and are told to people when they belong to a film, a drill or the past. Either way the machine is held.
func TestDangerThatIsToldOfAlarmsNobody(t *testing.T) {
	r := sharedRules(t)
	for words, frames := range map[string]struct{ there, told []string }{
		"母が台所で倒れて、息をしていません":       {[]string{"", "さっきから変なんです"}, []string{"きのうの刑事ドラマの最終回の話なんですけど"}},
		"火が出て煙で息ができません、助けて":       {[]string{"", "台所の火が消えません"}, []string{"来週の防災訓練の台本を作っておりまして"}},
		"もう死んだほうがましです、生きていても仕方ない": {[]string{"", "もう三日も眠れなくて", "先月夫が亡くなりまして"}, []string{"文芸サークルの小説の校正をお願いしたいんですが、主人公の遺書のところです"}},
		"煙で息ができなくて、母が血だらけで倒れました":  {[]string{""}, []string{"昔の空襲の体験を語る会の原稿なんです"}},
	} {
		judged := func(before string) Judgement {
			lines := []string{before, words}
			if before == "" {
				lines = lines[1:]
			}
			tl, now := said7(lines...)
			return r.Consider(tl, now)
		}
		for _, before := range frames.there {
			if j := judged(before); j.Level != Emergency {
				t.Errorf("%q after %q: %s: %+v", words, before, j.Level, j.Findings)
			}
		}
		for _, before := range frames.told {
			j := judged(before)
			i := slices.IndexFunc(j.Findings, func(f Finding) bool { return f.Because == becauseFramed && f.Category == GCrisis && f.ForPeople() })
			if j.Level != Warning || i < 0 || !j.Protects(GCrisis, 10000) {
				t.Errorf("%q after %q: %s: %+v", words, before, j.Level, j.Findings)
			}
		}
	}
}

// Sharp words about others are put aside; the same words to the agent count, and so do they where nothing was said before.
func TestSharpWordsThatAreNotMeantForTheAgent(t *testing.T) {
	r := sharedRules(t)
	for words, frames := range map[string]struct{ other, agent string }{
		"うるせえ、黙れって":             {"うちの息子が反抗期で、私に言うんですよ", "お前の声を聞くと腹が立つ"},
		"こんな簡単なこともできないのか、頭が悪いな": {"姑の口癖でね、毎日言われたもんですよ", "さっきから待たせやがって"},
	} {
		tl, now := said7(frames.other, words)
		j := r.Consider(tl, now)
		if j.Level != None || !slices.ContainsFunc(j.Counter, func(f Finding) bool { return f.Because == becauseUnaimed && isAside(f.Because) }) || counting(j) != 0 {
			t.Errorf("%q after %q: %s: %+v %+v", words, frames.other, j.Level, j.Findings, j.Counter)
		}
		for _, before := range [][]string{{frames.agent}, nil} {
			tl, now := said7(append(before, words)...)
			if j := r.Consider(tl, now); j.Level < Caution || slices.ContainsFunc(j.Counter, func(f Finding) bool { return f.Because == becauseUnaimed }) {
				t.Errorf("%q after %q: %s: %+v %+v", words, before, j.Level, j.Findings, j.Counter)
			}
		}
	}
}

// What was said before is what the caller said, in the minutes before, whenever it came: a line that comes late counts as if it had come in time.
func TestOnlyWhatTheCallerSaidBeforeIsAFrame(t *testing.T) {
	r := sharedRules(t)
	const film, words = "きのうの刑事ドラマの最終回の話なんですけど", "母が台所で倒れて、息をしていません"
	agent := said(200000, film)
	agent.Party = call.Agent
	unsure := said(200000, film)
	unsure.Confidence = r.Thresholds.WordFloor / 2
	early := said(210000-r.Thresholds.PairOther, film)
	for name, before := range map[string]evidence.Utterance{"the agent's": agent, "not sure": unsure, "long before": early, "after it": said(216000, film)} {
		if j := r.Consider(timeline(before, said(210000, words)), 217000); j.Level != Emergency {
			t.Errorf("a frame that is %s: %s: %+v", name, j.Level, j.Findings)
		}
	}
	tl := timeline(said(210000, words))
	if j := r.Consider(tl, 211000); j.Level != Emergency {
		t.Fatalf("%+v", j)
	}
	r.Add(tl, said(200000, film))
	late := r.Consider(tl, 211000)
	if want := r.Consider(timeline(said(200000, film), said(210000, words)), 211000); !late.Says(want) || late.Level != Warning {
		t.Errorf("a line that came late: %s: %+v, want %+v", late.Level, late.Findings, want.Findings)
	}
}

// Words that the centre has entered itself alarm as it has said, whatever was said before.
func TestACentresOwnWordsHaveNoFrame(t *testing.T) {
	r, err := sharedRules(t).With(Own{Version: 1, Sheets: []Sheet{
		{Category: GCrisis, Entries: []Entry{{ID: "OWN-1", Surface: "合言葉は山です"}}},
		{Category: Abuse, Entries: []Entry{{ID: "OWN-2", Surface: "看板に味噌", Level: Caution}}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tl, now := said7("きのうの刑事ドラマの最終回の話なんですけど、姑の口癖でね", "合言葉は山です", "看板に味噌と言ったら看板に味噌だ")
	j := r.Consider(tl, now)
	for _, id := range []string{"OWN-1", "OWN-2"} {
		if !slices.ContainsFunc(j.Findings, func(f Finding) bool { return f.Entry == id && f.Because == becauseWords }) {
			t.Errorf("%s: %+v %+v", id, j.Findings, j.Counter)
		}
	}
}

// A threat to do grave harm that seems to be told of is told to people, without an alarm.
func TestAGraveThreatIsNeverPutAside(t *testing.T) {
	r := sharedRules(t)
	grave := func(aim float64, score float64) (Level, string, bool) {
		tl, _ := said7("人形劇の台本なんですけどね", "お前の家に火をつけてやる、待っていろ")
		_, i := tl.Between(evidence.Words, 0, 1<<40)
		of := r.recall(tl, evidence.Words, i-1)
		f := reason{hit: &hit{Finding: Finding{Category: Threat, Level: Emergency, Because: becauseWords, Score: score}, full: floor}, level: Emergency, because: becauseWords, of: of, place: i - 1}
		r.frame(&f, tl).aim = aim
		r.frameAim(&f, tl)
		return f.level, f.because, f.aside != ""
	}
	if level, because, aside := grave(0.01, 0.5); level != Warning || because != becauseWordsOnly || aside {
		t.Errorf("told of: %s %s, aside: %t", level, because, aside)
	}
	if level, because, aside := grave(0.4, 0.5); level != Emergency || because != becauseWords || aside {
		t.Errorf("perhaps meant: %s %s, aside: %t", level, because, aside)
	}
}
