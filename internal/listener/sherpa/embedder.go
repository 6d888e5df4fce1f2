package sherpa

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"unsafe"

	"commusafe/internal/audio"
	"commusafe/internal/listener/hear"
)

// An Embedder gives vectors of voices. It is safe for several goroutines.
type Embedder struct {
	lib *Library
	h   handle
	dim int
}

// leastVoice is the shortest sound that has a voice worth a vector, in samples (1 s); longestVoice the most that is used.
const (
	leastVoice   = audio.SampleRate
	longestVoice = 60 * audio.SampleRate
)

// NewEmbedder loads the model.
func (l *Library) NewEmbedder(model string) (*Embedder, error) {
	c := &embeddingConfig{model: cString(model), numThreads: 1, provider: cString("cpu")}
	h := l.createVoice(c)
	runtime.KeepAlive(c)
	if h == 0 {
		return nil, errors.New("the speaker embedding model is refused by the library")
	}
	e := &Embedder{lib: l, h: h, dim: int(l.dimVoice(h))}
	if e.dim < 16 || e.dim > 4096 {
		e.Close()
		return nil, fmt.Errorf("the speaker embedding model gives %d numbers a voice", e.dim)
	}
	return e, nil
}

// Dim is how many numbers a vector has.
func (e *Embedder) Dim() int { return e.dim }

// Embed gives the vector of a stretch of speech at 8 kHz, of at least a second.
func (e *Embedder) Embed(pcm []int16) ([]float32, error) {
	if len(pcm) < leastVoice {
		return nil, fmt.Errorf("a voice needs a second of speech, this is %d ms", len(pcm)/audio.SamplesPerMS)
	}
	s := e.lib.streamVoice(e.h)
	if s == 0 {
		return nil, errors.New("the library gives no stream")
	}
	defer e.lib.destroyOnlineStr(s)
	x := new(doubler).double(nil, pcm[:min(len(pcm), longestVoice)])
	e.lib.acceptOnline(s, sileroRate, &x[0], int32(len(x)))
	e.lib.finishOnline(s)
	runtime.KeepAlive(x)
	if e.lib.readyVoice(e.h, s) == 0 {
		return nil, errors.New("the voice is too short for the model")
	}
	p := e.lib.embed(e.h, s)
	if p == nil {
		return nil, errors.New("the library gives no vector")
	}
	defer e.lib.freeEmbed(p)
	return append([]float32(nil), unsafe.Slice(p, e.dim)...), nil
}

// Close frees the model.
func (e *Embedder) Close() {
	if e.h != 0 {
		e.lib.destroyVoice(e.h)
		e.h = 0
	}
}

// A Voice is an Embedder as all listeners know one: the speech of a clip at one level. Vectors are taken relative to a centre, where there is one: nets that
// were trained on 16 kHz put all telephone voices into one corner, and the mean of a centre's own calls takes that out
// (8 kHz calibration).
type Voice struct {
	*Embedder
	ID       string
	Activity hear.VoiceActivity
	Centre   []float32 // Dim numbers, or none
}

// Calibrate takes the centre from vectors of several speakers on the line that will be heard.
func (v *Voice) Calibrate(vectors [][]float32) {
	v.Centre = make([]float32, v.Dim())
	for _, x := range vectors {
		for i := range v.Centre {
			v.Centre[i] += x[i] / float32(len(vectors))
		}
	}
}

// Embed gives the vector of the speech in 8 kHz samples; false when there is too little, or the model refuses it.
func (v *Voice) Embed(pcm []int16) ([]float32, bool) {
	x, err := v.Embedder.Embed(levelled(hear.SpeechOf(v.Activity, pcm)))
	if err != nil {
		return nil, false
	}
	for i := range v.Centre {
		x[i] -= v.Centre[i]
	}
	return x, true
}

// Score is the cosine between the mean of the enrolled vectors and the test.
func (v *Voice) Score(enrolled [][]float32, test []float32) float64 {
	return hear.Cosine(enrolled, test)
}

// Source names the model.
func (v *Voice) Source() string { return "sherpa/" + v.ID }

// voiceLevel is the level that speech is brought to, in dBov.
const voiceLevel = -26

// levelled brings sound to voiceLevel.
func levelled(pcm []int16) []int16 {
	gain := math.Pow(10, (voiceLevel-audio.Loudness(pcm))/20)
	out := make([]int16, len(pcm))
	for i, x := range pcm {
		out[i] = int16(max(math.MinInt16, min(math.MaxInt16, math.Round(gain*float64(x)))))
	}
	return out
}
