package builtin

// An emission is one step of the net's output (30 ms): for each phoneme its log posterior minus the best one's, so
// the best is 0 and all others lie below. Index 0 is the CTC blank.
type emission []float32

// A stream runs the net over one party's frames. Its output is that of the whole file at once: each block waits for
// the frames ahead that its convolution needs, and the past of the first frames is zero. After the first seconds it
// allocates nothing.
type stream struct {
	net   *Net
	stack []float32   // frames of 10 ms waiting for a whole stack
	past  [][]float32 // per block: its last inputs, [past+ahead][width], with room for more
	early []int       // per block: outputs still to be dropped because they lie before the beginning
	x     []float32   // scratch: what goes from block to block
	deep  []float32
	mid   []float32
	log   []float32 // the emissions' numbers, valid until the next feed
}

func newStream(n *Net) *stream {
	s := &stream{net: n, past: make([][]float32, n.Blocks), early: make([]int, n.Blocks)}
	for i := range s.past {
		s.past[i] = make([]float32, (n.Past+n.Ahead)*n.Width, (n.Past+n.Ahead+4)*n.Width)
		s.early[i] = n.Ahead
	}
	return s
}

// feed takes frames and gives the emissions that became known, appended to out. They are valid until the next feed.
func (s *stream) feed(frames []frame, out []emission) []emission {
	n := s.net
	s.log = s.log[:0]
	for i := range frames {
		s.stack = append(s.stack, frames[i][:]...)
	}
	size := bands * n.Stack
	whole := len(s.stack) / size
	if whole == 0 {
		return out
	}
	s.x = resized(s.x, whole*n.Width)
	n.into.apply(s.x, s.stack[:whole*size])
	s.stack = s.stack[:copy(s.stack, s.stack[whole*size:])]
	return s.through(0, s.x, out)
}

// close gives the emissions of the last frames, as if zeros followed in each block.
func (s *stream) close(out []emission) []emission {
	for i := range s.net.blocks {
		s.x = resized(s.x, s.net.Ahead*s.net.Width)
		clear(s.x)
		out = s.through(i, s.x, out)
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
	rectify(x)
	return s.emit(x, out)
}

// block runs block i over new inputs and puts its outputs, Ahead frames behind, in place of them.
func (s *stream) block(i int, x []float32) []float32 {
	n, b := s.net, &s.net.blocks[i]
	w, reach := n.Width, n.Past+n.Ahead
	all := append(s.past[i], x...)
	count := len(x) / w
	s.deep, s.mid = resized(s.deep, len(x)), resized(s.mid, len(x))
	clear(s.deep)
	for t := range count {
		y := s.deep[t*w : t*w+w]
		for k := 0; k <= reach; k++ {
			addProduct(y, all[(t+k)*w:(t+k)*w+w], b.deep[k*w:k*w+w])
		}
	}
	b.one.apply(s.mid, s.deep)
	rectify(s.mid)
	b.two.apply(x, s.mid)
	for t := range count {
		y, from := x[t*w:t*w+w], all[(t+n.Past)*w:(t+n.Past)*w+w]
		for k, v := range from {
			y[k] += v
		}
	}
	s.past[i] = all[:copy(all, all[count*w:])]
	drop := min(s.early[i], count)
	s.early[i] -= drop
	return x[drop*w:]
}

// emit turns the last block's outputs into emissions.
func (s *stream) emit(x []float32, out []emission) []emission {
	n := s.net
	p, to := len(n.Phonemes), n.out.to
	count, at := len(x)/n.Width, len(s.log)
	s.log = resized(s.log, at+count*to)
	n.out.apply(s.log[at:], x)
	for t := range count {
		e := emission(s.log[at+t*to : at+t*to+p])
		best := e[0]
		for _, v := range e {
			best = max(best, v)
		}
		for k := range e {
			e[k] -= best
		}
		out = append(out, e)
	}
	return out
}

// rectify puts 0 in place of what is negative.
func rectify(x []float32) {
	for i, v := range x {
		x[i] = max(0, v)
	}
}

// resized gives s with n numbers, those that it has kept; what comes new is not cleared.
func resized(s []float32, n int) []float32 {
	if cap(s) >= n {
		return s[:n]
	}
	return append(make([]float32, 0, n+n/2), s...)[:n]
}
