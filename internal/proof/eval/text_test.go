package eval

import (
	"errors"
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

func TestAMalformedTextSetIsNamedByLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.jsonl")
	if err := os.WriteFile(path, []byte("{\"kind\":\"positive\",\"text\":\"x\"}\n{\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := RunText(path, nil); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "s.jsonl:2") {
		t.Errorf("got %v", err)
	}
}
