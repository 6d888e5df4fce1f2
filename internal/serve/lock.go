package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// An Identity names a process beyond doubt: PIDs are used again, PID and start time together are not.
type Identity struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // field 22 of /proc/PID/stat (proc(5)), in clock ticks since boot
}

// Lock takes a role's lock below run and writes who holds it. A second process of the role gets a sentence that says so.
func Lock(run, role string) (unlock func(), err error) {
	if err := os.MkdirAll(run, 0o700); err != nil {
		return nil, fmt.Errorf("data_dir: %w", err)
	}
	path := filepath.Join(run, role+".lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			who, _ := readIdentity(run, role)
			return nil, fmt.Errorf("another commusafe %s already works on this data directory (process %d); end it first, or choose another data_dir", role, who.PID)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	id, err := identify(os.Getpid())
	if err == nil {
		var b []byte
		if b, err = json.Marshal(id); err == nil {
			err = os.WriteFile(identityFile(run, role), b, 0o600)
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("identity of %s: %w", role, err)
	}
	return func() { f.Close() }, nil
}

func readIdentity(run, role string) (Identity, error) {
	var id Identity
	b, err := os.ReadFile(identityFile(run, role))
	if err != nil {
		return id, err
	}
	return id, json.Unmarshal(b, &id)
}

// identify reads a living process's identity. A zombie is not alive.
func identify(pid int) (Identity, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Identity{}, err
	}
	// The name in brackets may contain anything; fields are counted after its last bracket.
	i := bytes.LastIndexByte(b, ')')
	if i < 0 {
		return Identity{}, fmt.Errorf("/proc/%d/stat is not understood", pid)
	}
	fields := bytes.Fields(b[i+1:])
	if len(fields) < 20 || string(fields[0]) == "Z" {
		return Identity{}, os.ErrProcessDone
	}
	start, err := strconv.ParseUint(string(fields[19]), 10, 64)
	return Identity{PID: pid, Start: start}, err
}

// alive tells whether the role's process of record still runs.
func alive(run, role string) (Identity, bool) {
	want, err := readIdentity(run, role)
	if err != nil {
		return Identity{}, false
	}
	got, err := identify(want.PID)
	return want, err == nil && got == want
}
