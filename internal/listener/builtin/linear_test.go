package builtin

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Both paths give the same bits, for every number of vectors, whatever does not fill a panel or a pair and whichever others stand beside a
// vector; and the bits are those of the sum of whole numbers, which lies near that of the weights as they came.
func TestBothPathsAreOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(r.NormFloat64())
		}
		return out
	}
	for _, shape := range [][2]int{{120, 256}, {256, 39}, {256, 80}, {48, 32}, {7, 1}, {1, 17}, {1024, 16}} {
		in, outs := shape[0], shape[1]
		w, b, x := random(in*outs), random(outs), random(9*in)
		for i := range x {
			switch r.IntN(6) {
			case 0, 1:
				x[i] = max(0, x[i]) // two thirds of them rectified
			case 2:
				x[i] = 0
			}
		}
		for i := range in {
			x[i], x[in+i] = 0, x[in+i]*1e-33 // silence, and what is as good as that
			x[2*in+i] *= 1e20
		}
		l := newLinear(w, b, in)
		for _, rectified := range []bool{false, true} {
			if rectified {
				l = l.rectified()
			}
			plain, sparse, narrow := l.plain(), l.plain().sparse(), l // narrow: as on a machine without AVX-512
			narrow.wide = false
			for count := range 10 {
				var s, p integers
				y, z, one := make([]float32, count*l.to), make([]float32, count*l.to), make([]float32, l.to)
				l.apply(y, x[:count*in], &s)
				for name, m := range map[string]linear{"generic": plain, "sparse": sparse, "narrow": narrow} {
					clear(z)
					m.apply(z, x[:count*in], &p)
					if !slices.Equal(y, z) {
						t.Fatalf("%v, %d vectors, rectified %v: this build and the %s path differ", shape, count, rectified, name)
					}
				}
				for k := range count {
					l.apply(one, x[k*in:(k+1)*in], &s)
					if !slices.Equal(one, y[k*l.to:(k+1)*l.to]) {
						t.Fatalf("%v: vector %d of %d alone gives something else than beside others", shape, k, count)
					}
					for o, got := range one[:outs] {
						if want, off := exactly(&l, w[o*in:(o+1)*in], x[k*in:(k+1)*in], b[o]); math.Abs(float64(got)-want) > off && (!rectified || got != 0 || want > off) {
							t.Fatalf("%v, vector %d, output %d: %v, exactly %v±%v", shape, k, o, got, want, off)
						}
						if rectified && got < 0 {
							t.Fatalf("rectified, and %v", got)
						}
					}
				}
			}
		}
	}
	if simdReady() == (newLinear([]float32{1}, []float32{1}, 1).pairs == nil) {
		t.Error("the SIMD path is there and not in use, or the other way round")
	}
}

// exactly gives wx+b, and how far whole numbers may lie from it: half a step of each weight and of each number of the vector.
func exactly(l *linear, w, x []float32, b float32) (sum, off float64) {
	var top, weights, numbers, size float64
	for i := range w {
		p := float64(w[i]) * float64(x[i])
		sum, size = sum+p, size+math.Abs(p)
		top = max(top, math.Abs(float64(x[i])))
		weights, numbers = weights+math.Abs(float64(w[i])), numbers+math.Abs(float64(x[i]))
	}
	if top < tiny {
		return float64(b), 0
	}
	step, unit := maxOf(w)/weightMost, top/min(numberMost, float64(l.limit))
	off = step/2*numbers + unit/2*(weights+step/2*float64(len(w))) + 1e-6*(size+math.Abs(float64(b)))
	return sum + float64(b), off
}

func maxOf(w []float32) float64 {
	var top float64
	for _, v := range w {
		top = max(top, math.Abs(float64(v)))
	}
	return top
}

// The greatest sums that weights and numbers can come to stay within 32 bits, on both sides of 0.
func TestWholeNumbersDoNotOverflow(t *testing.T) {
	for _, in := range []int{1, 2, 16, 256, maxWidth} {
		for _, sign := range []float32{1, -1} {
			w, x := make([]float32, 2*in), make([]float32, in)
			for i := range in {
				w[i], w[in+i], x[i] = 0.37, -0.37, 100*sign
			}
			l := newLinear(w, []float32{0, 0}, in)
			for name, m := range map[string]linear{"this build": l, "plain": l.plain(), "sparse": l.plain().sparse()} {
				y := make([]float32, l.to)
				m.apply(y, x, &integers{})
				want := 37 * float64(in) * float64(sign)
				if math.Abs(float64(y[0])/want-1) > 1e-3 || y[1] != -y[0] {
					t.Errorf("%s, %d numbers: %v and %v, want %v", name, in, y[0], y[1], want)
				}
			}
		}
	}
}

// A vector is scaled by the sum of its numbers where that lets them be larger than their largest one does, and no sum leaves 32 bits then either.
func TestAFewLargeNumbers(t *testing.T) {
	w := make([]float32, 256)
	for i := range w {
		w[i] = 1
	}
	l := newLinear(w, []float32{0}, len(w))
	x := make([]float32, len(w))
	for few := range len(w) {
		x[few] = 1
		var s integers
		y := make([]float32, l.to)
		l.apply(y, x, &s)
		if math.Abs(float64(y[0])/float64(few+1)-1) > 1e-3 {
			t.Fatalf("%d ones: %v", few+1, y[0])
		}
		var top, sum float32 = 1, float32(few + 1)
		if by := l.factor(top, &[lanes]float32{sum}); by < l.limit || few < 7 && by < numberMost || by*sum*weightMost > math.MaxInt32 {
			t.Fatalf("%d ones: times %v", few+1, by)
		}
	}
}

// Inputs of very different sizes keep their digits in an exact map.
func TestExactMap(t *testing.T) {
	l := newExact([]float32{1e-6, 1e6, 2}, []float32{0.5}, 3)
	y := make([]float32, l.to)
	l.apply(y, []float32{3e6, 1e-6, 7}, &integers{})
	if y[0] != 18.5 || l.plain().exact == nil {
		t.Error(y)
	}
}

// A row of zeros gives its bias.
func TestNoWeights(t *testing.T) {
	l := newLinear(make([]float32, 3), []float32{2.5}, 3)
	y := make([]float32, l.to)
	l.apply(y, []float32{1, 2, 3}, &integers{})
	if y[0] != 2.5 || y[1] != 0 {
		t.Error(y)
	}
}

// Convolution and sum give the same bits on both paths.
func TestConvolve(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const n, taps = 48, 7
	for _, d := range []int{1, 2, 4} {
		x, w := make([]float32, (taps*d+1)*n), make([]float32, taps*n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		for i := range w {
			w[i] = float32(r.NormFloat64())
		}
		y, z := make([]float32, n), make([]float32, n)
		convolvePlain(y, x, w, d)
		convolveSIMD(z, x, w, d)
		if !slices.Equal(y, z) {
			t.Errorf("dilation %d: %v, SIMD %v", d, y, z)
		}
		want := 0.0
		for k := range taps {
			want += float64(x[k*d*n+5]) * float64(w[k*n+5])
		}
		if math.Abs(float64(y[5])-want) > 1e-5 {
			t.Errorf("dilation %d: %v, exactly %v", d, y[5], want)
		}
		before := slices.Clone(y)
		addPlain(y, x)
		addSIMD(z, x)
		for i := range y {
			if y[i] != before[i]+x[i] || z[i] != y[i] {
				t.Fatalf("dilation %d, number %d: %v and %v make %v, SIMD %v", d, i, before[i], x[i], y[i], z[i])
			}
		}
	}
}

// After its first seconds a stream allocates nothing, in the front end, the net and the alignment.
func TestHearingAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("a pool forgets on purpose under the race detector")
	}
	n := shippedNet(t)
	g := readGolden(t, len(n.Phonemes))
	p, err := n.pattern("なにさまのつもりだ")
	if err != nil {
		t.Fatal(err)
	}
	front, s, a := frontEnd{bank: n.bank}, newStream(n), newAligner(p, noScore, newStates(p))
	var frames []frame
	var steps []emission
	var h heard
	at := 0
	tenth := func() {
		frames = front.feed(g.pcm[at:at+800], frames[:0])
		steps = s.feed(frames, steps[:0])
		for _, e := range steps {
			h = heardOf(e, h)
			a.feed(h)
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

// Both paths find the same in the same sound, to the last bit of the score.
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
		if a[i] != b[i] {
			t.Errorf("%+v, plain %+v", a[i], b[i])
		}
	}
}
