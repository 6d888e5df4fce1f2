package sherpa

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"unsafe"

	"commusafe/internal/audio"
)

// A Denoiser suppresses noise in a stretch of speech. It is safe for several goroutines.
type Denoiser struct {
	lib *Library
	h   handle
}

// NewDenoiser loads the model: GTCRN by its name, else DPDFNet (8 kHz).
func (l *Library) NewDenoiser(model string) (*Denoiser, error) {
	c := &denoiserConfig{numThreads: 1, provider: cString("cpu")}
	if strings.Contains(filepath.Base(model), "gtcrn") {
		c.gtcrn = cString(model)
	} else {
		c.dpdfnet = cString(model)
	}
	h := l.createDenoiser(c)
	runtime.KeepAlive(c)
	if h == 0 {
		return nil, errors.New("the denoiser model is refused by the library")
	}
	return &Denoiser{l, h}, nil
}

// Run gives the stretch without noise, and its rate. The library would bring it to the model's rate by itself, with a
// line on standard error for each stretch.
func (d *Denoiser) Run(pcm []int16) (x []float32, rate int32) {
	if d.lib.rateDenoiser(d.h) == sileroRate {
		return d.run(new(doubler).double(nil, pcm), sileroRate)
	}
	return d.run(floats(nil, pcm), audio.SampleRate)
}

func (d *Denoiser) run(x []float32, rate int32) ([]float32, int32) {
	if len(x) == 0 {
		return x, rate
	}
	p := d.lib.runDenoiser(d.h, &x[0], int32(len(x)), rate)
	runtime.KeepAlive(x)
	if p == nil || p.samples == nil || p.n <= 0 || p.sampleRate <= 0 {
		return x, rate
	}
	out, rate := append([]float32(nil), unsafe.Slice(p.samples, p.n)...), p.sampleRate
	d.lib.freeDenoised(p)
	return out, rate
}

// Close frees the model.
func (d *Denoiser) Close() {
	if d.h != 0 {
		d.lib.destroyDenoiser(d.h)
		d.h = 0
	}
}
