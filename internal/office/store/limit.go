package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/sqlgen"
	"commusafe/internal/office/voices"
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
			ProposedBy: string(e.ProposedBy), Proposed: millis(e.Proposed), Dialogue: e.Dialogue,
			Withheld: string(e.Withheld), Matter: e.Matter, Voice: e.Voice})
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

// ListLimits gives entries, newest first: those that are over only as far as there is room beside the others.
func (s *Store) ListLimits(ctx context.Context, most int) ([]limits.Entry, error) {
	rows, err := s.queries.ListLimits(ctx, sqlgen.ListLimitsParams{Now: time.Now().UnixMilli(), Most: int32(most)})
	if err != nil {
		return nil, found("list limits", err)
	}
	slices.SortStableFunc(rows, func(a, b sqlgen.LimitEntry) int { return cmp.Compare(b.Proposed, a.Proposed) })
	return each(rows, limitOf)
}

// LimitsOfCall gives what a call has led to and two people have not agreed on.
func (s *Store) LimitsOfCall(ctx context.Context, id call.ID) ([]limits.Entry, error) {
	rows, err := s.queries.LimitsOfCall(ctx, string(id))
	if err != nil {
		return nil, found("limits of a call", err)
	}
	return each(rows, limitOf)
}

// PutObjection adds an objection against a limit.
func (s *Store) PutObjection(ctx context.Context, o limits.Objection, d staff.Deed) error {
	return s.do(ctx, "put objection", d, func(q *sqlgen.Queries) error {
		return q.PutObjection(ctx, sqlgen.PutObjectionParams{ID: o.ID, Entry: o.Limit, Way: o.Way, Words: o.Words, At: millis(o.At), TakenBy: string(o.TakenBy), Due: millis(o.Due)})
	})
}

// Objection gives one objection.
func (s *Store) Objection(ctx context.Context, id string) (limits.Objection, error) {
	r, err := s.queries.GetObjection(ctx, id)
	if err != nil {
		return limits.Objection{}, found("objection", err)
	}
	return objectionOf(r)
}

// ListObjections gives the open ones, the most urgent first, and then those that are answered.
func (s *Store) ListObjections(ctx context.Context, most int) ([]limits.Objection, error) {
	rows, err := s.queries.ListObjections(ctx, int32(most))
	if err != nil {
		return nil, found("list objections", err)
	}
	return each(rows, objectionOf)
}

// AnswerObjection ends an open objection, and with the decision lifted its limit, if that has not ended; false when it is answered already.
func (s *Store) AnswerObjection(ctx context.Context, o limits.Objection, d, lift staff.Deed) (bool, error) {
	return s.doIf(ctx, "answer objection", d, func(q *sqlgen.Queries) (int64, error) {
		n, err := q.AnswerObjection(ctx, sqlgen.AnswerObjectionParams{ID: o.ID, Decision: o.Decision, Answer: o.Answer, Who: string(o.DoneBy), At: millis(o.Done)})
		if err != nil || n == 0 || o.Decision != limits.Lifted {
			return n, err
		}
		r, err := q.GetLimit(ctx, o.Limit)
		if err != nil {
			return n, err
		}
		e, err := limitOf(r)
		if err != nil || e.State(o.Done) == limits.Ended {
			return n, err
		}
		lifted, err := liftLimit(ctx, q, o.Limit, "objection", lift)
		if err == nil && lifted > 0 {
			err = appendTrail(ctx, q, lift)
		}
		return n, err
	})
}

func objectionOf(r sqlgen.Objection) (limits.Objection, error) {
	return limits.Objection{ID: r.ID, Limit: r.Entry, Way: r.Way, Words: r.Words, At: moment(r.At), TakenBy: staff.ID(r.TakenBy), Due: moment(r.Due),
		Decision: r.Decision, Answer: r.Answer, DoneBy: staff.ID(r.DoneBy), Done: moment(r.Done)}, nil
}

// LimitsInForce gives what the edges must keep to. What is for a voice alone is not among it: it is nothing to keep to.
func (s *Store) LimitsInForce(ctx context.Context, now time.Time) ([]policy.Limit, error) {
	rows, err := s.queries.LimitsUntil(ctx, millis(now))
	if err != nil {
		return nil, found("limits in force", err)
	}
	all, err := each(rows, func(r sqlgen.LimitEntry) (policy.Limit, error) {
		e, err := limitOf(r)
		return e.Limit, err
	})
	return slices.DeleteFunc(all, policy.Limit.VoiceOnly), err
}

// ApproveLimit puts a proposal in force for a second person, with the voice that belongs to it; nil is none.
func (s *Store) ApproveLimit(ctx context.Context, e limits.Entry, voice *voices.Print, d staff.Deed) (bool, error) {
	return s.doIf(ctx, "approve limit", d, func(q *sqlgen.Queries) (int64, error) {
		n, err := q.ApproveLimit(ctx, sqlgen.ApproveLimitParams{ID: e.ID, Who: string(e.ApprovedBy), At: millis(e.Approved), Begins: millis(e.From),
			Ends: millis(e.Until), Review: millis(e.Review)})
		if err == nil && n > 0 {
			err = putVoice(ctx, q, voice, d)
		}
		return n, bump(ctx, q, n, err)
	})
}

// LiftLimit ends an entry and erases its voice.
func (s *Store) LiftLimit(ctx context.Context, id, why string, d staff.Deed) (bool, error) {
	return s.doIf(ctx, "lift limit", d, func(q *sqlgen.Queries) (int64, error) { return liftLimit(ctx, q, id, why, d) })
}

func liftLimit(ctx context.Context, q *sqlgen.Queries, id, why string, d staff.Deed) (int64, error) {
	n, err := q.LiftLimit(ctx, sqlgen.LiftLimitParams{ID: id, Who: string(d.By), At: millis(d.At), Why: why})
	if err == nil && n > 0 {
		err = eraseVoicesOf(ctx, q, id, voices.Lifted, d)
	}
	return n, bump(ctx, q, n, err)
}

func limitOf(r sqlgen.LimitEntry) (limits.Entry, error) {
	e := limits.Entry{Limit: policy.Limit{ID: r.ID, Number: r.Number, Take: r.Take, From: moment(r.Begins), Until: moment(r.Ends), Review: moment(r.Review),
		Provisional: r.Provisional, Call: call.ID(r.Call), Reason: r.Reason, Elsewhere: r.Elsewhere,
		Withheld: call.Withholding(r.Withheld), Matter: r.Matter, Voice: r.Voice},
		ProposedBy: staff.ID(r.ProposedBy), Proposed: moment(r.Proposed), ApprovedBy: staff.ID(r.ApprovedBy), Approved: moment(r.Approved),
		LiftedBy: staff.ID(r.LiftedBy), Lifted: moment(r.Lifted), LiftedWhy: r.LiftedWhy, Dialogue: r.Dialogue}
	if e.ApprovedBy != "" {
		e.Approvers = []string{string(e.ProposedBy), string(e.ApprovedBy)}
	}
	return e, nil
}
