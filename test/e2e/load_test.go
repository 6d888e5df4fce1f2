package e2e

import (
	"fmt"
	"net/netip"
	"os/exec"
	"testing"

	"commusafe/internal/call"
)

// load is how many calls sipp makes, and how many in a second.
const (
	loadCalls = 300
	loadRate  = 60
)

func TestSippsCallsAllSucceed(t *testing.T) {
	bin, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("sipp is not installed (Debian: sip-tester)")
	}
	pbx := netip.MustParseAddrPort(free(t, "udp"))
	answering := exec.Command(bin, "-sn", "uas", "-i", "127.0.0.1", "-p", fmt.Sprint(pbx.Port()), "-nostdin")
	answering.Dir = t.TempDir()
	if err := answering.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = answering.Process.Kill() // it has no end of its own
		_ = answering.Wait()
	})
	p := openProduct(t, pbx.String(), connect)
	calling := exec.Command(bin, "-sn", "uac", "-i", "127.0.0.1", "-p", fmt.Sprint(netip.MustParseAddrPort(free(t, "udp")).Port()), "-nostdin",
		"-s", calledNumber, "-m", fmt.Sprint(loadCalls), "-r", fmt.Sprint(loadRate), "-d", "500", "-timeout", "60s", "-timeout_error", p.addr.String())
	calling.Dir = t.TempDir()
	if out, err := calling.CombinedOutput(); err != nil {
		t.Errorf("sipp: %v\n%s", err, out[max(0, len(out)-3000):])
	}
	for range loadCalls {
		s := <-p.calls
		<-s.Ended()
		if r := s.Reason(); r.By != call.ByCaller || r.Why != "hangup" {
			t.Errorf("a call ended %+v", r)
		}
	}
}
