package web

import (
	"context"
	"net/http"
	"slices"

	"commusafe/internal/judge"
	"commusafe/internal/office/settings"
)

// A TypesView is what every category of harassment is called by the authorities.
type TypesView struct {
	Categories []CategoryTypes `json:"categories"`
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

func (s *Server) officialTypes(ctx context.Context, _ *none) (*body[TypesView], error) {
	now, err := s.Settings.Current(ctx)
	if err != nil {
		return nil, err
	}
	v := TypesView{CCAJ: ccajView(now.Data.CCAJ)}
	for _, c := range judge.Categories() {
		if c.IsGuard() {
			continue
		}
		t := c.Types()
		all := func(of []judge.Type) []judge.Type { return append([]judge.Type{}, of...) }
		v.Categories = append(v.Categories, CategoryTypes{c, all(t.MHLW9), all(t.MHLW2026), all(t.Tokyo), ccajOf(now.Data.CCAJ, c)})
	}
	return &body[TypesView]{v}, nil
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

func (s *Server) exportTypes(ctx context.Context, _ *none) (func(http.ResponseWriter, *http.Request), error) {
	v, err := s.Settings.Current(ctx)
	if err != nil {
		return nil, err
	}
	table, err := settings.CCAJTable(v.Data.CCAJ)
	if err != nil {
		return nil, err
	}
	return csvFile("ccaj.csv", table), nil
}
