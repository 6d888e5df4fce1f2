package store

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/sqlgen"
)

var _ incident.Store = (*Store)(nil)

// Incident gives one case.
func (s *Store) Incident(ctx context.Context, id incident.ID) (incident.Incident, error) {
	r, err := s.queries.GetIncident(ctx, string(id))
	if err != nil {
		return incident.Incident{}, found("incident", err)
	}
	return incidentOf(r)
}

// IncidentOf gives the case of a call.
func (s *Store) IncidentOf(ctx context.Context, id call.ID) (incident.Incident, error) {
	r, err := s.queries.IncidentOf(ctx, string(id))
	if err != nil {
		return incident.Incident{}, found("incident", err)
	}
	return incidentOf(r)
}

// ListIncidents gives cases, newest first: closed ones only as far as there is room beside the others.
func (s *Store) ListIncidents(ctx context.Context, most int) ([]incident.Incident, error) {
	rows, err := s.queries.ListIncidents(ctx, int32(most))
	if err != nil {
		return nil, found("list incidents", err)
	}
	slices.SortStableFunc(rows, func(a, b sqlgen.Incident) int { return cmp.Compare(b.Created, a.Created) })
	return each(rows, incidentOf)
}

// OpenIncident adds the case of a call that has none; false when it has one.
func (s *Store) OpenIncident(ctx context.Context, i incident.Incident, d staff.Deed) (bool, error) {
	return s.doIf(ctx, "open incident", d, func(q *sqlgen.Queries) (int64, error) {
		return q.PutIncident(ctx, incidentRow(i))
	})
}

func incidentRow(i incident.Incident) sqlgen.PutIncidentParams {
	return sqlgen.PutIncidentParams{ID: string(i.ID), Call: string(i.Call), Category: string(i.Category), Level: int64(i.Level),
		Status: string(i.Status), Created: millis(i.Created), MovedBy: string(i.MovedBy), Moved: millis(i.Moved)}
}

// ClosedIncidents gives the cases that were closed from since to before until; zero times are no bounds.
func (s *Store) ClosedIncidents(ctx context.Context, since, until time.Time) ([]incident.Incident, error) {
	p := sqlgen.ClosedIncidentsParams{Since: millis(since), Until: millis(until)}
	if until.IsZero() {
		p.Until = math.MaxInt64
	}
	rows, err := s.queries.ClosedIncidents(ctx, p)
	if err != nil {
		return nil, found("closed incidents", err)
	}
	return each(rows, incidentOf)
}

// MoveIncident brings a case on; false when it is closed or there already.
func (s *Store) MoveIncident(ctx context.Context, i incident.Incident, deeds ...staff.Deed) (bool, error) {
	review, err := json.Marshal(i.Review)
	if err != nil {
		return false, err
	}
	t, err := typesRow(i)
	if err != nil {
		return false, err
	}
	return s.doIf(ctx, "move incident", staff.Deed{}, func(q *sqlgen.Queries) (int64, error) {
		n, err := q.MoveIncident(ctx, sqlgen.MoveIncidentParams{ID: string(i.ID), Status: string(i.Status), Who: string(i.MovedBy), At: millis(i.Moved),
			Outcome: string(i.Outcome), Review: string(review), Proposed: t.Proposed, Types: t.Types, TypesVersion: t.TypesVersion, TypesBy: t.TypesBy, TypesAt: t.TypesAt})
		for _, d := range deeds {
			if err == nil && n > 0 {
				err = appendTrail(ctx, q, d)
			}
		}
		return n, err
	})
}

// StateTypes puts a statement of official types into a closed case; false when another one came first.
func (s *Store) StateTypes(ctx context.Context, i incident.Incident, d staff.Deed) (bool, error) {
	t, err := typesRow(i)
	if err != nil {
		return false, err
	}
	return s.doIf(ctx, "state types", d, func(q *sqlgen.Queries) (int64, error) {
		return q.StateTypes(ctx, sqlgen.StateTypesParams{ID: string(i.ID), Before: t.TypesVersion - 1, Proposed: t.Proposed, Types: t.Types, Who: t.TypesBy, At: t.TypesAt})
	})
}

// typesRow fills the columns of official types.
func typesRow(i incident.Incident) (r sqlgen.Incident, err error) {
	text := func(t *incident.Types) string {
		if t == nil || err != nil {
			return ""
		}
		var b []byte
		b, err = json.Marshal(t)
		return string(b)
	}
	r.Proposed, r.Types = text(i.Proposed), "{}"
	if st := i.Stated; st != nil {
		r.Types, r.TypesVersion, r.TypesBy, r.TypesAt = text(&st.Types), st.Version, string(st.By), millis(st.At)
	}
	return r, err
}

func incidentOf(r sqlgen.Incident) (incident.Incident, error) {
	i := incident.Incident{ID: incident.ID(r.ID), Call: call.ID(r.Call), Category: judge.Category(r.Category), Level: judge.Level(r.Level),
		Status: incident.Status(r.Status), Created: moment(r.Created), MovedBy: staff.ID(r.MovedBy), Moved: moment(r.Moved), Outcome: incident.Outcome(r.Outcome)}
	if r.TypesVersion > 0 {
		i.Stated = &incident.Stated{Version: r.TypesVersion, By: staff.ID(r.TypesBy), At: moment(r.TypesAt)}
		if err := json.Unmarshal([]byte(r.Types), &i.Stated.Types); err != nil {
			return i, err
		}
	}
	if r.Proposed != "" {
		if err := json.Unmarshal([]byte(r.Proposed), &i.Proposed); err != nil {
			return i, err
		}
	}
	return i, json.Unmarshal([]byte(r.Review), &i.Review)
}
