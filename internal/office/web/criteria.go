package web

import (
	"context"

	"commusafe/internal/policy"
)

// A CriteriaBody are criteria that are being written.
type CriteriaBody struct {
	Criteria []policy.Criterion `json:"criteria" maxItems:"100"`
}

// A CriteriaCheck is everything that is wrong with criteria, at once, and what a condition may use.
type CriteriaCheck struct {
	Problems []policy.CriterionProblem `json:"problems"`
	Facts    []string                  `json:"facts"`
}

// checkCriteria tells what is wrong with criteria before anybody puts them in force.
func (s *Server) checkCriteria(_ context.Context, in *body[CriteriaBody]) (*body[CriteriaCheck], error) {
	_, bad := policy.CompileCriteria(in.Body.Criteria)
	return &body[CriteriaCheck]{CriteriaCheck{Problems: filled(bad), Facts: policy.FactNames()}}, nil
}
