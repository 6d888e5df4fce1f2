package web

import (
	"context"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"commusafe/internal/office/store"
)

// What the database said last is remembered for so long, for while it does not answer: people can end calls and see live ones then.
const (
	rememberFor  = time.Hour
	databaseWait = time.Second // what a database may take until its last word is used
	rememberMany = 10000       // after which what is old is dropped
)

// A remembered keeps the last answers of the database. What it answers counts at once; only while it does not answer its last word does.
type remembered[K comparable, V any] struct {
	mu    sync.Mutex // guards below
	known map[K]answered[V]
}

type answered[V any] struct {
	v  V
	at time.Time
}

// ask gives what the database says, or said within an hour where it does not answer within a second; false where there is nothing.
func (r *remembered[K, V]) ask(ctx context.Context, k K, from func(context.Context) (V, bool, error)) (V, bool, error) {
	short, cancel := context.WithTimeout(ctx, databaseWait)
	defer cancel()
	v, there, err := from(short)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil && there:
		r.put(k, v)
	case err == nil:
		delete(r.known, k)
	default:
		if last, ok := r.known[k]; ok && time.Since(last.at) < rememberFor {
			return last.v, true, nil
		}
	}
	return v, there, err
}

func (r *remembered[K, V]) put(k K, v V) {
	now := time.Now()
	if len(r.known) >= rememberMany {
		for k, o := range r.known {
			if now.Sub(o.at) >= rememberFor {
				delete(r.known, k)
			}
		}
	}
	r.known[k] = answered[V]{v, now}
}

func (r *remembered[K, V]) forget(k K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, k)
}

// Sessions that outlive a database that is away.
type rememberedSessions struct {
	store.Sessions
	last remembered[string, []byte]
}

var _ scs.CtxStore = (*rememberedSessions)(nil)

// FindCtx gives a session's data; false when there is none, or it has expired.
func (s *rememberedSessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	b, there, err := s.last.ask(ctx, token, func(ctx context.Context) ([]byte, bool, error) { return s.Sessions.FindCtx(ctx, token) })
	if err != nil || !there {
		return nil, false, err
	}
	if until, _, err := (scs.GobCodec{}).Decode(b); err != nil || !time.Now().Before(until) {
		return nil, false, err
	}
	return b, true, nil
}

// CommitCtx keeps a session; what was remembered of it counts no more.
func (s *rememberedSessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	defer s.last.forget(token)
	return s.Sessions.CommitCtx(ctx, token, b, expiry)
}

// DeleteCtx ends a session; it is remembered no more, even if the database can't be told.
func (s *rememberedSessions) DeleteCtx(ctx context.Context, token string) error {
	s.last.forget(token)
	return s.Sessions.DeleteCtx(ctx, token)
}
