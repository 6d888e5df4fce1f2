package bench

import (
	"context"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain lets the test binary be the relay's process as well.
func TestMain(m *testing.M) {
	if os.Getenv("COMMUSAFE_TEST_RELAY") == "1" {
		if err := ServeRelay(context.Background(), os.Stdin, os.Stdout, 1, true); err != nil {
			_, _ = io.WriteString(os.Stderr, err.Error()+"\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func TestRelayIsMeasuredFromOutside(t *testing.T) {
	target := exec.Command(os.Args[0])
	target.Env = append(os.Environ(), "COMMUSAFE_TEST_RELAY=1")
	r, err := Engine{Calls: 3, Duration: time.Second, Target: target}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Sent != 300 || r.Received < 290 || r.Received > 300 || r.P50MS <= 0 || r.MaxMS < r.P99MS || r.RSSBytes == 0 {
		t.Errorf("%+v", r)
	}
}

func TestALostRelayIsAnError(t *testing.T) {
	if _, err := (Engine{Calls: 1, Duration: time.Second, Target: exec.Command("/nonexistent")}).Run(t.Context()); err == nil {
		t.Error("no error without a relay")
	}
}

func TestUsageOfOurselves(t *testing.T) {
	u, err := UsageOf(os.Getpid())
	if err != nil || u.RSS <= 0 {
		t.Errorf("%+v %v", u, err)
	}
	if _, err := UsageOf(1 << 30); err == nil {
		t.Error("a process that is not there has an account")
	}
}

func TestAddressesAreKnownBeforeTheRelayIs(t *testing.T) {
	g, err := NewGenerator(2, netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	a, b := g.Addrs(1)
	if a.Port() == 0 || b.Port() == 0 || a == b {
		t.Errorf("addresses %v %v", a, b)
	}
}
