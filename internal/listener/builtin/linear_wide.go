//go:build goexperiment.simd && amd64

package builtin

import "simd/archsimd"

type sixteen = archsimd.Float32x16

// wideReady tells whether this machine has AVX-512.
func wideReady() bool { return archsimd.X86.AVX512() }

// wide4 is simd4 with AVX-512 for two panels at a time: the same chains, so the same bits.
func (l *linear) wide4(y, x []float32, o int) {
	n, to := l.in, l.to
	w, v := l.panels[o*n:(o+panel)*n], l.panels[(o+panel)*n:(o+2*panel)*n]
	x0, x1, x2, x3 := x[:n], x[n:2*n], x[2*n:3*n], x[3*n:4*n]
	a, b := load16(l.b[o:]), load16(l.b[o+panel:])
	a0, b0, a1, b1, a2, b2, a3, b3 := a, b, a, b, a, b, a, b
	for i := range x0 {
		p, q := load16(w[i*panel:]), load16(v[i*panel:])
		s := archsimd.BroadcastFloat32x16(x0[i])
		a0, b0 = p.MulAdd(s, a0), q.MulAdd(s, b0)
		s = archsimd.BroadcastFloat32x16(x1[i])
		a1, b1 = p.MulAdd(s, a1), q.MulAdd(s, b1)
		s = archsimd.BroadcastFloat32x16(x2[i])
		a2, b2 = p.MulAdd(s, a2), q.MulAdd(s, b2)
		s = archsimd.BroadcastFloat32x16(x3[i])
		a3, b3 = p.MulAdd(s, a3), q.MulAdd(s, b3)
	}
	store16(y, a0, b0)
	store16(y[to:], a1, b1)
	store16(y[2*to:], a2, b2)
	store16(y[3*to:], a3, b3)
}

// wide3 is wide4 for three vectors.
func (l *linear) wide3(y, x []float32, o int) {
	n, to := l.in, l.to
	w, v := l.panels[o*n:(o+panel)*n], l.panels[(o+panel)*n:(o+2*panel)*n]
	x0, x1, x2 := x[:n], x[n:2*n], x[2*n:3*n]
	a, b := load16(l.b[o:]), load16(l.b[o+panel:])
	a0, b0, a1, b1, a2, b2 := a, b, a, b, a, b
	for i := range x0 {
		p, q := load16(w[i*panel:]), load16(v[i*panel:])
		s := archsimd.BroadcastFloat32x16(x0[i])
		a0, b0 = p.MulAdd(s, a0), q.MulAdd(s, b0)
		s = archsimd.BroadcastFloat32x16(x1[i])
		a1, b1 = p.MulAdd(s, a1), q.MulAdd(s, b1)
		s = archsimd.BroadcastFloat32x16(x2[i])
		a2, b2 = p.MulAdd(s, a2), q.MulAdd(s, b2)
	}
	store16(y, a0, b0)
	store16(y[to:], a1, b1)
	store16(y[2*to:], a2, b2)
}

func load16(s []float32) sixteen { return archsimd.LoadFloat32x16((*[16]float32)(s)) }

func store16(y []float32, a, b sixteen) {
	a.Store((*[16]float32)(y))
	b.Store((*[16]float32)(y[panel:]))
}
