package store

import (
	"context"
	"encoding/json"

	"commusafe/internal/office/lexicon"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/sqlgen"
)

var _ lexicon.Store = (*Store)(nil)

// PutLexicon adds a version; false when it is there already.
func (s *Store) PutLexicon(ctx context.Context, v lexicon.Version, d staff.Deed) (bool, error) {
	b, err := list(v.Words)
	if err != nil {
		return false, err
	}
	trade, err := list(v.Trade)
	if err != nil {
		return false, err
	}
	return s.doIf(ctx, "put lexicon", d, func(q *sqlgen.Queries) (int64, error) {
		n, err := q.PutLexicon(ctx, sqlgen.PutLexiconParams{Version: v.Version, Author: string(v.Author), At: millis(v.At), Data: b, Trade: trade})
		return n, bump(ctx, q, n, err)
	})
}

// LastLexicon gives the newest version; ErrNotFound while nobody has added a word.
func (s *Store) LastLexicon(ctx context.Context) (lexicon.Version, error) {
	r, err := s.queries.LastLexicon(ctx)
	if err != nil {
		return lexicon.Version{}, found("lexicon", err)
	}
	v := lexicon.Version{Version: r.Version, Author: staff.ID(r.Author), At: moment(r.At)}
	if v.Trade, err = unlist[string](r.Trade); err != nil {
		return v, err
	}
	return v, json.Unmarshal([]byte(r.Data), &v.Words)
}
