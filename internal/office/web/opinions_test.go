package web

import (
	"context"
	"encoding/json"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/office/opinion"
	"commusafe/internal/office/staff"
)

type fixedOpinion struct{ release chan struct{} }

func (fixedOpinion) Source() string { return "opinion/m" }
func (f fixedOpinion) Propose(_ context.Context, words []evidence.Utterance) (opinion.Proposal, error) {
	<-f.release
	return opinion.Proposal{Summary: words[0].Text + "の要約", Categories: []judge.Category{judge.Abuse},
		Elements: []opinion.Element{{Met: "yes"}, {Met: "no", Reason: "x"}, {Met: "unclear"}}}, nil
}

// A supervisor asks, sees the question under way and then the proposal; the judgement stays, and the trail says who asked.
func TestAskingForAnOpinion(t *testing.T) {
	k := newKit(t)
	c := k.recorded(evidence.Utterance{Head: evidence.Head{Party: call.Caller, Source: "t"}, Text: "言葉", Confidence: 0.9, Final: true})
	sv := k.as(staff.Supervisor)
	path := "/calls/" + string(c) + "/opinions"
	if status, p := sv.do("POST", path, nil); status != 409 || p.Title != "error.opinion_off" {
		t.Errorf("without a service: %d %s", status, p.Title)
	}
	service := fixedOpinion{make(chan struct{})}
	changed := make(chan opinion.Job, 10)
	k.server.Opinion.Service, k.server.Opinion.Changed = service, func(j opinion.Job) { changed <- j }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); k.server.Opinion.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	if status, _ := sv.do("POST", path, nil); status != 200 {
		t.Fatal(status)
	}
	if status, p := sv.do("POST", path, nil); status != 409 || p.Title != "error.opinion_busy" {
		t.Errorf("asked twice: %d %s", status, p.Title)
	}
	see := func() (v OpinionsView) {
		status, raw := sv.raw("GET", path, nil)
		if err := json.Unmarshal(raw, &v); status != 200 || err != nil {
			t.Fatal(status, err)
		}
		return v
	}
	<-changed
	if v := see(); !v.Possible || v.Job.State != opinion.Running || v.Job.By != "supervisor" || len(v.Opinions) != 0 {
		t.Errorf("%+v", v)
	}
	close(service.release)
	<-changed
	v := see()
	if len(v.Opinions) != 1 || v.Opinions[0].Summary != "言葉の要約" || v.Opinions[0].By != "supervisor" || v.Opinions[0].Categories[0] != judge.Abuse || v.Opinions[0].Elements[1].Reason != "x" {
		t.Errorf("%+v", v)
	}
	if !k.inTrail("trail.call_opinion") {
		t.Error("the trail does not say who asked")
	}
}
