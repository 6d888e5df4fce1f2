// Package incident keeps cases: calls that people look at afterwards.
//
// Owns: the draft of a case, its status.
// Never: SQL, HTTP; deciding what a call was (people do).
// Goroutines: none.
//
// Flow: a folder with a grave call is taken in → a draft, 未対応 → a person takes it up → 対応中 → closes it → 完了.
package incident

import (
	"context"
	"errors"
	"io/fs"
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
}

// Draft is the case of a call before anybody has looked at it.
func Draft(id call.ID, c judge.Category, l judge.Level, at time.Time) Incident {
	return Incident{ID: ID(id), Call: id, Category: c, Level: l, Status: New, Created: at}
}

// A Store keeps incidents. MoveIncident changes one that isn't closed and isn't there already.
type Store interface {
	Incident(ctx context.Context, id ID) (Incident, error)
	MoveIncident(ctx context.Context, id ID, to Status, d staff.Deed) (bool, error)
}

// Errors that somebody decides on.
var (
	ErrNone  = errors.New("there is no such incident")
	ErrState = errors.New("the incident is not in a state for that")
)

// A Book is all incidents.
type Book struct{ Store Store }

// Move brings an incident to open or closed.
func (b *Book) Move(ctx context.Context, by staff.Person, id ID, to Status) (Incident, error) {
	i, err := b.Store.Incident(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return i, ErrNone
	}
	if err != nil {
		return i, err
	}
	if to != Open && to != Closed {
		return i, ErrState
	}
	ok, err := b.Store.MoveIncident(ctx, id, to, by.By("trail.incident_move", string(id), string(to)))
	if err == nil && !ok {
		err = ErrState
	}
	if err != nil {
		return i, err
	}
	return b.Store.Incident(ctx, id)
}
