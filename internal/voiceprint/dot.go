package voiceprint

// dotsPlain gives the product of each vector with v. Sums are kept in lanes, as the SIMD path keeps them.
func dotsPlain(out, vectors, v []float32) {
	n := len(v)
	for k := range out {
		x := vectors[k*n : (k+1)*n]
		var a, b, c, d float32
		for i := 0; i+4 <= n; i += 4 {
			p, q := (*[4]float32)(x[i:]), (*[4]float32)(v[i:])
			a += p[0] * q[0]
			b += p[1] * q[1]
			c += p[2] * q[2]
			d += p[3] * q[3]
		}
		out[k] = a + b + (c + d)
	}
}

// codeDotsPlain is dotsPlain for codes; its sums are exact.
func codeDotsPlain(out []int32, codes, q []int8) {
	n := len(q)
	for k := range out {
		x := codes[k*n : (k+1)*n]
		var sum int32
		for i, c := range q {
			sum += int32(c) * int32(x[i])
		}
		out[k] = sum
	}
}

// totalPlain is the sum of all numbers: what reading them once takes.
func totalPlain(vectors []float32) float32 {
	var a, b, c, d float32
	for ; len(vectors) >= 4; vectors = vectors[4:] {
		a, b, c, d = a+vectors[0], b+vectors[1], c+vectors[2], d+vectors[3]
	}
	return a + b + (c + d)
}

// Read reads every vector once and does nothing with it but add: the measure that a search is compared with.
func (g *Gallery) Read() float32 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return total(g.vectors)
}
