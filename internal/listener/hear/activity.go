package hear

import (
	"math"

	"commusafe/internal/audio"
)

// SlotMS is the step of voice activity: one decision for each 20 ms of sound.
const SlotMS = 20

const slotSamples = SlotMS * audio.SamplesPerMS

// A Slot is the decision about 20 ms of sound.
type Slot struct {
	Level  float64 // dBov, see SlotLevel
	Speech bool
}

// A VoiceActivity tells speech from its absence, whatever the gain of the line. It is safe for several goroutines; what
// it opens is not.
type VoiceActivity interface {
	Open() Activity
	Source() string // name and version, for measures
}

// An Activity follows one party.
type Activity interface {
	// Feed takes samples, cut anywhere, and appends the slots that became known to out: one for each 160 samples, in
	// order. A slot may come late, by 200 ms at most.
	Feed(pcm []int16, out []Slot) []Slot
	// Close appends the slots that were still to come. What does not fill a slot is dropped. It may be fed again: sound
	// then begins anew, on the same line.
	Close(out []Slot) []Slot
}

// SlotLevel is the level in dBov after a first difference mixed with the sound, which keeps hum and offset
// out; of nothing but zeros it is audio.Floor.
func SlotLevel(pcm []int16) float64 {
	var sum, last float64
	for i, s := range pcm {
		x := float64(s)
		if i > 0 {
			d := x - 0.9*last
			sum += d * d
		}
		last = x
	}
	if sum == 0 {
		return audio.Floor
	}
	return max(audio.Floor, 10*math.Log10(sum/float64(len(pcm)-1)/(audio.FullScale*audio.FullScale)))
}
