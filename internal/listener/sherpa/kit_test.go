package sherpa

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

func TestMain(m *testing.M) {
	if os.Getenv("COMMUSAFE_TEST_PROBE") != "" {
		if err := ProbeChild(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// child is the command that does a probe in a process of its own.
func child(t *testing.T) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"/usr/bin/env", "COMMUSAFE_TEST_PROBE=1", self}
}

// runtimeDir is where .ci/runtime put the library.
func runtimeDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("COMMUSAFE_TEST_SHERPA")
	if dir == "" {
		dir = "../../../.cache/sherpa/package"
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !hasLibrary(dir) {
		t.Skipf("the sherpa-onnx library is not in %s: .ci/runtime puts it there (npm is needed); what needs it is not tested", dir)
	}
	return dir
}

func library(t testing.TB) *Library {
	t.Helper()
	l, err := Open(runtimeDir(t))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// sharedFile is a file of the shared data, where the tests find it.
func sharedFile(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("COMMUSAFE_SHARED")
	if root == "" {
		root = "../../../../shared"
	}
	f := filepath.Join(append([]string{root}, path...)...)
	if _, err := os.Stat(f); err != nil {
		t.Skipf("%s is not there (COMMUSAFE_SHARED)", filepath.Join(path...))
	}
	return f
}

func silero(t testing.TB) string {
	t.Helper()
	return sharedFile(t, "models", "vad", "silero_vad.onnx")
}

// heard feeds a whole recording in frames of 100 ms, without waiting, and gives what was reported.
func heard(e *Engine, who call.Party, pcm []int16, pace func()) (all []evidence.Item, err error) {
	x, err := e.Open(who)
	if err != nil {
		return nil, err
	}
	report := func(it evidence.Item) { all = append(all, it) }
	const frame = 100 * audio.SamplesPerMS
	for at := 0; at < len(pcm); at += frame {
		x.Hear(audio.Frame{At: call.Millis(at / audio.SamplesPerMS), PCM: pcm[at:min(at+frame, len(pcm))]}, report)
		if pace != nil {
			pace()
		}
	}
	x.Close(report)
	return all, nil
}

func finals(all []evidence.Item) (out []evidence.Utterance) {
	for _, it := range all {
		if u, ok := it.(evidence.Utterance); ok && u.Final {
			out = append(out, u)
		}
	}
	return out
}
