package web

import (
	"context"
	"net/http"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/opinion"
)

// An OpinionsView is what second opinions there are of a call, and whether another one is asked for.
type OpinionsView struct {
	Possible bool          `json:"possible" doc:"A service is configured."`
	Job      *OpinionJob   `json:"job,omitempty"`
	Opinions []OpinionView `json:"opinions"`
}

// An OpinionJob is an opinion that was asked for.
type OpinionJob struct {
	State  string    `json:"state" enum:"waiting,running,done,failed"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty" doc:"Of a failure: a key of the text catalogue."`
}

// An OpinionView is what a model proposed. It decides nothing.
type OpinionView struct {
	Source     string           `json:"source"`
	By         string           `json:"by"`
	At         time.Time        `json:"at"`
	Summary    string           `json:"summary"`
	Categories []judge.Category `json:"categories"`
	Elements   []ElementView    `json:"elements" doc:"The three elements of the law, in its order."`
}

// An ElementView is one element as the model sees it.
type ElementView struct {
	Met    string `json:"met" enum:"yes,no,unclear"`
	Reason string `json:"reason"`
}

func (s *Server) opinions(ctx context.Context, in *byID) (*body[OpinionsView], error) {
	_, dir, err := s.found(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	j, asked := s.Opinion.Of(call.ID(in.ID)) // before the list: a job that is done has its result in it
	list, err := opinion.Read(dir)
	if err != nil {
		return nil, problem(http.StatusConflict, "error.folder_broken", err.Error())
	}
	if err := s.Store.AppendTrail(ctx, who(ctx).By("trail.call_see", in.ID, "")); err != nil {
		return nil, err
	}
	names, err := s.Staff.Names(ctx)
	if err != nil {
		return nil, err
	}
	v := OpinionsView{Possible: s.Opinion.On(), Opinions: []OpinionView{}}
	if asked {
		v.Job = &OpinionJob{State: j.State, By: names[j.By], At: j.At, Reason: j.Reason}
	}
	for _, o := range list {
		one := OpinionView{Source: o.Source, By: names[o.By], At: o.At, Summary: o.Summary, Categories: append([]judge.Category{}, o.Categories...)}
		for _, e := range o.Elements {
			one.Elements = append(one.Elements, ElementView{e.Met, e.Reason})
		}
		v.Opinions = append(v.Opinions, one)
	}
	return &body[OpinionsView]{v}, nil
}

// askOpinion queues a question. The trail says who let the words of the call leave the house.
func (s *Server) askOpinion(ctx context.Context, in *byID) (*body[OpinionJob], error) {
	_, dir, err := s.found(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !s.Opinion.On() {
		return nil, opinion.ErrOff
	}
	p := who(ctx)
	if err := s.Store.AppendTrail(ctx, p.By("trail.call_opinion", in.ID, "")); err != nil {
		return nil, err
	}
	j, err := s.Opinion.Ask(p.ID, call.ID(in.ID), dir)
	if err != nil {
		return nil, err
	}
	return &body[OpinionJob]{OpinionJob{State: j.State, By: p.Name, At: j.At}}, nil
}
