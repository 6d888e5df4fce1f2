package sherpa

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"commusafe/internal/audio"
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
