package settings

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"

	"commusafe/internal/policy"
)

// What can be wrong with a table of closed days: keys of the text catalogue.
const (
	ClosedEncoding = "closed.issue.encoding" // the whole file
	ClosedEmpty    = "closed.issue.empty"    // the whole file
	ClosedMany     = "closed.issue.many"     // with those that are there already; Cell is how many
	ClosedQuotes   = "closed.issue.quotes"   // what comes after can't be read
	ClosedCells    = "closed.issue.cells"
	ClosedDate     = "closed.issue.date"
	ClosedNote     = "closed.issue.note"
)

// mostClosedIssues bounds what is told of a table that is something else.
const mostClosedIssues = 20

// A ClosedIssue says what is wrong with a table of closed days: on which line (0 is the whole), what stands in the cell.
type ClosedIssue struct {
	Line int
	Key  string
	Cell string
}

// ReadClosed reads closed days from a table: a date and its name a line, as in the Cabinet Office's syukujitsu.csv
// (https://www8.cao.go.jp/chosei/shukujitsu/gaiyou.html), in UTF-8 or Shift_JIS, with its header or without, or as cells are copied from a spreadsheet. Of a date
// that stands there twice the first counts. There are no days when there is an issue.
func ReadClosed(table []byte) ([]policy.ClosedDay, []ClosedIssue) {
	text, ok := decoded(table)
	if !ok {
		return nil, []ClosedIssue{{Key: ClosedEncoding}}
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	if !strings.Contains(text, ",") && strings.Contains(text, "\t") {
		r.Comma = '\t'
	}
	var days []policy.ClosedDay
	var issues []ClosedIssue
	seen := map[string]bool{}
	for first := true; len(issues) < mostClosedIssues; first = false {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			issues = append(issues, ClosedIssue{bad.Line, ClosedQuotes, ""})
			break
		}
		line, _ := r.FieldPos(0)
		if first && strings.Contains(cells[0], "月日") || strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		d, issue := closedDay(cells)
		switch {
		case issue.Key != "":
			issue.Line = line
			issues = append(issues, issue)
		case !seen[d.Date]:
			seen[d.Date] = true
			days = append(days, d)
		}
	}
	if len(issues) == 0 && len(days) == 0 {
		issues = []ClosedIssue{{Key: ClosedEmpty}}
	}
	if len(issues) > 0 {
		return nil, issues
	}
	return days, nil
}

// decoded gives the text of a table; false when it is neither UTF-8 nor Shift_JIS.
func decoded(table []byte) (string, bool) {
	table = bytes.TrimPrefix(table, []byte("\ufeff"))
	if !utf8.Valid(table) {
		out, err := japanese.ShiftJIS.NewDecoder().Bytes(table)
		if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
			return "", false
		}
		table = out
	}
	return string(table), !bytes.Contains(table, []byte{0})
}

// closedDay reads one line: a date, a note.
func closedDay(cells []string) (policy.ClosedDay, ClosedIssue) {
	if len(cells) > 2 && strings.TrimSpace(strings.Join(cells[2:], "")) != "" {
		return policy.ClosedDay{}, ClosedIssue{Key: ClosedCells, Cell: shortened(strings.Join(cells[2:], ","))}
	}
	day, ok := dateOf(cells[0])
	if !ok {
		return policy.ClosedDay{}, ClosedIssue{Key: ClosedDate, Cell: shortened(cells[0])}
	}
	d := policy.ClosedDay{Date: day.Format(time.DateOnly)}
	if len(cells) > 1 {
		d.Note = strings.TrimSpace(cells[1])
	}
	if d.Check() != nil {
		return d, ClosedIssue{Key: ClosedNote, Cell: shortened(d.Note)}
	}
	return d, ClosedIssue{}
}

// dateOf reads a date as people and spreadsheets write it: 2027/1/1, 2027-01-01, 2027年1月1日, full-width too.
func dateOf(cell string) (time.Time, bool) {
	cell = strings.TrimSpace(norm.NFKC.String(cell))
	for _, form := range []string{"2006/1/2", "2006-1-2", "2006年1月2日"} {
		if t, err := time.Parse(form, cell); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// shortened bounds what is shown of a cell that can't be read.
func shortened(cell string) string {
	r := []rune(strings.TrimSpace(cell))
	if len(r) > policy.LongestNote {
		return string(r[:policy.LongestNote]) + "…"
	}
	return string(r)
}

// MergeClosed gives the days that are there with those read that lie from today on, in order. What is there keeps its note. past is how many of
// those read are over.
func MergeClosed(there, read []policy.ClosedDay, now time.Time) (all []policy.ClosedDay, added, past int, issue ClosedIssue) {
	all = comingClosed(there, now)
	at := map[string]int{}
	for i, d := range all {
		at[d.Date] = i
	}
	for _, d := range read {
		i, known := at[d.Date]
		switch {
		case d.Date < Day(now):
			past++
		case !known:
			at[d.Date] = len(all)
			all = append(all, d)
			added++
		case all[i].Note == "":
			all[i].Note = d.Note
		}
	}
	if len(all) > policy.MostClosed {
		return nil, 0, 0, ClosedIssue{Key: ClosedMany, Cell: fmt.Sprint(len(all))}
	}
	return comingClosed(all, now), added, past, ClosedIssue{}
}

// comingClosed gives the days from today on, in order: what is over is kept by the journals of its calls.
func comingClosed(days []policy.ClosedDay, now time.Time) []policy.ClosedDay {
	var out []policy.ClosedDay
	for _, d := range days {
		if d.Date >= Day(now) {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b policy.ClosedDay) int { return strings.Compare(a.Date, b.Date) })
	return out
}
