package eval

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"

	"commusafe/internal/listener/hear"
	"commusafe/internal/text"
)

// readSet reads clips and what is said in them.
func readSet(path string) ([]clip, error) {
	t, err := readTable(path, "path")
	if err != nil {
		return nil, err
	}
	column := "kana"
	if !t.has(column) {
		column = "transcript"
	}
	if !t.has(column) {
		return nil, fmt.Errorf("%w: %s:1: column kana, or transcript in kana, is needed (what is said; empty for none of the phrases)", ErrInput, path)
	}
	var out []clip
	for _, r := range t.rows {
		if slices.Index(t.head, column) >= len(r.cells) {
			return nil, r.fault("too few columns")
		}
		c := clip{row: r}
		if said := r.get(column); said != "" {
			if c.said, err = text.SoundsOfAll(said); err != nil {
				return nil, r.fault("%s of %s: %w", column, r.get("path"), err)
			}
		}
		out = append(out, c)
	}
	return out, nil
}

func readPhrases(path string) ([]hear.Phrase, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	defer f.Close()
	var out []hear.Phrase
	s := bufio.NewScanner(f)
	s.Buffer(nil, longestLine)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(s.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if _, err := text.Sounds(line); err != nil {
			return nil, fmt.Errorf("%w: %s:%d: %w", ErrInput, path, n, err)
		}
		out = append(out, hear.Phrase{ID: line, Reading: line})
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrInput, path, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s: no phrases", ErrInput, path)
	}
	return out, nil
}
