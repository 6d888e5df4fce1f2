package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/intake"
	"commusafe/internal/office/settings"
	"commusafe/internal/office/store/sqlgen"
	"commusafe/internal/policy"
)

var _ intake.Store = (*Store)(nil)

// PutFolder replaces the rows of a call, whole or not at all, and drafts its incident if it needs one and has none.
func (s *Store) PutFolder(ctx context.Context, f intake.Folder) error {
	row, err := callRow(f.Call)
	if err != nil {
		return fmt.Errorf("put call: %w", err)
	}
	err = s.change(ctx, func(q *sqlgen.Queries) error {
		if err := errors.Join(q.PutCall(ctx, row), q.DropLines(ctx, row.ID)); err != nil {
			return err
		}
		for _, l := range f.Lines {
			if err := q.PutLine(ctx, sqlgen.PutLineParams{Call: row.ID, Seq: int64(l.Seq), Part: int64(l.Part), AtMs: int64(l.AtMS), Kind: l.Kind,
				Words: legible(l.Words), Line: string(l.Data)}); err != nil {
				return err
			}
		}
		if !f.AutoCut.IsZero() {
			if err := q.PutCut(ctx, sqlgen.PutCutParams{Call: row.ID, Day: settings.Day(f.AutoCut)}); err != nil {
				return err
			}
		}
		if c, needed := f.Incident(); needed {
			d := incident.Draft(f.Call.Incoming.ID, c, f.Call.Peak, f.Call.Incoming.Began.Add(f.Call.Duration.Duration()))
			if _, err := q.PutIncident(ctx, incidentRow(d)); err != nil {
				return err
			}
		}
		for _, w := range f.Wrong {
			if _, err := q.PutExample(ctx, sqlgen.PutExampleParams{Call: row.ID, AtMs: int64(w.AtMS), Level: int64(w.Level), Category: string(w.Category),
				Note: legible(w.Note), Who: w.By, At: millis(w.At)}); err != nil {
				return err
			}
		}
		return nil
	})
	return found("put call", err)
}

// legible stands a mark for the octet 0, which PostgreSQL has in no text: what a recogniser or a telephone sends keeps no call out of the
// index.
func legible(s string) string { return strings.ReplaceAll(s, "\x00", "\ufffd") }

func callRow(c intake.Call) (sqlgen.PutCallParams, error) {
	categories, err1 := list(c.Categories)
	actions, err2 := list(c.Actions)
	lost, err3 := list(c.Lost)
	marks, err4 := list(c.Marks)
	in := c.Incoming
	return sqlgen.PutCallParams{ID: string(in.ID), Began: millis(in.Began), DurationMs: int64(c.Duration), Direction: string(in.Direction), Trunk: in.Trunk,
		FromRaw: legible(in.From.Raw), FromE164: in.From.E164, FromWithheld: string(in.From.Withheld), ToRaw: legible(in.To.Raw), ToE164: in.To.E164,
		Peak: int64(c.Peak), Categories: categories, Stage: string(c.Stage), Actions: actions, EndedBy: string(c.Ended.By), EndedWhy: legible(c.Ended.Why),
		Preset: string(c.Preset), Lexicon: c.Lexicon, Program: c.Program, Dir: c.Dir, State: c.State, Broken: legible(c.Why), Sealed: millis(c.Sealed),
		SealLines: int64(c.Lines), SealLast: c.Last, Lost: lost, Marks: marks}, errors.Join(err1, err2, err3, err4)
}

func callOf(r sqlgen.Call) (intake.Call, error) {
	categories, err1 := unlist[judge.Category](r.Categories)
	actions, err2 := unlist[policy.Do](r.Actions)
	lost, err3 := unlist[string](r.Lost)
	marks, err4 := unlist[string](r.Marks)
	return intake.Call{Incoming: call.Incoming{ID: call.ID(r.ID), Began: moment(r.Began), Direction: call.Direction(r.Direction), Trunk: r.Trunk,
		From: call.Number{Raw: r.FromRaw, E164: r.FromE164, Withheld: call.Withholding(r.FromWithheld)}, To: call.Number{Raw: r.ToRaw, E164: r.ToE164}},
		Duration: call.Millis(r.DurationMs), Peak: judge.Level(r.Peak), Categories: categories, Stage: policy.Stage(r.Stage), Actions: actions,
		Ended: call.EndReason{By: call.By(r.EndedBy), Why: r.EndedWhy}, Preset: policy.Preset(r.Preset), Lexicon: r.Lexicon, Program: r.Program,
		Dir: r.Dir, State: r.State, Why: r.Broken, Sealed: moment(r.Sealed), Lines: int(r.SealLines), Last: r.SealLast, Lost: lost, Marks: marks}, errors.Join(err1, err2, err3, err4)
}

// Call gives one call of the index.
func (s *Store) Call(ctx context.Context, id call.ID) (intake.Call, error) {
	r, err := s.queries.GetCall(ctx, string(id))
	if err != nil {
		return intake.Call{}, found("call", err)
	}
	return callOf(r)
}

// CallLines gives what happened in a call, in order.
func (s *Store) CallLines(ctx context.Context, id call.ID) ([]intake.Line, error) {
	rows, err := s.queries.ListLines(ctx, string(id))
	if err != nil {
		return nil, found("call lines", err)
	}
	return each(rows, func(r sqlgen.CallLine) (intake.Line, error) {
		return intake.Line{Seq: int(r.Seq), Part: int(r.Part), AtMS: call.Millis(r.AtMs), Kind: r.Kind, Words: r.Words, Data: json.RawMessage(r.Line)}, nil
	})
}

// A Page asks for calls, the newest first. Zero fields don't narrow.
type Page struct {
	Before   time.Time // calls that began before it, or at it with a smaller ID
	BeforeID call.ID
	Since    time.Time
	Level    judge.Level
	Category judge.Category
	Number   string // ending of a normalised number
	Words    string
	Most     int
}

// Calls gives a page of the index.
func (s *Store) Calls(ctx context.Context, p Page) ([]intake.Call, error) {
	before := int64(math.MaxInt64)
	if !p.Before.IsZero() {
		before = millis(p.Before)
	}
	a := sqlgen.ListCallsParams{Before: before, BeforeID: string(p.BeforeID), Since: millis(p.Since), Level: int64(p.Level), Category: "%", Number: "%", Most: int32(p.Most)}
	if p.Category != "" {
		a.Category = `%"` + string(p.Category) + `"%`
	}
	if p.Number != "" {
		a.Number = "%" + p.Number
	}
	var rows []sqlgen.Call
	var err error
	if p.Words == "" {
		rows, err = s.queries.ListCalls(ctx, a)
	} else {
		rows, err = s.queries.SearchCalls(ctx, sqlgen.SearchCallsParams{Before: a.Before, BeforeID: a.BeforeID, Since: a.Since, Level: a.Level,
			Category: a.Category, Number: a.Number, Words: "%" + literal(intake.Fold(p.Words)) + "%", Most: a.Most})
	}
	if err != nil {
		return nil, found("list calls", err)
	}
	return each(rows, callOf)
}

// literal keeps LIKE from reading signs in a search.
func literal(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// CallsOfNumber gives the inbound calls of a number since a time, oldest first, with what people found of them.
func (s *Store) CallsOfNumber(ctx context.Context, number string, since time.Time) ([]intake.Earlier, error) {
	rows, err := s.queries.CallsOfNumber(ctx, sqlgen.CallsOfNumberParams{Number: number, Since: millis(since)})
	if err != nil {
		return nil, found("calls of a number", err)
	}
	return each(rows, func(r sqlgen.CallsOfNumberRow) (intake.Earlier, error) {
		categories, err1 := unlist[judge.Category](r.Categories)
		marks, err2 := unlist[string](r.Marks)
		return intake.Earlier{Call: call.ID(r.ID), Began: moment(r.Began), Categories: categories, Marks: marks, Incident: incident.ID(r.Incident.String),
			Status: incident.Status(r.Status.String), Outcome: incident.Outcome(r.Outcome.String)}, errors.Join(err1, err2)
	})
}

// CallIDs gives all calls of the index.
func (s *Store) CallIDs(ctx context.Context) ([]call.ID, error) {
	ids, err := s.queries.CallIDs(ctx)
	if err != nil {
		return nil, found("list calls", err)
	}
	return each(ids, func(id string) (call.ID, error) { return call.ID(id), nil })
}

// DropCall takes a call out of the index.
func (s *Store) DropCall(ctx context.Context, id call.ID) error {
	return s.change(ctx, func(q *sqlgen.Queries) error { return q.DropCall(ctx, string(id)) })
}

// PutCut counts an automatic cut, once a call.
func (s *Store) PutCut(ctx context.Context, id call.ID, at time.Time) error {
	return s.change(ctx, func(q *sqlgen.Queries) error {
		return q.PutCut(ctx, sqlgen.PutCutParams{Call: string(id), Day: settings.Day(at)})
	})
}

// CutsOn counts the automatic cuts of a day in Japan.
func (s *Store) CutsOn(ctx context.Context, day string) (int, error) {
	n, err := s.queries.CountCuts(ctx, day)
	return int(n), found("count cuts", err)
}
