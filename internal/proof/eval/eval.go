// Package eval measures the quality of what the product hears and judges, the same way for us and for a centre.
//
// Owns: reading of test sets, the figures, their table and JSON.
// Never: tuning; results are printed, nothing is stored.
// Goroutines: none.
package eval

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"

	"commusafe/internal/listener/builtin"
)

// A Machine is where a result was measured.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
}

// ThisMachine names the CPU.
func ThisMachine() Machine {
	m := Machine{CPU: runtime.GOARCH, Cores: runtime.NumCPU()}
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return m
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if k, v, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(k) == "model name" {
			m.CPU = strings.TrimSpace(v)
			break
		}
	}
	return m
}

// An Input is what was measured.
type Input struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// InputOf names a file with its hash.
func InputOf(path string) (Input, error) {
	f, err := os.Open(path)
	if err != nil {
		return Input{}, fmt.Errorf("%w: %w", ErrInput, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return Input{}, fmt.Errorf("%w: %w", ErrInput, err)
	}
	return Input{path, hex.EncodeToString(h.Sum(nil))}, nil
}

// Text writes the table for people.
func (m *Spot) Text(out io.Writer) error {
	fmt.Fprintf(out, "phrase spotting %s: %d phrases against %d clips (%.0f s), RTF %.4f\n", builtin.Source, m.Phrases, m.Clips, m.Seconds, m.RTF)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "phonemes\tsaid\tnot said\tEER\t95 % interval\trecall@1%\trecall@0.1%\trecall shipped\tsure\tfalse alarms an hour\tsure\t")
	for _, r := range append(m.Rows, m.Total) {
		both := r.N * r.Negatives
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", r.Name, r.N, r.Negatives, figure(both, "%.1f%%", 100*r.EER),
			figure(both, "%.1f–%.1f%%", 100*r.EERLow, 100*r.EERHigh), figure(both, "%.1f%%", 100*r.RecallAt1), figure(both, "%.1f%%", 100*r.RecallAt01),
			figure(r.N, "%.1f%%", 100*r.RecallShipped), figure(r.N, "%.1f%%", 100*r.RecallSure), figure(r.Negatives, "%.1f", r.FAPerHour),
			figure(r.Negatives, "%.1f", r.FASurePerHour))
	}
	return t.Flush()
}

// JSON writes the result as one object.
func (m *Spot) JSON(out io.Writer, program string, set, phrases Input) error {
	return json.NewEncoder(out).Encode(map[string]any{
		"measure": "eval spot", "program": "commusafe " + program, "versions": map[string]string{"net": builtin.Source},
		"machine": ThisMachine(), "input": set, "phrases": phrases,
		"clips": m.Clips, "seconds": m.Seconds, "rtf": m.RTF, "rows": m.Rows, "total": m.Total,
	})
}
