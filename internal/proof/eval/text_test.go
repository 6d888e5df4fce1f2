package eval

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.jsonl")
	set := `{"id":"1","category":"ABUSE","kind":"positive","text":"ふざけんな、てめえ"}
{"id":"2","category":"ABUSE","kind":"positive","text":"お世話になります"}
{"id":"3","category":"G-RIGHTS","kind":"guard","text":"弁護士に相談します"}
`
	if err := os.WriteFile(path, []byte(set), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := RunText(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]TextRow{}
	for _, r := range m.Rows {
		rows[r.Name] = r
	}
	guard, abuse := rows["guard/G-RIGHTS"], rows["positive/ABUSE"]
	if abuse.N != 2 || abuse.AtS1 != 0.5 || abuse.AtS2 != 0 || abuse.CategoryRight != 0.5 || guard.AtS1 != 0 || guard.CategoryRight != 1 || m.Total.CustomerFacing != 0 {
		t.Errorf("%+v", m.Rows)
	}
}

// A table's lines count by source and label, by whether anger was heard, and all innocent ones together.
func TestRowsOfATable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.tsv")
	set := "id\ttext\ttoxic\tanger\tsource\n1\tふざけんな、てめえ\t?\t1.00\tplay\n2\tふざけんな、てめえ\t?\t0.50\tplay\n3\tお世話になります\t?\t0.51\tplay\n" +
		"4\tお世話になります\t0\t\tservice\n5\tふざけんな、てめえ\t1\t\tboard\n6\tお世話になります\t?\t\tplay\n"
	if err := os.WriteFile(path, []byte(set), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := RunText(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][2]float64{}
	for _, r := range m.Rows {
		got[r.Name] = [2]float64{float64(r.N), r.AtS1}
	}
	want := map[string][2]float64{"play": {4, 0.5}, "play/toxic=?": {4, 0.5}, "play/anger": {2, 0.5}, "play/no anger": {1, 1}, "service": {1, 0}, "service/toxic=0": {1, 0},
		"board": {1, 1}, "board/toxic=1": {1, 1}, "innocent": {2, 0.5}}
	if !maps.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	if err := os.WriteFile(path, []byte("text\tsource\tanger\nx\ty\t1.5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := RunText(path, nil); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), `s.tsv:2: anger "1.5"`) {
		t.Errorf("got %v", err)
	}
}

func TestAMalformedTextSetIsNamedByLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.jsonl")
	if err := os.WriteFile(path, []byte("{\"kind\":\"positive\",\"text\":\"x\"}\n{\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := RunText(path, nil); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "s.jsonl:2") {
		t.Errorf("got %v", err)
	}
}
