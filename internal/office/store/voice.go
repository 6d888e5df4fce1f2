package store

import (
	"context"
	"errors"
	"fmt"

	"commusafe/internal/office/incident"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/sqlgen"
	"commusafe/internal/office/voices"
)

var _ voices.Store = (*Store)(nil)

// ListVoices gives all registered voices, the erased ones too, oldest first.
func (s *Store) ListVoices(ctx context.Context) ([]voices.Print, error) {
	rows, err := s.queries.ListVoices(ctx)
	if err != nil {
		return nil, found("list voices", err)
	}
	return each(rows, func(r sqlgen.Voiceprint) (voices.Print, error) {
		return voices.Print{ID: r.ID, Limit: r.Entry, Case: incident.ID(r.Incident), Source: r.Source, Sealed: r.Sealed,
			Made: moment(r.Made), Expires: moment(r.Expires), Erased: moment(r.Erased), Why: r.Why}, nil
	})
}

// EraseVoice leaves a tombstone of a voice; false when it is one already.
func (s *Store) EraseVoice(ctx context.Context, id, why string, d staff.Deed) (bool, error) {
	return s.doIf(ctx, "erase voice", d, func(q *sqlgen.Queries) (int64, error) {
		n, err := q.EraseVoice(ctx, sqlgen.EraseVoiceParams{ID: id, At: millis(d.At), Why: why})
		return n, bump(ctx, q, n, err)
	})
}

// putVoice writes a voice beside the approval of its limit.
func putVoice(ctx context.Context, q *sqlgen.Queries, p *voices.Print, d staff.Deed) error {
	if p == nil {
		return nil
	}
	err := q.PutVoice(ctx, sqlgen.PutVoiceParams{ID: p.ID, Entry: p.Limit, Incident: string(p.Case), Source: p.Source, Sealed: p.Sealed, Made: millis(p.Made), Expires: millis(p.Expires)})
	if err != nil {
		return err
	}
	d.What, d.Subject, d.Detail = "trail.voice_enrol", p.ID, fmt.Sprintf("limit %s, case %s, %s", p.Limit, p.Case, p.Source)
	return appendTrail(ctx, q, d)
}

// eraseVoicesOf erases the voice of a limit that ends.
func eraseVoicesOf(ctx context.Context, q *sqlgen.Queries, limit, why string, d staff.Deed) error {
	ids, err := q.VoiceOfLimit(ctx, limit)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := q.EraseVoice(ctx, sqlgen.EraseVoiceParams{ID: id, At: millis(d.At), Why: why}); err != nil {
			return err
		}
		d.What, d.Subject, d.Detail = "trail.voice_erase", id, why
		if err := appendTrail(ctx, q, d); err != nil {
			return err
		}
	}
	return nil
}

// Scrub takes what was erased out of SQLite's write-ahead log too; in the tables secure_delete has overwritten it. An error says
// that it is still there. PostgreSQL does all that by its own vacuum.
func (s *Store) Scrub(ctx context.Context) error {
	if s.read == s.write {
		return nil
	}
	var busy, pages, done int
	if err := s.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &done); err != nil {
		return fmt.Errorf("empty the write-ahead log: %w", err)
	}
	if busy != 0 {
		return errors.New("empty the write-ahead log: somebody reads for too long")
	}
	return nil
}
