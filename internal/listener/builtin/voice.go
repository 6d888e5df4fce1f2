package builtin

import "commusafe/internal/listener/hear"

// Numbers of the voice front end: what voice activity, anger and the embedding work on.
const (
	voiceBands  = 24
	voiceLow    = 100.0
	voiceHigh   = 3800.0
	voiceWindow = fftSize // samples, 32 ms
	voiceHop    = 8 * hear.SlotMS
	voiceBefore = (voiceWindow - voiceHop) / 2 // samples of a window before its slot
)

// A voiceFrame is the log-mel power of one slot of 20 ms, the window centred on it, natural logarithms.
type voiceFrame [voiceBands]float64

// A voiceFront cuts sound into slots. Slot k covers the samples from k·160 on; what lies before the beginning is 0.
type voiceFront struct {
	bank  *melBank
	buf   []int16
	frame voiceFrame
}

func newVoiceFront(bank *melBank) voiceFront {
	return voiceFront{bank: bank, buf: make([]int16, voiceBefore, 4*voiceWindow)}
}

// feed calls slot with the log-mel and the window of each slot that became complete; both are valid during the call.
func (v *voiceFront) feed(pcm []int16, slot func(f *voiceFrame, window []int16)) {
	v.buf = append(v.buf, pcm...)
	at := 0
	for ; len(v.buf)-at >= voiceWindow; at += voiceHop {
		w := v.buf[at : at+voiceWindow]
		v.bank.logMel(w, v.frame[:])
		slot(&v.frame, w)
	}
	v.buf = v.buf[:copy(v.buf, v.buf[at:])]
}

// A voiceLevel follows the loudest and the quietest of a line, so that all that is made of a frame is relative. The zero
// value is ready.
type voiceLevel struct {
	started bool
	peak    float64             // of the mean of the bands
	floor   [voiceBands]float64 // of each band
}

// Nats a slot by which the level's memory fades.
const (
	voicePeakFall  = 0.003 // 0.65 dB a second
	voiceFloorRise = 0.012 // 2.6 dB a second
)

// mean is the mean of the bands of a frame.
func (f *voiceFrame) mean() float64 {
	var sum float64
	for _, v := range f {
		sum += v
	}
	return sum / voiceBands
}

// silentMean is the mean of the bands under which a slot holds nothing but digital silence: it says nothing of the line.
const silentMean = -15.5

// follow takes the next frame, unless it is digital silence, and tells whether it was taken.
func (l *voiceLevel) follow(f *voiceFrame) bool {
	m := f.mean()
	if m < silentMean {
		return false
	}
	if !l.started {
		l.started, l.peak, l.floor = true, m, *f
	}
	l.peak = max(m, l.peak-voicePeakFall)
	for b, v := range f {
		l.floor[b] = min(v, l.floor[b]+voiceFloorRise)
	}
	return true
}

// activityInputs is how many numbers voice activity sees of a slot.
const activityInputs = 2 * voiceBands

// inputs puts what voice activity sees of a slot into out: each band over its own floor, and against the line's peak.
func (l *voiceLevel) inputs(f *voiceFrame, out []float32) {
	for b, v := range f {
		out[b] = float32(min(8, v-l.floor[b]) * 0.4)
		out[voiceBands+b] = float32(max(-12, v-l.peak) * 0.25)
	}
}
