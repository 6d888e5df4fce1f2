package e2e

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

type demoResult struct {
	OK    bool `json:"ok"`
	Calls []struct {
		Name string `json:"name"`
		OK   bool   `json:"ok"`
		Why  string `json:"why"`
	} `json:"calls"`
}

// demo plays calls of the demonstration and gives what it says of them, and whether it ended with a failure.
func demo(t *testing.T, args ...string) (r demoResult, failed bool) {
	t.Helper()
	cmd := exec.Command(buildBinary(t), append([]string{"demo", "--headless", "--json"}, args...)...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	err := cmd.Run()
	if jerr := json.Unmarshal(out.Bytes(), &r); jerr != nil {
		t.Fatalf("%v %v\n%s", err, jerr, log.String())
	}
	return r, err != nil
}

// With an innocent recording in the harasser's place nothing of the ladder may come about: the result isn't scripted.
func TestAnInnocentCallerIsNotCut(t *testing.T) {
	t.Parallel()
	r, failed := demo(t, "--only", "abuse", "--sound", "abuse=innocent.wav")
	if !failed || r.OK || len(r.Calls) != 1 || !strings.Contains(r.Calls[0].Why, "done: []") {
		t.Errorf("failed %v, %+v", failed, r)
	}
}

// Without a listener nothing is heard, so nothing may be found.
func TestWithoutAListenerNothingIsFound(t *testing.T) {
	t.Parallel()
	r, failed := demo(t, "--only", "threat", "--without", "listener")
	if !failed || r.OK || len(r.Calls) != 1 || !strings.Contains(r.Calls[0].Why, "nobody was told") {
		t.Errorf("failed %v, %+v", failed, r)
	}
}

// The five calls as they are shipped end as expected.
func TestTheDemonstration(t *testing.T) {
	t.Parallel()
	r, failed := demo(t)
	if failed || !r.OK || len(r.Calls) != 5 {
		t.Errorf("failed %v, %+v", failed, r)
	}
}
