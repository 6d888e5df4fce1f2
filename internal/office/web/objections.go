package web

import (
	"context"
	"time"

	"commusafe/internal/office/limits"
)

func objectionView(o limits.Objection, n names) ObjectionView {
	return ObjectionView{ID: o.ID, Limit: o.Limit, Way: o.Way, Words: o.Words, At: o.At, TakenBy: n[o.TakenBy], Due: o.Due, Late: o.Late(time.Now()),
		Decision: o.Decision, Answer: o.Answer, DoneBy: n[o.DoneBy], Done: o.Done}
}

func (s *Server) listObjections(ctx context.Context, _ *none) (*body[Objections], error) {
	all, err := s.Store.ListObjections(ctx, most)
	if err != nil {
		return nil, err
	}
	n, err := s.Staff.Names(ctx)
	out := Objections{Objections: []ObjectionView{}}
	for _, o := range all {
		out.Objections = append(out.Objections, objectionView(o, n))
	}
	return &body[Objections]{out}, err
}

func (s *Server) object(ctx context.Context, in *onID[NewObjection]) (*body[ObjectionView], error) {
	return s.objectionAnswer(ctx)(s.Limits.Object(ctx, who(ctx), in.ID, in.Body.Way, in.Body.Words))
}

func (s *Server) answerObjection(ctx context.Context, in *onID[ObjectionAnswer]) (*body[ObjectionView], error) {
	return s.objectionAnswer(ctx)(s.Limits.Answer(ctx, who(ctx), in.ID, in.Body.Lift, in.Body.Answer))
}

func (s *Server) objectionAnswer(ctx context.Context) func(limits.Objection, error) (*body[ObjectionView], error) {
	return func(o limits.Objection, err error) (*body[ObjectionView], error) {
		if err != nil {
			return nil, err
		}
		n, err := s.Staff.Names(ctx)
		return &body[ObjectionView]{objectionView(o, n)}, err
	}
}
