package limits

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/google/uuid"

	"commusafe/internal/office/staff"
)

// AnswerWithin is how long an objection may wait for its answer.
const AnswerWithin = 14 * 24 * time.Hour

// Kept says that a limit stays in spite of an objection; the other answer is Lifted.
const Kept = "kept"

// An Objection is what a limited caller has against the limit. It is a task with a due date (E-16).
type Objection struct {
	ID       string
	Limit    string
	Way      string // letter, web, phone, other
	Words    string
	At       time.Time
	TakenBy  staff.ID
	Due      time.Time
	Decision string // kept, lifted; empty while it is open
	Answer   string
	DoneBy   staff.ID
	Done     time.Time
}

// Late tells whether it should have been answered by now.
func (o Objection) Late(now time.Time) bool { return o.Done.IsZero() && now.After(o.Due) }

// Objections keep the objections. AnswerObjection changes an open one only and tells whether it did; with the decision lifted it ends the
// limit too, if it has not ended: both or neither.
type Objections interface {
	PutObjection(ctx context.Context, o Objection, d staff.Deed) error
	Objection(ctx context.Context, id string) (Objection, error)
	ListObjections(ctx context.Context, most int) ([]Objection, error)
	AnswerObjection(ctx context.Context, o Objection, d, lift staff.Deed) (bool, error)
}

// ErrAnswered says that an objection is no task any more.
var ErrAnswered = errors.New("the objection has been answered already")

// Object writes an objection down.
func (l *Ledger) Object(ctx context.Context, by staff.Person, limit, way, words string) (Objection, error) {
	if _, err := l.entry(ctx, limit); err != nil {
		return Objection{}, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	o := Objection{ID: uuid.Must(uuid.NewV7()).String(), Limit: limit, Way: way, Words: words, At: now, TakenBy: by.ID, Due: now.Add(AnswerWithin)}
	err := l.Store.PutObjection(ctx, o, by.By("trail.objection", o.ID, limit))
	if err == nil {
		l.Changed()
	}
	return o, err
}

// Answer decides on an objection, by somebody who has neither proposed nor approved the limit. lift ends the limit.
func (l *Ledger) Answer(ctx context.Context, by staff.Person, id string, lift bool, answer string) (Objection, error) {
	o, err := l.Store.Objection(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return o, ErrNone
	}
	if err != nil {
		return o, err
	}
	e, err := l.entry(ctx, o.Limit)
	switch {
	case err != nil:
		return o, err
	case e.ProposedBy == by.ID || e.ApprovedBy == by.ID:
		return o, ErrSamePerson
	}
	d := by.By("trail.objection_answer", id, o.Limit)
	o.Decision, o.Answer, o.DoneBy, o.Done = Kept, answer, by.ID, d.At.UTC().Truncate(time.Millisecond)
	if lift {
		o.Decision = Lifted
	}
	ok, err := l.Store.AnswerObjection(ctx, o, d, by.By("trail.limit_lift", o.Limit, ""))
	if err == nil && !ok {
		err = ErrAnswered
	}
	if err != nil {
		return o, err
	}
	l.Changed()
	return o, nil
}
