package eval

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A table is a manifest: tab-separated, with a header line; empty lines and lines that begin with # are skipped.
type table struct {
	path string
	head []string
	rows []row
}

type row struct {
	table *table
	line  int
	cells []string
}

// figure writes figures of n things for people: of nothing there are none.
func figure(n int, format string, figures ...any) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, figures...)
}

// longestLine is how long a line of a manifest may be, in octets.
const longestLine = 1 << 22

// readTable reads a manifest that has the needed columns in every line. A fault is ErrInput with file and line.
func readTable(path string, needed ...string) (*table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	defer f.Close()
	t := &table{path: path}
	s := bufio.NewScanner(f)
	s.Buffer(nil, longestLine)
	for n := 1; s.Scan(); n++ {
		text := strings.TrimSuffix(strings.TrimPrefix(s.Text(), "\ufeff"), "\r")
		if text == "" || t.head == nil && strings.HasPrefix(text, "#") {
			continue
		}
		cells := strings.Split(text, "\t")
		if t.head == nil {
			t.head = cells
			for _, c := range needed {
				if !slices.Contains(cells, c) {
					return nil, fmt.Errorf("%w: %s:%d: column %s is needed (there are: %s)", ErrInput, path, n, c, strings.Join(cells, ", "))
				}
			}
			continue
		}
		r := row{table: t, line: n, cells: cells}
		for _, c := range needed {
			if slices.Index(t.head, c) >= len(cells) {
				return nil, r.fault("too few columns")
			}
		}
		t.rows = append(t.rows, r)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrInput, path, err)
	}
	if t.head == nil {
		return nil, fmt.Errorf("%w: %s:1: no header line", ErrInput, path)
	}
	if len(t.rows) == 0 {
		return nil, fmt.Errorf("%w: %s: no lines below the header", ErrInput, path)
	}
	return t, nil
}

// get gives a cell by its column, "" where there is none.
func (r row) get(column string) string {
	if i := slices.Index(r.table.head, column); i >= 0 && i < len(r.cells) {
		return r.cells[i]
	}
	return ""
}

// first gives the first of some columns that the table has.
func (r row) first(columns ...string) string {
	for _, c := range columns {
		if slices.Contains(r.table.head, c) {
			return r.get(c)
		}
	}
	return ""
}

// has tells whether the table has one of these columns.
func (t *table) has(columns ...string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return slices.Contains(t.head, c) })
}

// fault is ErrInput with the line.
func (r row) fault(format string, args ...any) error {
	return fmt.Errorf("%w: %s:%d: %w", ErrInput, r.table.path, r.line, fmt.Errorf(format, args...))
}

// sound reads the clip that a cell names, below the manifest's folder unless absolute.
func (r row) sound(path string, wideband bool) ([]int16, error) {
	all, err := r.channels(path, wideband)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// channels is sound for all channels of a clip.
func (r row) channels(path string, wideband bool) ([][]int16, error) {
	if path == "" {
		return nil, r.fault("no path")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.table.path), path)
	}
	all, err := ReadChannels(path, wideband)
	if err != nil {
		return nil, r.fault("%w", err)
	}
	return all, nil
}
