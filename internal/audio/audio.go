// Package audio holds sound as numbers: frames of samples on call time, G.711, levels and WAV files.
//
// Owns: Frame, Codec, levels, reading and writing of WAV.
// Never: sockets, opinions about what the sound means.
// Goroutines: none. Everything is 8 kHz, 16 bit, one channel unless it says otherwise.
package audio

import (
	"math"

	"commusafe/internal/call"
)

// SampleRate is the rate of all sound inside the product, in samples a second (G.711, ITU-T G.711).
const SampleRate = 8000

// SamplesPerMS is the number of samples in a millisecond.
const SamplesPerMS = SampleRate / 1000

// A Frame is a stretch of one party's sound, decoded, with its place on call time.
// PCM is valid until the source is asked for the next frame.
type Frame struct {
	At   call.Millis
	PCM  []int16
	Lost bool // nothing came for this stretch; PCM is silence
}

// FullScale is the amplitude of 0 dBov, the overload point of 16-bit samples.
const FullScale = 32768.0

// Floor is the level of digital silence in dBov, as in RFC 6464.
const Floor = -127.0

// Loudness gives the root-mean-square level of pcm in dBov (0 is the overload point, Floor is silence).
func Loudness(pcm []int16) float64 {
	if len(pcm) == 0 {
		return Floor
	}
	var sum float64
	for _, s := range pcm {
		v := float64(s)
		sum += v * v
	}
	if sum == 0 {
		return Floor
	}
	return max(Floor, 10*math.Log10(sum/float64(len(pcm))/(FullScale*FullScale)))
}
