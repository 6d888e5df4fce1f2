package builtin

// An emission is one step of the net's output (30 ms): for each phoneme its log posterior minus the best one's, so
// the best is 0 and all others lie below. Index 0 is the CTC blank.
type emission []float32

// A stream runs the net over one party's frames. Its output is that of the whole file at once: each block waits for
// the frames ahead that its convolution needs, and the past of the first frames is zero.
type stream struct {
	net   *Net
	stack []float32   // frames of 10 ms waiting for a whole stack
	past  [][]float32 // per block: its last inputs, [past+ahead][width]
	early []int       // per block: outputs still to be dropped because they lie before the beginning
	given int         // emissions so far
}

func newStream(n *Net) *stream {
	s := &stream{net: n, past: make([][]float32, n.Blocks), early: make([]int, n.Blocks)}
	for i := range s.past {
		s.past[i] = make([]float32, (n.Past+n.Ahead)*n.Width)
		s.early[i] = n.Ahead
	}
	return s
}

// feed takes frames and gives the emissions that became known, appended to out.
func (s *stream) feed(frames []frame, out []emission) []emission {
	n := s.net
	for i := range frames {
		s.stack = append(s.stack, frames[i][:]...)
	}
	whole := len(s.stack) / (bands * n.Stack)
	if whole == 0 {
		return out
	}
	x := make([]float32, whole*n.Width)
	n.into.apply(x, s.stack[:whole*bands*n.Stack])
	s.stack = s.stack[:copy(s.stack, s.stack[whole*bands*n.Stack:])]
	return s.through(0, x, out)
}

// close gives the emissions of the last frames, as if zeros followed in each block.
func (s *stream) close(out []emission) []emission {
	for i := range s.net.blocks {
		x := s.block(i, make([]float32, s.net.Ahead*s.net.Width))
		out = s.through(i+1, x, out)
	}
	return out
}

// through carries x from block i to the end.
func (s *stream) through(i int, x []float32, out []emission) []emission {
	for ; i < s.net.Blocks && len(x) > 0; i++ {
		x = s.block(i, x)
	}
	if len(x) == 0 {
		return out
	}
	for k, v := range x {
		x[k] = max(0, v)
	}
	return s.emit(x, out)
}

// block runs block i over new inputs and gives its outputs, Ahead frames behind.
func (s *stream) block(i int, x []float32) []float32 {
	n, b := s.net, &s.net.blocks[i]
	w, reach := n.Width, n.Past+n.Ahead
	all := append(s.past[i], x...)
	count := len(x) / w
	deep := make([]float32, count*w)
	for t := range count {
		y := deep[t*w : t*w+w]
		for k := 0; k <= reach; k++ {
			addProduct(y, all[(t+k)*w:(t+k)*w+w], b.deep[k*w:k*w+w])
		}
	}
	mid := make([]float32, count*w)
	b.one.apply(mid, deep)
	for k, v := range mid {
		mid[k] = max(0, v)
	}
	b.two.apply(deep, mid)
	for t := range count {
		y, from := deep[t*w:t*w+w], all[(t+n.Past)*w:(t+n.Past)*w+w]
		for k, v := range from {
			y[k] += v
		}
	}
	s.past[i] = all[:copy(all, all[count*w:])]
	drop := min(s.early[i], count)
	s.early[i] -= drop
	return deep[drop*w:]
}

// emit turns the last block's outputs into emissions.
func (s *stream) emit(x []float32, out []emission) []emission {
	n := s.net
	p := len(n.Phonemes)
	count := len(x) / n.Width
	logits := make([]float32, count*p)
	n.out.apply(logits, x)
	for t := range count {
		e := emission(logits[t*p : t*p+p])
		best := e[0]
		for _, v := range e {
			best = max(best, v)
		}
		for k := range e {
			e[k] -= best
		}
		out = append(out, e)
	}
	s.given += count
	return out
}

// addProduct adds a·b to y, number by number.
func addProduct(y, a, b []float32) {
	a, b = a[:len(y)], b[:len(y)]
	for i := range y {
		y[i] += a[i] * b[i]
	}
}

// apply gives y = Wx + b for each vector of x; y holds one output vector for each. Every product is summed in the same
// order however many vectors there are, so that the result doesn't depend on how the stream was cut.
func (l *linear) apply(y, x []float32) {
	count, to := len(x)/l.in, len(l.b)
	t := 0
	for ; t+4 <= count; t += 4 {
		l.apply4(y[t*to:(t+4)*to], x[t*l.in:(t+4)*l.in])
	}
	switch count - t {
	case 0:
		return
	case 3: // what 100 ms of sound usually leave
		l.apply3(y[t*to:], x[t*l.in:])
		return
	}
	in, out := make([]float32, 4*l.in), make([]float32, 4*to)
	copy(in, x[t*l.in:])
	l.apply4(out, in)
	copy(y[t*to:], out)
}

// apply4 does four vectors at a time, so that each weight is loaded once for four products.
func (l *linear) apply4(y, x []float32) {
	n, to := l.in, len(l.b)
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

// apply3 is apply4 for three vectors.
func (l *linear) apply3(y, x []float32) {
	n, to := l.in, len(l.b)
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
