package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/office/intake"
	"commusafe/internal/office/store"
)

type body[T any] struct{ Body T }

type byID struct {
	ID string `path:"id" maxLength:"80"`
}

type onID[T any] struct {
	ID   string `path:"id" maxLength:"80"`
	Body T
}

type callsIn struct {
	Limit    int            `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor   string         `query:"cursor" maxLength:"100"`
	Level    string         `query:"level" enum:"S0,S1,S2,S3,S4"`
	Category judge.Category `query:"category"`
	From     time.Time      `query:"from"`
	To       time.Time      `query:"to"`
}

func (s *Server) listCalls(ctx context.Context, in *callsIn) (*body[CallPage], error) {
	f := CallFilter{Limit: in.Limit, Cursor: in.Cursor, Category: in.Category, From: in.From, To: in.To}
	if in.Level != "" {
		if err := f.Level.UnmarshalText([]byte(in.Level)); err != nil {
			return nil, problem(http.StatusUnprocessableEntity, "error.input", "")
		}
	}
	return s.page(ctx, f)
}

func (s *Server) searchCalls(ctx context.Context, in *body[CallFilter]) (*body[CallPage], error) {
	if in.Body.Number != "" || in.Body.Words != "" {
		if err := s.Store.AppendTrail(ctx, who(ctx).By("trail.call_search", "", "")); err != nil {
			return nil, err
		}
	}
	return s.page(ctx, in.Body)
}

func (s *Server) page(ctx context.Context, f CallFilter) (*body[CallPage], error) {
	if f.Limit == 0 {
		f.Limit = 50
	}
	p := store.Page{Before: f.To, Since: f.From, Level: f.Level, Category: f.Category, Words: f.Words, Most: f.Limit + 1}
	if f.Number != "" {
		p.Number = strings.TrimPrefix(digits(f.Number), "0")
		if p.Number == "" {
			return &body[CallPage]{CallPage{Calls: []CallRow{}}}, nil
		}
	}
	if f.Cursor != "" {
		var err error
		if p.Before, p.BeforeID, err = readCursor(f.Cursor); err != nil {
			return nil, problem(http.StatusUnprocessableEntity, "error.input", "")
		}
	}
	found, err := s.Store.Calls(ctx, p)
	if err != nil {
		return nil, err
	}
	out := CallPage{Calls: []CallRow{}}
	if len(found) > f.Limit {
		found = found[:f.Limit]
		last := found[f.Limit-1].Incoming
		out.Next = cursor(last.Began, last.ID)
	}
	for _, c := range found {
		out.Calls = append(out.Calls, rowOf(c))
	}
	return &body[CallPage]{out}, nil
}

// digits keeps the digits of a number as typed; a national 0 or +81 before it doesn't hinder an ending's match.
func digits(s string) string {
	if n := call.ParseNumber(s); n.E164 != "" {
		return strings.TrimPrefix(n.E164, "+")
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, intake.Fold(s))
}

func cursor(at time.Time, id call.ID) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", at.UnixMilli(), id))
}

func readCursor(s string) (time.Time, call.ID, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return time.Time{}, "", err
	}
	ms, id, _ := strings.Cut(string(b), " ")
	n, err := strconv.ParseInt(ms, 10, 64)
	return time.UnixMilli(n), call.ID(id), err
}

func numberOf(n call.Number) NumberView {
	return NumberView{E164: n.E164, Local: n.Local(), Withheld: n.Withheld}
}

func rowOf(c intake.Call) CallRow {
	in := c.Incoming
	return CallRow{ID: in.ID, Began: in.Began, DurationMS: c.Duration, Direction: in.Direction, Trunk: in.Trunk, From: numberOf(in.From), To: numberOf(in.To),
		Peak: c.Peak, Categories: filled(c.Categories), Stage: c.Stage, Actions: filled(c.Actions), EndedBy: c.Ended.By, EndedWhy: c.Ended.Why,
		State: c.State, Lost: filled(c.Lost)}
}

// found reads a call and the place of its folder.
func (s *Server) found(ctx context.Context, id string) (intake.Call, string, error) {
	c, err := s.Store.Call(ctx, call.ID(id))
	if err != nil {
		return c, "", err
	}
	if !filepath.IsLocal(c.Dir) {
		return c, "", problem(http.StatusNotFound, "error.not_found", "")
	}
	return c, filepath.Join(s.Calls, filepath.FromSlash(c.Dir)), nil
}

func (s *Server) getCall(ctx context.Context, in *byID) (*body[CallDetail], error) {
	c, dir, err := s.found(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Store.AppendTrail(ctx, who(ctx).By("trail.call_see", in.ID, "")); err != nil {
		return nil, err
	}
	d := CallDetail{Call: rowOf(c), Program: c.Program, Preset: c.Preset, Lexicon: c.Lexicon, Lines: []bus.ViewLine{}, Judgements: []JudgementAt{},
		Seal: SealView{State: c.State, At: c.Sealed, Lines: c.Lines, Last: c.Last, Whole: true}}
	if _, err := folder.Verify(dir); err != nil {
		d.Seal.Whole, d.Seal.Why, d.Seal.State, d.Call.State = false, err.Error(), intake.Broken, intake.Broken
	}
	if i, err := s.Store.IncidentOf(ctx, c.Incoming.ID); err == nil {
		v, err := s.caseView(ctx, i)
		if err != nil {
			return nil, err
		}
		d.Call.Incident, d.Case = string(i.ID), &v
	}
	if d.Examples, err = s.Store.ExamplesOf(ctx, c.Incoming.ID); err != nil {
		return nil, err
	}
	lines, err := s.Store.CallLines(ctx, c.Incoming.ID)
	if err != nil {
		return nil, err
	}
	if err := d.fill(lines); err != nil {
		return nil, err
	}
	d.Listeners, err = s.listeners(ctx, in.ID)
	return &body[CallDetail]{d}, err
}

// fill puts the lines into the shapes of the console.
func (d *CallDetail) fill(lines []intake.Line) error {
	for _, l := range lines {
		if l.Kind == string(folder.KindTurn) {
			d.Bot = &dialogue.Summary{}
			if err := json.Unmarshal(l.Data, d.Bot); err != nil {
				return fmt.Errorf("line %d: %w", l.Seq, err)
			}
			continue
		}
		if l.Kind != string(folder.KindJudgement) {
			var v bus.ViewLine
			if err := json.Unmarshal(l.Data, &v); err != nil {
				return fmt.Errorf("line %d: %w", l.Seq, err)
			}
			d.Lines = append(d.Lines, v)
			continue
		}
		at := JudgementAt{Seq: l.Seq, AtMS: l.AtMS}
		if err := json.Unmarshal(l.Data, &at.Judgement); err != nil {
			return fmt.Errorf("line %d: %w", l.Seq, err)
		}
		d.Judgements = append(d.Judgements, at)
		v := bus.ViewLine{Seq: l.Seq, AtMS: l.AtMS, Kind: l.Kind, Level: at.Judgement.Level}
		if f := at.Judgement.Findings; len(f) > 0 {
			v.Category, v.Because, v.Text, v.Source = f[0].Category, f[0].Because, f[0].Words, f[0].Source
		}
		d.Lines = append(d.Lines, v)
		if d.Worst == nil || at.Judgement.Level > d.Worst.Judgement.Level {
			d.Worst = &at
		}
	}
	return nil
}

func (s *Server) listeners(ctx context.Context, id string) ([]ListenedBy, error) {
	heard, err := s.Store.TrailOf(ctx, id, "trail.call_listen")
	if err != nil {
		return nil, err
	}
	names, err := s.Staff.Names(ctx)
	out := []ListenedBy{}
	for _, e := range heard {
		out = append(out, ListenedBy{Name: names[e.By], Party: call.Party(e.Detail), At: e.At})
	}
	return out, err
}
