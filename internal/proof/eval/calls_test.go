package eval

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"commusafe/internal/policy"
)

// calls makes a folder with expect.tsv.
func calls(t *testing.T, table string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "expect.tsv"), []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The abuse of the demonstration is noticed, an enquiry is left alone; what must be done and is not is missed, and
// what comes long after the words is late, what came before them is no answer.
func TestRecordedCalls(t *testing.T) {
	abuse, angry, enquiry := demoSound(t, "abuse-caller.wav"), demoSound(t, "abuse-agent.wav"), demoSound(t, "limited-caller.wav")
	dir := calls(t, "caller\tagent\texpect\tat_ms\twithin_ms\n"+
		abuse+"\t"+angry+"\talert\t0\t600000\n"+
		abuse+"\t"+angry+"\talert\t0\t1\n"+
		abuse+"\t"+angry+"\talert\t100000000\t\n"+
		enquiry+"\t\tordinary\t\t\n"+
		enquiry+"\t\talert\t1000\t\n")
	m, err := RunCalls(t.Context(), CallsOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	said(t, func(b *bytes.Buffer) error { return m.Text(b) }, m.Result(), "MISSED")
	found, late, before, ordinary, missed := m.Rows[0], m.Rows[1], m.Rows[2], m.Rows[3], m.Rows[4]
	if found.Missed || found.Late || found.AlertMS <= 0 || found.AlertMS > found.DoneMS && found.DoneMS > 0 || found.DelayMS != found.DoneMS {
		t.Errorf("abuse: %+v", found)
	}
	if len(ordinary.Actions) > 0 || ordinary.AlertMS >= 0 || m.Alerts+m.Warnings+m.Cuts > 0 || m.Ordinary != 1 || m.Hours <= 0 {
		t.Errorf("enquiry: %+v", ordinary)
	}
	if !missed.Missed || !late.Late || late.Missed || m.Missed != 2 || m.Late != 1 || m.Due != 4 {
		t.Errorf("missed %+v, late %+v, %+v", missed, late, m)
	}
	if !before.Missed || before.AlertMS < 0 {
		t.Errorf("what was done before the words answers them: %+v", before)
	}
	if late.AlertMS != found.AlertMS || late.Stage != found.Stage {
		t.Errorf("the same call twice: %+v and %+v", found, late)
	}
}

func TestBadCalls(t *testing.T) {
	one := demoSound(t, "abuse-caller.wav")
	for name, c := range map[string]struct{ table, says string }{
		"no columns":    {"expect\nalert\n", "column path"},
		"what":          {"path\texpect\n" + one + "\tshout\n", ":2: expect"},
		"one channel":   {"path\texpect\n" + one + "\talert\n", "a call needs two"},
		"no such sound": {"caller\texpect\nnowhere.wav\talert\n", ":2:"},
		"no time":       {"caller\texpect\tat_ms\n" + one + "\talert\tsoon\n", "milliseconds"},
	} {
		if _, err := RunCalls(t.Context(), CallsOptions{Dir: calls(t, c.table)}); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := RunCalls(t.Context(), CallsOptions{Dir: t.TempDir()}); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
	if do, ok := enough("warn2"); !ok || do[0] != policy.Warn2 || len(do) != 5 {
		t.Error(do, ok)
	}
}
