package builtin

import (
	"commusafe/internal/call"
	"commusafe/internal/listener/hear"
)

// A Best is the best place of one phrase in a clip, found or not.
type Best struct {
	Score, Threshold float64 // nats a phoneme
	Calibrated       float64 // the score, comparable between phrases
	Confidence       float64 // what evidence would carry, if it is found
	Phonemes         int
	From, To         call.Millis
}

// Found tells whether the phrase would be reported.
func (b Best) Found() bool { return b.Score >= b.Threshold }

// Sure tells whether it would be believed without a second cue.
func (b Best) Sure() bool { return b.Found() && b.Confidence >= atSure }

// A Scanner scores phrases against whole clips, for measuring. It is read-only.
type Scanner struct {
	net  *Net
	list *vocabulary
}

// NewScanner compiles and calibrates phrases. Any phrase that can't be used is an error.
func NewScanner(n *Net, list []hear.Phrase) (*Scanner, error) {
	v, err := n.compile(list, nil)
	return &Scanner{net: n, list: v}, err
}

// Scan gives the best score of each phrase in a clip of 8 kHz samples.
func (s *Scanner) Scan(pcm []int16) []Best {
	front := frontEnd{bank: s.net.bank}
	run := newStream(s.net)
	steps := run.close(run.feed(front.feed(pcm, nil), nil))
	var h []heard
	for _, e := range steps {
		h = append(h, heardOf(e, nil))
	}
	out := make([]Best, len(s.list.phrases))
	for i := range s.list.phrases {
		p := &s.list.phrases[i]
		a := newAligner(p.pattern, noScore, newStates(p.pattern))
		best := Best{Score: float64(noScore), Threshold: float64(p.threshold), Phonemes: p.pattern.need}
		for k, e := range h {
			if score, begin := a.feed(e); float64(score) > best.Score {
				best.Score = float64(score)
				best.From, best.To = call.Millis(begin)*stepMS, call.Millis(k+1)*stepMS
			}
		}
		best.Calibrated = p.calibrated(best.Score)
		best.Confidence = p.confidence(float32(best.Score))
		out[i] = best
	}
	return out
}
