package builtin

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/listener/hear"
)

//go:embed weights/anger.bin
var angerWeights []byte

//go:embed weights/change.bin
var changeWeights []byte

// AngerSource names the weights of the anger reader.
const AngerSource = "builtin-anger/2"

// angerInputCount is the numbers that angerInputs gives.
const angerInputCount = 39

// angerThreshold is the odds from which a clip counts as angry; training puts nearly all calm clips below it, and the usual calm at
// −3. It prints where calm and angry voices lie.
const angerThreshold = 0.0

// Numbers of the calm that a voice is compared with.
const (
	changeCalm   = -1.0 // odds of change below which a reading is calm and moves it
	changeFollow = 0.02 // share of the difference a reading
)

// outputs of the anger net
const (
	angerOutputs = 3 // neutral, other, anger
	angerOutput  = 2
)

// An AngerReader reads anger out of the shape of a voice: pitch, effort and their movement, never the level. A net looks at a window
// alone, a linear map at how it differs from the voice's own calm. It is read-only and safe for several goroutines.
type AngerReader struct {
	net      *Net
	change   change
	activity *Activity
}

// A change is the linear map of differences and of how large they are: a slope for each, and a constant.
type change struct {
	slopes   []float32
	sizes    []float32
	constant float32
}

// parseChange reads "CSC1", the number of inputs, the slopes of their differences and of their sizes, and the constant.
func parseChange(b []byte, inputs int) (change, error) {
	le := binary.LittleEndian
	if len(b) != 8+4*(2*inputs+1) || string(b[:4]) != "CSC1" || int(le.Uint32(b[4:])) != inputs {
		return change{}, fmt.Errorf("weights: not a map of %d differences", inputs)
	}
	all := make([]float32, 2*inputs+1)
	for i := range all {
		all[i] = math.Float32frombits(le.Uint32(b[8+4*i:]))
		if math.IsNaN(float64(all[i])) || math.IsInf(float64(all[i]), 0) {
			return change{}, fmt.Errorf("weights: number %d of the map of differences is none", i)
		}
	}
	return change{slopes: all[:inputs], sizes: all[inputs : 2*inputs], constant: all[2*inputs]}, nil
}

// odds gives the odds of anger of a difference.
func (c change) odds(in []float32, calm []float64) float64 {
	sum := float64(c.constant)
	for i, s := range c.slopes {
		d := float64(in[i]) - calm[i]
		sum += float64(s)*d + float64(c.sizes[i])*math.Abs(d)
	}
	return sum
}

var _ hear.EmotionReader = (*AngerReader)(nil)

// LoadAnger gives the net that comes with the product.
func LoadAnger() (*AngerReader, error) {
	n, err := parseFor(angerWeights, angerInputCount, angerOutputs)
	if err != nil {
		return nil, err
	}
	c, err := parseChange(changeWeights, angerInputCount)
	if err != nil {
		return nil, err
	}
	a, err := LoadActivity()
	return &AngerReader{net: n, change: c, activity: a}, err
}

// Plain gives the same on the generic path, for measuring.
func (r *AngerReader) Plain() *AngerReader {
	return &AngerReader{net: r.net.Plain(), change: r.change, activity: r.activity.Plain()}
}

// Source names the net.
func (r *AngerReader) Source() string { return AngerSource }

// Threshold gives the odds from which a reading counts as anger.
func (r *AngerReader) Threshold() float64 { return angerThreshold }

// Latency is what voice activity looks ahead.
func (r *AngerReader) Latency() time.Duration { return activityAhead }

// activityAhead is how far voice activity looks ahead.
const activityAhead = 150 * time.Millisecond

// Open begins to follow a voice.
func (r *AngerReader) Open() hear.EmotionStream {
	return r.on(r.activity.open(), false)
}

// OpenOn begins to follow the voice that a follows, if that is the built-in activity, nobody else follows it and it has heard nothing yet.
func (r *AngerReader) OpenOn(a hear.Activity) (hear.SharingStream, bool) {
	own, ok := a.(*activity)
	if !ok || own.spoken != nil || own.index > 0 || len(own.dead) > 0 { // what it has heard it has not kept
		return nil, false
	}
	return r.on(own, true), true
}

func (r *AngerReader) on(a *activity, shared bool) *angerStream {
	s := &angerStream{net: newStream(r.net), change: r.change, shared: shared}
	s.windows = newAngerWindows(a, s.read)
	return s
}

// An angerStream follows one voice.
type angerStream struct {
	windows *angerWindows
	shared  bool // somebody else feeds the activity
	net     *stream
	change  change
	scratch []hear.Slot
	calm    [angerInputCount]float64 // mean of the first readings, then followed
	learned int                      // readings that the calm is made of, up to hear.CalmReadings
	out     []hear.Reading           // that nobody has asked for yet
}

// read puts a window through the net.
func (s *angerStream) read(in []float32, last int) {
	s.net.stack = append(s.net.stack[:0], in...)
	p := s.net.run()
	to := call.Millis((last + 1) * hear.SlotMS)
	r := hear.Reading{FromMS: max(0, to-hear.EmotionSpanMS), ToMS: to, Odds: oddsOf(p[:angerOutputs], angerOutput)}
	r.Change, r.HasChange = s.compare(in)
	s.out = append(s.out, r)
}

// compare gives the odds by the change against the calm, once that is known, and learns it.
func (s *angerStream) compare(in []float32) (odds float64, known bool) {
	share := changeFollow
	if s.learned < hear.CalmReadings {
		s.learned++
		share = 1 / float64(s.learned)
	} else if odds, known = s.change.odds(in, s.calm[:]), true; odds >= changeCalm {
		return odds, known
	}
	for i, v := range in {
		s.calm[i] += share * (float64(v) - s.calm[i])
	}
	return odds, known
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
	a := s.windows.activity
	if !s.shared {
		s.scratch = a.Feed(pcm, s.scratch[:0])
	}
	s.windows.until(a.index)
	return s.take(out)
}

// Close gives the last reading and begins anew, with the calm that it knows.
func (s *angerStream) Close(out []hear.Reading) []hear.Reading {
	if !s.shared {
		s.scratch = s.windows.activity.Close(s.scratch[:0])
	}
	return s.take(out)
}

// Rest begins or ends a time in which nothing is read.
func (s *angerStream) Rest(on bool) { s.windows.rest(on) }

func (s *angerStream) take(out []hear.Reading) []hear.Reading {
	out = append(out, s.out...)
	s.out = s.out[:0]
	return out
}
