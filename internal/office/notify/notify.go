// Package notify tells people what they must know, and waits until one of them has taken it on.
//
// Owns: notices and their states, escalation, the port of channels, deliveries with retry.
// Never: judging; telephone numbers, names or words of a call in what leaves the house.
// Goroutines: Desk.Run (escalation, once a second) and Courier.Run (deliveries); both end with their context.
//
// Flow: a call reaches 警告対象 → Raise: one notice a call and level, written together with its deliveries → consoles →
// somebody acknowledges, or after 20 s it goes to all supervisors (E-03) → the call ends: resolved.
package notify

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
)

// A State is where a notice stands.
type State string

// The states of a notice, in order.
const (
	Triggered    State = "triggered"
	Escalated    State = "escalated" // nobody took it on in time: it goes to everybody
	Acknowledged State = "acknowledged"
	Resolved     State = "resolved"
)

// A Notice says that a call needs a person.
type Notice struct {
	ID             string
	Call           call.ID
	Level          judge.Level
	Category       judge.Category
	State          State
	At             time.Time
	Escalated      time.Time
	AcknowledgedBy staff.ID
	Acknowledged   time.Time
	Note           string
	Resolved       time.Time
}

// A Delivery is one notice on its way through one channel. ID makes a repeated one recognisable.
type Delivery struct {
	ID       string
	Channel  string
	Message  Message
	Attempts int
}

// A Message is all that leaves the house: no number, no name, no words.
type Message struct {
	Call     call.ID        `json:"call"`
	Level    judge.Level    `json:"level"`
	Category judge.Category `json:"category,omitempty"`
	State    State          `json:"state"`
	At       time.Time      `json:"at"`
	Path     string         `json:"path"` // of the page in the console
}

// A Store keeps notices and deliveries. The bool tells whether something changed.
type Store interface {
	PutNotice(ctx context.Context, n Notice, d []Delivery) (bool, error)
	Notice(ctx context.Context, id string) (Notice, error)
	ListNotices(ctx context.Context, most int) ([]Notice, error)
	DueNotices(ctx context.Context, until time.Time) ([]Notice, error)
	EscalateNotice(ctx context.Context, id string, at time.Time, d []Delivery) (bool, error)
	AcknowledgeNotice(ctx context.Context, id, note string, d staff.Deed) (bool, error)
	ResolveNotices(ctx context.Context, id call.ID, at time.Time) ([]Notice, error)
}

// Errors that somebody decides on.
var (
	ErrNone  = errors.New("there is no such notice")
	ErrState = errors.New("the notice has been acknowledged already")
)

// A Desk is where notices are raised and taken on. Fill the fields, then Run.
type Desk struct {
	Store    Store
	Channels []string      // names of those that deliver outside
	After    time.Duration // how long a notice waits before it goes to all; 20 s
	Changed  func(Notice)  // tells the consoles
	Sent     func()        // there are new deliveries
	Log      *slog.Logger
}

// Raise writes a notice down, once a call and level.
func (d *Desk) Raise(ctx context.Context, id call.ID, l judge.Level, c judge.Category) error {
	n := Notice{ID: uuid.Must(uuid.NewV7()).String(), Call: id, Level: l, Category: c, State: Triggered, At: time.Now().UTC().Truncate(time.Millisecond)}
	added, err := d.Store.PutNotice(ctx, n, d.deliveries(n))
	if err == nil && added {
		d.Changed(n)
		d.Sent()
	}
	return err
}

func (d *Desk) deliveries(n Notice) []Delivery {
	var out []Delivery
	for _, c := range d.Channels {
		out = append(out, Delivery{ID: n.ID + "-" + string(n.State) + "-" + c, Channel: c,
			Message: Message{Call: n.Call, Level: n.Level, Category: n.Category, State: n.State, At: n.At, Path: "/calls/" + string(n.Call)}})
	}
	return out
}

// Acknowledge notes that a person has taken it on.
func (d *Desk) Acknowledge(ctx context.Context, by staff.Person, id, note string) (Notice, error) {
	n, err := d.Store.Notice(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return n, ErrNone
	}
	if err != nil {
		return n, err
	}
	ok, err := d.Store.AcknowledgeNotice(ctx, id, note, by.By("trail.notice_acknowledge", id, ""))
	if err == nil && !ok {
		err = ErrState
	}
	if err != nil {
		return n, err
	}
	if n, err = d.Store.Notice(ctx, id); err == nil {
		d.Changed(n)
	}
	return n, err
}

// Resolve ends the acknowledged notices of a call that is over. Those that nobody took on stay open.
func (d *Desk) Resolve(ctx context.Context, id call.ID) error {
	done, err := d.Store.ResolveNotices(ctx, id, time.Now())
	for _, n := range done {
		d.Changed(n)
	}
	return err
}

// storeTime is how long the store may take: a database that takes questions and gives no answers, as its machine is gone, is asked anew.
const storeTime = 5 * time.Second

// Run escalates what nobody has taken on in time.
func (d *Desk) Run(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			sctx, cancel := context.WithTimeout(ctx, storeTime)
			if err := d.escalate(sctx, time.Now()); err != nil && ctx.Err() == nil {
				d.Log.Error("notices can't be escalated", slog.Any("error", err))
			}
			cancel()
		}
	}
}

func (d *Desk) escalate(ctx context.Context, now time.Time) error {
	due, err := d.Store.DueNotices(ctx, now.Add(-d.After))
	if err != nil {
		return err
	}
	for _, n := range due {
		n.State, n.Escalated = Escalated, now.UTC().Truncate(time.Millisecond)
		ok, err := d.Store.EscalateNotice(ctx, n.ID, n.Escalated, d.deliveries(n))
		if err != nil {
			return err
		}
		if ok {
			d.Changed(n)
			d.Sent()
		}
	}
	return nil
}
