package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/sqlgen"
)

var (
	_ settings.Store = (*Store)(nil)
	_ incident.Store = (*Store)(nil)
)

// PutSettings adds a version; false when it is there already.
func (s *Store) PutSettings(ctx context.Context, v settings.Version, d staff.Deed) (bool, error) {
	b, err := json.Marshal(v.Data)
	if err != nil {
		return false, err
	}
	return s.doIf(ctx, "put settings", d, func(q *sqlgen.Queries) (int64, error) {
		n, err := q.PutSetting(ctx, sqlgen.PutSettingParams{Version: v.Version, Author: string(v.Author), At: millis(v.At), Reason: v.Reason, Data: string(b)})
		return n, bump(ctx, q, n, err)
	})
}

// LastSettings gives the version in force; ErrNotFound while nobody has decided anything.
func (s *Store) LastSettings(ctx context.Context) (settings.Version, error) {
	r, err := s.queries.LastSetting(ctx)
	if err != nil {
		return settings.Version{}, found("settings", err)
	}
	v := settings.Version{Version: r.Version, Author: staff.ID(r.Author), At: moment(r.At), Reason: r.Reason, Data: settings.Shipped()}
	return v, json.Unmarshal([]byte(r.Data), &v.Data)
}

// Revision counts the changes of what the edges must know.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	n, err := s.queries.GetRevision(ctx, snapshot)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, found("revision", err)
}

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

// ListIncidents gives the newest cases, newest first.
func (s *Store) ListIncidents(ctx context.Context, most int) ([]incident.Incident, error) {
	rows, err := s.queries.ListIncidents(ctx, int32(most))
	if err != nil {
		return nil, found("list incidents", err)
	}
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

// MoveIncident brings a case on; false when it is closed or there already.
func (s *Store) MoveIncident(ctx context.Context, i incident.Incident, d staff.Deed) (bool, error) {
	review, err := json.Marshal(i.Review)
	if err != nil {
		return false, err
	}
	return s.doIf(ctx, "move incident", d, func(q *sqlgen.Queries) (int64, error) {
		return q.MoveIncident(ctx, sqlgen.MoveIncidentParams{ID: string(i.ID), Status: string(i.Status), Who: string(i.MovedBy), At: millis(i.Moved),
			Outcome: string(i.Outcome), Review: string(review)})
	})
}

func incidentOf(r sqlgen.Incident) (incident.Incident, error) {
	i := incident.Incident{ID: incident.ID(r.ID), Call: call.ID(r.Call), Category: judge.Category(r.Category), Level: judge.Level(r.Level),
		Status: incident.Status(r.Status), Created: moment(r.Created), MovedBy: staff.ID(r.MovedBy), Moved: moment(r.Moved), Outcome: incident.Outcome(r.Outcome)}
	return i, json.Unmarshal([]byte(r.Review), &i.Review)
}
