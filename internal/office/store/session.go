package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"commusafe/internal/office/store/sqlgen"
)

// Sessions keeps log-ins for the session manager. Tokens are kept as hashes.
type Sessions struct{ Store *Store }

func hashed(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// FindCtx gives a session's data; false when there is none.
func (s Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	d, err := s.Store.queries.GetSession(ctx, sqlgen.GetSessionParams{Token: hashed(token), Expires: time.Now().UnixMilli()})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, found("session", err)
	}
	b, err := base64.StdEncoding.DecodeString(d)
	return b, err == nil, err
}

// CommitCtx keeps a session.
func (s Sessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	return s.Store.change(ctx, func(q *sqlgen.Queries) error {
		return q.PutSession(ctx, sqlgen.PutSessionParams{Token: hashed(token), Data: base64.StdEncoding.EncodeToString(b), Expires: expiry.UnixMilli()})
	})
}

// DeleteCtx ends a session.
func (s Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.Store.change(ctx, func(q *sqlgen.Queries) error { return q.DeleteSession(ctx, hashed(token)) })
}

// Find is FindCtx for callers without a context; the session manager prefers the others.
func (s Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for callers without a context.
func (s Sessions) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

// Delete is DeleteCtx for callers without a context.
func (s Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// Clear drops sessions that have expired.
func (s Sessions) Clear(ctx context.Context) error {
	return s.Store.change(ctx, func(q *sqlgen.Queries) error { return q.DeleteSessionsUntil(ctx, time.Now().UnixMilli()) })
}
