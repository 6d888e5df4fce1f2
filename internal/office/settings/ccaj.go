package settings

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
)

// A CCAJType is one of the types of the CCAJ guideline, in the words that the centre has entered: the product does not come with
// them.
type CCAJType struct {
	Name       string           `json:"name"`
	Categories []judge.Category `json:"categories"` // that belong to it
}

// Bounds of the types: the guideline has twelve.
const (
	mostCCAJ    = 20
	longestCCAJ = 80 // letters
)

// ChangeCCAJ puts the types of the CCAJ guideline in force. version is the one that was read; none are no types.
func (k *Keeper) ChangeCCAJ(ctx context.Context, by staff.Person, version int64, types []CCAJType) (Version, error) {
	old, err := k.Current(ctx)
	if err != nil {
		return old, err
	}
	if version != old.Version {
		return old, ErrVersion
	}
	next := Version{Version: old.Version + 1, Author: by.ID, At: time.Now().UTC().Truncate(time.Millisecond), Reason: old.Reason, Data: old.Data}
	if next.Data.CCAJ, err = tidyCCAJ(types); err != nil {
		return old, fmt.Errorf("%w: %w", ErrTypes, err)
	}
	ok, err := k.Store.PutSettings(ctx, next, by.By("trail.types", fmt.Sprint(next.Version), summaryCCAJ(next.Data.CCAJ)))
	if err == nil && !ok {
		err = ErrVersion
	}
	if err != nil {
		return old, err
	}
	k.Poke()
	return next, nil
}

// tidyCCAJ brings types into the form in which they are kept, and tells the first thing that is wrong with them.
func tidyCCAJ(types []CCAJType) ([]CCAJType, error) {
	if len(types) > mostCCAJ {
		return nil, fmt.Errorf("%d types; at most %d", len(types), mostCCAJ)
	}
	var out []CCAJType
	for i, t := range types {
		t.Name = strings.TrimSpace(t.Name)
		switch {
		case t.Name == "":
			return nil, fmt.Errorf("type %d has no name", i+1)
		case utf8.RuneCountInString(t.Name) > longestCCAJ:
			return nil, fmt.Errorf("the name of type %d has more than %d letters", i+1, longestCCAJ)
		case strings.ContainsFunc(t.Name, unicode.IsControl), strings.ContainsRune("=+-@", rune(t.Name[0])):
			return nil, fmt.Errorf("the name of type %d begins with a sign that a spreadsheet computes, or has control characters", i+1)
		case slices.ContainsFunc(out, func(o CCAJType) bool { return o.Name == t.Name }):
			return nil, fmt.Errorf("the name of type %d is there twice", i+1)
		}
		var of []judge.Category
		for _, c := range judge.Categories() { // in their order, each once
			if slices.Contains(t.Categories, c) {
				of = append(of, c)
			}
		}
		for _, c := range t.Categories {
			if !slices.Contains(of, c) {
				return nil, fmt.Errorf("type %d: %q is no category of harassment", i+1, c)
			}
		}
		out = append(out, CCAJType{Name: t.Name, Categories: of})
	}
	return out, nil
}

func summaryCCAJ(types []CCAJType) string {
	var out []string
	for _, t := range types {
		out = append(out, fmt.Sprintf("%s %v", t.Name, t.Categories))
	}
	return strings.Join(out, "; ")
}
