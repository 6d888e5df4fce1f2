package bench

import (
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// A confined process has one core, and this one all that it had.
func TestConfine(t *testing.T) {
	var before, after, of unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if err := confine(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if err := unix.SchedGetaffinity(cmd.Process.Pid, &of); err != nil || of.Count() != 1 {
		t.Errorf("%d cores: %v", of.Count(), err)
	}
	if err := unix.SchedGetaffinity(0, &after); err != nil || after.Count() != before.Count() {
		t.Errorf("this process has %d of %d cores: %v", after.Count(), before.Count(), err)
	}
	if err := confine(-1); err == nil {
		t.Error("a process that is not there was confined")
	}
}
