package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"

	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/sqlgen"
)

var _ staff.Store = (*Store)(nil)

// PutStaff adds or changes a person.
func (s *Store) PutStaff(ctx context.Context, p staff.Person, d staff.Deed) error {
	return s.do(ctx, "put staff", d, func(q *sqlgen.Queries) error { return putStaff(ctx, q, p) })
}

func putStaff(ctx context.Context, q *sqlgen.Queries, p staff.Person) error {
	rights, err := list(p.Rights)
	if err != nil {
		return err
	}
	return q.PutStaff(ctx, sqlgen.PutStaffParams{ID: string(p.ID), Login: p.Login, Name: p.Name, Role: string(p.Role), Rights: rights,
		Password: p.Password, Disabled: p.Disabled, MustChange: p.MustChange, Created: millis(p.Created)})
}

// ChangeStaff changes a person as they are in the transaction. Counting it holds every other change of staff back until this one is over,
// so that nothing of another is undone.
func (s *Store) ChangeStaff(ctx context.Context, id staff.ID, change func(p *staff.Person, others []staff.Person) (staff.Deed, error)) (staff.Person, error) {
	var p staff.Person
	err := s.change(ctx, func(q *sqlgen.Queries) error {
		if _, err := q.Bump(ctx, "staff"); err != nil {
			return err
		}
		rows, err := q.ListStaff(ctx)
		if err != nil {
			return err
		}
		all, err := each(rows, person)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(o staff.Person) bool { return o.ID == id })
		if i < 0 {
			return ErrNotFound
		}
		p = all[i]
		d, err := change(&p, slices.Delete(all, i, i+1))
		if err != nil {
			return err
		}
		return errors.Join(putStaff(ctx, q, p), appendTrail(ctx, q, d))
	})
	return p, found("change staff", err)
}

// Staff gives a person.
func (s *Store) Staff(ctx context.Context, id staff.ID) (staff.Person, error) {
	r, err := s.queries.GetStaff(ctx, string(id))
	if err != nil {
		return staff.Person{}, found("staff", err)
	}
	return person(r)
}

// StaffByLogin gives the person who logs in so.
func (s *Store) StaffByLogin(ctx context.Context, login string) (staff.Person, error) {
	r, err := s.queries.GetStaffByLogin(ctx, login)
	if err != nil {
		return staff.Person{}, found("staff", err)
	}
	return person(r)
}

// ListStaff gives everybody, the longest here first.
func (s *Store) ListStaff(ctx context.Context) ([]staff.Person, error) {
	rows, err := s.queries.ListStaff(ctx)
	if err != nil {
		return nil, found("list staff", err)
	}
	return each(rows, person)
}

func person(r sqlgen.Staff) (staff.Person, error) {
	rights, err := unlist[staff.Right](r.Rights)
	return staff.Person{ID: staff.ID(r.ID), Login: r.Login, Name: r.Name, Role: staff.Role(r.Role), Rights: rights, Password: r.Password,
		Disabled: r.Disabled, MustChange: r.MustChange, Created: moment(r.Created)}, err
}

// each turns rows into values.
func each[R, V any](rows []R, f func(R) (V, error)) ([]V, error) {
	out := make([]V, 0, len(rows))
	for _, r := range rows {
		v, err := f(r)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// AppendTrail writes a deed that changes nothing else.
func (s *Store) AppendTrail(ctx context.Context, d staff.Deed) error {
	return s.do(ctx, "trail", d, func(*sqlgen.Queries) error { return nil })
}

// do changes something and writes the deed, together.
func (s *Store) do(ctx context.Context, what string, d staff.Deed, f func(*sqlgen.Queries) error) error {
	return found(what, s.change(ctx, func(q *sqlgen.Queries) error {
		if err := f(q); err != nil {
			return err
		}
		return appendTrail(ctx, q, d)
	}))
}

var errNothing = errors.New("nothing changed")

// doIf is do for a change that may find nothing to change; then nothing is written and it gives false.
func (s *Store) doIf(ctx context.Context, what string, d staff.Deed, f func(*sqlgen.Queries) (int64, error)) (bool, error) {
	err := s.do(ctx, what, d, func(q *sqlgen.Queries) error {
		n, err := f(q)
		if err == nil && n == 0 {
			err = errNothing
		}
		return err
	})
	if errors.Is(err, errNothing) {
		return false, nil
	}
	return err == nil, err
}

// appendTrail writes the next entry; a deed without a word is none. Counting it holds every other writer back until this
// transaction is over, so that the chain never forks.
func appendTrail(ctx context.Context, q *sqlgen.Queries, d staff.Deed) error {
	if d.What == "" {
		return nil
	}
	if _, err := q.Bump(ctx, "trail"); err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	last, err := q.LastTrail(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("trail: %w", err)
	}
	e := d.Follow(entry(last))
	err = q.AppendTrail(ctx, sqlgen.AppendTrailParams{Seq: e.Seq, At: millis(e.At), Who: string(e.By), What: e.What, Subject: e.Subject,
		Detail: e.Detail, Prev: e.Prev, Hash: e.Hash})
	if err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	return nil
}

func entry(r sqlgen.Trail) staff.Entry {
	return staff.Entry{Seq: r.Seq, At: moment(r.At), By: staff.ID(r.Who), What: r.What, Subject: r.Subject, Detail: r.Detail, Prev: r.Prev, Hash: r.Hash}
}

func entries(rows []sqlgen.Trail) []staff.Entry {
	out := make([]staff.Entry, 0, len(rows))
	for _, r := range rows {
		out = append(out, entry(r))
	}
	return out
}

// ListTrail gives entries before a number, the newest first; 0 begins at the newest.
func (s *Store) ListTrail(ctx context.Context, before int64, most int) ([]staff.Entry, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	rows, err := s.queries.ListTrail(ctx, sqlgen.ListTrailParams{Seq: before, Limit: int32(most)})
	return entries(rows), found("list trail", err)
}

// TrailOf gives the newest entries of one kind about one thing.
func (s *Store) TrailOf(ctx context.Context, subject, what string) ([]staff.Entry, error) {
	rows, err := s.queries.TrailOf(ctx, sqlgen.TrailOfParams{Subject: subject, What: what})
	return entries(rows), found("list trail", err)
}

// ProveTrail walks the whole chain and gives the number of the first entry that does not follow; 0 when all do.
func (s *Store) ProveTrail(ctx context.Context) (int64, error) {
	var prev staff.Entry
	for {
		rows, err := s.queries.WalkTrail(ctx, sqlgen.WalkTrailParams{Seq: prev.Seq, Limit: 1000})
		if err != nil || len(rows) == 0 {
			return 0, found("prove trail", err)
		}
		for _, e := range entries(rows) {
			if !e.Follows(prev) {
				return e.Seq, nil
			}
			prev = e
		}
	}
}
