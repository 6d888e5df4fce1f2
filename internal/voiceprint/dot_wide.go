//go:build goexperiment.simd && amd64

package voiceprint

import "simd/archsimd"

// wideReady tells whether this machine can run the path that keeps the sought vector in registers.
func wideReady() bool { return archsimd.X86.AVX512() }

// atHand is the longest vector that fits in registers, beside the sums.
const atHand = 256

func load(p []float32) archsimd.Float32x16 { return archsimd.LoadFloat32x16((*[16]float32)(p)) }

// wideSums gives the sums in lanes of each row of vectors with v, whose length is no more than atHand, in the order of adding
// of dots. A row costs two loads and two sums for each lane: less stands between it and the memory, where another thread shares the core.
func wideSums(sums [][8]float32, vectors, v []float32) {
	var padded [atHand]float32
	copy(padded[:], v)
	q0, r0 := load(padded[0:]), load(padded[16:])
	q1, r1 := load(padded[32:]), load(padded[48:])
	q2, r2 := load(padded[64:]), load(padded[80:])
	q3, r3 := load(padded[96:]), load(padded[112:])
	q4, r4 := load(padded[128:]), load(padded[144:])
	q5, r5 := load(padded[160:]), load(padded[176:])
	q6, r6 := load(padded[192:]), load(padded[208:])
	q7, r7 := load(padded[224:]), load(padded[240:])
	n := len(v)
	for k := range sums {
		x := vectors[k*n:][:n]
		var a, b archsimd.Float32x16
		if len(x) >= 1*lane {
			a, b = load(x).MulAdd(q0, a), load(x[16:]).MulAdd(r0, b)
		}
		if len(x) >= 2*lane {
			a, b = load(x[32:]).MulAdd(q1, a), load(x[48:]).MulAdd(r1, b)
		}
		if len(x) >= 3*lane {
			a, b = load(x[64:]).MulAdd(q2, a), load(x[80:]).MulAdd(r2, b)
		}
		if len(x) >= 4*lane {
			a, b = load(x[96:]).MulAdd(q3, a), load(x[112:]).MulAdd(r3, b)
		}
		if len(x) >= 5*lane {
			a, b = load(x[128:]).MulAdd(q4, a), load(x[144:]).MulAdd(r4, b)
		}
		if len(x) >= 6*lane {
			a, b = load(x[160:]).MulAdd(q5, a), load(x[176:]).MulAdd(r5, b)
		}
		if len(x) >= 7*lane {
			a, b = load(x[192:]).MulAdd(q6, a), load(x[208:]).MulAdd(r6, b)
		}
		if len(x) >= 8*lane {
			a, b = load(x[224:]).MulAdd(q7, a), load(x[240:]).MulAdd(r7, b)
		}
		a.GetLo().Add(a.GetHi()).Add(b.GetLo().Add(b.GetHi())).Store(&sums[k])
	}
}
