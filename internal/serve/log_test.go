package serve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A log that has grown large goes aside, and the child that holds it open writes on in it. Of older ones one is kept.
func TestALogThatHasGrownLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "edge.log")
	child, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer child.Close()
	write := func(s string) {
		t.Helper()
		if _, err := child.WriteString(s); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) string {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	turned := func(want bool) {
		t.Helper()
		if did, err := turn(path, 100); did != want || err != nil {
			t.Errorf("turned %v, %v", did, err)
		}
	}
	write("small\n")
	turned(false)
	first := strings.Repeat("first\n", 30)
	write(first)
	turned(true)
	write("next\n")
	if got := read(path); got != "next\n" {
		t.Errorf("the log is %q", got)
	}
	if got := read(path + ".1"); got != "small\n"+first {
		t.Errorf("aside is %q", got)
	}
	if st, err := os.Stat(path + ".1"); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st, err)
	}
	second := strings.Repeat("second\n", 30)
	write(second)
	turned(true)
	if got := read(path + ".1"); got != "next\n"+second {
		t.Errorf("aside is %q", got)
	}
	turned(false)
}

// A log that can't be put aside stays as it is.
func TestALogThatCantBePutAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "edge.log")
	if did, err := turn(path, 100); did || err != nil {
		t.Errorf("there is none: %v %v", did, err)
	}
	if err := os.WriteFile(path, make([]byte, 200), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path+".1", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if did, err := turn(path, 100); did || err == nil {
		t.Errorf("%v %v", did, err)
	}
	if st, err := os.Stat(path); err != nil || st.Size() != 200 {
		t.Errorf("%v %v", st, err)
	}
}
