package web

import (
	"context"

	"commusafe/internal/judge"
)

// A TypesView is what every category of harassment is called by the authorities.
type TypesView struct {
	Categories []CategoryTypes `json:"categories"`
}

// A CategoryTypes is one category with its types; each is a key of the text catalogue below "type.".
type CategoryTypes struct {
	Category judge.Category `json:"category"`
	MHLW9    []judge.Type   `json:"mhlw9" doc:"Of the nine types of the MHLW manual (2022)."`
	MHLW2026 []judge.Type   `json:"mhlw2026" doc:"Of the examples of the MHLW guideline in force since October 2026."`
	Tokyo    []judge.Type   `json:"tokyo" doc:"Of the fifteen types of Tokyo's guideline."`
}

func (s *Server) officialTypes(context.Context, *none) (*body[TypesView], error) {
	var v TypesView
	for _, c := range judge.Categories() {
		if c.IsGuard() {
			continue
		}
		t := c.Types()
		all := func(of []judge.Type) []judge.Type { return append([]judge.Type{}, of...) }
		v.Categories = append(v.Categories, CategoryTypes{c, all(t.MHLW9), all(t.MHLW2026), all(t.Tokyo)})
	}
	return &body[TypesView]{v}, nil
}
