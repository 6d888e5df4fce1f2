package web

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"commusafe/internal/judge"
	"commusafe/internal/office/intake"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
	"commusafe/internal/replay/replaytest"
)

// takenIn gives a past call in the index of a server, with its folder.
func takenIn(t *testing.T, k *kit) intake.Folder {
	t.Helper()
	rules, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	dir := replaytest.Call{Calls: k.server.Trials.Calls, Began: time.Now().Add(-time.Hour), Rules: rules, Policy: policy.ShippedRules(policy.PresetAsk), PromptMS: 8000, EndMS: 200000, Items: replaytest.Rude()}.Record(t)
	f, err := intake.Read(k.server.Trials.Calls, dir, rules)
	if err == nil {
		err = k.server.Store.PutFolder(t.Context(), f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func answer[T any](t *testing.T, b *browser, method, path string, in any) T {
	t.Helper()
	status, raw := b.raw(method, path, in)
	var out T
	if err := json.Unmarshal(raw, &out); err != nil || status != 200 {
		t.Fatalf("%s %s: %d %s", method, path, status, raw)
	}
	return out
}

// A trial goes from the question to the calls that differ, without a word of any call.
func TestTryingACall(t *testing.T) {
	k := newKit(t)
	f := takenIn(t, k)
	admin := k.as(staff.Administrator)
	if status, p := admin.do("POST", "/trials", Question{Kind: "change", Days: 7, Thresholds: map[string]any{"x": 1}}); status != 422 || p.Title != "error.trial_change" {
		t.Errorf("%d %s", status, p.Title)
	}
	j := answer[TrialView](t, admin, "POST", "/trials", Question{Kind: "change", Days: 7, Preset: policy.PresetAuto, Thresholds: map[string]any{"pair_ms": 61000}})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); k.server.Trials.Run(ctx) }()
	for j.State != "done" {
		j = answer[TrialView](t, admin, "GET", "/trials/"+j.ID, nil)
		if j.State == "failed" {
			t.Fatalf("%+v", j)
		}
	}
	stop()
	<-ended
	if j.Sum.Calls != 1 || j.Sum.Differ != 1 || len(j.Calls) != 1 || j.Calls[0].ID != f.Call.Incoming.ID || j.By != "administrator" {
		t.Errorf("%+v", j)
	}
	if all := answer[Trials](t, admin, "GET", "/trials", nil); len(all.Trials) != 1 || len(all.Trials[0].Calls) != 0 || all.Shadow != nil || all.NeedDays != 14 {
		t.Errorf("%+v", all)
	}
	if status, p := admin.do("GET", "/trials/none", nil); status != 404 || p.Title != "error.not_found" {
		t.Errorf("%d %s", status, p.Title)
	}
}

// A change of words that is not saved is tried, with its mistakes told as they are when it is saved; a trial that waits is
// stopped and stays so.
func TestTryingWords(t *testing.T) {
	k := newKit(t)
	f := takenIn(t, k)
	sv := k.as(staff.Supervisor)
	if status, p := sv.do("POST", "/trials", Question{Kind: "change", Days: 7, Words: &TrialWords{Put: []LexiconWord{{Category: judge.Threat, Surface: "あれこれ", Reading: "漢字", Level: judge.Caution}}}}); status != 422 || p.Title != "error.lexicon" {
		t.Errorf("a word that can't be read: %d %s", status, p.Title)
	}
	unknown := []string{"none"}
	if status, p := sv.do("POST", "/trials", Question{Kind: "change", Days: 7, Trade: &unknown}); status != 422 || p.Title != "error.lexicon" {
		t.Errorf("a pack that is not there: %d %s", status, p.Title)
	}
	if status, p := sv.do("POST", "/trials", Question{Kind: "change", Days: 7, Words: &TrialWords{Version: 3}}); status != 409 || p.Title != "error.lexicon_version" {
		t.Errorf("an old version: %d %s", status, p.Title)
	}
	if status, p := sv.do("POST", "/trials", Question{Kind: "change", Days: 7, Thresholds: map[string]any{"pair_ms": -1}}); status != 422 || p.Title != "error.trial_change" {
		t.Errorf("a threshold below nothing: %d %s", status, p.Title)
	}
	words := TrialWords{Put: []LexiconWord{{ID: "TRY-1", Category: judge.Threat, Surface: "なめてんのか", Level: judge.Severe}}}
	trade := []string{"it"}
	asked := answer[TrialView](t, sv, "POST", "/trials", Question{Kind: "change", Days: 7, Words: &words, Trade: &trade})
	waiting := answer[TrialView](t, sv, "POST", "/trials", Question{Kind: "change", Days: 7})
	if j := answer[TrialView](t, sv, "POST", "/trials/"+waiting.ID+"/stop", nil); j.State != "stopped" {
		t.Errorf("%+v", j)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); k.server.Trials.Run(ctx) }()
	j := asked
	for j.State != "done" {
		if j = answer[TrialView](t, sv, "GET", "/trials/"+asked.ID, nil); j.State == "failed" {
			t.Fatalf("%+v", j)
		}
	}
	stop()
	<-ended
	if j.State != "done" || j.Words == nil || *j.Words != 1 || j.Trade == nil || len(*j.Trade) != 1 || len(j.Calls) != 1 || j.Calls[0].ID != f.Call.Incoming.ID || j.Calls[0].After != judge.Severe {
		t.Errorf("%+v", j)
	}
	if j = answer[TrialView](t, sv, "GET", "/trials/"+waiting.ID, nil); j.State != "stopped" || j.All != 0 {
		t.Errorf("%+v", j)
	}
	if v := answer[LexiconView](t, sv, "GET", "/lexicon", nil); v.Version != 0 || v.InForce != "shipped/16" {
		t.Errorf("the trial has changed the words: %d %s", v.Version, v.InForce)
	}
}

// Wrong flags come from a past call and from the closing of its case, and are kept once.
func TestAWrongFlagIsKept(t *testing.T) {
	k := newKit(t)
	f := takenIn(t, k)
	sv := k.as(staff.Supervisor)
	id := string(f.Call.Incoming.ID)
	examples := func() int { return answer[Trials](t, sv, "GET", "/trials", nil).Examples }
	if status, p := sv.do("POST", "/calls/"+id+"/wrong-flag", WrongFlagBody{AtMS: 1000}); status != 422 || p.Title != "error.nothing_flagged" || examples() != 0 {
		t.Errorf("before anything was judged: %d %s", status, p.Title)
	}
	for range 2 {
		if status, _ := sv.do("POST", "/calls/"+id+"/wrong-flag", WrongFlagBody{Note: "冗談"}); status != 200 || examples() != 1 {
			t.Errorf("%d, %d examples", status, examples())
		}
	}
	if status, _ := sv.do("POST", "/calls/"+id+"/wrong-flag", WrongFlagBody{AtMS: 25000}); status != 200 || examples() != 2 {
		t.Errorf("%d, %d examples", status, examples())
	}
	all, err := k.server.Store.ListExamples(t.Context(), 10)
	if err != nil || all[0].AtMS != 25000 && all[1].AtMS != 25000 || all[0].Level+all[1].Level != judge.Caution+judge.Warning || all[0].Category != judge.Abuse {
		t.Errorf("%+v %v", all, err)
	}
	i := answer[IncidentView](t, sv, "POST", "/calls/"+id+"/incident", NewIncident{Category: judge.Abuse})
	if status, p := sv.do("POST", "/incidents/"+i.ID+"/status", IncidentStatus{Status: "closed", Outcome: "wrong_flag"}); status != 422 || p.Title != "error.incident_elements" {
		t.Errorf("closed without the elements: %d %s", status, p.Title)
	}
	if status, p := sv.do("POST", "/incidents/"+i.ID+"/status", IncidentStatus{Status: "closed", Outcome: "harassment", Review: &ReviewView{Conduct: "yes", Beyond: "no", Harmed: "yes"}}); status != 422 || p.Title != "error.incident_outcome" {
		t.Errorf("harassment with a no: %d %s", status, p.Title)
	}
	i = answer[IncidentView](t, sv, "POST", "/incidents/"+i.ID+"/status", IncidentStatus{Status: "closed", Outcome: "wrong_flag", Review: &ReviewView{Conduct: "yes", Beyond: "no", Harmed: "no", Note: "冗談"}})
	if i.Outcome != "wrong_flag" || i.Review == nil || i.Review.Beyond != "no" || examples() != 2 {
		t.Errorf("%+v, %d examples", i, examples())
	}
	if d := answer[CallDetail](t, sv, "GET", "/calls/"+id, nil); d.Case == nil || d.Case.Status != "closed" {
		t.Errorf("%+v", d.Case)
	}
}

// A call that nobody judged can become a case, and a limit of it needs a dialogue where an accommodation was asked for.
func TestObjectionsAreTasks(t *testing.T) {
	k := newKit(t)
	sv, manager, other := k.as(staff.Supervisor), k.as(staff.Manager), k.nobody()
	l := answer[LimitView](t, sv, "POST", "/limits", LimitProposal{Number: "0355550123", Take: "message", Days: 30, Reason: "r", Elsewhere: "letter"})
	o := answer[ObjectionView](t, sv, "POST", "/limits/"+l.ID+"/objections", NewObjection{Way: "letter", Words: "人違いです"})
	if o.Late || o.Due.Before(o.At.Add(24*time.Hour)) || o.TakenBy != "supervisor" {
		t.Errorf("%+v", o)
	}
	if status, p := sv.do("POST", "/objections/"+o.ID+"/answer", ObjectionAnswer{Answer: "no"}); status != 409 || p.Title != "error.limit_same_person" {
		t.Errorf("decided by whoever proposed it: %d %s", status, p.Title)
	}
	if o = answer[ObjectionView](t, manager, "POST", "/objections/"+o.ID+"/answer", ObjectionAnswer{Lift: true, Answer: "人違いでした"}); o.Decision != "lifted" {
		t.Errorf("%+v", o)
	}
	all := answer[Objections](t, manager, "GET", "/objections", nil)
	if len(all.Objections) != 1 || all.Objections[0].Answer != "人違いでした" {
		t.Errorf("%+v", all)
	}
	if status, _ := other.do("GET", "/objections", nil); status != 401 {
		t.Errorf("for nobody: %d", status)
	}
	if ls := answer[Limits](t, manager, "GET", "/limits", nil); ls.Limits[0].State != "lifted" {
		t.Errorf("%+v", ls)
	}
}
