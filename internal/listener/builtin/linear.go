package builtin

// panel is how many outputs of a linear map are computed side by side.
const panel = 16

// A linear map y = Wx + b. An output vector has to numbers: the map's own, then zeros up to a whole panel.
type linear struct {
	w       []float32 // row by row, for the generic path
	panels  []float32 // [to/panel][in][panel], for the SIMD path; nil where it is not in use
	columns []float32 // column by column in place of w, for the generic path where most numbers of a vector are 0
	b       []float32 // to numbers
	in, to  int
	wide    bool // the machine has AVX-512
}

// newLinear takes the weights row by row and one bias an output.
func newLinear(w, b []float32, in int) linear {
	l := linear{in: in, to: (len(b) + panel - 1) / panel * panel}
	l.b = append(make([]float32, 0, l.to), b...)[:l.to]
	l.w = append(make([]float32, 0, l.to*in), w...)[:l.to*in]
	if simdReady() {
		l.wide = wideReady()
		l.panels = make([]float32, l.to*in)
		for o := range l.to {
			for i := range in {
				l.panels[(o/panel*in+i)*panel+o%panel] = l.w[o*in+i]
			}
		}
	}
	return l
}

// sparse gives the map for vectors of which most numbers are 0, as after rectify: the generic path leaves those out.
func (l linear) sparse() linear {
	l.columns = make([]float32, len(l.w))
	for o := range l.to {
		for i, v := range l.w[o*l.in : (o+1)*l.in] {
			l.columns[i*l.to+o] = v
		}
	}
	l.w = nil
	return l
}

// apply gives y = Wx + b for each vector of x; y holds to numbers for each. Every product is summed in the same order
// however many vectors there are, so the result doesn't depend on how the stream was cut.
func (l *linear) apply(y, x []float32) {
	if l.panels != nil {
		l.applySIMD(y, x)
		return
	}
	l.applyPlain(y, x)
}

// applyPlain is apply in plain Go: four vectors at a time, so that each weight is loaded once for four products.
func (l *linear) applyPlain(y, x []float32) {
	n, to := l.in, l.to
	count := len(x) / n
	if l.columns != nil {
		for k := range count {
			l.plainSparse(y[k*to:(k+1)*to], x[k*n:(k+1)*n])
		}
		return
	}
	for ; count >= 4; count -= 4 {
		l.plain4(y, x)
		y, x = y[4*to:], x[4*n:]
	}
	switch count {
	case 3:
		l.plain3(y, x)
	case 2:
		l.plain1(y, x)
		l.plain1(y[to:], x[n:])
	case 1:
		l.plain1(y, x)
	}
}

func (l *linear) plain4(y, x []float32) {
	n, to := l.in, l.to
	x0, x1, x2, x3 := x[:n], x[n:2*n], x[2*n:3*n], x[3*n:4*n]
	for o := range to {
		w := l.w[o*n : o*n+n]
		a, b, c, d := x0[:len(w)], x1[:len(w)], x2[:len(w)], x3[:len(w)]
		var s0, s1, s2, s3 float32
		for i, v := range w {
			s0 += v * a[i]
			s1 += v * b[i]
			s2 += v * c[i]
			s3 += v * d[i]
		}
		bias := l.b[o]
		y[o], y[to+o], y[2*to+o], y[3*to+o] = s0+bias, s1+bias, s2+bias, s3+bias
	}
}

func (l *linear) plain3(y, x []float32) {
	n, to := l.in, l.to
	x0, x1, x2 := x[:n], x[n:2*n], x[2*n:3*n]
	for o := range to {
		w := l.w[o*n : o*n+n]
		a, b, c := x0[:len(w)], x1[:len(w)], x2[:len(w)]
		var s0, s1, s2 float32
		for i, v := range w {
			s0 += v * a[i]
			s1 += v * b[i]
			s2 += v * c[i]
		}
		bias := l.b[o]
		y[o], y[to+o], y[2*to+o] = s0+bias, s1+bias, s2+bias
	}
}

func (l *linear) plain1(y, x []float32) {
	n := l.in
	x = x[:n]
	for o := range l.to {
		var s float32
		for i, v := range l.w[o*n : o*n+n] {
			s += v * x[i]
		}
		y[o] = s + l.b[o]
	}
}

// plainSparse adds the columns of those numbers of a vector that are not 0, four at a time. The products of an output are summed in the order in which plain1 sums
// them.
func (l *linear) plainSparse(y, x []float32) {
	to := l.to
	clear(y)
	var at [4]int
	n := 0
	for i, v := range x {
		at[n&3] = i
		if v == 0 {
			continue
		}
		if n++; n&3 != 0 {
			continue
		}
		a, b, c, d := x[at[0]], x[at[1]], x[at[2]], x[at[3]]
		p, q := l.columns[at[0]*to:][:len(y)], l.columns[at[1]*to:][:len(y)]
		r, s := l.columns[at[2]*to:][:len(y)], l.columns[at[3]*to:][:len(y)]
		for o, sum := range y {
			sum += p[o] * a
			sum += q[o] * b
			sum += r[o] * c
			sum += s[o] * d
			y[o] = sum
		}
	}
	for _, i := range at[:n&3] {
		v, p := x[i], l.columns[i*to:][:len(y)]
		for o := range y {
			y[o] += p[o] * v
		}
	}
	for o, b := range l.b {
		y[o] += b
	}
}

// plain gives the map for the generic path alone.
func (l linear) plain() linear {
	l.panels = nil
	return l
}

// addProductPlain adds a·b to y, number by number; all three are equally long, a multiple of panel.
func addProductPlain(y, a, b []float32) {
	a, b = a[:len(y)], b[:len(y)]
	for i := range y {
		y[i] += a[i] * b[i]
	}
}
