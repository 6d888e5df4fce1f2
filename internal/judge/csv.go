package judge

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// csvColumns are the columns that a lexicon in CSV may have; category and id are needed, and one of surface, forms, reading.
func csvColumns() []string {
	return []string{"category", "id", "surface", "reading", "forms", "dialect", "target", "weight", "level", "style", "negations", "guards", "note"}
}

// ParseCSV reads a lexicon from a table, one entry a row, as a spreadsheet writes it: UTF-8 with or without a byte
// order mark, full-width commas as well as others. Several forms in one cell stand apart by 、 or ;. An error names the
// line.
func ParseCSV(b []byte) ([]Sheet, error) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(b) {
		return nil, errors.New("the file is not UTF-8; save it as “CSV UTF-8”")
	}
	r := csv.NewReader(strings.NewReader(narrowCommas(string(b))))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	head, err := r.Read()
	if err != nil {
		return nil, errors.New("line 1: no header line")
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
		if !slices.Contains(csvColumns(), head[i]) {
			return nil, fmt.Errorf("line 1: column %q is not one of %s", head[i], strings.Join(csvColumns(), ", "))
		}
	}
	var out []Sheet
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if strings.Join(row, "") == "" {
			continue
		}
		c, e, err := csvEntry(head, row)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		i := slices.IndexFunc(out, func(s Sheet) bool { return s.Category == c })
		if i < 0 {
			out, i = append(out, Sheet{Category: c}), len(out)
		}
		out[i].Entries = append(out[i].Entries, e)
	}
	return out, Lexicon{Sheets: out}.Check()
}

// narrowCommas makes full-width commas that part cells into ordinary ones; inside quotes they stay.
func narrowCommas(s string) string {
	var b strings.Builder
	quoted := false
	for _, r := range s {
		if r == '"' {
			quoted = !quoted
		}
		if r == '，' && !quoted {
			r = ','
		}
		b.WriteRune(r)
	}
	return b.String()
}

func csvEntry(head, row []string) (Category, Entry, error) {
	cell := func(name string) string {
		if i := slices.Index(head, name); i >= 0 && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	list := func(name string) []string {
		if cell(name) == "" {
			return nil
		}
		return strings.FieldsFunc(cell(name), func(r rune) bool { return r == '、' || r == ';' || r == '；' })
	}
	c := Category(strings.ToUpper(cell("category")))
	e := Entry{ID: cell("id"), Surface: cell("surface"), Reading: cell("reading"), Forms: list("forms"), Dialect: cell("dialect"),
		Target: cell("target"), Style: cell("style"), Negations: list("negations"), Guards: list("guards"), Note: cell("note")}
	if len(row) > len(head) {
		return c, e, fmt.Errorf("%d cells, but the header has %d", len(row), len(head))
	}
	if c == "" || e.ID == "" {
		return c, e, errors.New("category and id are needed")
	}
	if l := cell("level"); l != "" {
		if err := e.Level.UnmarshalText([]byte(strings.ToUpper(l))); err != nil {
			return c, e, err
		}
	}
	if w := cell("weight"); w != "" {
		f, err := strconv.ParseFloat(w, 64)
		if err != nil {
			return c, e, fmt.Errorf("weight %q is no number", w)
		}
		e.Weight = f
	}
	return c, e, nil
}
