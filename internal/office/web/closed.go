package web

import (
	"context"
	"time"

	"commusafe/internal/office/settings"
	"commusafe/internal/policy"
)

// A ClosedTable is a table of closed days, to be read into those that are there. Nothing is saved by reading.
type ClosedTable struct {
	Table []byte             `json:"table" maxLength:"900000" doc:"The file: a date and a name a line, as the Cabinet Office's syukujitsu.csv, UTF-8 or Shift_JIS."`
	Days  []policy.ClosedDay `json:"days" maxItems:"1000" doc:"Those that are there, saved or not."`
}

// A ClosedRead is what came of it: the days to be put into the settings, or what is wrong.
type ClosedRead struct {
	Days   []policy.ClosedDay `json:"days" doc:"All together, without those that are over; as they were where something is wrong."`
	Added  int                `json:"added"`
	Past   int                `json:"past" doc:"Days of the table that are over and were left out."`
	Issues []ClosedIssue      `json:"issues"`
}

// A ClosedIssue says what is wrong with a table.
type ClosedIssue struct {
	Line int               `json:"line,omitempty" doc:"Absent where the whole table is meant."`
	Key  string            `json:"key" doc:"Key of the text catalogue."`
	Args map[string]string `json:"args,omitempty"`
}

func (s *Server) readClosed(_ context.Context, in *body[ClosedTable]) (*body[ClosedRead], error) {
	out := ClosedRead{Days: filled(in.Body.Days), Issues: []ClosedIssue{}}
	read, issues := settings.ReadClosed(in.Body.Table)
	if len(issues) == 0 {
		all, added, past, issue := settings.MergeClosed(in.Body.Days, read, time.Now())
		if issue.Key != "" {
			issues = append(issues, issue)
		} else {
			out.Days, out.Added, out.Past = filled(all), added, past
		}
	}
	for _, i := range issues {
		out.Issues = append(out.Issues, ClosedIssue{Line: i.Line, Key: i.Key, Args: map[string]string{"cell": i.Cell}})
	}
	return &body[ClosedRead]{out}, nil
}
