package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of /proc/PID/stat: USER_HZ, 100 on all Linux machines Go runs on.
const clockTick = 10 * time.Millisecond

// A Usage is what a process has used so far.
type Usage struct {
	CPU time.Duration
	RSS int64 // octets
}

// UsageOf reads the kernel's account of a process.
func UsageOf(pid int) (Usage, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, fmt.Errorf("read the account of process %d: %w", pid, err)
	}
	_, rest, ok := strings.Cut(string(b), ") ") // the name before may hold anything
	f := strings.Fields(rest)
	if !ok || len(f) < 22 {
		return Usage{}, fmt.Errorf("account of process %d is not understood", pid)
	}
	user, errU := strconv.ParseInt(f[11], 10, 64)
	system, errS := strconv.ParseInt(f[12], 10, 64)
	pages, errP := strconv.ParseInt(f[21], 10, 64)
	if errU != nil || errS != nil || errP != nil {
		return Usage{}, fmt.Errorf("account of process %d is not understood", pid)
	}
	return Usage{CPU: time.Duration(user+system) * clockTick, RSS: pages * int64(os.Getpagesize())}, nil
}
