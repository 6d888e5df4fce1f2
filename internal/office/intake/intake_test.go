package intake_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/dialogue"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/office/intake"
	"commusafe/internal/office/store"
	"commusafe/internal/office/store/storetest"
	"commusafe/internal/policy"
	"commusafe/internal/proof/recorded"
)

func shelf(t *testing.T, calls string, s *store.Store) (*intake.Shelf, *[]policy.Limit) {
	t.Helper()
	rules, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	var limits []policy.Limit
	return &intake.Shelf{Calls: calls, Store: s, Rules: rules, Log: slog.New(slog.DiscardHandler), Taken: func(intake.Folder) {},
		Suggest: func(_ context.Context, l policy.Limit) error { limits = append(limits, l); return nil },
		Limit:   func(_ context.Context, l policy.Limit) error { limits = append(limits, l); return nil }}, &limits
}

// cutCall writes the folder of a call that the machine cut.
func cutCall(t *testing.T, calls string) (string, folder.Seal) {
	t.Helper()
	began := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	in := call.Incoming{ID: call.NewID(), Began: began, Direction: call.Inbound, Trunk: "t", From: call.ParseNumber("0312345678")}
	w, err := folder.Create(calls, in.ID, began, folder.Options{Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	j := judge.Judgement{AtMS: 20000, Level: judge.Warning, Findings: []judge.Finding{{Category: judge.Insult, Level: judge.Warning, Because: "because.words"}, {Category: judge.Abuse, Level: judge.Caution, Because: "because.phrase"},
		{Category: judge.Threat, Level: judge.Warning, Because: "because.gists"}}} // a guess, which is no kind of the call
	limit := policy.Limit{ID: "provisional-" + string(in.ID), Number: "+81312345678", Take: policy.TakeVoicebot, From: began, Until: began.Add(24 * time.Hour), Provisional: true, Call: in.ID, Reason: "cut"}
	for i, l := range []struct {
		kind folder.Kind
		data any
	}{
		{folder.KindCall, map[string]any{"what": "began", "incoming": in}},
		{folder.KindSettings, course.SettingsLine{Program: "test", Rules: policy.ShippedRules(policy.PresetAuto), Lexicon: "shipped/1",
			Own: judge.Own{Version: 1, Sheets: []judge.Sheet{{Category: judge.Threat, Entries: []judge.Entry{{ID: "OWN-1", Surface: "看板に味噌を塗る"}}}}}}},
		{folder.KindEvidence, map[string]any{"type": "phrase", "party": "caller", "from_ms": 100, "to_ms": 900, "source": "test", "id": "OWN-1", "reading": "かんばん", "score": -1, "confidence": 0.9}},
		{folder.KindEvidence, map[string]any{"type": "utterance", "party": "caller", "from_ms": 1000, "to_ms": 3000, "source": "test", "text": "ﾊﾞｶ野郎", "confidence": 0.9, "final": true}},
		{folder.KindJudgement, j},
		{folder.KindPlan, course.PlanLine{Stage: policy.StageFinal, Actions: []policy.Action{{Do: policy.Closing, Mode: policy.AskFirst}}}},
		{folder.KindAction, map[string]any{"do": "warn1", "phase": "done", "spoken": map[string]any{"complete": false}}},
		{folder.KindAction, map[string]any{"do": "cut", "phase": "done"}},
		{folder.KindAction, map[string]any{"do": "limit", "phase": "done", "limit": limit}},
		{folder.KindTimer, map[string]any{"why": "due"}},
		{folder.KindDialogue, dialogue.Event{Kind: dialogue.TurnEnded, N: 2}},
		{folder.KindTurn, course.TurnLine{Command: dialogue.Command{N: 3, Do: dialogue.End}, State: dialogue.State{Step: dialogue.Over, Exit: dialogue.Message, Number: "4071", N: 3}}},
		{folder.KindCall, map[string]any{"what": "ended", "reason": call.EndReason{By: call.ByPolicy, Why: "cut"}}},
	} {
		if _, err := w.Append(call.Millis(i*1000), began.Add(time.Duration(i)*time.Second), l.kind, l.data); err != nil {
			t.Fatal(err)
		}
	}
	s, err := w.Seal(12000, began.Add(12*time.Second), nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.Dir, s
}

func TestAFolderIsTakenInOnce(t *testing.T) {
	calls, s := t.TempDir(), storetest.SQLite(t)
	sh, limits := shelf(t, calls, s)
	dir, seal := cutCall(t, calls)
	offer := bus.Offer{V: 1, Edge: "e", Call: seal.Call, Dir: dir, Last: seal.Last}
	for range 2 {
		if r := sh.Offer(t.Context(), offer); r.Error != "" {
			t.Fatalf("%+v", r)
		}
	}
	c, err := s.Call(t.Context(), seal.Call)
	if err != nil || c.Peak != judge.Warning || c.Stage != policy.StageClosed || c.Ended.Why != "cut" || c.Preset != policy.PresetAuto || c.State != folder.Sealed ||
		!reflect.DeepEqual(c.Categories, []judge.Category{judge.Abuse, judge.Insult}) || c.Incoming.From.E164 != "+81312345678" {
		t.Errorf("%+v %v", c, err)
	}
	lines, err := s.CallLines(t.Context(), seal.Call)
	if err != nil || len(lines) != 10 || lines[2].Words != "バカ野郎" || !strings.Contains(string(lines[1].Data), `"text":"看板に味噌を塗る","category":"THREAT"`) ||
		!strings.Contains(string(lines[8].Data), `"exit":"message","number":"4071"`) {
		t.Errorf("%d lines: %+v %v", len(lines), lines, err)
	}
	if n, err := s.CutsOn(t.Context(), "2026-11-23"); n != 1 || err != nil {
		t.Errorf("%d cuts %v", n, err)
	}
	if len(*limits) == 0 || (*limits)[0].Number != "+81312345678" {
		t.Errorf("%+v", *limits)
	}
	if i, err := s.IncidentOf(t.Context(), seal.Call); err != nil || i.Category != judge.Abuse {
		t.Errorf("a call that was cut has no draft: %+v %v", i, err)
	}
}

// A limit is suggested only where the machine proposed one, the call was really cut, and the number is shown.
func TestALimitIsSuggestedAfterACut(t *testing.T) {
	shown := call.Incoming{ID: call.NewID(), From: call.ParseNumber("0312345678")}
	for name, f := range map[string]intake.Folder{
		"as it should be": {Suggest: true, Call: intake.Call{Incoming: shown, Actions: []policy.Do{policy.Closing, policy.Cut}}},
		"not proposed":    {Call: intake.Call{Incoming: shown, Actions: []policy.Do{policy.Cut}}},
		"not cut":         {Suggest: true, Call: intake.Call{Incoming: shown, Actions: []policy.Do{policy.Closing}}},
		"withheld":        {Suggest: true, Call: intake.Call{Incoming: call.Incoming{ID: call.NewID()}, Actions: []policy.Do{policy.Cut}}},
	} {
		if l, ok := f.Suggested(); ok != (name == "as it should be") || ok && (l.Number != "+81312345678" || l.Provisional) {
			t.Errorf("%s: %+v %v", name, l, ok)
		}
	}
}

// Offers that are not what they say are refused with a key; a broken folder is listed all the same.
func TestOffersThatDontHold(t *testing.T) {
	calls, s := t.TempDir(), storetest.SQLite(t)
	sh, _ := shelf(t, calls, s)
	dir, seal := cutCall(t, calls)
	good := bus.Offer{V: 1, Edge: "e", Call: seal.Call, Dir: dir, Last: seal.Last}
	other := call.NewID()
	for want, change := range map[string]func(*bus.Offer){
		"error.folder_other": func(o *bus.Offer) { o.Last = "another" },
		"error.folder_open":  func(o *bus.Offer) { o.Call, o.Dir = other, filepath.Join(calls, "2026/11/23", string(other)) },
	} {
		o := good
		change(&o)
		if r := sh.Offer(t.Context(), o); r.Error != want {
			t.Errorf("%+v, want %s", r, want)
		}
	}
	for _, away := range []string{"/etc", calls + "/../" + string(seal.Call), filepath.Dir(dir)} {
		o := good
		o.Dir = away
		if r := sh.Offer(t.Context(), o); r.Error != "error.folder_other" {
			t.Errorf("%s: %+v", away, r)
		}
	}
	f, err := os.OpenFile(filepath.Join(dir, folder.CallerWAV), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if r := sh.Offer(t.Context(), good); r.Error != "error.folder_broken" {
		t.Errorf("%+v", r)
	}
	if c, err := s.Call(t.Context(), seal.Call); err != nil || c.State != intake.Broken || c.Why == "" || c.Peak != judge.Warning {
		t.Errorf("%+v %v", c, err)
	}
}

// The index of two folders is the same after everything of it was lost and rebuilt; a folder that is gone leaves it.
func TestTheIndexCanBeRebuilt(t *testing.T) {
	calls, s := t.TempDir(), storetest.SQLite(t)
	sh, _ := shelf(t, calls, s)
	k, err := recorded.Shipped(calls)
	if err != nil {
		t.Fatal(err)
	}
	dir, seal := cutCall(t, calls)
	for _, o := range []bus.Offer{{Call: seal.Call, Dir: dir, Last: seal.Last}, {Call: k.Seal.Call, Dir: k.Dir, Last: k.Seal.Last}} {
		if r := sh.Offer(t.Context(), o); r.Error != "" {
			t.Fatal(r)
		}
	}
	before := rows(t, s)
	fresh := storetest.SQLite(t)
	sh2, _ := shelf(t, calls, fresh)
	if n, broken, err := sh2.Reindex(t.Context(), nil); n != 2 || broken != 0 || err != nil {
		t.Fatal(n, broken, err)
	}
	if after := rows(t, fresh); before != after {
		t.Errorf("the rebuilt index is another one:\n%s\n%s", before, after)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if n, _, err := sh.Reindex(t.Context(), func(int, int) {}); n != 1 || err != nil {
		t.Error(n, err)
	}
	if ids, err := s.CallIDs(t.Context()); len(ids) != 1 || err != nil {
		t.Errorf("%v %v", ids, err)
	}
}

// rows writes out everything of the index.
func rows(t *testing.T, s *store.Store) string {
	t.Helper()
	all, err := s.Calls(t.Context(), store.Page{Most: 100})
	if err != nil {
		t.Fatal(err)
	}
	out := []any{all}
	for _, c := range all {
		l, err := s.CallLines(t.Context(), c.Incoming.ID)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
