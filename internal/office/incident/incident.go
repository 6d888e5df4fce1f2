// Package incident keeps cases: calls that people look at afterwards.
//
// Owns: the draft of a case, its status, what people found of it (review.go), its official types (types.go) and how often each is stated (tally.go).
// Never: SQL, HTTP; deciding what a call was (people do).
// Goroutines: none.
//
// Flow: a folder with a grave call is taken in, or a person opens a case for a call → 未対応 → a person takes it up →
// 対応中 → answers the three elements, says what it was and, of harassment, which official types it has → 完了.
package incident

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
)

// An ID names an incident. The draft of a call has the call's ID, so that a rebuilt index drafts the same.
type ID string

// A Status says how far people are.
type Status string

// The statuses, in order.
const (
	New    Status = "new"
	Open   Status = "open"
	Closed Status = "closed"
)

// An Incident is one case.
type Incident struct {
	ID       ID
	Call     call.ID
	Category judge.Category
	Level    judge.Level
	Status   Status
	Created  time.Time
	MovedBy  staff.ID
	Moved    time.Time
	Outcome  Outcome // empty until it is closed
	Review   Review
	Proposed *Types  // what the product proposed when it was closed; nil: not noted
	Stated   *Stated // official types by a person; nil: none has stated any
}

// Draft is the case of a call before anybody has looked at it.
func Draft(id call.ID, c judge.Category, l judge.Level, at time.Time) Incident {
	return Incident{ID: ID(id), Call: id, Category: c, Level: l, Status: New, Created: at}
}

// A Store keeps incidents. MoveIncident brings one that isn't closed to another status, with outcome, review and types;
// OpenIncident adds the case of a call that has none; StateTypes puts the next statement into a closed one. The bool tells whether
// something changed.
type Store interface {
	Incident(ctx context.Context, id ID) (Incident, error)
	OpenIncident(ctx context.Context, i Incident, d staff.Deed) (bool, error)
	MoveIncident(ctx context.Context, i Incident, d ...staff.Deed) (bool, error)
	StateTypes(ctx context.Context, i Incident, d staff.Deed) (bool, error)
}

// Errors that somebody decides on.
var (
	ErrNone  = errors.New("there is no such incident")
	ErrState = errors.New("the incident is not in a state for that")
)

// A Book is all incidents.
type Book struct {
	Store Store
	// Cleared is told of a case that is about to be closed as anything but harassment: what the machine or people were about to
	// restrict because of it is put aside. When it can't be, the case stays open, so that it can be closed again.
	Cleared func(ctx context.Context, by staff.Person, i Incident) error
}

// Open makes a case of a call that has none: people know what the machine did not see, such as the same matter again
// and again.
func (b *Book) Open(ctx context.Context, by staff.Person, id call.ID, c judge.Category, l judge.Level) (Incident, error) {
	i := Draft(id, c, l, time.Now().UTC().Truncate(time.Millisecond))
	i.Status, i.MovedBy, i.Moved = Open, by.ID, i.Created
	ok, err := b.Store.OpenIncident(ctx, i, by.By("trail.incident_open", string(i.ID), string(c)))
	if err == nil && !ok {
		err = ErrState
	}
	return i, err
}

// Take takes an incident up: 対応中.
func (b *Book) Take(ctx context.Context, by staff.Person, id ID) (Incident, error) {
	return b.move(ctx, by, id, func(i *Incident, _ time.Time) ([]staff.Deed, error) {
		i.Status = Open
		return nil, nil
	})
}

// A Finding is what people found of a case. Types are the official ones that they say harassment has; nil: nobody has said any yet.
type Finding struct {
	Outcome Outcome
	Review  Review
	Types   *Types
}

// Close ends an incident with what people found: each of the three elements answered, and what it was (E-02, E-10). What the product
// offers of official types is noted as proposed and is no decision.
func (b *Book) Close(ctx context.Context, by staff.Person, id ID, f Finding, o Offer) (Incident, error) {
	if err := f.Review.Fits(f.Outcome); err != nil {
		return Incident{}, err
	}
	if f.Types != nil && f.Outcome != Harassment {
		return Incident{}, ErrNoTypes
	}
	return b.move(ctx, by, id, func(i *Incident, at time.Time) ([]staff.Deed, error) {
		if i.Status == Closed {
			return nil, ErrState
		}
		i.Status, i.Outcome, i.Review, i.Proposed = Closed, f.Outcome, f.Review, &o.Proposed
		if f.Outcome != Harassment && b.Cleared != nil {
			return nil, b.Cleared(ctx, by, *i)
		}
		if f.Types == nil {
			return nil, nil
		}
		d, err := i.state(by.ID, at, *f.Types, o)
		return []staff.Deed{d}, err
	})
}

func (b *Book) incident(ctx context.Context, id ID) (Incident, error) {
	i, err := b.Store.Incident(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNone
	}
	return i, err
}

// move changes an incident; what gives the deeds beside the move itself.
func (b *Book) move(ctx context.Context, by staff.Person, id ID, what func(i *Incident, at time.Time) ([]staff.Deed, error)) (Incident, error) {
	i, err := b.incident(ctx, id)
	if err != nil {
		return i, err
	}
	d := by.By("trail.incident_move", string(id), "")
	i.MovedBy, i.Moved = by.ID, d.At.UTC().Truncate(time.Millisecond)
	more, err := what(&i, i.Moved)
	if err != nil {
		return i, err
	}
	d.Detail = strings.TrimSpace(string(i.Status) + " " + string(i.Outcome))
	ok, err := b.Store.MoveIncident(ctx, i, append([]staff.Deed{d}, more...)...)
	if err == nil && !ok {
		err = ErrState
	}
	return i, err
}
