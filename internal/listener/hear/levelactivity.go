package hear

import (
	"math"

	"commusafe/internal/audio"
)

// LevelActivity tells speech from its absence without a net: by level over an adaptive noise floor, helped by
// periodicity. All levels are relative, so gain changes nothing.
type LevelActivity struct{}

var _ VoiceActivity = LevelActivity{}

// Source names the method.
func (LevelActivity) Source() string { return "level/1" }

// Open begins to follow a party.
func (LevelActivity) Open() Activity { return &levelActivity{} }

type levelActivity struct {
	buf     []int16
	floor   float64 // dBov, slow minimum
	peak    float64 // dBov, slow maximum
	slots   int
	low     float64 // minimum of the present stretch of slots
	count   int
	hang    int // slots that speech still goes on after its last loud slot
	loud    int // loud slots in a row
	started bool
}

// Limits of voice activity, in dB and slots.
const (
	overFloor    = 9.0  // dB over the noise floor that begin speech
	stayOver     = 6.0  // dB over the floor that keep it
	belowPeak    = 34.0 // dB under the slow maximum that are never speech
	peakFall     = 0.02 // dB a slot
	floorStretch = 75   // slots over which the minimum is taken (1.5 s)
	floorRise    = 3.0  // dB that the floor may rise at a time
	hangover     = 12   // slots (240 ms)
	onset        = 2    // loud slots in a row that begin speech
)

// Feed takes samples and gives the slots that became complete.
func (v *levelActivity) Feed(pcm []int16, out []Slot) []Slot {
	v.buf = append(v.buf, pcm...)
	n := 0
	for ; len(v.buf)-n >= slotSamples; n += slotSamples {
		out = append(out, v.slot(v.buf[n:n+slotSamples]))
	}
	v.buf = v.buf[:copy(v.buf, v.buf[n:])]
	return out
}

// Close drops what does not fill a slot; the line's levels are kept.
func (v *levelActivity) Close(out []Slot) []Slot {
	v.buf = v.buf[:0]
	return out
}

func (v *levelActivity) slot(pcm []int16) Slot {
	level := SlotLevel(pcm)
	if level <= -90 { // digital silence says nothing about the line's noise
		v.loud = 0
		v.hang = max(0, v.hang-1)
		return Slot{level, v.hang > 0}
	}
	if !v.started {
		v.floor, v.peak, v.low, v.started = level, level, level, true
	}
	v.peak = max(level, v.peak-peakFall)
	v.track(level)
	need := overFloor
	if v.hang > 0 {
		need = stayOver
	}
	over := level - v.floor
	voiced := over > need && level > v.peak-belowPeak && (over > need+9 || periodicity(pcm) > 0.3 || v.hang > 0)
	if voiced {
		v.loud++
	} else {
		v.loud = 0
	}
	switch {
	case v.loud >= onset || voiced && v.hang > 0:
		v.hang = hangover
	default:
		v.hang = max(0, v.hang-1)
	}
	return Slot{level, v.hang > 0}
}

// track lets the floor fall at once and rise slowly to the minimum of each stretch.
func (v *levelActivity) track(level float64) {
	v.slots++
	v.low = min(v.low, level)
	if level < v.floor {
		v.floor += 0.5 * (level - v.floor)
	}
	v.count++
	if v.count == floorStretch {
		v.floor += min(floorRise, max(0, v.low-v.floor))
		v.low, v.count = level, 0
	}
	// A line that was never quiet: the floor can't be taken to lie nearer than 12 dB under the loudest.
	v.floor = min(v.floor, max(v.peak-12, -70))
}

// periodicity is the greatest normalised autocorrelation at lags of 80 to 400 Hz, 0–1.
func periodicity(pcm []int16) float64 {
	var energy float64
	for _, s := range pcm {
		energy += float64(s) * float64(s)
	}
	if energy == 0 {
		return 0
	}
	best := 0.0
	for lag := audio.SampleRate / 400; lag <= audio.SampleRate/80; lag++ {
		var sum, a, b float64
		for i := lag; i < len(pcm); i++ {
			x, y := float64(pcm[i]), float64(pcm[i-lag])
			sum += x * y
			a += x * x
			b += y * y
		}
		if a > 0 && b > 0 {
			best = max(best, sum/math.Sqrt(a*b))
		}
	}
	return best
}
