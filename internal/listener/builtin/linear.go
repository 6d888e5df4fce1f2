package builtin

import "math"

// panel is how many outputs of a linear map are computed side by side.
const panel = 16

// A linear map y = Wx + b, in whole numbers: the weights of a row and the numbers of a vector are scaled so that no sum of products can leave 32
// bits. Such sums are exact in whatever order, so all paths give the same bits. An output vector has to numbers: the map's own, then zeros up to a
// whole panel.
type linear struct {
	in, to  int
	half    int     // number i of a vector stands beside number half+i in the pairs of the SIMD path; a multiple of 8
	w       []int16 // row by row, 2·half numbers each
	pairs   []int16 // [to/panel][half][panel][2], for the SIMD path; nil where it is not in use
	rows    []int64 // [to/2][in], for the generic path: the weight of output 2o, and that of 2o+1 in the upper half
	columns []int64 // the same as [in][to/2] in place of rows, where most numbers of a vector are 0
	scale   []float32
	b       []float32
	limit   float32   // what the largest number of a vector may become, whatever the others are
	exact   []float32 // the weights as they came, row by row, where whole numbers are too coarse; then nothing else is in use
	rectify bool      // outputs below 0 become 0
	wide    bool      // the machine has AVX-512
	zeros   bool      // most numbers of a vector are 0
}

// With weights up to weightMost, a row's sum stays below 2³¹ when the magnitudes of a vector come to sumMost at most, rounding and the error of
// their own sum included, or its largest one to limit.
const (
	weightMost = 1<<13 - 1
	numberMost = math.MaxInt16
	sumMost    = 261000
)

// An integers is what the linear maps of one stream work with.
type integers struct {
	whole   []int64           // the generic path's vectors, one after the other
	sums    []int64           // of its products
	at      []int             // where a vector is not 0
	unit    [together]float32 // what 1 stands for in each vector
	vectors                   //nolint:unused // the SIMD path uses it
}

// together is how many vectors are multiplied side by side.
const together = 4

// newLinear takes the weights row by row and one bias an output.
func newLinear(w, b []float32, in int) linear {
	l := linear{in: in, to: (len(b) + panel - 1) / panel * panel, half: (in + 15) / 16 * 8, wide: wideReady()}
	l.b = append(make([]float32, 0, l.to), b...)[:l.to]
	l.scale = make([]float32, l.to)
	l.w = make([]int16, l.to*2*l.half)
	heaviest := 1.0
	for o := range b {
		row := w[o*in : (o+1)*in]
		var top, sum float64
		for _, v := range row {
			top = max(top, math.Abs(float64(v)))
		}
		if top == 0 {
			continue
		}
		by := weightMost / top
		l.scale[o] = float32(1 / by)
		for i, v := range row {
			q := math.RoundToEven(float64(v) * by)
			sum += math.Abs(q)
			l.w[o*2*l.half+i] = int16(q)
		}
		heaviest = max(heaviest, sum)
	}
	l.limit = float32(0.999 * (math.MaxInt32/heaviest - 1))
	if !simdReady() {
		return l.plain()
	}
	l.pairs = make([]int16, len(l.w))
	for o := range l.to {
		for i := range 2 * l.half {
			l.pairs[((o/panel*l.half+i%l.half)*panel+o%panel)*2+i/l.half] = l.w[o*2*l.half+i]
		}
	}
	return l
}

// newExact is newLinear without whole numbers: for inputs of very different sizes, where speed is nothing.
func newExact(w, b []float32, in int) linear {
	l := linear{in: in, to: (len(b) + panel - 1) / panel * panel}
	l.b = append(make([]float32, 0, l.to), b...)[:l.to]
	l.exact = append(make([]float32, 0, l.to*in), w...)[:l.to*in]
	return l
}

// rectified gives the map with 0 in place of outputs below it.
func (l linear) rectified() linear {
	l.rectify = true
	return l
}

// sparse gives the map for vectors of which most numbers are 0, as behind a rectified one: the generic path leaves those out.
func (l linear) sparse() linear {
	l.zeros = true
	if l.rows != nil {
		return l.plain()
	}
	return l
}

// plain gives the map for the generic path alone.
func (l linear) plain() linear {
	if l.exact != nil {
		return l
	}
	l.pairs, l.rows, l.columns = nil, nil, nil
	both := make([]int64, l.in*l.to/2)
	for o := range l.to / 2 {
		for i := range l.in {
			at := o*l.in + i
			if l.zeros {
				at = i*l.to/2 + o
			}
			both[at] = int64(l.w[(2*o+1)*2*l.half+i])<<32 + int64(l.w[2*o*2*l.half+i])
		}
	}
	if l.zeros {
		l.columns = both
	} else {
		l.rows = both
	}
	return l
}

// apply gives y = Wx + b for each vector of x; y holds to numbers for each. The numbers of x are finite.
func (l *linear) apply(y, x []float32, s *integers) {
	switch {
	case l.pairs != nil:
		l.applySIMD(y, x, s)
		return
	case l.exact != nil:
		l.applyExact(y, x)
	default:
		l.applyPlain(y, x, s)
	}
	if l.rectify {
		rectify(y)
	}
}

func (l *linear) applyExact(y, x []float32) {
	for ; len(x) >= l.in; x, y = x[l.in:], y[l.to:] {
		for o := range l.to {
			var s float32
			for i, v := range l.exact[o*l.in : (o+1)*l.in] {
				s += v * x[i]
			}
			y[o] = s + l.b[o]
		}
	}
}

// applyPlain is apply on the generic path: up to four vectors at a time, so that weights are fetched once for them.
func (l *linear) applyPlain(y, x []float32, s *integers) {
	n, half := l.in, l.to/2
	s.whole, s.sums = resized(s.whole, together*n), resized(s.sums, together*half)
	for count := len(x) / n; count > 0; {
		now := min(count, together)
		for k := range now {
			s.unit[k] = l.scaled(s.whole[k*n:(k+1)*n], x[k*n:(k+1)*n])
		}
		if l.columns == nil {
			l.products(s.sums, s.whole, now)
		} else {
			for k := range now {
				s.at = l.sparseProducts(s.sums[k*half:(k+1)*half], s.whole[k*n:(k+1)*n], s.at)
			}
		}
		for k := range now {
			l.result(y[k*l.to:(k+1)*l.to], s.sums[k*half:(k+1)*half], s.unit[k])
		}
		x, y, count = x[now*n:], y[now*l.to:], count-now
	}
}

// rounder is added to a number below 2²² to round it, halves to even: its whole part then stands in the lowest bits of the sum.
const (
	rounder     = 3 << 22
	rounderBits = 0x4B400000 // rounder as a float32
)

// tiny is below what any sound gives; a vector whose largest number lies below it is taken for zeros.
const tiny = 1e-30

// lanes is how many sums of magnitudes stand side by side: the SIMD path's.
const lanes = 8

// scaled puts the numbers of x as whole ones into out, and gives what 1 stands for.
func (l *linear) scaled(out []int64, x []float32) (unit float32) {
	out = out[:len(x)]
	var top float32
	var sums [lanes]float32
	for i, v := range x {
		v = math.Float32frombits(math.Float32bits(v) &^ (1 << 31))
		top = max(top, v)
		sums[i%lanes] += v
	}
	by := l.factor(top, &sums)
	if by == 0 {
		clear(out)
		return 0
	}
	for i, v := range x {
		out[i] = int64(int32(math.Float32bits(float32(v*by)+rounder)) - rounderBits)
	}
	return 1 / by
}

// factor gives what a vector is multiplied with, from its largest magnitude and the sum of all; 0 for zeros.
func (l *linear) factor(top float32, sums *[lanes]float32) float32 {
	if top < tiny {
		return 0
	}
	sum := (sums[0] + sums[1] + (sums[2] + sums[3])) + (sums[4] + sums[5] + (sums[6] + sums[7])) // in the SIMD path's order
	return min(numberMost/top, max(sumMost/sum, l.limit/top))
}

// products gives the products of all rows with each of count vectors. A sum holds that of output 2o in its lower half and that of output 2o+1 in
// its upper one.
func (l *linear) products(sums, x []int64, count int) {
	n, half := l.in, l.to/2
	for o := range half {
		w := l.rows[o*n : o*n+n]
		switch count {
		case 4:
			sums[o], sums[half+o], sums[2*half+o], sums[3*half+o] = dot4(w, x)
		case 3:
			sums[o], sums[half+o], sums[2*half+o] = dot3(w, x)
		default:
			for k := range count {
				sums[k*half+o] = dot1(w, x[k*n:])
			}
		}
	}
}

// dot4 gives the products of w with four vectors. It is called, not inlined, so that its sums have registers.
//
//go:noinline
func dot4(w, x []int64) (p, q, r, s int64) {
	n := len(w)
	a, b, c, d := x[:n], x[n:2*n], x[2*n:3*n], x[3*n:4*n]
	b, c, d, w = b[:len(a)], c[:len(a)], d[:len(a)], w[:len(a)]
	for i, v := range a {
		u := w[i]
		p += u * v
		q += u * b[i]
		r += u * c[i]
		s += u * d[i]
	}
	return p, q, r, s
}

// dot3 is dot4 for three vectors.
//
//go:noinline
func dot3(w, x []int64) (p, q, r int64) {
	n := len(w)
	a, b, c := x[:n], x[n:2*n], x[2*n:3*n]
	b, c, w = b[:len(a)], c[:len(a)], w[:len(a)]
	for i, v := range a {
		u := w[i]
		p += u * v
		q += u * b[i]
		r += u * c[i]
	}
	return p, q, r
}

// dot1 is dot4 for one vector.
func dot1(w, x []int64) (p int64) {
	x = x[:len(w)]
	for i, u := range w {
		p += u * x[i]
	}
	return p
}

// sparseProducts is products for a vector of which most numbers are 0: the columns of the others, four at a time. It gives scratch back.
func (l *linear) sparseProducts(sums, x []int64, scratch []int) []int {
	scratch = resized(scratch, len(x))
	found := 0
	for i, v := range x {
		scratch[found] = i
		found += int(uint64(v|-v) >> 63) // 1 unless v is 0; a branch would be foretold badly
	}
	n := len(sums)
	clear(sums)
	at := scratch[:found]
	for ; len(at) >= 4; at = at[4:] {
		a, b, c, d := x[at[0]], x[at[1]], x[at[2]], x[at[3]]
		p, q, r, s := l.columns[at[0]*n:][:n], l.columns[at[1]*n:][:n], l.columns[at[2]*n:][:n], l.columns[at[3]*n:][:n]
		for o, sum := range sums {
			sums[o] = sum + p[o]*a + q[o]*b + r[o]*c + s[o]*d
		}
	}
	for _, i := range at {
		v, p := x[i], l.columns[i*n:][:n]
		for o := range sums {
			sums[o] += p[o] * v
		}
	}
	return scratch
}

// result turns the sums back.
func (l *linear) result(y []float32, sums []int64, unit float32) {
	scale, b := l.scale[:len(y)], l.b[:len(y)]
	for o, sum := range sums {
		low := int32(sum)
		high := int32((sum - int64(low)) >> 32)
		y[2*o] = float32(float32(float32(low)*scale[2*o])*unit) + b[2*o]
		y[2*o+1] = float32(float32(float32(high)*scale[2*o+1])*unit) + b[2*o+1]
	}
}

// convolvePlain gives the sum of the products of each tap's weights with the vector that stands d·k behind the first one, number by number.
func convolvePlain(y, x, w []float32, d int) {
	n := len(y)
	clear(y)
	for k := 0; k*n < len(w); k++ {
		a, b := x[k*d*n:][:n], w[k*n:][:n]
		for i := range y {
			y[i] += float32(a[i] * b[i])
		}
	}
}

// addPlain adds x to y, number by number.
func addPlain(y, x []float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += v
	}
}
