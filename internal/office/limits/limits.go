// Package limits keeps the restrictions on later calls of a number: who proposed, who agreed, until when, why lifted.
//
// Owns: the rule of two people, the states of a limit, objections against one (objection.go).
// Never: refusing a call (the edge does, by the snapshot), SQL, HTTP.
// Goroutines: none.
//
// Flow: a person proposes → a second one approves → in force until its end, or lifted with a reason. The machine's
// provisional limits come from calls and are in force at once, for a business day at most; what it suggests is nothing
// until a person has proposed it. A voice that belongs to a limit (package voices) is made at the approval and ends with it.
package limits

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/google/uuid"

	"commusafe/internal/call"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/voices"
	"commusafe/internal/policy"
)

// An Entry is a limit with its history. Begins and Until of a proposal count from its approval.
type Entry struct {
	policy.Limit
	ProposedBy staff.ID // empty for the machine
	Proposed   time.Time
	ApprovedBy staff.ID
	Approved   time.Time
	LiftedBy   staff.ID
	Lifted     time.Time
	LiftedWhy  string
	// Dialogue says what was talked over with somebody who has asked for an accommodation (E-22).
	Dialogue string
}

// States of an entry.
const (
	Suggested = "suggested" // by the machine; a person has yet to propose it
	Proposed  = "proposed"
	InForce   = "in_force"
	Ended     = "ended"
	Lifted    = "lifted"
)

// State tells where an entry stands.
func (e Entry) State(now time.Time) string {
	switch {
	case !e.Lifted.IsZero():
		return Lifted
	case !e.Provisional && e.Approved.IsZero() && e.ProposedBy == "":
		return Suggested
	case !e.Provisional && e.Approved.IsZero():
		return Proposed
	case !now.Before(e.Until):
		return Ended
	}
	return InForce
}

// A Store keeps entries. Approve and Lift change only an entry in the right state and tell whether they did.
type Store interface {
	PutLimit(ctx context.Context, e Entry, d staff.Deed) (bool, error)
	Limit(ctx context.Context, id string) (Entry, error)
	ListLimits(ctx context.Context, most int) ([]Entry, error)
	ApproveLimit(ctx context.Context, e Entry, voice *voices.Print, d staff.Deed) (bool, error)
	LiftLimit(ctx context.Context, id, why string, d staff.Deed) (bool, error)
	// LimitsOfCall gives what a call has led to and two people have not agreed on.
	LimitsOfCall(ctx context.Context, id call.ID) ([]Entry, error)
	Objections
}

// Errors that somebody decides on.
var (
	ErrNone       = errors.New("there is no such limit")
	ErrState      = errors.New("the limit is not in a state for that")
	ErrSamePerson = errors.New("a second, different person must approve")
	ErrNumber     = errors.New("the number is not shown or can't be read")
	ErrPublic     = errors.New("a public body can't refuse calls")
	ErrWrong      = errors.New("the limit can't be set")
	ErrDialogue   = errors.New("this caller has asked for an accommodation; say what was talked over with him first")
)

// A Ledger is all limits.
type Ledger struct {
	Store   Store
	Public  func() bool // whether the centre is a public body
	Changed func()      // called after each change
	// Accommodated tells whether a caller of the number has ever asked for an accommodation.
	Accommodated func(ctx context.Context, number string) (bool, error)
	// Voices registers voices; nil: none can be.
	Voices Voices
}

// Voices registers the voice of a call's caller with a limit: May tells whether that can be done for so long, Take does it
// at the approval.
type Voices interface {
	May(ctx context.Context, id call.ID, length time.Duration) error
	Take(ctx context.Context, voice, limit string, id call.ID, until time.Time) (voices.Print, error)
}

// A Proposal is what a person asks for.
type Proposal struct {
	Number    string
	Withheld  call.Withholding // in place of a number
	Matter    string
	Voice     bool   // the voice of Call's caller belongs to it; with Take candidate it is all that the limit is for
	Caller    string // number of Call's caller, where the limit is for his voice alone
	Take      string
	For       time.Duration
	Reason    string
	Elsewhere string
	Dialogue  string
	Call      call.ID
}

// Propose writes a proposal down; nothing is in force yet.
func (l *Ledger) Propose(ctx context.Context, by staff.Person, p Proposal) (Entry, error) {
	n, err := p.scope()
	if err != nil {
		return Entry{}, err
	}
	if p.Take == policy.TakeRefuse && l.Public() {
		return Entry{}, ErrPublic
	}
	if asked, err := l.accommodated(ctx, p.caller(n)); err != nil {
		return Entry{}, err
	} else if asked && strings.TrimSpace(p.Dialogue) == "" {
		return Entry{}, ErrDialogue
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	e := Entry{Dialogue: p.Dialogue, Limit: policy.Limit{ID: uuid.Must(uuid.NewV7()).String(), Number: n.E164, Withheld: p.Withheld, Matter: strings.TrimSpace(p.Matter), Take: p.Take, From: now, Until: now.Add(p.For),
		Call: p.Call, Reason: p.Reason, Elsewhere: p.Elsewhere, Review: now.Add(p.For / 2)}, ProposedBy: by.ID, Proposed: now}
	if p.Voice {
		e.Voice = uuid.Must(uuid.NewV7()).String()
	}
	checked := e.Limit
	checked.Approvers = []string{"first", "second"}
	if err := checked.Check(l.Public()); err != nil {
		return Entry{}, errors.Join(ErrWrong, err)
	}
	if p.Voice {
		if err := l.mayVoice(ctx, p); err != nil {
			return Entry{}, err
		}
	}
	if _, err := l.Store.PutLimit(ctx, e, by.By("trail.limit_propose", e.ID, p.Take)); err != nil {
		return Entry{}, err
	}
	if s, ok := policy.Suggested(call.Incoming{ID: p.Call, From: n}, now); ok && p.Call != "" {
		if _, err := l.Store.LiftLimit(ctx, s.ID, "proposed", by.By("trail.limit_lift", s.ID, "")); err != nil {
			return Entry{}, err
		}
	}
	l.Changed()
	return e, nil
}

// scope gives whose calls are meant: nobody's where the limit is for a voice alone.
func (p Proposal) scope() (call.Number, error) {
	switch n := call.ParseNumber(p.Number); {
	case p.Take == policy.TakeCandidate && p.Voice && p.Number == "" && p.Withheld == call.Shown:
		return call.Number{}, nil
	case p.Withheld != call.Shown:
		return call.Number{Withheld: p.Withheld}, nil
	case n.E164 == "":
		return n, ErrNumber
	default:
		return n, nil
	}
}

// caller is who is meant in the end: whoever called, where the limit is for a voice.
func (p Proposal) caller(scope call.Number) call.Number {
	if p.Take == policy.TakeCandidate {
		return call.ParseNumber(p.Caller)
	}
	return scope
}

func (l *Ledger) mayVoice(ctx context.Context, p Proposal) error {
	switch {
	case l.Voices == nil:
		return voices.ErrOff
	case p.Call == "":
		return voices.ErrCase
	}
	return l.Voices.May(ctx, p.Call, p.For)
}

// accommodated tells whether a caller of the number has ever asked for an accommodation; nobody is known who withholds his.
func (l *Ledger) accommodated(ctx context.Context, n call.Number) (bool, error) {
	if !n.Shown() {
		return false, nil
	}
	return l.Accommodated(ctx, n.E164)
}

// Suggest takes in a limit that the machine proposes. A second time is harmless, also when it was put aside before.
func (l *Ledger) Suggest(ctx context.Context, p policy.Limit) error {
	added, err := l.Store.PutLimit(ctx, Entry{Limit: p, Proposed: p.From}, staff.Deed{})
	if err == nil && added {
		l.Changed()
	}
	return err
}

// Approve puts a proposal in force, by a second person.
func (l *Ledger) Approve(ctx context.Context, by staff.Person, id string) (Entry, error) {
	e, err := l.entry(ctx, id)
	if err != nil {
		return e, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	switch {
	case e.State(now) != Proposed:
		return e, ErrState
	case e.ProposedBy == by.ID:
		return e, ErrSamePerson
	}
	length := e.Until.Sub(e.From)
	e.From, e.Until, e.Review = now, now.Add(length), now.Add(length/2)
	e.ApprovedBy, e.Approved = by.ID, now
	e.Approvers = []string{string(e.ProposedBy), string(by.ID)}
	if err := e.Check(l.Public()); err != nil {
		return e, errors.Join(ErrWrong, err)
	}
	var voice *voices.Print
	if e.Voice != "" {
		p, err := l.takeVoice(ctx, e)
		if err != nil {
			return e, err
		}
		voice = &p
	}
	ok, err := l.Store.ApproveLimit(ctx, e, voice, by.By("trail.limit_approve", id, e.Take))
	if err == nil && !ok {
		err = ErrState
	}
	if err == nil {
		l.Changed()
	}
	return e, err
}

// takeVoice makes the voice that belongs to a limit. Before the second person has agreed there is none.
func (l *Ledger) takeVoice(ctx context.Context, e Entry) (voices.Print, error) {
	if l.Voices == nil {
		return voices.Print{}, voices.ErrOff
	}
	return l.Voices.Take(ctx, e.Voice, e.ID, e.Call, e.Until)
}

// Lift ends a limit or takes a proposal back, with a reason; one person is enough to undo.
func (l *Ledger) Lift(ctx context.Context, by staff.Person, id, why string) (Entry, error) {
	e, err := l.entry(ctx, id)
	if err != nil {
		return e, err
	}
	ok, err := l.Store.LiftLimit(ctx, id, why, by.By("trail.limit_lift", id, ""))
	if err == nil && !ok {
		err = ErrState
	}
	if err != nil {
		return e, err
	}
	l.Changed()
	return l.entry(ctx, id)
}

// Provisional takes in a limit that the machine has set. A second time is harmless.
func (l *Ledger) Provisional(ctx context.Context, p policy.Limit) error {
	if !p.Provisional || p.Check(l.Public()) != nil {
		return ErrWrong
	}
	added, err := l.Store.PutLimit(ctx, Entry{Limit: p, Proposed: p.From}, staff.Deed{})
	if err == nil && added {
		l.Changed()
	}
	return err
}

// Release puts aside what a call has led to and two people have not agreed on: provisional limits, suggestions and
// proposals. It follows when people find that the call was no harassment (E-10).
func (l *Ledger) Release(ctx context.Context, by staff.Person, id call.ID, why string) error {
	open, err := l.Store.LimitsOfCall(ctx, id)
	if err != nil {
		return err
	}
	for _, e := range open {
		if _, err := l.Store.LiftLimit(ctx, e.ID, why, by.By("trail.limit_lift", e.ID, why)); err != nil {
			return err
		}
	}
	if len(open) > 0 {
		l.Changed()
	}
	return nil
}

func (l *Ledger) entry(ctx context.Context, id string) (Entry, error) {
	e, err := l.Store.Limit(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return e, ErrNone
	}
	return e, err
}
