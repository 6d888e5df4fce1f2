package judge

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// trained reads what training wrote of some sentences.
func trained[T any](t *testing.T, file string) []T {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var lines []T
	if err := json.Unmarshal(b, &lines); err != nil || len(lines) < 20 {
		t.Fatalf("%s: %d lines: %v", file, len(lines), err)
	}
	return lines
}

// What training wrote of some sentences is what the product reads: the same letters, n-grams, places and marks.
func TestStatisticsAreThoseOfTheTraining(t *testing.T) {
	n := shippedRules(t).net
	clear := 0
	for _, l := range trained[struct {
		Text   string
		Likely []float64
	}](t, "statistics.json") {
		o := n.opine([]rune(l.Text))
		if len(l.Likely) != n.classes {
			t.Fatalf("%q: %d classes of %d", l.Text, len(l.Likely), n.classes)
		}
		for c, p := range l.Likely {
			if math.Abs(o.all[c]-p) > 1e-4 {
				t.Errorf("%q, class %q: %.6f here, %.6f by the training", l.Text, n.names[c], o.all[c], p)
			}
			if c > 0 && p > 0.5 {
				clear++
			}
		}
	}
	if clear < 5 {
		t.Errorf("only %d sentences are anything: the file says nothing", clear)
	}
}

// Eight classes added at once give what one after the other does, also where sums of octets are largest and over many rows.
func TestSumIsThatOfTheWeights(t *testing.T) {
	n := &net{bits: 6, classes: len(netClasses()), names: netClasses()}
	n.weights = make([]byte, n.classes<<n.bits)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n.weights {
		n.weights[i] = []byte{0x80, 0x7f, 0, 0xff, byte(rng.Uint32())}[rng.IntN(5)]
	}
	for c := range n.classes {
		n.weights[c], n.weights[n.classes+c] = 0x80, 0x7f // the least and the most in every class
	}
	for _, many := range []int{0, 1, 2, 255, 256, 257, maxGrams} {
		for _, of := range []int{1, 2, 1 << n.bits} {
			grams := make([]gram, many)
			var want [maxClasses]int32
			for i := range grams {
				grams[i].place = uint32(rng.IntN(of))
				for c := range n.classes {
					want[c] += int32(int8(n.weights[int(grams[i].place)*n.classes+c]))
				}
			}
			if got := n.sum(grams); got != want {
				t.Errorf("%d rows of %d: %v, not %v", many, of, got, want)
			}
		}
	}
}

// The same holds for the weights of those in need.
func TestNeedIsThatOfTheTraining(t *testing.T) {
	lines := trained[struct {
		Text   string
		Likely float64
	}](t, "need.json")
	n := shippedRules(t).need
	clear := 0
	for _, l := range lines {
		p := n.likely([]rune(l.Text))
		if math.Abs(p-l.Likely) > 1e-4 {
			t.Errorf("%q: %.6f here, %.6f by the training", l.Text, p, l.Likely)
		}
		if p > needAt {
			clear++
		}
	}
	if clear < 5 || clear > len(lines)-5 {
		t.Errorf("%d of %d sentences are of somebody in need: the file says nothing", clear, len(lines))
	}
}
