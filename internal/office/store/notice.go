package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/notify"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/sqlgen"
)

var (
	_ notify.Store  = (*Store)(nil)
	_ notify.Outbox = (*Store)(nil)
)

// PutNotice adds a notice with its deliveries; false when the call has one of that level.
func (s *Store) PutNotice(ctx context.Context, n notify.Notice, d []notify.Delivery) (bool, error) {
	return s.doIf(ctx, "put notice", staff.Deed{}, func(q *sqlgen.Queries) (int64, error) {
		added, err := q.PutNotice(ctx, sqlgen.PutNoticeParams{ID: n.ID, Call: string(n.Call), Level: int64(n.Level), Category: string(n.Category), At: millis(n.At)})
		if err == nil && added > 0 {
			err = putDeliveries(ctx, q, d, n.At)
		}
		return added, err
	})
}

func putDeliveries(ctx context.Context, q *sqlgen.Queries, all []notify.Delivery, at time.Time) error {
	for _, d := range all {
		b, err := json.Marshal(d.Message)
		if err != nil {
			return err
		}
		if err := q.PutDelivery(ctx, sqlgen.PutDeliveryParams{ID: d.ID, Channel: d.Channel, Payload: string(b), NextTry: millis(at), Created: millis(at)}); err != nil {
			return err
		}
	}
	return nil
}

// Notice gives one notice.
func (s *Store) Notice(ctx context.Context, id string) (notify.Notice, error) {
	r, err := s.queries.GetNotice(ctx, id)
	if err != nil {
		return notify.Notice{}, found("notice", err)
	}
	return noticeOf(r)
}

// ListNotices gives notices, newest first: those that somebody has taken only as far as there is room beside the others.
func (s *Store) ListNotices(ctx context.Context, most int) ([]notify.Notice, error) {
	rows, err := s.queries.ListNotices(ctx, int32(most))
	if err != nil {
		return nil, found("list notices", err)
	}
	slices.SortStableFunc(rows, func(a, b sqlgen.Notice) int { return cmp.Compare(b.At, a.At) })
	return each(rows, noticeOf)
}

// DueNotices gives those that have waited for a person since until.
func (s *Store) DueNotices(ctx context.Context, until time.Time) ([]notify.Notice, error) {
	rows, err := s.queries.DueNotices(ctx, millis(until))
	if err != nil {
		return nil, found("due notices", err)
	}
	return each(rows, noticeOf)
}

// EscalateNotice marks a notice that nobody took on; false when somebody has.
func (s *Store) EscalateNotice(ctx context.Context, id string, at time.Time, d []notify.Delivery) (bool, error) {
	return s.doIf(ctx, "escalate notice", staff.Deed{}, func(q *sqlgen.Queries) (int64, error) {
		n, err := q.EscalateNotice(ctx, sqlgen.EscalateNoticeParams{ID: id, Escalated: millis(at)})
		if err == nil && n > 0 {
			err = putDeliveries(ctx, q, d, at)
		}
		return n, err
	})
}

// AcknowledgeNotice notes who has taken it on.
func (s *Store) AcknowledgeNotice(ctx context.Context, id, note string, d staff.Deed) (bool, error) {
	return s.doIf(ctx, "acknowledge notice", d, func(q *sqlgen.Queries) (int64, error) {
		return q.AcknowledgeNotice(ctx, sqlgen.AcknowledgeNoticeParams{ID: id, AcknowledgedBy: string(d.By), Acknowledged: millis(d.At), Note: note})
	})
}

// ResolveNotices ends the acknowledged notices of a call and gives them.
func (s *Store) ResolveNotices(ctx context.Context, id call.ID, at time.Time) ([]notify.Notice, error) {
	var out []notify.Notice
	err := s.change(ctx, func(q *sqlgen.Queries) error {
		rows, err := q.ResolveNotices(ctx, sqlgen.ResolveNoticesParams{Call: string(id), Resolved: millis(at)})
		if err == nil {
			out, err = each(rows, noticeOf)
		}
		return err
	})
	return out, found("resolve notices", err)
}

func noticeOf(r sqlgen.Notice) (notify.Notice, error) {
	return notify.Notice{ID: r.ID, Call: call.ID(r.Call), Level: judge.Level(r.Level), Category: judge.Category(r.Category), State: notify.State(r.State),
		At: moment(r.At), Escalated: moment(r.Escalated), AcknowledgedBy: staff.ID(r.AcknowledgedBy), Acknowledged: moment(r.Acknowledged),
		Note: r.Note, Resolved: moment(r.Resolved)}, nil
}

// DueDeliveries gives what is to be tried now.
func (s *Store) DueDeliveries(ctx context.Context, now time.Time, most int) ([]notify.Delivery, error) {
	rows, err := s.queries.DueDeliveries(ctx, sqlgen.DueDeliveriesParams{NextTry: millis(now), Limit: int32(most)})
	if err != nil {
		return nil, found("due deliveries", err)
	}
	return each(rows, func(r sqlgen.Outbox) (notify.Delivery, error) {
		d := notify.Delivery{ID: r.ID, Channel: r.Channel, Attempts: int(r.Attempts)}
		return d, json.Unmarshal([]byte(r.Payload), &d.Message)
	})
}

// HoldDelivery takes a delivery for one attempt; false when another office has it.
func (s *Store) HoldDelivery(ctx context.Context, d notify.Delivery, until time.Time) (bool, error) {
	return s.doIf(ctx, "hold delivery", staff.Deed{}, func(q *sqlgen.Queries) (int64, error) {
		return q.HoldDelivery(ctx, sqlgen.HoldDeliveryParams{ID: d.ID, Attempts: int64(d.Attempts), NextTry: millis(until)})
	})
}

// EndDelivery notes how a delivery ended.
func (s *Store) EndDelivery(ctx context.Context, id string, delivered bool, why string) error {
	state := "delivered"
	if !delivered {
		state = "failed"
	}
	return s.change(ctx, func(q *sqlgen.Queries) error {
		return q.EndDelivery(ctx, sqlgen.EndDeliveryParams{ID: id, State: state, Error: why})
	})
}

// DeliveryState tells how a delivery stands: waiting, delivered or failed, and why.
func (s *Store) DeliveryState(ctx context.Context, id string) (state, why string, err error) {
	r, err := s.queries.GetDelivery(ctx, id)
	return r.State, r.Error, found("delivery", err)
}
