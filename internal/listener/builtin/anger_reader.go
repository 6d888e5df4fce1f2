package builtin

import (
	_ "embed"
	"math"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/listener/hear"
)

//go:embed weights/anger.bin
var angerWeights []byte

// AngerSource names the anger net.
const AngerSource = "builtin-anger/1"

// angerInputCount is the numbers that angerInputs gives.
const angerInputCount = 39

// angerThreshold is the odds from which a clip counts as angry without a baseline; train/anger.py prints where calm and
// angry training voices lie.
const angerThreshold = 0.0

// outputs of the anger net
const (
	angerOutputs = 3 // neutral, other, anger
	angerOutput  = 2
)

// An AngerReader reads anger out of the shape of a voice: pitch, effort and their movement, never the level. It is
// read-only and safe for several goroutines.
type AngerReader struct {
	net      *Net
	activity *Activity
}

var _ hear.EmotionReader = (*AngerReader)(nil)

// LoadAnger gives the net that comes with the product.
func LoadAnger() (*AngerReader, error) {
	n, err := parseFor(angerWeights, angerInputCount, angerOutputs)
	if err != nil {
		return nil, err
	}
	a, err := LoadActivity()
	return &AngerReader{net: n, activity: a}, err
}

// Plain gives the same on the generic path, for measuring.
func (r *AngerReader) Plain() *AngerReader {
	return &AngerReader{net: r.net.Plain(), activity: r.activity.Plain()}
}

// Source names the net.
func (r *AngerReader) Source() string { return AngerSource }

// Threshold gives the odds from which a reading without a baseline counts as anger.
func (r *AngerReader) Threshold() float64 { return angerThreshold }

// Latency is what voice activity looks ahead.
func (r *AngerReader) Latency() time.Duration { return activityAhead }

// activityAhead is how far voice activity looks ahead.
const activityAhead = 150 * time.Millisecond

// Open begins to follow a voice.
func (r *AngerReader) Open() hear.EmotionStream {
	s := &angerStream{net: newStream(r.net)}
	s.windows = newAngerWindows(r.activity, s.read)
	return s
}

// An angerStream follows one voice.
type angerStream struct {
	windows *angerWindows
	net     *stream
	out     []hear.Reading
}

// read puts a window through the net.
func (s *angerStream) read(in []float32, last int) {
	s.net.stack = append(s.net.stack[:0], in...)
	p := s.net.run()
	to := call.Millis((last + 1) * hear.SlotMS)
	s.out = append(s.out, hear.Reading{FromMS: max(0, to-hear.EmotionSpanMS), ToMS: to, Odds: oddsOf(p[:angerOutputs], angerOutput)})
}

// oddsOf gives the log-odds of one output of a softmax against all others.
func oddsOf(p []float32, k int) float64 {
	var rest float64
	for i, v := range p {
		if i != k {
			rest += math.Exp(float64(v - p[k]))
		}
	}
	return -math.Log(rest)
}

// Feed takes samples.
func (s *angerStream) Feed(pcm []int16, out []hear.Reading) []hear.Reading {
	s.out = out
	s.windows.feed(pcm)
	out, s.out = s.out, nil
	return out
}

// Close gives the last reading and begins anew.
func (s *angerStream) Close(out []hear.Reading) []hear.Reading {
	s.out = out
	s.windows.close()
	out, s.out = s.out, nil
	return out
}
