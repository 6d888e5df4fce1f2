package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/sqlgen"
	"commusafe/internal/office/trial"
)

var _ trial.Store = (*Store)(nil)

// FoldersSince gives the calls since a time whose folders are whole, oldest first; of more than most the newest.
func (s *Store) FoldersSince(ctx context.Context, since time.Time, most int) ([]trial.Past, error) {
	rows, err := s.queries.FoldersSince(ctx, sqlgen.FoldersSinceParams{Since: millis(since), Most: int32(most)})
	if err != nil {
		return nil, found("folders", err)
	}
	slices.Reverse(rows)
	return each(rows, func(r sqlgen.FoldersSinceRow) (trial.Past, error) {
		return trial.Past{ID: call.ID(r.ID), Began: moment(r.Began), Dir: r.Dir}, nil
	})
}

// PutExample keeps a moment that was flagged as wrong; false when it is kept already.
func (s *Store) PutExample(ctx context.Context, e trial.Example, d staff.Deed) (bool, error) {
	return s.doIf(ctx, "put example", d, func(q *sqlgen.Queries) (int64, error) {
		return q.PutExample(ctx, sqlgen.PutExampleParams{Call: string(e.Call), AtMs: int64(e.AtMS), Level: int64(e.Level), Category: string(e.Category),
			Note: e.Note, Who: string(e.By), At: millis(e.At)})
	})
}

// ListExamples gives the examples whose call is in the index, the newest first.
func (s *Store) ListExamples(ctx context.Context, most int) ([]trial.Example, error) {
	rows, err := s.queries.ListExamples(ctx, int32(most))
	if err != nil {
		return nil, found("list examples", err)
	}
	return each(rows, func(r sqlgen.ListExamplesRow) (trial.Example, error) {
		return trial.Example{Call: call.ID(r.Call), AtMS: call.Millis(r.AtMs), Level: judge.Level(r.Level), Category: judge.Category(r.Category),
			Note: r.Note, By: staff.ID(r.Who), At: moment(r.At), Dir: r.Dir}, nil
	})
}

// ExamplesOf gives the moments of a call that are examples, in order.
func (s *Store) ExamplesOf(ctx context.Context, id call.ID) ([]call.Millis, error) {
	rows, err := s.queries.ExamplesOf(ctx, string(id))
	if err != nil {
		return nil, found("examples of a call", err)
	}
	return each(rows, func(r sqlgen.Example) (call.Millis, error) { return call.Millis(r.AtMs), nil })
}

// PutTrial keeps a trial that has ended, and of all no more than the newest.
func (s *Store) PutTrial(ctx context.Context, j trial.Job, newest int) error {
	b, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return s.change(ctx, func(q *sqlgen.Queries) error {
		if err := q.PutTrial(ctx, sqlgen.PutTrialParams{ID: j.ID, At: millis(j.At), Data: string(b)}); err != nil {
			return fmt.Errorf("put trial: %w", err)
		}
		return q.TrimTrials(ctx, int32(newest))
	})
}

// ListTrials gives the trials that are kept, the newest first.
func (s *Store) ListTrials(ctx context.Context, most int) ([]trial.Job, error) {
	rows, err := s.queries.ListTrials(ctx, int32(most))
	if err != nil {
		return nil, found("list trials", err)
	}
	return each(rows, func(r sqlgen.Trial) (j trial.Job, err error) { return j, json.Unmarshal([]byte(r.Data), &j) })
}

// PutShadowReport keeps a report.
func (s *Store) PutShadowReport(ctx context.Context, r trial.Report, d staff.Deed) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return s.do(ctx, "put shadow report", d, func(q *sqlgen.Queries) error {
		return q.PutShadowReport(ctx, sqlgen.PutShadowReportParams{ID: r.ID, At: millis(r.At), Who: string(r.By), Versions: r.Versions, Enough: r.Enough, Data: string(b)})
	})
}

// LastShadowReport gives the newest report; ErrNotFound while there is none.
func (s *Store) LastShadowReport(ctx context.Context) (trial.Report, error) {
	row, err := s.queries.LastShadowReport(ctx)
	if err != nil {
		return trial.Report{}, found("shadow report", err)
	}
	var r trial.Report
	return r, json.Unmarshal([]byte(row.Data), &r)
}

// HasShadowReport tells whether there is a report over enough days for the rules of a version.
func (s *Store) HasShadowReport(ctx context.Context, versions string) (bool, error) {
	n, err := s.queries.CountShadowReports(ctx, versions)
	return n > 0, found("shadow report", err)
}
