package builtin

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A goldenClip is what train/export.py wrote: a clip, its features, the net's output in torch.
type goldenClip struct {
	pcm    []int16
	frames []frame
	steps  [][]float32
}

func readGolden(t testing.TB, phonemes int) goldenClip {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "golden.bin"))
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	var g goldenClip
	g.pcm = make([]int16, le.Uint32(b))
	g.frames = make([]frame, le.Uint32(b[4:]))
	g.steps = make([][]float32, le.Uint32(b[8:]))
	b = b[12:]
	for i := range g.pcm {
		g.pcm[i], b = int16(le.Uint16(b)), b[2:]
	}
	number := func() float32 {
		v := math.Float32frombits(le.Uint32(b))
		b = b[4:]
		return v
	}
	for i := range g.frames {
		for k := range g.frames[i] {
			g.frames[i][k] = number()
		}
	}
	for i := range g.steps {
		g.steps[i] = make([]float32, phonemes)
		for k := range g.steps[i] {
			g.steps[i][k] = number()
		}
	}
	return g
}

func shippedNet(t testing.TB) *Net {
	t.Helper()
	n, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What Go computes from a stream, cut anywhere, is what torch computed from the whole file; and whole numbers change little of it.
func TestStreamEqualsTorch(t *testing.T) {
	exact, err := parse(shippedWeights, true)
	if err != nil {
		t.Fatal(err)
	}
	g := readGolden(t, len(exact.Phonemes))
	for _, cut := range []int{1, 160, 801, len(g.pcm)} {
		if worst, typical := lieOff(t, exact, g, cut, float32(math.Inf(-1))); worst > 1e-3 {
			t.Errorf("cut %d: up to %g, typically %g", cut, worst, typical)
		}
	}
	worst, typical := lieOff(t, shippedNet(t), g, 160, lowest) // alignment looks no deeper
	t.Logf("in whole numbers: up to %g nats, typically %g", worst, typical)
	if worst > wholeWorst || typical > wholeTypical {
		t.Errorf("in whole numbers: up to %g, typically %g", worst, typical)
	}
}

// What whole numbers may change of an emission, in nats: at most, and in the root of the mean of the squares. A hit lies calibrationOver above
// what innocent speech reaches.
const (
	wholeWorst   = 0.02
	wholeTypical = 0.005
)

// lieOff gives how far the net's output, of sound that comes cut, lies from torch's where that lies above floor.
func lieOff(t *testing.T, n *Net, g goldenClip, cut int, floor float32) (worst, typical float64) {
	t.Helper()
	front := frontEnd{bank: n.bank}
	s := newStream(n)
	var frames []frame
	var steps []emission
	for at := 0; at < len(g.pcm); at += cut {
		got := front.feed(g.pcm[at:min(at+cut, len(g.pcm))], nil)
		frames = append(frames, got...)
		for _, e := range s.feed(got, nil) {
			steps = append(steps, slices.Clone(e)) // valid until the next feed
		}
	}
	steps = s.close(steps)
	if len(frames) != len(g.frames) || len(steps) != len(g.steps) || len(steps) == 0 {
		t.Fatalf("cut %d: %d frames and %d steps, torch has %d and %d", cut, len(frames), len(steps), len(g.frames), len(g.steps))
	}
	for i := range frames {
		for k := range frames[i] {
			if d := math.Abs(float64(frames[i][k] - g.frames[i][k])); d > 1e-3 {
				t.Fatalf("cut %d, frame %d: features differ by %g", cut, i, d)
			}
		}
	}
	sum, count := 0.0, 0
	for i := range steps {
		for k := range steps[i] {
			if g.steps[i][k] <= floor {
				continue
			}
			d := math.Abs(float64(steps[i][k] - g.steps[i][k]))
			worst, sum, count = max(worst, d), sum+d*d, count+1
		}
	}
	return worst, math.Sqrt(sum / float64(count))
}

func BenchmarkSecondOfSound(b *testing.B) {
	n := shippedNet(b)
	g := readGolden(b, len(n.Phonemes))
	front := frontEnd{bank: n.bank}
	s := newStream(n)
	var frames []frame
	var steps []emission
	b.ReportAllocs()
	for b.Loop() {
		for at := 0; at < 8000; at += 800 {
			frames = front.feed(g.pcm[at:at+800], frames[:0])
			steps = s.feed(frames, steps[:0])
		}
	}
}
