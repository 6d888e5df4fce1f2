package eval

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"commusafe/internal/listener/hear"
)

func readSet(path string) ([]clip, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: %s:1: no header line", ErrInput, path)
	}
	at, kana := slices.Index(head, "path"), slices.Index(head, "kana")
	if at < 0 || kana < 0 {
		return nil, fmt.Errorf("%w: %s:1: columns path and kana are needed (kana of what is said; empty for none)", ErrInput, path)
	}
	var out []clip
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := r.FieldPos(0)
		if err != nil || len(row) <= max(at, kana) {
			return nil, fmt.Errorf("%w: %s:%d: too few columns", ErrInput, path, line)
		}
		p := row[at]
		if !filepath.IsAbs(p) {
			p = filepath.Join(filepath.Dir(path), p)
		}
		out = append(out, clip{p, row[kana]})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s: no clips", ErrInput, path)
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
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		if line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, hear.Phrase{ID: line, Reading: line})
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrInput, path, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s: no phrases", ErrInput, path)
	}
	return out, nil
}
