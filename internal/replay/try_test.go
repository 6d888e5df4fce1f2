package replay

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
	"commusafe/internal/replay/replaytest"
)

func shipped(t *testing.T) *judge.Rules {
	t.Helper()
	r, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// record writes the folder of a call in which a caller is rude.
func record(t *testing.T, rules *judge.Rules, preset policy.Preset, promptMS, wrong, end call.Millis) string {
	return replaytest.Call{Calls: t.TempDir(), Began: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC), Rules: rules, Policy: policy.ShippedRules(preset),
		PromptMS: promptMS, WrongMS: wrong, EndMS: end, Items: replaytest.Rude()}.Record(t)
}

// The journal names the versions of every judgement, and a replay gives it back byte for byte; with another lexicon at
// hand it says so, and with a changed byte of evidence it finds where (E-61).
func TestE61ReplayIsByteEqual(t *testing.T) {
	rules := shipped(t)
	for _, preset := range []policy.Preset{policy.PresetWatch, policy.PresetAsk, policy.PresetAuto} {
		dir := record(t, rules, preset, 7000, 0, 400000)
		judged := 0
		if err := folder.Read(dir, func(l folder.Line) error {
			if l.Kind == folder.KindJudgement {
				var j judge.Judgement
				if err := json.Unmarshal(l.Data, &j); err != nil || j.Versions != rules.Version() || j.Versions == "" {
					t.Errorf("%s %v", l.Data, err)
				}
				judged++
			}
			return nil
		}); err != nil || judged < 4 {
			t.Fatalf("%d judgements, %v", judged, err)
		}
		r, err := Folder(dir, rules)
		if err != nil || r.Differs != "" || r.Judgements != judged {
			t.Errorf("%s: %+v %v", preset, r, err)
		}
		other, err := judge.NewRules(judge.Lexicon{Version: "other"}, judge.ShippedThresholds())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Folder(dir, other); err == nil || !strings.Contains(err.Error(), "other") {
			t.Errorf("another lexicon: %v", err)
		}
	}
}

// A folder of before entries were found by their sound is judged as it was then, though the same words would be found now.
func TestAnOlderFolderIsJudgedAsItWas(t *testing.T) {
	rules := shipped(t)
	for name, with := range map[string]*judge.Rules{"now": rules, "then": rules.ByLetters()} {
		dir := replaytest.Call{Calls: t.TempDir(), Began: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC), Rules: with, Policy: policy.ShippedRules(policy.PresetAsk),
			PromptMS: 7000, EndMS: 100000, Items: []evidence.Item{replaytest.Said(20000, "おやのかおだみてみたい和")}}.Record(t)
		r, err := Folder(dir, rules)
		if err != nil || r.Differs != "" || (r.Judgements > 0) != (name == "now") {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
}

// Without a change nothing differs, whatever the announcements really took, and with wrong flags of people as they came.
func TestWithoutAChangeNothingDiffers(t *testing.T) {
	rules := shipped(t)
	for _, preset := range []policy.Preset{policy.PresetWatch, policy.PresetAsk, policy.PresetAuto} {
		for _, promptMS := range []call.Millis{1500, 12000, 28000} {
			for _, wrong := range []call.Millis{0, 75000} {
				dir := record(t, rules, preset, promptMS, wrong, 900000)
				got, err := Try(dir, rules, Change{}, nil)
				if err != nil || got.Differs() || len(got.Before.Events) < 3 || !got.Heard || got.Before.Peak != got.After.Peak {
					t.Errorf("%s %d %d: %+v %v", preset, promptMS, wrong, got, err)
				}
			}
		}
	}
}

// A changed preset, threshold or lexicon shows what would have been otherwise, and when.
func TestAChangeShowsWhatWouldDiffer(t *testing.T) {
	rules := shipped(t)
	dir := record(t, rules, policy.PresetAsk, 7000, 0, 200000)
	got, err := Try(dir, rules, Change{Preset: policy.PresetAuto}, nil)
	if err != nil || got.After.Did(policy.Warn1) != 1 || got.Before.Did(policy.Warn1) != 0 || got.After.Did(policy.Warn2) != 1 || got.Before.Peak != got.After.Peak {
		t.Errorf("%+v %v", got, err)
	}
	if len(got.New) == 0 || got.New[0] != (Event{AtMS: 31000, What: EventDone, Do: policy.Warn1, Entry: got.New[0].Entry}) || got.Gone[0].What != EventPropose || got.Gone[0].AtMS != 31000 {
		t.Errorf("new %+v gone %+v", got.New, got.Gone)
	}
	if got, err = Try(dir, rules, Change{Thresholds: json.RawMessage(`{"pair_ms": 6000, "pair_other_ms": 6000}`)}, nil); err != nil || !got.Differs() || got.After.Peak >= got.Before.Peak {
		t.Errorf("a shorter pair: %+v %v", got, err)
	}
	empty, err := judge.NewRules(judge.Lexicon{Version: "empty"}, judge.ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	if got, err = Try(dir, rules, Change{Lexicon: empty}, nil); err != nil || got.After.Did(policy.Notify) != 0 && got.After.Peak == judge.None || !strings.HasPrefix(got.Lexicon, "empty") || !got.Differs() {
		t.Errorf("no lexicon: %+v %v", got, err)
	}
	for name, c := range map[string]Change{"an unknown field": {Rules: json.RawMessage(`{"gap": 1}`)}, "a preset of nobody": {Preset: "wild"}, "a gap too short": {Rules: json.RawMessage(`{"gap_ms": 1}`)}, "no JSON": {Thresholds: json.RawMessage(`{`)}} {
		if c.Check() == nil {
			t.Errorf("%s was taken", name)
		}
		if _, err := Try(dir, rules, c, nil); err == nil {
			t.Errorf("%s was tried", name)
		}
	}
}

// At the time of a wrong flag the level is that of the rules, as if nobody had flagged it.
func TestAnExampleIsAskedForWithoutItsFlag(t *testing.T) {
	rules := shipped(t)
	dir := record(t, rules, policy.PresetAsk, 7000, 40000, 200000)
	got, err := Try(dir, rules, Change{}, []call.Millis{10000, 40000, 60000, 500000})
	if err != nil || len(got.Checked) != 3 || got.Checked[0] != judge.None || got.Checked[1] != judge.Warning || got.Checked[2] != judge.Warning {
		t.Errorf("%v %v", got.Checked, err)
	}
	empty, err := judge.NewRules(judge.Lexicon{Version: "empty"}, judge.ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	if got, err = Try(dir, rules, Change{Lexicon: empty, Thresholds: json.RawMessage(`{"word_floor": 1}`)}, []call.Millis{40000}); err != nil || got.Checked[0] != judge.None {
		t.Errorf("%v %v", got.Checked, err)
	}
}

// Evidence that was never a call is judged by both sets of rules.
func TestTryingARecording(t *testing.T) {
	rules := shipped(t)
	got, err := TryItems("a.wav", replaytest.Rude(), rules, policy.ShippedRules(policy.PresetAsk), Change{Preset: policy.PresetAuto})
	if err != nil || got.After.Did(policy.Warn2) != 1 || got.Before.Did(policy.Warn1) != 0 || !got.Differs() {
		t.Errorf("%+v %v", got, err)
	}
	if got, err = TryItems("a.wav", replaytest.Rude(), rules, policy.ShippedRules(policy.PresetAuto), Change{}); err != nil || got.Differs() {
		t.Errorf("%+v %v", got, err)
	}
}

// A call that was judged with entries of the centre is tried with those entries: without a change nothing differs, whatever the
// centre has by now.
func TestATrialHasTheWordsOfThatTime(t *testing.T) {
	own := judge.Own{Version: 4, Sheets: []judge.Sheet{{Category: judge.Threat, Entries: []judge.Entry{{ID: "OWN-1", Surface: "看板に味噌", Level: judge.Warning}}}}}
	rules, err := shipped(t).With(own, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := replaytest.Call{Calls: t.TempDir(), Began: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC), Rules: rules, Own: own, Policy: policy.ShippedRules(policy.PresetAsk),
		PromptMS: 7000, EndMS: 100000, Items: []evidence.Item{replaytest.Said(20000, "看板に味噌が付きました")}}.Record(t)
	later, err := shipped(t).With(judge.Own{Version: 5, Sheets: []judge.Sheet{{Category: judge.Insult, Entries: []judge.Entry{{ID: "OWN-2", Surface: "別の言葉ですよ", Level: judge.Caution}}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]*judge.Rules{"none": shipped(t), "other words": later} {
		got, err := Try(dir, at, Change{}, nil)
		if err != nil || got.Differs() || got.Before.Peak != judge.Warning {
			t.Errorf("%s at hand: %+v %v", name, got, err)
		}
	}
}

// A call that was judged with packs is replayed byte for byte, whatever is in force by now; a program that lacks the pack says
// which one.
func TestAFolderIsReplayedWithItsPacks(t *testing.T) {
	with := func(l judge.Lexicon, packs ...string) *judge.Rules {
		t.Helper()
		r, err := judge.NewRules(l.Trading(packs), judge.ShippedThresholds())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	l := replaytest.Lexicon()
	rules := with(l, "it", "home")
	dir := replaytest.Call{Calls: t.TempDir(), Began: time.Date(2026, 11, 28, 1, 0, 0, 0, time.UTC), Rules: rules, Policy: policy.ShippedRules(policy.PresetAsk), PromptMS: 7000, EndMS: 100000,
		Items: []evidence.Item{replaytest.Said(20000, "サーバーを落としてもらえますか"), replaytest.Said(40000, "てめえ、殺すぞ")}}.Record(t)
	for name, at := range map[string]*judge.Rules{"no packs": with(l), "other packs": with(l, "home"), "the same": rules} {
		if r, err := Folder(dir, at); err != nil || r.Differs != "" || r.Judgements == 0 {
			t.Errorf("%s at hand: %+v %v", name, r, err)
		}
	}
	l.Packs = nil
	if _, err := Folder(dir, with(l)); err == nil || !strings.Contains(err.Error(), `"home"`) {
		t.Errorf("without the packs: %v", err)
	}
	none := []string{}
	tried, err := Try(dir, rules, Change{Trade: &none, Ready: &Ready{}}, nil)
	if err != nil || len(tried.New) == 0 || tried.New[0].AtMS != 20000 || tried.New[0].Level != judge.Warning {
		t.Errorf("%+v %v", tried, err)
	}
}

// A call on a closed day was not cut by itself, a replay gives it back byte for byte, and what a trial of other rules shows keeps the day as it was:
// another preset does not open the desk, and the same number of other hours or other days is seen as a change.
func TestACallOnAClosedDay(t *testing.T) {
	rules := shipped(t)
	began := time.Date(2027, 1, 1, 1, 0, 0, 0, time.UTC) // 10:00 in Japan, a Friday
	items := append(replaytest.Rude(), replaytest.Said(150000, "なめてんのか、こら"), replaytest.Said(165000, "この野郎"))
	for name, c := range map[string]struct {
		closed, change string
		was, would     bool // whether it was and would be cut
	}{
		"closed":                      {"2027-01-01", ``, false, false},
		"closed the day before":       {"2026-12-31", ``, true, true},
		"another day instead":         {"2027-01-01", `{"closed": [{"date": "2027-01-02"}]}`, false, true},
		"the day instead of another":  {"2027-01-02", `{"closed": [{"date": "2027-01-01"}]}`, true, false},
		"other hours, as many":        {"2026-12-31", `{"desk": [{"day": 5, "from": "12:00", "until": "18:00"}]}`, true, false},
		"other hours on a closed day": {"2027-01-01", `{"desk": [{"day": 5, "from": "00:00", "until": "24:00"}]}`, false, false},
	} {
		p := policy.ShippedRules(policy.PresetAuto)
		p.Desk, p.Closed = []policy.Hours{{Day: time.Friday, From: "09:00", Until: "18:00"}}, []policy.ClosedDay{{Date: c.closed}}
		dir := replaytest.Call{Calls: t.TempDir(), Began: began, Rules: rules, Policy: p, PromptMS: 7000, EndMS: 400000, Items: items}.Record(t)
		if r, err := Folder(dir, rules); err != nil || r.Differs != "" || r.Judgements == 0 {
			t.Errorf("%s: %+v %v", name, r, err)
		}
		got, err := Try(dir, rules, Change{Rules: json.RawMessage(c.change)}, nil)
		if err != nil || (got.Before.Did(policy.Closing) > 0) != c.was || (got.After.Did(policy.Closing) > 0) != c.would {
			t.Errorf("%s: before %+v after %+v %v", name, got.Before, got.After, err)
		}
	}
}
