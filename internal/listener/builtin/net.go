package builtin

import "math"

// An emission is one step of the net's output (30 ms): for each phoneme its log posterior minus the best one's, so
// the best is 0 and all others lie below. Index 0 is the CTC blank.
type emission []float32

// A stream runs the net over one party's frames. Its output is that of the whole file at once: each block waits for
// the frames ahead that its convolution needs, and the past of the first frames is zero. After the first seconds it
// allocates nothing.
type stream struct {
	net    *Net
	stack  []float32   // frames of 10 ms waiting for a whole stack
	past   [][]float32 // per block: its last inputs, [past+ahead][width], with room for more
	early  []int       // per block: outputs still to be dropped because they lie before the beginning
	log    []float32   // the emissions' numbers, valid until the next feed
	*bench             // while it runs
}

// A bench is what a stream works with while it runs: what many streams share stays in the processor's cache.
type bench struct {
	x     []float32 // what goes from block to block
	deep  []float32
	mid   []float32
	whole integers
}

// sit takes a bench; rise gives it back.
func (s *stream) sit() {
	b, ok := s.net.benches.Get().(*bench)
	if !ok {
		b = new(bench)
	}
	s.bench = b
}

func (s *stream) rise() {
	s.net.benches.Put(s.bench)
	s.bench = nil
}

func newStream(n *Net) *stream {
	s := &stream{net: n, past: make([][]float32, n.Blocks), early: make([]int, n.Blocks)}
	for i, b := range n.blocks {
		reach := (n.Past + n.Ahead) * b.dilation
		s.past[i] = make([]float32, reach*n.Width, (reach+5)*n.Width)
		s.early[i] = n.Ahead * b.dilation
	}
	return s
}

// feed takes frames and gives the emissions that became known, appended to out. They are valid until the next feed.
func (s *stream) feed(frames []frame, out []emission) []emission {
	for i := range frames {
		s.stack = append(s.stack, frames[i][:]...)
	}
	return s.emissions(s.run(), out)
}

// run carries the whole steps of the stack through the net and gives the outputs that became known, out.to numbers a
// step, valid until the next run.
func (s *stream) run() []float32 {
	n := s.net
	s.log = s.log[:0]
	whole := len(s.stack) / n.Inputs
	if whole == 0 {
		return nil
	}
	s.sit()
	defer s.rise()
	s.x = resized(s.x, whole*n.Width)
	n.into.apply(s.x, s.stack[:whole*n.Inputs], &s.whole)
	s.stack = s.stack[:copy(s.stack, s.stack[whole*n.Inputs:])]
	return s.through(0, s.x)
}

// close gives the emissions of the last frames, as if zeros followed in each block.
func (s *stream) close(out []emission) []emission {
	return s.emissions(s.flush(), out)
}

// flush gives the outputs of the last steps, as if zeros followed in each block.
func (s *stream) flush() []float32 {
	s.sit()
	defer s.rise()
	at := len(s.log)
	for i, b := range s.net.blocks {
		s.x = resized(s.x, s.net.Ahead*b.dilation*s.net.Width)
		clear(s.x)
		s.through(i, s.x)
	}
	return s.log[at:]
}

// through carries x from block i to the end and gives the outputs.
func (s *stream) through(i int, x []float32) []float32 {
	n := s.net
	for ; i < n.Blocks && len(x) > 0; i++ {
		x = s.block(i, x)
	}
	if len(x) == 0 {
		return nil
	}
	rectify(x)
	at := len(s.log)
	s.log = resized(s.log, at+len(x)/n.Width*n.out.to)
	n.out.apply(s.log[at:], x, &s.whole)
	return s.log[at:]
}

// emissions turns outputs into emissions: relative to the best phoneme, less a part of how little the net is sure of that one.
// In noise it is sure of nothing, and a phrase would fit everywhere.
func (s *stream) emissions(log []float32, out []emission) []emission {
	for to := s.net.out.to; len(log) > 0; log = log[to:] {
		e := emission(log[:len(s.net.Phonemes)])
		best := e[0]
		for _, v := range e {
			best = max(best, v)
		}
		if s.net.Flat > 0 {
			sum := 0.0
			for _, v := range e {
				sum += math.Exp(float64(v - best))
			}
			best += s.net.Flat * float32(math.Log(sum))
		}
		for k := range e {
			e[k] -= best
		}
		out = append(out, e)
	}
	return out
}

// block runs block i over new inputs and puts its outputs, Ahead frames behind, in place of them.
func (s *stream) block(i int, x []float32) []float32 {
	n, b := s.net, &s.net.blocks[i]
	w, d := n.Width, b.dilation
	all := append(s.past[i], x...)
	count := len(x) / w
	s.deep, s.mid = resized(s.deep, len(x)), resized(s.mid, len(x))
	convolve, add := convolvePlain, addPlain
	if n.simd {
		convolve, add = convolveSIMD, addSIMD
	}
	for t := range count {
		convolve(s.deep[t*w:t*w+w], all[t*w:], b.deep, d)
	}
	b.one.apply(s.mid, s.deep, &s.whole)
	b.two.apply(x, s.mid, &s.whole)
	add(x, all[n.Past*d*w:])
	s.past[i] = all[:copy(all, all[count*w:])]
	drop := min(s.early[i], count)
	s.early[i] -= drop
	return x[drop*w:]
}

// rectify puts 0 in place of what is negative.
func rectify(x []float32) {
	for i, v := range x {
		x[i] = max(0, v)
	}
}

// resized gives s with n numbers, those that it has kept; what comes new is not cleared.
func resized[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return append(make([]T, 0, n+n/2), s...)[:n]
}
