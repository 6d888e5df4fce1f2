package web

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
)

//go:embed texts/*.json
var textFiles embed.FS

// Languages are those of the catalogue; the first is the one that counts.
func Languages() []string { return []string{"ja", "en"} }

// Texts reads the catalogue of a language: flat keys to sentences.
func Texts(lang string) (map[string]string, error) {
	b, err := textFiles.ReadFile("texts/" + lang + ".json")
	if err != nil {
		return nil, fmt.Errorf("texts: %w", err)
	}
	var out map[string]string
	if err := json.Unmarshal(b, &out); err != nil {
		return nil, fmt.Errorf("texts %s: %w", lang, err)
	}
	return out, nil
}

type langIn struct {
	Lang string `path:"lang" enum:"ja,en"`
}

func (s *Server) texts(_ context.Context, in *langIn) (*body[map[string]string], error) {
	t, err := Texts(in.Lang)
	if err != nil {
		return nil, problem(http.StatusNotFound, "error.not_found", "")
	}
	return &body[map[string]string]{t}, nil
}
