package store

import (
	"context"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/sqlgen"
	"commusafe/internal/policy"
)

var _ limits.Store = (*Store)(nil)

// snapshot is the name of the revision that counts every change of what the edges must know.
const snapshot = "snapshot"

// PutLimit adds an entry; false when it is there already.
func (s *Store) PutLimit(ctx context.Context, e limits.Entry, d staff.Deed) (bool, error) {
	return s.doIf(ctx, "put limit", d, func(q *sqlgen.Queries) (int64, error) {
		n, err := q.PutLimit(ctx, sqlgen.PutLimitParams{ID: e.ID, Number: e.Number, Take: e.Take, Begins: millis(e.From), Ends: millis(e.Until),
			Review: millis(e.Review), Provisional: e.Provisional, Call: string(e.Call), Reason: e.Reason, Elsewhere: e.Elsewhere,
			ProposedBy: string(e.ProposedBy), Proposed: millis(e.Proposed)})
		return n, bump(ctx, q, n, err)
	})
}

// bump counts a change that was made.
func bump(ctx context.Context, q *sqlgen.Queries, changed int64, err error) error {
	if err == nil && changed > 0 {
		_, err = q.Bump(ctx, snapshot)
	}
	return err
}

// Limit gives one entry.
func (s *Store) Limit(ctx context.Context, id string) (limits.Entry, error) {
	r, err := s.queries.GetLimit(ctx, id)
	if err != nil {
		return limits.Entry{}, found("limit", err)
	}
	return limitOf(r)
}

// ListLimits gives the newest entries, newest first.
func (s *Store) ListLimits(ctx context.Context, most int) ([]limits.Entry, error) {
	rows, err := s.queries.ListLimits(ctx, int32(most))
	if err != nil {
		return nil, found("list limits", err)
	}
	return each(rows, limitOf)
}

// LimitsInForce gives what the edges must keep to.
func (s *Store) LimitsInForce(ctx context.Context, now time.Time) ([]policy.Limit, error) {
	rows, err := s.queries.LimitsUntil(ctx, millis(now))
	if err != nil {
		return nil, found("limits in force", err)
	}
	return each(rows, func(r sqlgen.LimitEntry) (policy.Limit, error) {
		e, err := limitOf(r)
		return e.Limit, err
	})
}

// ApproveLimit puts a proposal in force for a second person.
func (s *Store) ApproveLimit(ctx context.Context, e limits.Entry, d staff.Deed) (bool, error) {
	return s.doIf(ctx, "approve limit", d, func(q *sqlgen.Queries) (int64, error) {
		n, err := q.ApproveLimit(ctx, sqlgen.ApproveLimitParams{ID: e.ID, Who: string(e.ApprovedBy), At: millis(e.Approved), Begins: millis(e.From),
			Ends: millis(e.Until), Review: millis(e.Review)})
		return n, bump(ctx, q, n, err)
	})
}

// LiftLimit ends an entry.
func (s *Store) LiftLimit(ctx context.Context, id, why string, d staff.Deed) (bool, error) {
	return s.doIf(ctx, "lift limit", d, func(q *sqlgen.Queries) (int64, error) {
		n, err := q.LiftLimit(ctx, sqlgen.LiftLimitParams{ID: id, Who: string(d.By), At: millis(d.At), Why: why})
		return n, bump(ctx, q, n, err)
	})
}

func limitOf(r sqlgen.LimitEntry) (limits.Entry, error) {
	e := limits.Entry{Limit: policy.Limit{ID: r.ID, Number: r.Number, Take: r.Take, From: moment(r.Begins), Until: moment(r.Ends), Review: moment(r.Review),
		Provisional: r.Provisional, Call: call.ID(r.Call), Reason: r.Reason, Elsewhere: r.Elsewhere},
		ProposedBy: staff.ID(r.ProposedBy), Proposed: moment(r.Proposed), ApprovedBy: staff.ID(r.ApprovedBy), Approved: moment(r.Approved),
		LiftedBy: staff.ID(r.LiftedBy), Lifted: moment(r.Lifted), LiftedWhy: r.LiftedWhy}
	if e.ApprovedBy != "" {
		e.Approvers = []string{string(e.ProposedBy), string(e.ApprovedBy)}
	}
	return e, nil
}
