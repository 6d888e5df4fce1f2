package settings

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/text/encoding/japanese"

	"commusafe/internal/bus"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
)

const header = "国民の祝日・休日月日,国民の祝日・休日名称\r\n"

func shiftJIS(t testing.TB, text string) []byte {
	t.Helper()
	b, err := japanese.ShiftJIS.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(b)
}

// The Cabinet Office's table is read in either encoding, with its header or without, and as people copy it.
func TestReadClosed(t *testing.T) {
	rows := "2027/1/1,元日\r\n2027/1/11,成人の日\r\n2027/3/22,休日\r\n"
	want := []policy.ClosedDay{{Date: "2027-01-01", Note: "元日"}, {Date: "2027-01-11", Note: "成人の日"}, {Date: "2027-03-22", Note: "休日"}}
	for name, table := range map[string][]byte{
		"Shift_JIS":                   shiftJIS(t, header+rows),
		"UTF-8":                       []byte(header + rows),
		"UTF-8 with a mark":           []byte("\ufeff" + header + rows),
		"without a header":            []byte(rows),
		"without the last line's end": []byte(strings.TrimSuffix(rows, "\r\n")),
		"with blank lines":            []byte(header + "\r\n,\r\n" + rows + "\r\n"),
		"copied from a sheet":         []byte(strings.ReplaceAll(header+rows, ",", "\t")),
		"other forms of a date":       []byte("2027-01-01,元日\n2027年1月11日,成人の日\n２０２７/３/２２, 休日 \n"),
		"twice, and empty cells":      []byte(strings.ReplaceAll(rows, "\r\n", ",,\r\n") + "2027/1/1,別の名前\n"),
		"quoted":                      []byte("\"2027/1/1\",\"元日\"\n2027/1/11,成人の日\n2027/3/22,休日"),
	} {
		if days, issues := ReadClosed(table); !slices.Equal(days, want) || len(issues) > 0 {
			t.Errorf("%s: %+v %+v", name, days, issues)
		}
	}
	if days, issues := ReadClosed([]byte("2027/8/13\n2027/8/14\n")); len(issues) > 0 || len(days) != 2 || days[0] != (policy.ClosedDay{Date: "2027-08-13"}) {
		t.Errorf("dates alone: %+v %+v", days, issues)
	}
}

// Everything that is wrong is told with its line, and nothing is taken of a table that has something wrong.
func TestWhatIsWrongWithClosedDays(t *testing.T) {
	long := strings.Repeat("長", policy.LongestNote+1)
	for name, c := range map[string]struct {
		table string
		want  []ClosedIssue
	}{
		"nothing":            {"", []ClosedIssue{{0, ClosedEmpty, ""}}},
		"a header alone":     {header, []ClosedIssue{{0, ClosedEmpty, ""}}},
		"another encoding":   {"\xff\xfe2\x000\x002\x007\x00", []ClosedIssue{{0, ClosedEncoding, ""}}},
		"no such day":        {header + "2027/1/1,元日\n2027/2/29,無い日\n", []ClosedIssue{{3, ClosedDate, "2027/2/29"}}},
		"two lines":          {"元日,2027/1/1\n\n2027/1/1,元日\n1/1/2027,元日\n", []ClosedIssue{{1, ClosedDate, "元日"}, {4, ClosedDate, "1/1/2027"}}},
		"a second header":    {"2027/1/1,元日\n" + header, []ClosedIssue{{2, ClosedDate, "国民の祝日・休日月日"}}},
		"a long name":        {"2027/1/1," + long + "\n", []ClosedIssue{{1, ClosedNote, strings.Repeat("長", policy.LongestNote) + "…"}}},
		"a name of two rows": {"2027/1/1,\"元\n日\"\n2027/13/1,x\n", []ClosedIssue{{1, ClosedNote, "元\n日"}, {3, ClosedDate, "2027/13/1"}}},
		"more cells":         {"2027/1/1,元日,祝,日\n", []ClosedIssue{{1, ClosedCells, "祝,日"}}},
		"an open quote":      {"2027/1/1,元日\n2027/1/2,\"休\n", []ClosedIssue{{2, ClosedQuotes, ""}}},
	} {
		if days, issues := ReadClosed([]byte(c.table)); !slices.Equal(issues, c.want) || days != nil {
			t.Errorf("%s: %+v %+v", name, days, issues)
		}
	}
	if _, issues := ReadClosed([]byte(strings.Repeat("x\n", 1000))); len(issues) != mostClosedIssues {
		t.Errorf("%d issues", len(issues))
	}
}

// A table is merged into what is there: what is over is left out by the day in Japan, what a person wrote stays.
func TestMergeClosed(t *testing.T) {
	there := []policy.ClosedDay{{Date: "2027-08-13", Note: "夏休み"}, {Date: "2027-01-11"}, {Date: "2026-12-31", Note: "大晦日"}}
	read := []policy.ClosedDay{{Date: "1955-01-01", Note: "元日"}, {Date: "2026-12-31", Note: "x"}, {Date: "2027-01-01", Note: "元日"}, {Date: "2027-01-11", Note: "成人の日"}, {Date: "2027-08-13", Note: "x"}}
	evening := time.Date(2026, 12, 31, 14, 59, 59, 0, time.UTC) // a second before midnight in Japan
	for name, c := range map[string]struct {
		now   time.Time
		dates string
		past  int
	}{
		"before midnight": {evening, "2026-12-31 大晦日 2027-01-01 元日 2027-01-11 成人の日 2027-08-13 夏休み", 1},
		"at midnight":     {evening.Add(time.Second), "2027-01-01 元日 2027-01-11 成人の日 2027-08-13 夏休み", 2},
	} {
		all, added, past, issue := MergeClosed(there, read, c.now)
		var got []string
		for _, d := range all {
			got = append(got, d.Date, d.Note)
		}
		if strings.Join(got, " ") != c.dates || added != 1 || past != c.past || issue.Key != "" {
			t.Errorf("%s: %v, %d added, %d past, %+v", name, got, added, past, issue)
		}
	}
	if there[1].Note != "" {
		t.Error("the list that was given has changed")
	}
	var many []policy.ClosedDay
	for d := range policy.MostClosed + 1 {
		many = append(many, policy.ClosedDay{Date: evening.AddDate(0, 0, 2+d).Format(time.DateOnly)})
	}
	if all, _, _, issue := MergeClosed(nil, many, evening); all != nil || issue != (ClosedIssue{0, ClosedMany, fmt.Sprint(policy.MostClosed + 1)}) {
		t.Errorf("%d days, %+v", len(all), issue)
	}
}

// What is over goes when the settings are saved, at midnight in Japan; a day that can't be is refused and not dropped.
func TestClosedDaysThatAreOverGo(t *testing.T) {
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { // it begins on 2000-01-01 at 09:00 in Japan
		k := &Keeper{Store: &empty{}, Lexicon: func(context.Context) (judge.Lexicon, error) { return lexicon, nil }, Publish: func(bus.Settings) error { return nil },
			Changed: func(bus.Settings) {}, Log: slog.New(slog.DiscardHandler), ShadowReport: func(context.Context, Data) bool { return false }}
		k.Prepare()
		r := policy.ShippedRules(policy.PresetAsk)
		r.Closed = []policy.ClosedDay{{Date: "2000-01-03"}, {Date: "1999-12-31"}, {Date: "2000-01-01"}}
		saved := func() string {
			t.Helper()
			v, err := k.Change(t.Context(), staff.Person{ID: "admin"}, Change{Rules: r})
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(v.Data.Rules.Closed)
		}
		time.Sleep(15*time.Hour - time.Second)
		if got := saved(); got != "[{2000-01-01 } {2000-01-03 }]" {
			t.Errorf("before midnight: %s", got)
		}
		time.Sleep(time.Second)
		if got := saved(); got != "[{2000-01-03 }]" {
			t.Errorf("at midnight: %s", got)
		}
		r.Closed[1].Date = "1999/12/31"
		if _, err := k.Change(t.Context(), staff.Person{ID: "admin"}, Change{Rules: r}); !errors.Is(err, ErrRules) {
			t.Errorf("%v", err)
		}
	})
}

func FuzzReadClosed(f *testing.F) {
	for _, seed := range [][]byte{shiftJIS(f, header+"2027/1/1,元日\r\n"), []byte(header + "2027-1-1,\"元,日\"\n"), []byte("2027年1月1日\tx\n"), []byte("\"\n"), []byte("a,b,c\n,\n"), {0xff, 0xfe, 0}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, table []byte) {
		days, issues := ReadClosed(table)
		if (len(days) == 0) != (len(issues) > 0) || len(issues) > mostClosedIssues {
			t.Fatalf("%d days, %d issues", len(days), len(issues))
		}
		lines := 2 + strings.Count(string(table), "\n") + strings.Count(string(table), "\r")
		for _, i := range issues {
			if i.Line < 0 || i.Line > lines || i.Key == "" {
				t.Fatalf("%+v of %d lines", i, lines)
			}
		}
		var again strings.Builder
		seen := map[string]bool{}
		for _, d := range days {
			if d.Check() != nil || seen[d.Date] {
				t.Fatalf("%+v", d)
			}
			seen[d.Date] = true
			fmt.Fprintf(&again, "%s,\"%s\"\n", d.Date, strings.ReplaceAll(d.Note, `"`, `""`))
		}
		if back, bad := ReadClosed([]byte(again.String())); len(days) > 0 && !slices.Equal(back, days) {
			t.Fatalf("%+v %+v became %+v", days, bad, back)
		}
	})
}
