package builtin

// A roughReading is the best path through the emissions, phoneme by phoneme: a rough reading, wrong in every third or
// fourth phoneme. It tells how fast somebody speaks, and shows a person what the net hears; nothing is judged by it.
type roughReading struct {
	last  uint8
	count int // phonemes since they were last taken
}

// pause is the phoneme of every silence.
const pausePhoneme = "pau"

// best gives the phoneme of a step when a new one begins in it.
func (r *roughReading) best(e emission) (phoneme uint8, begins bool) {
	top := uint8(0)
	for i, v := range e {
		if v > e[top] {
			top = uint8(i)
		}
	}
	begins = top != 0 && top != r.last
	r.last = top
	return top, begins
}

// feed counts the phonemes of new steps.
func (r *roughReading) feed(n *Net, steps []emission) {
	for _, e := range steps {
		if p, begins := r.best(e); begins && n.Phonemes[p] != pausePhoneme {
			r.count++
		}
	}
}

// RoughPhonemes gives the phonemes of the best path through a clip of 8 kHz samples, pauses left out.
func (n *Net) RoughPhonemes(pcm []int16) []string {
	front := frontEnd{bank: n.bank}
	run := newStream(n)
	steps := run.close(run.feed(front.feed(pcm, nil), nil))
	var r roughReading
	var out []string
	for _, e := range steps {
		if p, begins := r.best(e); begins && n.Phonemes[p] != pausePhoneme {
			out = append(out, n.Phonemes[p])
		}
	}
	return out
}
