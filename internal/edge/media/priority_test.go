package media

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A relay thread is before all ordinary ones where the system allows it, says so where not, and what it starts is ordinary.
func TestTheWorkerComesFirst(t *testing.T) {
	type answer struct {
		err   error
		attr  *unix.SchedAttr
		asked error
	}
	got := make(chan answer)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its priority
		var a answer
		a.err = first()
		a.attr, a.asked = unix.SchedGetAttr(0, 0)
		got <- a
	}()
	a := <-got
	if a.asked != nil {
		t.Fatal(a.asked)
	}
	if a.err == nil && (a.attr.Policy != unix.SCHED_RR || a.attr.Flags&unix.SCHED_FLAG_RESET_ON_FORK == 0) || a.err != nil && a.attr.Policy != unix.SCHED_NORMAL {
		t.Errorf("%v: %+v", a.err, a.attr)
	}
}
