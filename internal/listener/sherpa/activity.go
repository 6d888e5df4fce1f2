package sherpa

import (
	"errors"
	"runtime"

	"commusafe/internal/audio"
)

// WindowMS is the step of voice activity: one decision for each 32 ms of sound.
const WindowMS = 32

// Silero hears at 16 kHz in windows of 512 samples.
const (
	sileroRate   = 16000
	sileroWindow = WindowMS * sileroRate / 1000
	window       = WindowMS * audio.SamplesPerMS
)

// An Activity tells speech from its absence with Silero's net. It belongs to one goroutine.
type Activity struct {
	lib *Library
	vad handle
	buf []int16
	up  doubler
	x   []float32
}

// NewActivity loads the model for one stream.
func (l *Library) NewActivity(model string) (*Activity, error) {
	c := &vadConfig{silero: sileroConfig{model: cString(model), threshold: 0.5, minSilenceDuration: 0.1, minSpeechDuration: 0.064,
		windowSize: sileroWindow, maxSpeechDuration: 20}, sampleRate: sileroRate, numThreads: 1, provider: cString("cpu")}
	h := l.createVAD(c, 30)
	runtime.KeepAlive(c)
	if h == 0 {
		return nil, errors.New("the voice activity model is refused by the library")
	}
	return &Activity{lib: l, vad: h}, nil
}

// Feed takes 8 kHz samples and appends the decision for each window that became complete.
func (a *Activity) Feed(pcm []int16, out []bool) []bool {
	a.buf = append(a.buf, pcm...)
	n := 0
	for ; len(a.buf)-n >= window; n += window {
		a.x = a.up.double(a.x[:0], a.buf[n:n+window])
		a.lib.acceptVAD(a.vad, &a.x[0], int32(len(a.x)))
		for a.lib.emptyVAD(a.vad) == 0 { // finished segments are not used: they would grow for ever
			a.lib.popVAD(a.vad)
		}
		out = append(out, a.lib.detected(a.vad) != 0)
	}
	a.buf = a.buf[:copy(a.buf, a.buf[n:])]
	return out
}

// Reset forgets the stream, so that the model can hear another.
func (a *Activity) Reset() {
	a.lib.resetVAD(a.vad)
	a.buf, a.up = a.buf[:0], doubler{}
}

// Close frees the model.
func (a *Activity) Close() {
	if a.vad != 0 {
		a.lib.destroyVAD(a.vad)
		a.vad = 0
	}
}

// A doubler brings 8 kHz to 16 kHz by a half-band filter, window by window without seams. The zero value is ready.
type doubler struct {
	past [halfTaps]float32
}

const halfTaps = 12 // input samples on which a sample between two others rests

// double appends two samples for each of pcm. What it gives is six input samples (0.75 ms) late.
func (d *doubler) double(dst []float32, pcm []int16) []float32 {
	for _, s := range pcm {
		dst = d.next(dst, float32(s)/32768)
	}
	return dst
}

func (d *doubler) doubleFloats(dst, x []float32) []float32 {
	for _, v := range x {
		dst = d.next(dst, v)
	}
	return dst
}

func (d *doubler) next(dst []float32, v float32) []float32 {
	copy(d.past[:], d.past[1:])
	d.past[halfTaps-1] = v
	var between float32
	for i, w := range halfBand() {
		between += w * (d.past[halfTaps/2-1-i] + d.past[halfTaps/2+i])
	}
	return append(dst, d.past[halfTaps/2-1], between)
}

// halfBand gives one side of the half-band filter: a sinc at odd half samples under a Hann window, scaled to unity.
func halfBand() [halfTaps / 2]float32 {
	return [...]float32{0.627302, -0.185502, 0.086227, -0.039987, 0.015275, -0.003314}
}
