package builtin

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// pathTolerance is how far either path of the arithmetic may lie from the exact sum, relative to the sum of the
// magnitudes of its terms.
const pathTolerance = 1e-6

// Both paths give the exact sums within the tolerance, for every number of vectors and whatever does not fill a panel,
// and the result for a vector is the same bits whichever others stand beside it.
func TestBothPathsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(r.NormFloat64())
		}
		return out
	}
	for _, shape := range [][2]int{{120, 256}, {256, 39}, {48, 32}, {7, 1}, {1, 17}} {
		in, outs := shape[0], shape[1]
		w, b, x := random(in*outs), random(outs), random(9*in)
		l := newLinear(w, b, in)
		sparse := l.sparse()
		for i := range x {
			if r.IntN(3) > 0 {
				x[i] = max(0, x[i]) // two thirds of them rectified
			}
		}
		for count := range 10 {
			for name, apply := range map[string]func(y, x []float32){"this build": l.apply, "plain": l.applyPlain, "sparse": sparse.apply, "plain sparse": sparse.applyPlain} {
				y, one := make([]float32, count*l.to), make([]float32, l.to)
				apply(y, x[:count*in])
				for k := range count {
					apply(one, x[k*in:(k+1)*in])
					for o := range outs {
						sum, size := float64(b[o]), math.Abs(float64(b[o]))
						for i := range in {
							p := float64(w[o*in+i]) * float64(x[k*in+i])
							sum, size = sum+p, size+math.Abs(p)
						}
						got := y[k*l.to+o]
						if math.Abs(float64(got)-sum) > pathTolerance*size {
							t.Fatalf("%s, %v, vector %d of %d, output %d: %v, exactly %v", name, shape, k, count, o, got, sum)
						}
						if got != one[o] {
							t.Fatalf("%s, %v: vector %d of %d alone gives %v, beside others %v", name, shape, k, count, one[o], got)
						}
					}
				}
			}
		}
	}
	for _, n := range []int{0, 1, 2, 3, 4, 5, 8} { // of numbers that are not 0: whole groups and what is over
		w, b, x := random(16*11), random(16), make([]float32, 11)
		for i := range n {
			x[10-i] = float32(r.NormFloat64())
		}
		l := newLinear(w, b, 11)
		sparse, y, z := l.sparse(), make([]float32, 16), random(16)
		l.plain1(y, x)
		sparse.applyPlain(z, x)
		if !slices.Equal(y, z) {
			t.Errorf("%d numbers: %v, sparse %v", n, y, z)
		}
	}
	if simdReady() == (newLinear([]float32{1}, []float32{1}, 1).panels == nil) {
		t.Error("the SIMD path is there and not in use, or the other way round")
	}
}

// The product by numbers adds, and so do both of its paths.
func TestAddProduct(t *testing.T) {
	a, b := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, make([]float32, 16)
	for i := range b {
		b[i] = 2
	}
	for name, f := range map[string]func(y, a, b []float32){"this build": addProductSIMD, "plain": addProductPlain} {
		y := make([]float32, 16)
		y[15] = 100
		f(y, a, b)
		f(y, a, b)
		if y[0] != 4 || y[15] != 164 {
			t.Errorf("%s: %v", name, y)
		}
	}
}

// After its first seconds a stream allocates nothing, in the front end, the net and the alignment.
func TestHearingAllocatesNothing(t *testing.T) {
	n := shippedNet(t)
	g := readGolden(t, len(n.Phonemes))
	p, err := n.pattern("なにさまのつもりだ")
	if err != nil {
		t.Fatal(err)
	}
	front, s, a := frontEnd{bank: n.bank}, newStream(n), newAligner(p, noScore)
	var frames []frame
	var steps []emission
	at := 0
	tenth := func() {
		frames = front.feed(g.pcm[at:at+800], frames[:0])
		steps = s.feed(frames, steps[:0])
		for _, e := range steps {
			a.feed(e)
		}
		at = (at + 800) % 16000
	}
	for range 20 {
		tenth()
	}
	if got := testing.AllocsPerRun(20, tenth); got != 0 {
		t.Errorf("%v allocations for 100 ms of sound", got)
	}
}

// Both paths find the same in the same sound, and score it the same within a thousandth of a nat.
func TestBothPathsHearTheSame(t *testing.T) {
	s := ready(t)
	plain := NewSpotter(s.net.Plain())
	if plain.net.SIMD() {
		t.Error("the plain net runs on the SIMD path")
	}
	if err := plain.Use(phrases()); err != nil {
		t.Fatal(err)
	}
	pcm := demo(t, "threat-caller.wav")
	a, b := listen(t, s, pcm, 800), listen(t, plain, pcm, 800)
	if len(a) != len(b) || len(a) == 0 {
		t.Fatalf("%+v\n%+v", a, b)
	}
	for i := range a {
		if a[i].ID != b[i].ID || a[i].FromMS != b[i].FromMS || math.Abs(a[i].Score-b[i].Score) > 1e-3 {
			t.Errorf("%+v, plain %+v", a[i], b[i])
		}
	}
}
