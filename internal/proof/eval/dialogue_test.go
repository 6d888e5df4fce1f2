package eval

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every conversation comes out as it was written down beforehand, and all thirty harassers are cut.
func TestDialogues(t *testing.T) {
	m, err := RunDialogues(filepath.Join("testdata", "dialogues.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	harassers := 0
	for _, r := range m.Rows {
		if strings.HasPrefix(r.Name, "harasser-") {
			harassers++
		}
		if r.Wrong != "" {
			t.Errorf("%s: %s (%v)", r.Name, r.Wrong, r.Actions)
		}
	}
	kinds := map[string]DialogueKind{}
	for _, k := range m.Kinds {
		kinds[k.Name] = k
	}
	if h, o := kinds["harasser"], kinds["ordinary"]; h.Calls != harassers || h.Cut != harassers || h.Warned != harassers || h.Told != harassers || o.Calls == 0 || o.Told+o.Warned+o.Cut > 0 {
		t.Errorf("harassers %+v, ordinary calls %+v", h, o)
	}
	if harassers < 30 || m.Calls-harassers < 40 {
		t.Errorf("%d harassers, %d other calls", harassers, m.Calls-harassers)
	}
}

// A measure that can't fail measures nothing.
func TestAWrongExpectationIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d.jsonl")
	set := `{"call":"x","preset":"自動","turns":[{"at_ms":5000,"party":"caller","text":"お世話になります"}],"expect":{"stage":"closed","actions":["cut"],"category":"ABUSE"}}`
	if err := os.WriteFile(path, []byte(set), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := RunDialogues(path)
	if err != nil || m.Right != 0 || !strings.Contains(m.Rows[0].Wrong, "no cut") {
		t.Errorf("%+v %v", m, err)
	}
	if err := os.WriteFile(path, []byte("{\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := RunDialogues(path); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "d.jsonl:1") {
		t.Errorf("got %v", err)
	}
}
