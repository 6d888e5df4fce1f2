//go:build goexperiment.simd && amd64

package voiceprint

import "simd/archsimd"

// simdReady tells whether this machine can run the SIMD path.
func simdReady() bool { return archsimd.X86.AVX2() && archsimd.X86.FMA() }

func dots(out, vectors, v []float32) {
	if !simdReady() {
		dotsPlain(out, vectors, v)
		return
	}
	n, wide := len(v), wideReady() && len(v) <= atHand
	var sums [dotsTogether][8]float32
	for from := 0; from < len(out); from += dotsTogether {
		some := out[from:min(len(out), from+dotsTogether)]
		rows := vectors[from*n:][:len(some)*n]
		if wide {
			wideSums(sums[:len(some)], rows, v)
		} else {
			laneSums(sums[:len(some)], rows, v)
		}
		archsimd.ClearAVXUpperBits() // before scalar floats: with the upper halves in use an Intel processor waits at each of them
		for k := range some {
			s := &sums[k]
			some[k] = ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]))
		}
	}
}

// laneSums gives the sums in lanes of each row of vectors with v.
func laneSums(sums [][8]float32, vectors, v []float32) {
	for k := range sums {
		x, w := vectors[k*len(v):][:len(v)], v
		var a, b, c, d archsimd.Float32x8
		for len(x) >= lane && len(w) >= lane { // so that no bound is checked within
			p, q := (*[lane]float32)(x), (*[lane]float32)(w)
			a = archsimd.LoadFloat32x8((*[8]float32)(p[:8])).MulAdd(archsimd.LoadFloat32x8((*[8]float32)(q[:8])), a)
			b = archsimd.LoadFloat32x8((*[8]float32)(p[8:])).MulAdd(archsimd.LoadFloat32x8((*[8]float32)(q[8:])), b)
			c = archsimd.LoadFloat32x8((*[8]float32)(p[16:])).MulAdd(archsimd.LoadFloat32x8((*[8]float32)(q[16:])), c)
			d = archsimd.LoadFloat32x8((*[8]float32)(p[24:])).MulAdd(archsimd.LoadFloat32x8((*[8]float32)(q[24:])), d)
			x, w = x[lane:], w[lane:]
		}
		a.Add(b).Add(c.Add(d)).Store(&sums[k])
	}
}

// dotsTogether is how many sums of lanes are kept before they are added up.
const dotsTogether = 64

func sum(a archsimd.Float32x8) float32 {
	s := a.GetLo().Add(a.GetHi())
	s = s.AddPairs(s)
	return s.AddPairs(s).GetElem(0)
}

func codeDots(out []int32, codes, q []int8) {
	if !simdReady() {
		codeDotsPlain(out, codes, q)
		return
	}
	n := len(q)
	for k := range out {
		x := codes[k*n : (k+1)*n]
		var a, b archsimd.Int32x8
		for i := 0; i+lane <= n; i += lane {
			p, r := (*[lane]int8)(x[i:]), (*[lane]int8)(q[i:])
			a = a.Add(words(p[:16]).DotProductPairs(words(r[:16])))
			b = b.Add(words(p[16:]).DotProductPairs(words(r[16:])))
		}
		var s [8]int32
		a.Add(b).Store(&s)
		out[k] = s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7]
	}
	archsimd.ClearAVXUpperBits()
}

func words(b []int8) archsimd.Int16x16 { return archsimd.LoadInt8x16((*[16]int8)(b)).ExtendToInt16() }

func total(vectors []float32) float32 {
	if !simdReady() {
		return totalPlain(vectors)
	}
	var a, b, c, d archsimd.Float32x8
	for ; len(vectors) >= lane; vectors = vectors[lane:] {
		p := (*[lane]float32)(vectors)
		a = a.Add(archsimd.LoadFloat32x8((*[8]float32)(p[:8])))
		b = b.Add(archsimd.LoadFloat32x8((*[8]float32)(p[8:])))
		c = c.Add(archsimd.LoadFloat32x8((*[8]float32)(p[16:])))
		d = d.Add(archsimd.LoadFloat32x8((*[8]float32)(p[24:])))
	}
	s := sum(a.Add(b).Add(c.Add(d)))
	archsimd.ClearAVXUpperBits()
	return s
}
