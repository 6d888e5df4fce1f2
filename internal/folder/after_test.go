package folder

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Lines after the seal are chained, the sealed files stay what they were, and a broken folder gets nothing.
func TestAfterTheSeal(t *testing.T) {
	dir := sealed(t)
	before := bytesOf(t, dir)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := AppendAfter(dir, time.Now(), []Addition{{KindTranscript, map[string]int{"a": 1}}, {KindTranscript, map[string]int{"a": 2}}}); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	n := 0
	if err := ReadAfter(dir, func(l Line) error {
		if l.Seq != n || l.Kind != KindTranscript {
			t.Errorf("%+v", l)
		}
		n++
		return nil
	}); err != nil || n != 4 {
		t.Fatal(n, err)
	}
	if _, err := Verify(dir); err != nil {
		t.Error(err)
	}
	for name, b := range before {
		if now, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(now, b) {
			t.Errorf("%s was changed", name)
		}
	}
	if err := AppendAfter(dir, time.Now(), []Addition{{KindTranscript, strings.Repeat("x", maxLine)}}); err == nil {
		t.Error("a line that could not be read again was written")
	}
	after := filepath.Join(dir, AfterFile)
	b, err := os.ReadFile(after)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(after, bytes.Replace(b, []byte(`"a":1`), []byte(`"a":9`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := AppendAfter(dir, time.Now(), []Addition{{KindTranscript, 1}}); !errors.Is(err, ErrBroken) {
		t.Errorf("a changed chain was continued: %v", err)
	}
	if err := ReadAfter(dir, func(Line) error { return nil }); !errors.Is(err, ErrBroken) {
		t.Errorf("a changed chain was read: %v", err)
	}
}

func bytesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = b
	}
	return out
}
