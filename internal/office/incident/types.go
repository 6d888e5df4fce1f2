package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
)

// A List is one of the lists of official types in which reports are asked for.
type List string

// The lists.
const (
	MHLW2026 List = "mhlw2026"
	MHLW9    List = "mhlw9"
	Tokyo    List = "tokyo"
	CCAJ     List = "ccaj"
)

// Lists gives them in the order of the screen.
func Lists() []List { return []List{MHLW2026, MHLW9, Tokyo, CCAJ} }

// Types are official types, by list: keys of the text catalogue below "type.", of the CCAJ guideline names in the centre's words.
type Types struct {
	MHLW2026 []string `json:"mhlw2026" maxItems:"20"`
	MHLW9    []string `json:"mhlw9" maxItems:"20"`
	Tokyo    []string `json:"tokyo" maxItems:"20"`
	CCAJ     []string `json:"ccaj" maxItems:"40" doc:"In the centre's words."`
}

// Of gives the part of a list.
func (t *Types) Of(l List) *[]string {
	switch l {
	case MHLW9:
		return &t.MHLW9
	case Tokyo:
		return &t.Tokyo
	case CCAJ:
		return &t.CCAJ
	case MHLW2026:
	}
	return &t.MHLW2026
}

func (t Types) has(l List, name string) bool { return slices.Contains(*t.Of(l), name) }

// A CCAJType is one type of the CCAJ guideline with the categories that the centre has put to it.
type CCAJType struct {
	Name       string
	Categories []judge.Category
}

// An Offer is what a person chooses from. What is proposed comes from the categories and is nobody's decision.
type Offer struct{ All, Proposed Types }

// OfferFor gives the types of all lists, with those that a case of these categories may have.
func OfferFor(of []judge.Category, ccaj []CCAJType) Offer {
	all := judge.Schemes()
	o := Offer{All: typesOf(all)}
	for _, t := range ccaj {
		o.All.CCAJ = append(o.All.CCAJ, t.Name)
	}
	var p Types
	for _, c := range of {
		mine := typesOf(c.Types())
		for _, t := range ccaj {
			if slices.Contains(t.Categories, c) {
				mine.CCAJ = append(mine.CCAJ, t.Name)
			}
		}
		for _, l := range Lists() {
			*p.Of(l) = append(*p.Of(l), *mine.Of(l)...)
		}
	}
	o.Proposed, _ = p.tidy(o.All)
	return o
}

func typesOf(t judge.Types) Types {
	names := func(of []judge.Type) []string {
		out := []string{}
		for _, x := range of {
			out = append(out, string(x))
		}
		return out
	}
	return Types{MHLW2026: names(t.MHLW2026), MHLW9: names(t.MHLW9), Tokyo: names(t.Tokyo), CCAJ: []string{}}
}

// tidy gives types in the order of all, each once; false when one is not among them.
func (t Types) tidy(all Types) (Types, bool) {
	var out Types
	whole := true
	for _, l := range Lists() {
		*out.Of(l) = []string{}
		for _, name := range *all.Of(l) {
			if t.has(l, name) {
				*out.Of(l) = append(*out.Of(l), name)
			}
		}
		for _, name := range *t.Of(l) {
			whole = whole && all.has(l, name)
		}
	}
	return out, whole
}

// and gives the types of both, t's first.
func (t Types) and(more Types) Types {
	var out Types
	for _, l := range Lists() {
		*out.Of(l) = slices.Clone(*t.Of(l))
		for _, name := range *more.Of(l) {
			if !t.has(l, name) {
				*out.Of(l) = append(*out.Of(l), name)
			}
		}
	}
	return out
}

// A Stated is which official types a person says a case has. Version counts the statements; the trail has the earlier ones.
type Stated struct {
	Version int64
	Types   Types
	By      staff.ID
	At      time.Time
}

// Errors of official types, each with a sentence in the text catalogue.
var (
	ErrType         = errors.New("an official type is not one of its list")
	ErrNoTypes      = errors.New("only a case that is harassment has official types")
	ErrTypesVersion = errors.New("somebody else has stated the case's official types")
)

// state puts a statement into a case that is closed. The names that it has had may stay, whatever became of the list.
func (i *Incident) state(by staff.ID, at time.Time, t Types, o Offer) (staff.Deed, error) {
	all, version := o.All, int64(1)
	if i.Stated != nil {
		all, version = all.and(i.Stated.Types), i.Stated.Version+1
	}
	t, whole := t.tidy(all)
	if !whole {
		return staff.Deed{}, ErrType
	}
	i.Stated = &Stated{Version: version, Types: t, By: by, At: at}
	if i.Proposed == nil {
		i.Proposed = &o.Proposed
	}
	return staff.Deed{By: by, What: "trail.incident_types", Subject: string(i.ID), Detail: fmt.Sprintf("version %d: %s", version, t.summary()), At: at}, nil
}

func (t Types) summary() string {
	var out []string
	for _, l := range Lists() {
		out = append(out, fmt.Sprintf("%s [%s]", l, strings.Join(*t.Of(l), ", ")))
	}
	return strings.Join(out, "; ")
}

// State says which official types a closed case has, or says it anew. version is that of the statement that was read, 0 for none.
func (b *Book) State(ctx context.Context, by staff.Person, id ID, version int64, t Types, o Offer) (Incident, error) {
	i, err := b.incident(ctx, id)
	switch {
	case err != nil:
		return i, err
	case i.Status != Closed:
		return i, ErrState
	case i.Outcome != Harassment:
		return i, ErrNoTypes
	case i.Stated == nil && version != 0, i.Stated != nil && version != i.Stated.Version:
		return i, ErrTypesVersion
	}
	d, err := i.state(by.ID, time.Now().UTC().Truncate(time.Millisecond), t, o)
	if err != nil {
		return i, err
	}
	ok, err := b.Store.StateTypes(ctx, i, d)
	if err == nil && !ok {
		err = ErrTypesVersion
	}
	return i, err
}
