package serve

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"commusafe/internal/bus"
	"commusafe/internal/config"
)

func TestMain(m *testing.M) {
	if os.Getenv("COMMUSAFE_TEST_CHILD") != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

// child is what the tests start in place of a role: it takes the role's lock and stays until it is told to go.
func child() {
	unlock, err := Lock(os.Getenv("COMMUSAFE_TEST_RUN"), os.Args[len(os.Args)-1])
	if err != nil {
		os.Exit(3)
	}
	defer unlock()
	<-time.After(time.Minute)
}

func TestOneHolderALock(t *testing.T) {
	run := t.TempDir()
	unlock, err := Lock(run, "edge")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(run, "edge"); err == nil || !strings.Contains(err.Error(), "another commusafe edge") {
		t.Errorf("got %v", err)
	}
	if id, ok := alive(run, "edge"); !ok || id.PID != os.Getpid() {
		t.Errorf("%+v %v", id, ok)
	}
	unlock()
	if again, err := Lock(run, "edge"); err != nil {
		t.Errorf("the lock is not free again: %v", err)
	} else {
		again()
	}
}

// A PID that was given to another process since is not taken for the old one.
func TestAPIDIsNoIdentity(t *testing.T) {
	run := t.TempDir()
	id, err := identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	id.Start++
	b, err := json.Marshal(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(identityFile(run, "edge"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := alive(run, "edge"); ok {
		t.Error("another process was taken for the edge")
	}
}

func TestAChildIsStartedAgainAndAdopted(t *testing.T) {
	run := t.TempDir()
	t.Setenv("COMMUSAFE_TEST_CHILD", "1")
	t.Setenv("COMMUSAFE_TEST_RUN", run)
	ctx, cancel := context.WithCancel(t.Context())
	keep := func(ctx context.Context) (done chan error) {
		k := &keeper{role: Role{Name: "edge", Args: []string{"edge"}}, run: run, program: os.Args[0], log: slog.New(slog.DiscardHandler), grace: 5 * time.Second}
		done = make(chan error, 1)
		go func() { done <- k.keep(ctx) }()
		return done
	}
	first := keep(ctx)
	old := waitAlive(t, run, 0)
	if err := exec.Command("kill", "-9", itoa(old)).Run(); err != nil {
		t.Fatal(err)
	}
	second := waitAlive(t, run, old)
	// Another keeper, as after a killed serve: it adopts and starts nothing.
	octx, ocancel := context.WithCancel(t.Context())
	other := keep(octx)
	time.AfterFunc(500*time.Millisecond, ocancel)
	if err := <-other; err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-first; err != nil {
		t.Error(err)
	}
	if id, ok := alive(run, "edge"); ok {
		t.Errorf("%d is left (was %d)", id.PID, second)
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func waitAlive(t *testing.T, run string, not int) int {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(20 * time.Second); ; {
		if id, ok := alive(run, "edge"); ok && id.PID != not {
			return id.PID
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("no child came")
		}
	}
}

// The port and the token of the bus outlive a serve, so that children find it again.
func TestTheBusKeepsItsAddress(t *testing.T) {
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	if err := cfg.Prepare(); err != nil {
		t.Fatal(err)
	}
	var before bus.Endpoint
	for i := range 2 {
		ns, err := startBus(cfg)
		if err != nil {
			t.Fatal(err)
		}
		e, err := bus.ReadEndpoint(cfg.BusFile())
		if err != nil || i == 1 && e != before {
			t.Errorf("%+v, before %+v (%v)", e, before, err)
		}
		before = e
		if st, err := os.Stat(cfg.BusFile()); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("mode %v %v", st.Mode(), err)
		}
		link, err := bus.Connect(bus.Options{File: cfg.BusFile(), Site: "x", Log: slog.New(slog.DiscardHandler)})
		if err != nil || !link.Up() {
			t.Errorf("no link: %v", err)
		}
		link.Close()
		ns.Shutdown()
		ns.WaitForShutdown()
	}
	if _, err := os.Stat(filepath.Join(cfg.Run(), "bus.json.part")); err == nil {
		t.Error("a half-written file is left")
	}
}
