package judge

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// csvColumns are the columns that a lexicon in CSV may have; category and id are needed, and one of surface, forms, reading.
func csvColumns() []string {
	return []string{"category", "id", "surface", "reading", "forms", "dialect", "target", "weight", "level", "style", "negations", "guards", "note", "off"}
}

// A CSVRow is one entry of a table, with the line on which it begins.
type CSVRow struct {
	Line     int
	Category Category
	Entry    Entry
}

// Why a line of a table can't be read.
const (
	CSVNotUTF8  = "not_utf8" // the whole file
	CSVNoHeader = "no_header"
	CSVColumn   = "column" // a column that isn't known
	CSVTwice    = "twice"  // a column that stands there twice
	CSVQuotes   = "quotes" // quotation marks that don't fit
	CSVCells    = "cells"  // more cells than the header has
	CSVMissing  = "missing"
	CSVLevel    = "level"
	CSVWeight   = "weight"
	CSVOff      = "off"
)

// A CSVError says what is wrong on a line of a table. Cell is the column that isn't known, or what stands in the cell.
type CSVError struct {
	Line int
	Why  string
	Cell string
}

// Error gives the sentence.
func (e CSVError) Error() string {
	what := map[string]string{
		CSVNotUTF8: "the file is not UTF-8; save it as “CSV UTF-8”", CSVNoHeader: "no header line",
		CSVColumn: fmt.Sprintf("column %q is not one of %s", e.Cell, strings.Join(csvColumns(), ", ")), CSVTwice: fmt.Sprintf("column %q stands there twice", e.Cell),
		CSVQuotes: "quotation marks that don't fit", CSVCells: e.Cell + " cells, more than the header has", CSVMissing: "category and id are needed",
		CSVLevel: fmt.Sprintf("level %q is not one of S0 to S4", e.Cell), CSVWeight: fmt.Sprintf("weight %q is no number", e.Cell),
		CSVOff: fmt.Sprintf("off %q is neither 1 nor empty", e.Cell),
	}[e.Why]
	return fmt.Sprintf("line %d: %s", e.Line, what)
}

// ParseCSV reads a lexicon from a table, one entry a row, as a spreadsheet writes it: UTF-8 with or without a byte
// order mark, full-width commas as well as others. Several forms in one cell stand apart by 、 or ;. The error names
// every line that can't be read.
func ParseCSV(b []byte) ([]Sheet, error) {
	rows, bad := ReadCSV(b)
	if len(bad) > 0 {
		errs := make([]error, len(bad))
		for i, e := range bad {
			errs[i] = e
		}
		return nil, errors.Join(errs...)
	}
	var out []Sheet
	for _, r := range rows {
		i := slices.IndexFunc(out, func(s Sheet) bool { return s.Category == r.Category })
		if i < 0 {
			out, i = append(out, Sheet{Category: r.Category}), len(out)
		}
		out[i].Entries = append(out[i].Entries, r.Entry)
	}
	return out, Lexicon{Sheets: out}.Check()
}

// ReadCSV reads a table as ParseCSV does, and gives what can be read of it beside everything that can't. Whether the
// entries are right is not looked at.
func ReadCSV(b []byte) (rows []CSVRow, bad []CSVError) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(b) {
		return nil, []CSVError{{Line: 1, Why: CSVNotUTF8}}
	}
	r := csv.NewReader(strings.NewReader(narrowCommas(string(b))))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	head, err := r.Read()
	if err != nil {
		return nil, []CSVError{{Line: 1, Why: CSVNoHeader}}
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(norm.NFKC.String(head[i])))
		switch {
		case !slices.Contains(csvColumns(), head[i]):
			bad = append(bad, CSVError{1, CSVColumn, head[i]})
		case slices.Contains(head[:i], head[i]):
			bad = append(bad, CSVError{1, CSVTwice, head[i]})
		}
	}
	if len(bad) > 0 {
		return nil, bad
	}
	for {
		row, err := r.Read()
		if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
			bad = append(bad, CSVError{Line: wrong.StartLine, Why: CSVQuotes})
			continue
		}
		if err != nil {
			return rows, bad // the end
		}
		if strings.Join(row, "") == "" {
			continue
		}
		line, _ := r.FieldPos(0)
		x, wrong := csvEntry(head, row)
		for _, e := range wrong {
			e.Line = line
			bad = append(bad, e)
		}
		if len(wrong) == 0 {
			x.Line = line
			rows = append(rows, x)
		}
	}
}

// WriteCSV gives sheets as a table that ParseCSV reads back and that spreadsheets open: UTF-8 with a byte order mark.
func WriteCSV(sheets []Sheet) []byte {
	b := bytes.NewBufferString("\xef\xbb\xbf")
	row := func(cells ...string) {
		for i, c := range cells {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + strings.ReplaceAll(c, `"`, `""`) + `"`) // full-width commas stay only inside quotation marks
		}
		b.WriteString("\r\n")
	}
	row(csvColumns()...)
	for _, s := range sheets {
		for _, e := range s.Entries {
			weight, level, off := "", "", ""
			if e.Weight != 0 {
				weight = strconv.FormatFloat(e.Weight, 'g', -1, 64)
			}
			if e.Level != None {
				level = e.Level.String()
			}
			if e.Off {
				off = "1"
			}
			row(string(s.Category), e.ID, e.Surface, e.Reading, strings.Join(e.Forms, "、"), e.Dialect, e.Target, weight, level, e.Style,
				strings.Join(e.Negations, "、"), strings.Join(e.Guards, "、"), e.Note, off)
		}
	}
	return b.Bytes()
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

func csvEntry(head, row []string) (out CSVRow, bad []CSVError) {
	cell := func(name string) string {
		if i := slices.Index(head, name); i >= 0 && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	code := func(name string) string { return strings.TrimSpace(norm.NFKC.String(cell(name))) } // typed in full width as well
	list := func(name string) []string {
		if cell(name) == "" {
			return nil
		}
		return strings.FieldsFunc(cell(name), func(r rune) bool { return r == '、' || r == ';' || r == '；' })
	}
	wrong := func(why, cell string) { bad = append(bad, CSVError{Why: why, Cell: cell}) }
	out.Category = Category(strings.ToUpper(code("category")))
	e := &out.Entry
	*e = Entry{ID: code("id"), Surface: cell("surface"), Reading: cell("reading"), Forms: list("forms"), Dialect: cell("dialect"),
		Target: cell("target"), Style: cell("style"), Negations: list("negations"), Guards: list("guards"), Note: cell("note")}
	if len(row) > len(head) {
		wrong(CSVCells, strconv.Itoa(len(row)))
	}
	if out.Category == "" || e.ID == "" {
		wrong(CSVMissing, "")
	}
	if l := code("level"); l != "" && e.Level.UnmarshalText([]byte(strings.ToUpper(l))) != nil {
		wrong(CSVLevel, l)
	}
	if w := code("weight"); w != "" {
		f, err := strconv.ParseFloat(w, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			wrong(CSVWeight, w)
		}
		e.Weight = f
	}
	switch o := code("off"); o {
	case "", "0":
	case "1":
		e.Off = true
	default:
		wrong(CSVOff, o)
	}
	return out, bad
}
