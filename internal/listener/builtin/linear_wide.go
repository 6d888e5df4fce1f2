//go:build goexperiment.simd && amd64

package builtin

import "simd/archsimd"

type (
	sixteen = archsimd.Float32x16
	sums16  = archsimd.Int32x16
)

// wideReady tells whether this machine has AVX-512.
func wideReady() bool { return archsimd.X86.AVX512() }

// wide4 gives two panels of outputs from o on of four vectors, with AVX-512.
func (l *linear) wide4(y []float32, s *integers, o int) {
	n, half := l.to, l.half
	w, v := l.pairs[o*2*half:(o+panel)*2*half], l.pairs[(o+panel)*2*half:(o+2*panel)*2*half]
	x0, x1, x2, x3 := s.pairs[:half], s.pairs[half:2*half], s.pairs[2*half:3*half], s.pairs[3*half:4*half]
	var a0, b0, a1, b1, a2, b2, a3, b3 sums16
	for i := range x0 {
		p, q := pairs16(w[i*2*panel:]), pairs16(v[i*2*panel:])
		f := archsimd.BroadcastInt32x16(x0[i]).AsInt16x32()
		a0, b0 = a0.Add(p.DotProductPairs(f)), b0.Add(q.DotProductPairs(f))
		f = archsimd.BroadcastInt32x16(x1[i]).AsInt16x32()
		a1, b1 = a1.Add(p.DotProductPairs(f)), b1.Add(q.DotProductPairs(f))
		f = archsimd.BroadcastInt32x16(x2[i]).AsInt16x32()
		a2, b2 = a2.Add(p.DotProductPairs(f)), b2.Add(q.DotProductPairs(f))
		f = archsimd.BroadcastInt32x16(x3[i]).AsInt16x32()
		a3, b3 = a3.Add(p.DotProductPairs(f)), b3.Add(q.DotProductPairs(f))
	}
	l.result32(y, a0, b0, s.unit[0], o)
	l.result32(y[n:], a1, b1, s.unit[1], o)
	l.result32(y[2*n:], a2, b2, s.unit[2], o)
	l.result32(y[3*n:], a3, b3, s.unit[3], o)
}

// wide3 is wide4 for three vectors.
func (l *linear) wide3(y []float32, s *integers, o int) {
	n, half := l.to, l.half
	w, v := l.pairs[o*2*half:(o+panel)*2*half], l.pairs[(o+panel)*2*half:(o+2*panel)*2*half]
	x0, x1, x2 := s.pairs[:half], s.pairs[half:2*half], s.pairs[2*half:3*half]
	var a0, b0, a1, b1, a2, b2 sums16
	for i := range x0 {
		p, q := pairs16(w[i*2*panel:]), pairs16(v[i*2*panel:])
		f := archsimd.BroadcastInt32x16(x0[i]).AsInt16x32()
		a0, b0 = a0.Add(p.DotProductPairs(f)), b0.Add(q.DotProductPairs(f))
		f = archsimd.BroadcastInt32x16(x1[i]).AsInt16x32()
		a1, b1 = a1.Add(p.DotProductPairs(f)), b1.Add(q.DotProductPairs(f))
		f = archsimd.BroadcastInt32x16(x2[i]).AsInt16x32()
		a2, b2 = a2.Add(p.DotProductPairs(f)), b2.Add(q.DotProductPairs(f))
	}
	l.result32(y, a0, b0, s.unit[0], o)
	l.result32(y[n:], a1, b1, s.unit[1], o)
	l.result32(y[2*n:], a2, b2, s.unit[2], o)
}

// wide1 is wide4 for vector k alone.
func (l *linear) wide1(y []float32, s *integers, o, k int) {
	half := l.half
	w, v := l.pairs[o*2*half:(o+panel)*2*half], l.pairs[(o+panel)*2*half:(o+2*panel)*2*half]
	var a, b sums16
	for i, pair := range s.pairs[k*half : (k+1)*half] {
		f := archsimd.BroadcastInt32x16(pair).AsInt16x32()
		a, b = a.Add(pairs16(w[i*2*panel:]).DotProductPairs(f)), b.Add(pairs16(v[i*2*panel:]).DotProductPairs(f))
	}
	l.result32(y, a, b, s.unit[k], o)
}

func pairs16(w []int16) archsimd.Int16x32 { return archsimd.LoadInt16x32((*[2 * panel]int16)(w)) }

// result32 is result for the 32 outputs from o on.
func (l *linear) result32(y []float32, a, b sums16, unit float32, o int) {
	by := archsimd.BroadcastFloat32x16(unit)
	u := a.ConvertToFloat32().Mul(load16(l.scale[o:])).Mul(by).Add(load16(l.b[o:]))
	v := b.ConvertToFloat32().Mul(load16(l.scale[o+panel:])).Mul(by).Add(load16(l.b[o+panel:]))
	if l.rectify {
		u, v = u.Max(sixteen{}), v.Max(sixteen{})
	}
	u.Store((*[16]float32)(y))
	v.Store((*[16]float32)(y[panel:]))
}

func load16(s []float32) sixteen { return archsimd.LoadFloat32x16((*[16]float32)(s)) }
