package e2e

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/proof/phone"
)

// maxGap is the longest hole in the sound that is put down to a busy machine and not to the product. A relay that
// stopped for the death of another process would be silent for hundreds of milliseconds at least.
const maxGap = 300

// Listener, office and serve are killed during twenty live calls: nobody on the telephone notices.
func TestProcessesAreKilledDuringTwentyCalls(t *testing.T) {
	m := newMachine(t)
	m.start()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	callers, agents := m.talk(ctx, 20)
	edge := m.pid("edge")
	m.until("every call is heard", func() bool { return journals(t, m, `"type":"sound"`, false) == 20 })

	old := m.kill("listener")
	m.until("the listener is started again", func() bool { return m.pid("listener") != old })
	old = m.kill("office")
	m.until("the office is started again", func() bool { return m.pid("office") != old })
	if err := m.serve.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = m.serve.Wait()
	listener, office := m.pid("listener"), m.pid("office")
	m.start()
	m.until("a gap stands in every journal", func() bool { return gaps(t, m, false) == 20 })
	for role, pid := range map[string]int{"edge": edge, "listener": listener, "office": office} {
		if m.pid(role) != pid || m.count(role) != 1 {
			t.Errorf("%s: process %d became %d, %d of them live: a twin was started instead of adopting", role, pid, m.pid(role), m.count(role))
		}
	}
	hangUp(ctx, t, callers, agents)
	m.until("all folders are taken in", func() bool { return m.acknowledged() == 20 })
	if n := gaps(t, m, true); n != 20 || len(m.sealed()) != 20 {
		t.Errorf("%d journals with a gap, %d sealed folders, want 20 and 20", n, len(m.sealed()))
	}
}

// hangUp ends the calls and looks at what both sides got.
func hangUp(ctx context.Context, t *testing.T, callers, agents []*phone.Call) {
	t.Helper()
	for _, c := range append(slices.Clone(callers), agents...) { // each end has heard something
		for c.Report().Media.Received < 50 {
			select {
			case <-c.Ended():
			case <-ctx.Done():
				t.Fatal("nothing is heard")
			case <-time.After(20 * time.Millisecond):
				continue
			}
			break
		}
	}
	for _, c := range callers {
		if err := c.Hangup(ctx); err != nil {
			t.Error(err)
		}
	}
	worst := 0.0
	for i, calls := range [][]*phone.Call{callers, agents} {
		for _, c := range calls {
			r, err := c.Wait(ctx)
			if err != nil || i == 0 && r.EndedBy != "us" || r.Media.Lost > 0 || r.Media.MaxGapMS > maxGap || r.Media.SSRCChanges > 0 {
				t.Errorf("side %d: ended by %s (%s), %d packets lost, gap %.0f ms, %v", i, r.EndedBy, r.Why, r.Media.Lost, r.Media.MaxGapMS, err)
			}
			worst = max(worst, r.Media.MaxGapMS)
		}
	}
	t.Logf("longest gap at any of %d ends: %.0f ms", len(callers)+len(agents), worst)
}

// gaps counts the journals that say that nobody listened for a while.
func gaps(t *testing.T, m *machine, sealed bool) int {
	return journals(t, m, `"type":"gap"`, sealed)
}

// journals counts those with evidence of a kind; of gaps only those of words.
func journals(t *testing.T, m *machine, kind string, sealed bool) int {
	t.Helper()
	dirs, err := folder.All(m.calls())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, d := range dirs {
		found := false
		err := folder.Read(d, func(l folder.Line) error {
			if l.Kind == folder.KindEvidence && strings.Contains(string(l.Data), kind) {
				it, err := evidence.Unmarshal(l.Data)
				if err != nil {
					return err
				}
				g, isGap := it.(evidence.Gap)
				found = found || !isGap || g.What == "words"
			}
			return nil
		})
		if err != nil && sealed {
			t.Error(err)
		}
		if found {
			n++
		}
	}
	return n
}

// The edge itself is killed: its calls end, their folders don't. What an office acknowledged stays acknowledged.
func TestTheEdgeIsKilled(t *testing.T) {
	m := newMachine(t)
	m.start()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	callers, agents := m.talk(ctx, 2)
	hangUp(ctx, t, callers, agents)
	m.until("the first two calls are taken in", func() bool { return m.acknowledged() == 2 })
	before := m.sealed()
	m.talk(ctx, 3)
	m.until("there is sound in the recordings", func() bool { d, _ := folder.Unsealed(m.calls()); return len(d) == 3 && recorded(d) })
	old := m.kill("edge")
	m.until("the edge is started again", func() bool { return m.pid("edge") != old })
	m.until("the three folders are taken in", func() bool { return m.acknowledged() == 5 })
	after := m.sealed()
	recovered := 0
	for d, s := range after {
		if s.State == folder.Recovered {
			recovered++
		}
		if b, known := before[d]; known && b.Last != s.Last {
			t.Errorf("%s was changed", d)
		}
	}
	if recovered != 3 || len(after) != 5 {
		t.Errorf("%d folders, %d of them recovered; want 5 and 3", len(after), recovered)
	}
	callers, agents = m.talk(ctx, 1)
	hangUp(ctx, t, callers, agents)
}

func recorded(dirs []string) bool {
	for _, d := range dirs {
		out, err := exec.Command("stat", "-c", "%s", d+"/"+folder.CallerWAV).Output()
		if err != nil || len(out) < 5 {
			return false
		}
	}
	return true
}

// A second serve on the same data is told who works there; a drained one answers 503 and then ends.
func TestOneServeADataDirectory(t *testing.T) {
	m := newMachine(t)
	m.start()
	out, err := exec.Command(m.binary, "--config", m.config, "serve").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another commusafe serve already works") {
		t.Errorf("%v: %s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	callers, _ := m.talk(ctx, 1)
	if err := m.serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	m.until("new calls get 503 with Retry-After", func() bool {
		c, err := m.caller.Dial(ctx, phone.DialOptions{To: "sip:0355550100@" + m.sip, From: "0390002222"})
		if err != nil {
			return false
		}
		r, err := c.Wait(ctx)
		return err == nil && r.Status == 503 && r.RetryAfter != ""
	})
	if r, err := callers[0].Wait(ctx); err != nil || r.EndedBy != "them" {
		t.Errorf("the last call: %+v %v", r, err)
	}
	if err := m.serve.Wait(); err != nil {
		t.Errorf("serve ended with %v", err)
	}
	m.serve = nil
	for _, role := range []string{"edge", "listener", "office"} {
		if n := m.count(role); n != 0 {
			t.Errorf("%d processes of %s are left", n, role)
		}
	}
}
