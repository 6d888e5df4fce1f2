//go:build goexperiment.simd && amd64

package builtin

import (
	"math"
	"simd/archsimd"
)

// simdReady tells whether the SIMD path is built in and this machine can run it.
func simdReady() bool { return archsimd.X86.AVX2() }

type (
	eight = archsimd.Float32x8
	sums8 = archsimd.Int32x8
)

// A vectors is what the SIMD path works with.
type vectors struct {
	padded []float32 // a vector filled up to whole pairs
	pairs  []int32   // the vectors, two numbers in one
}

// applySIMD is apply with AVX2, or AVX-512 where the machine has it: panels of outputs for up to four vectors at a time.
func (l *linear) applySIMD(y, x []float32, s *integers) {
	s.pairs = resized(s.pairs, together*l.half)
	for count := len(x) / l.in; count > 0; {
		now := min(count, together)
		l.paired(s, l.whole(s, x[:now*l.in], now), now)
		o := 0
		if l.wide {
			for ; o+2*panel <= l.to; o += 2 * panel {
				switch now {
				case 4:
					l.wide4(y[o:], s, o)
				case 3:
					l.wide3(y[o:], s, o)
				default:
					for k := range now {
						l.wide1(y[k*l.to+o:], s, o, k)
					}
				}
			}
		}
		for ; o < l.to; o += panel {
			switch now {
			case 4:
				l.simd4(y[o:], s, o)
			case 3:
				l.simd3(y[o:], s, o)
			default:
				for k := range now {
					l.simd1(y[k*l.to+o:], s, o, k)
				}
			}
		}
		x, y, count = x[now*l.in:], y[now*l.to:], count-now
	}
	archsimd.ClearAVXUpperBits()
}

// whole gives some vectors filled up with zeros to whole pairs.
func (l *linear) whole(s *integers, x []float32, now int) []float32 {
	n := 2 * l.half
	if l.in == n {
		return x
	}
	s.padded = resized(s.padded, together*n)
	for k := range now {
		v := s.padded[k*n : (k+1)*n]
		clear(v[copy(v, x[k*l.in:(k+1)*l.in]):])
	}
	return s.padded
}

// paired is scaled for the SIMD path, for up to four vectors side by side: number i and number half+i of a vector in one.
func (l *linear) paired(s *integers, x []float32, now int) {
	half := l.half
	var top [together]sums8 // the bits of magnitudes are in their order
	var sum [together]eight
	size := archsimd.BroadcastInt32x8(math.MaxInt32)
	for k := range now {
		var t sums8
		var u eight
		for v := x[k*2*half : (k+1)*2*half]; len(v) >= lanes; v = v[lanes:] {
			w := load(v).AsInt32x8().And(size)
			t, u = t.Max(w), u.Add(w.AsFloat32x8())
		}
		top[k], sum[k] = t, u
	}
	var by [together]float32
	l.factors(&top, &sum).Store(&by)
	round, low := archsimd.BroadcastFloat32x8(rounder), archsimd.BroadcastInt32x8(1<<16-1)
	for k := range now {
		by := archsimd.BroadcastFloat32x8(by[k])
		out := s.pairs[k*half : (k+1)*half]
		v, w := x[k*2*half:][:half], x[(2*k+1)*half:][:half]
		for ; len(out) >= lanes; out, v, w = out[lanes:], v[lanes:], w[lanes:] {
			a := load(v).Mul(by).Add(round).AsInt32x8()
			b := load(w).Mul(by).Add(round).AsInt32x8()
			a.And(low).Or(b.ShiftAllLeft(16)).Store((*[lanes]int32)(out))
		}
	}
	ones := archsimd.BroadcastFloat32x4(1)
	unit := ones.Div(archsimd.LoadFloat32x4(&by))
	unit.Masked(archsimd.LoadFloat32x4(&by).NotEqual(archsimd.Float32x4{})).Store(&s.unit)
}

// factors is factor for four vectors, from their largest magnitudes and the sums of all.
func (l *linear) factors(tops *[together]sums8, sums *[together]eight) archsimd.Float32x4 {
	sum8 := sums[0].AddPairsGrouped(sums[1]).AddPairsGrouped(sums[2].AddPairsGrouped(sums[3]))
	sum := sum8.GetLo().Add(sum8.GetHi())
	a := tops[0].InterleaveLoGrouped(tops[1]).Max(tops[0].InterleaveHiGrouped(tops[1]))
	b := tops[2].InterleaveLoGrouped(tops[3]).Max(tops[2].InterleaveHiGrouped(tops[3]))
	a = a.SelectFromPairGrouped(0, 1, 4, 5, b).Max(a.SelectFromPairGrouped(2, 3, 6, 7, b))
	top := a.GetLo().Max(a.GetHi()).AsFloat32x4()
	four := archsimd.BroadcastFloat32x4
	by := four(numberMost).Div(top).Min(four(sumMost).Div(sum).Max(four(l.limit).Div(top)))
	return by.Masked(top.GreaterEqual(four(tiny)))
}

// simd4 gives one panel of outputs from o on of four vectors. It, simd3, wide4 and wide3 are written out, for only sums with names of their own stay in
// registers.
func (l *linear) simd4(y []float32, s *integers, o int) {
	n, half := l.to, l.half
	w := l.pairs[o*2*half : (o+panel)*2*half]
	x0, x1, x2, x3 := s.pairs[:half], s.pairs[half:2*half], s.pairs[2*half:3*half], s.pairs[3*half:4*half]
	var a0, b0, a1, b1, a2, b2, a3, b3 sums8
	for i := range x0 {
		p := (*[2 * panel]int16)(w[i*2*panel:])
		u, v := archsimd.LoadInt16x16((*[16]int16)(p[:16])), archsimd.LoadInt16x16((*[16]int16)(p[16:]))
		f := archsimd.BroadcastInt32x8(x0[i]).AsInt16x16()
		a0, b0 = a0.Add(u.DotProductPairs(f)), b0.Add(v.DotProductPairs(f))
		f = archsimd.BroadcastInt32x8(x1[i]).AsInt16x16()
		a1, b1 = a1.Add(u.DotProductPairs(f)), b1.Add(v.DotProductPairs(f))
		f = archsimd.BroadcastInt32x8(x2[i]).AsInt16x16()
		a2, b2 = a2.Add(u.DotProductPairs(f)), b2.Add(v.DotProductPairs(f))
		f = archsimd.BroadcastInt32x8(x3[i]).AsInt16x16()
		a3, b3 = a3.Add(u.DotProductPairs(f)), b3.Add(v.DotProductPairs(f))
	}
	l.result8(y, a0, s.unit[0], o)
	l.result8(y[8:], b0, s.unit[0], o+8)
	l.result8(y[n:], a1, s.unit[1], o)
	l.result8(y[n+8:], b1, s.unit[1], o+8)
	l.result8(y[2*n:], a2, s.unit[2], o)
	l.result8(y[2*n+8:], b2, s.unit[2], o+8)
	l.result8(y[3*n:], a3, s.unit[3], o)
	l.result8(y[3*n+8:], b3, s.unit[3], o+8)
}

// simd3 is simd4 for three vectors.
func (l *linear) simd3(y []float32, s *integers, o int) {
	n, half := l.to, l.half
	w := l.pairs[o*2*half : (o+panel)*2*half]
	x0, x1, x2 := s.pairs[:half], s.pairs[half:2*half], s.pairs[2*half:3*half]
	var a0, b0, a1, b1, a2, b2 sums8
	for i := range x0 {
		p := (*[2 * panel]int16)(w[i*2*panel:])
		u, v := archsimd.LoadInt16x16((*[16]int16)(p[:16])), archsimd.LoadInt16x16((*[16]int16)(p[16:]))
		f := archsimd.BroadcastInt32x8(x0[i]).AsInt16x16()
		a0, b0 = a0.Add(u.DotProductPairs(f)), b0.Add(v.DotProductPairs(f))
		f = archsimd.BroadcastInt32x8(x1[i]).AsInt16x16()
		a1, b1 = a1.Add(u.DotProductPairs(f)), b1.Add(v.DotProductPairs(f))
		f = archsimd.BroadcastInt32x8(x2[i]).AsInt16x16()
		a2, b2 = a2.Add(u.DotProductPairs(f)), b2.Add(v.DotProductPairs(f))
	}
	l.result8(y, a0, s.unit[0], o)
	l.result8(y[8:], b0, s.unit[0], o+8)
	l.result8(y[n:], a1, s.unit[1], o)
	l.result8(y[n+8:], b1, s.unit[1], o+8)
	l.result8(y[2*n:], a2, s.unit[2], o)
	l.result8(y[2*n+8:], b2, s.unit[2], o+8)
}

// simd1 is simd4 for vector k alone.
func (l *linear) simd1(y []float32, s *integers, o, k int) {
	half := l.half
	w, x := l.pairs[o*2*half:(o+panel)*2*half], s.pairs[k*half:(k+1)*half]
	var a, b sums8
	for i := range x {
		p := (*[2 * panel]int16)(w[i*2*panel:])
		f := archsimd.BroadcastInt32x8(x[i]).AsInt16x16()
		a = a.Add(archsimd.LoadInt16x16((*[16]int16)(p[:16])).DotProductPairs(f))
		b = b.Add(archsimd.LoadInt16x16((*[16]int16)(p[16:])).DotProductPairs(f))
	}
	l.result8(y, a, s.unit[k], o)
	l.result8(y[8:], b, s.unit[k], o+8)
}

// result8 is result for the eight outputs from o on.
func (l *linear) result8(y []float32, sums sums8, unit float32, o int) {
	v := sums.ConvertToFloat32().Mul(load(l.scale[o:])).Mul(archsimd.BroadcastFloat32x8(unit)).Add(load(l.b[o:]))
	if l.rectify {
		v = v.Max(eight{})
	}
	v.Store((*[8]float32)(y))
}

func load(s []float32) eight { return archsimd.LoadFloat32x8((*[8]float32)(s)) }

// convolveSIMD is convolvePlain with AVX2: the same sums in the same order, so the same bits.
func convolveSIMD(y, x, w []float32, d int) {
	n, i := len(y), 0
	for ; i+32 <= n; i += 32 {
		var s0, s1, s2, s3 eight
		for at, from := i, i; at < len(w); at, from = at+n, from+d*n {
			p, q := (*[32]float32)(x[from:]), (*[32]float32)(w[at:])
			s0 = s0.Add(load(p[:8]).Mul(load(q[:8])))
			s1 = s1.Add(load(p[8:16]).Mul(load(q[8:16])))
			s2 = s2.Add(load(p[16:24]).Mul(load(q[16:24])))
			s3 = s3.Add(load(p[24:]).Mul(load(q[24:])))
		}
		out := (*[32]float32)(y[i:])
		s0.Store((*[8]float32)(out[:8]))
		s1.Store((*[8]float32)(out[8:16]))
		s2.Store((*[8]float32)(out[16:24]))
		s3.Store((*[8]float32)(out[24:]))
	}
	for ; i < n; i += 8 {
		var sum eight
		for at, from := i, i; at < len(w); at, from = at+n, from+d*n {
			sum = sum.Add(load(x[from:]).Mul(load(w[at:])))
		}
		sum.Store((*[8]float32)(y[i:]))
	}
	archsimd.ClearAVXUpperBits()
}

// addSIMD is addPlain with AVX2.
func addSIMD(y, x []float32) {
	for i := 0; i < len(y); i += 8 {
		load(y[i:]).Add(load(x[i:])).Store((*[8]float32)(y[i:]))
	}
	archsimd.ClearAVXUpperBits()
}
