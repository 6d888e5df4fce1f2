package e2e

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"commusafe/internal/folder"
)

// smallDisk gives a directory on a file system of its own of so many MiB.
func smallDisk(t *testing.T, mib string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+mib+"m"); err != nil {
		t.Skipf("a disk that can be filled needs the right to mount (root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill writes until the disk takes nothing more and gives the file that fills it.
func fill(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4096, 1} {
		for err == nil {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		err = nil
	}
	return name
}

// The disk that holds everything the product keeps is full during a call: the two go on talking, a supervisor can still
// act, the console says what is not kept, and as soon as there is room the loss is written down.
func TestTheDiskIsFullDuringACall(t *testing.T) {
	disk := smallDisk(t, "48")
	c := &centre{}
	c.open(t, disk, "")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	live, err := c.sv.Live(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	lost, refused := make(chan string, 1), make(chan string, 1)
	go watch(live, map[string]chan string{`"lost":["`: lost, `"why":"disk"`: refused})
	callers, agents := c.talk(ctx, 1)
	caller := callers[0]
	open, err := folder.Unsealed(c.calls())
	if err != nil || len(open) != 1 {
		t.Fatalf("%v %v", open, err)
	}
	id := filepath.Base(open[0])
	c.until("the call is heard", func() bool { return journals(t, c.machine, `"type":"sound"`, false) == 1 })
	filler := fill(t, disk)
	for what, shown := range map[string]chan string{id: lost, "edge": refused} {
		select {
		case line := <-shown:
			if !strings.Contains(line, what) {
				t.Errorf("the console says nothing of %s: %s", what, line)
			}
		case <-ctx.Done():
			t.Fatalf("the console never said that something is lost\n%s", c.logs())
		}
	}
	c.command(id, "warn")
	c.until("the caller hears the supervisor's warning", func() bool { return heardFor(caller, announcementTone) >= 1900*time.Millisecond })
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	c.until("the loss stands in the journal", func() bool { return recordingGap(t, open[0]) })
	hangUp(ctx, t, callers, agents)
	c.until("the folder is taken in", func() bool { return c.acknowledged() == 1 })
	for dir, seal := range c.sealed() {
		if dir != open[0] || len(seal.Lost) == 0 {
			t.Errorf("%s: the seal says of losses %q", dir, seal.Lost)
		}
	}
	var past struct{ Call struct{ Lost []string } }
	if err := c.sv.Do(ctx, "GET", "/calls/"+id, nil, &past); err != nil || len(past.Call.Lost) == 0 {
		t.Errorf("the past call says of losses %q, %v", past.Call.Lost, err)
	}
}

// watch reads live updates to their end and gives, for each text, the first update that has it.
func watch(live io.Reader, wanted map[string]chan string) {
	s := bufio.NewScanner(live)
	s.Buffer(nil, 4<<20)
	for s.Scan() {
		for text, found := range wanted {
			if strings.Contains(s.Text(), text) {
				found <- s.Text()
				delete(wanted, text)
			}
		}
	}
}

// recordingGap tells whether a journal that is being written says which sound is not kept.
func recordingGap(t *testing.T, dir string) bool {
	t.Helper()
	found := false
	_ = folder.Read(dir, func(l folder.Line) error { // its last line may be half there
		found = found || strings.Contains(string(l.Data), `"what":"recording"`)
		return nil
	})
	return found
}
