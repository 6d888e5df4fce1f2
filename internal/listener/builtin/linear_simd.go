//go:build goexperiment.simd && amd64

package builtin

import "simd/archsimd"

// simdReady tells whether the SIMD path is built in and this machine can run it.
func simdReady() bool { return archsimd.X86.AVX2() && archsimd.X86.FMA() }

type eight = archsimd.Float32x8

// applySIMD is apply with AVX2, or AVX-512 where the machine has it: panels of outputs for up to four vectors at a time. Each output is one chain of fused
// multiply-adds over the inputs in order, so it differs from applyPlain in the last places only.
func (l *linear) applySIMD(y, x []float32) {
	n, to := l.in, l.to
	count, wide := len(x)/n, 0 // outputs that the wide path does
	if l.wide {
		wide = to / (2 * panel) * (2 * panel)
	}
	for ; count >= 4; count -= 4 {
		for o := 0; o < wide; o += 2 * panel {
			l.wide4(y[o:], x, o)
		}
		for o := wide; o < to; o += panel {
			l.simd4(y[o:], x, o)
		}
		y, x = y[4*to:], x[4*n:]
	}
	if count == 3 {
		for o := 0; o < wide; o += 2 * panel {
			l.wide3(y[o:], x, o)
		}
	} else {
		wide = 0
	}
	for o := wide; o < to; o += panel {
		switch count {
		case 3:
			l.simd3(y[o:], x, o)
		case 2:
			l.simd2(y[o:], x, o)
		case 1:
			l.simd1(y[o:], x, o)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func (l *linear) simd4(y, x []float32, o int) {
	n, to := l.in, l.to
	w, x0, x1, x2, x3 := l.panels[o*n:(o+panel)*n], x[:n], x[n:2*n], x[2*n:3*n], x[3*n:4*n]
	a, b := load(l.b[o:]), load(l.b[o+8:])
	a0, b0, a1, b1, a2, b2, a3, b3 := a, b, a, b, a, b, a, b
	for i := range x0 {
		p := (*[panel]float32)(w[i*panel:])
		u, v := archsimd.LoadFloat32x8((*[8]float32)(p[:8])), archsimd.LoadFloat32x8((*[8]float32)(p[8:]))
		s := archsimd.BroadcastFloat32x8(x0[i])
		a0, b0 = u.MulAdd(s, a0), v.MulAdd(s, b0)
		s = archsimd.BroadcastFloat32x8(x1[i])
		a1, b1 = u.MulAdd(s, a1), v.MulAdd(s, b1)
		s = archsimd.BroadcastFloat32x8(x2[i])
		a2, b2 = u.MulAdd(s, a2), v.MulAdd(s, b2)
		s = archsimd.BroadcastFloat32x8(x3[i])
		a3, b3 = u.MulAdd(s, a3), v.MulAdd(s, b3)
	}
	store(y, a0, b0)
	store(y[to:], a1, b1)
	store(y[2*to:], a2, b2)
	store(y[3*to:], a3, b3)
}

func (l *linear) simd3(y, x []float32, o int) {
	n, to := l.in, l.to
	w, x0, x1, x2 := l.panels[o*n:(o+panel)*n], x[:n], x[n:2*n], x[2*n:3*n]
	a, b := load(l.b[o:]), load(l.b[o+8:])
	a0, b0, a1, b1, a2, b2 := a, b, a, b, a, b
	for i := range x0 {
		p := (*[panel]float32)(w[i*panel:])
		u, v := archsimd.LoadFloat32x8((*[8]float32)(p[:8])), archsimd.LoadFloat32x8((*[8]float32)(p[8:]))
		s := archsimd.BroadcastFloat32x8(x0[i])
		a0, b0 = u.MulAdd(s, a0), v.MulAdd(s, b0)
		s = archsimd.BroadcastFloat32x8(x1[i])
		a1, b1 = u.MulAdd(s, a1), v.MulAdd(s, b1)
		s = archsimd.BroadcastFloat32x8(x2[i])
		a2, b2 = u.MulAdd(s, a2), v.MulAdd(s, b2)
	}
	store(y, a0, b0)
	store(y[to:], a1, b1)
	store(y[2*to:], a2, b2)
}

func (l *linear) simd2(y, x []float32, o int) {
	n, to := l.in, l.to
	w, x0, x1 := l.panels[o*n:(o+panel)*n], x[:n], x[n:2*n]
	a, b := load(l.b[o:]), load(l.b[o+8:])
	a0, b0, a1, b1 := a, b, a, b
	for i := range x0 {
		p := (*[panel]float32)(w[i*panel:])
		u, v := archsimd.LoadFloat32x8((*[8]float32)(p[:8])), archsimd.LoadFloat32x8((*[8]float32)(p[8:]))
		s := archsimd.BroadcastFloat32x8(x0[i])
		a0, b0 = u.MulAdd(s, a0), v.MulAdd(s, b0)
		s = archsimd.BroadcastFloat32x8(x1[i])
		a1, b1 = u.MulAdd(s, a1), v.MulAdd(s, b1)
	}
	store(y, a0, b0)
	store(y[to:], a1, b1)
}

func (l *linear) simd1(y, x []float32, o int) {
	n := l.in
	w := l.panels[o*n : (o+panel)*n]
	a, b := load(l.b[o:]), load(l.b[o+8:])
	for i, v := range x[:n] {
		p := (*[panel]float32)(w[i*panel:])
		s := archsimd.BroadcastFloat32x8(v)
		a = archsimd.LoadFloat32x8((*[8]float32)(p[:8])).MulAdd(s, a)
		b = archsimd.LoadFloat32x8((*[8]float32)(p[8:])).MulAdd(s, b)
	}
	store(y, a, b)
}

func load(s []float32) eight { return archsimd.LoadFloat32x8((*[8]float32)(s)) }

func store(y []float32, a, b eight) {
	a.Store((*[8]float32)(y))
	b.Store((*[8]float32)(y[8:]))
}

// addProductSIMD is addProduct with AVX2.
func addProductSIMD(y, a, b []float32) {
	for ; len(y) >= 8; y, a, b = y[8:], a[8:], b[8:] {
		load(a).MulAdd(load(b), load(y)).Store((*[8]float32)(y))
	}
	archsimd.ClearAVXUpperBits()
}
