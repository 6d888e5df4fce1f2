package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/sqlgen"
)

var _ settings.Store = (*Store)(nil)

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
