package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
)

// A TypesView is what every category of harassment is called by the authorities, and how often that is stated.
type TypesView struct {
	Categories []CategoryTypes `json:"categories"`
	Lists      incident.Types  `json:"lists" doc:"Every type of every list, in order."`
	Counts     incident.Tally  `json:"counts"`
	CCAJ       []CCAJType      `json:"ccaj" doc:"The types of the CCAJ guideline that the centre has entered; none until it has."`
}

// A CategoryTypes is one category with its types; each is a key of the text catalogue below "type.".
type CategoryTypes struct {
	Category judge.Category `json:"category"`
	MHLW9    []judge.Type   `json:"mhlw9" doc:"Of the nine types of the MHLW manual (2022)."`
	MHLW2026 []judge.Type   `json:"mhlw2026" doc:"Of the examples of the MHLW guideline in force since October 2026."`
	Tokyo    []judge.Type   `json:"tokyo" doc:"Of the fifteen types of Tokyo's guideline."`
	CCAJ     []string       `json:"ccaj" doc:"Of the CCAJ guideline, in the centre's words."`
}

type typesIn struct {
	From time.Time `query:"from" doc:"Counts cases that were closed from here on."`
	To   time.Time `query:"to" doc:"Counts cases that were closed before."`
}

func (s *Server) officialTypes(ctx context.Context, in *typesIn) (*body[TypesView], error) {
	now, err := s.Settings.Current(ctx)
	if err != nil {
		return nil, err
	}
	all := offer(nil, now.Data.CCAJ).All
	counts, err := s.tally(ctx, in, all)
	if err != nil {
		return nil, err
	}
	v := TypesView{CCAJ: ccajView(now.Data.CCAJ), Lists: all, Counts: counts}
	for _, c := range judge.Categories() {
		if c.IsGuard() {
			continue
		}
		t := c.Types()
		v.Categories = append(v.Categories, CategoryTypes{c, filled(t.MHLW9), filled(t.MHLW2026), filled(t.Tokyo), ccajOf(now.Data.CCAJ, c)})
	}
	return &body[TypesView]{v}, nil
}

func (s *Server) tally(ctx context.Context, in *typesIn, all incident.Types) (incident.Tally, error) {
	cases, err := s.Store.ClosedIncidents(ctx, in.From, in.To)
	return incident.Count(cases, all), err
}

// offer gives the official types that a person chooses from, with those of the categories.
func offer(of []judge.Category, ccaj []settings.CCAJType) incident.Offer {
	var named []incident.CCAJType
	for _, t := range ccaj {
		named = append(named, incident.CCAJType(t))
	}
	return incident.OfferFor(of, named)
}

// offerFor offers the official types of a case: those of its category and of its call's, if that is there.
func (s *Server) offerFor(ctx context.Context, i incident.Incident) (incident.Offer, error) {
	now, err := s.Settings.Current(ctx)
	if err != nil {
		return incident.Offer{}, err
	}
	of := []judge.Category{i.Category}
	c, err := s.Store.Call(ctx, i.Call)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return incident.Offer{}, err
	}
	return offer(append(of, c.Categories...), now.Data.CCAJ), nil
}

// stateTypes says which official types a closed case has.
func (s *Server) stateTypes(ctx context.Context, in *onID[TypesStatement]) (*body[IncidentView], error) {
	return s.onIncident(ctx, in.ID, func(by staff.Person, i incident.Incident, o incident.Offer) (incident.Incident, error) {
		return s.Incidents.State(ctx, by, i.ID, in.Body.Version, in.Body.Types, o)
	})
}

func ccajView(types []settings.CCAJType) []CCAJType {
	out := []CCAJType{}
	for _, t := range types {
		out = append(out, CCAJType{t.Name, filled(t.Categories)})
	}
	return out
}

// ccajOf names the types to which a category belongs.
func ccajOf(types []settings.CCAJType, c judge.Category) []string {
	out := []string{}
	for _, t := range types {
		if slices.Contains(t.Categories, c) {
			out = append(out, t.Name)
		}
	}
	return out
}

func (s *Server) putTypes(ctx context.Context, in *body[CCAJChange]) (*body[SettingsView], error) {
	var types []settings.CCAJType
	for _, t := range in.Body.Types {
		types = append(types, settings.CCAJType(t))
	}
	v, err := s.Settings.ChangeCCAJ(ctx, who(ctx), in.Body.Version, types)
	if err != nil {
		return nil, err
	}
	return s.settingsAnswer(ctx, v)
}

// exportTypes gives every type with its categories and how often it was proposed and stated, as a table (CSV, UTF-8 with a byte order mark).
func (s *Server) exportTypes(ctx context.Context, in *typesIn) (func(http.ResponseWriter, *http.Request), error) {
	now, err := s.Settings.Current(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := s.tally(ctx, in, offer(nil, now.Data.CCAJ).All)
	if err != nil {
		return nil, err
	}
	texts, err := Texts(Languages()[0])
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	rows := [][]string{{"list", "type", "categories", "proposed", "stated", "both"}}
	for _, r := range counts.Rows {
		name := r.Type
		if r.List != incident.CCAJ {
			name = texts["type."+r.Type]
		}
		rows = append(rows, []string{string(r.List), name, strings.Join(categoriesOf(r, now.Data.CCAJ), "、"),
			strconv.Itoa(r.Proposed), strconv.Itoa(r.Stated), strconv.Itoa(r.Both)})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	return csvFile("types.csv", b.Bytes()), nil
}

// categoriesOf gives the codes of the categories for which a type is proposed.
func categoriesOf(r incident.TallyRow, ccaj []settings.CCAJType) []string {
	var out []string
	for _, c := range judge.Categories() {
		o := offer([]judge.Category{c}, ccaj)
		if slices.Contains(*o.Proposed.Of(r.List), r.Type) {
			out = append(out, string(c))
		}
	}
	return out
}
