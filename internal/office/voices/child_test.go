package voices

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// script makes a program that writes something and ends with a status.
func script(t *testing.T, text string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "child")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return []string{"/bin/sh", path}
}

func TestTheChildsAnswer(t *testing.T) {
	for text, want := range map[string]string{
		`echo '{"source":"s/1","vector":[1,2]}'`: "",
		`echo '{"short":true}'`:                  ErrShort.Error(),
		`echo '{"error":"broken"}'`:              "broken",
		`echo '{}'`:                              "the process that makes vectors of voices gave none",
		`echo hello`:                             "the process that makes vectors of voices gave something else",
		`exit 3`:                                 "the process that makes vectors of voices ended: exit status 3",
	} {
		v, err := Child(script(t, text))(t.Context(), "dir")
		if got := errors.Join(err); got == nil && (want != "" || v.Source != "s/1" || len(v.Vector) != 2) || got != nil && got.Error() != want {
			t.Errorf("%s: %+v %v", text, v, err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"source":"s/1","vector":[1,2]}`))
	f.Add([]byte(`{"short":true}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, err := answer(b); err == nil && (v.Source == "" || len(v.Vector) == 0) {
			t.Errorf("nothing was taken for a voice: %+v", v)
		}
	})
}
