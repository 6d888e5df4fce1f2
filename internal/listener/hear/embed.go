package hear

import (
	"math"
	"slices"

	"commusafe/internal/audio"
)

// An Embedder makes vectors of voices. What it says is weak by nature (参考): a hint for a person, never ground for an
// action. It is safe for several goroutines.
type Embedder interface {
	// Embed gives the vector of the speech in 8 kHz samples; false when there is too little.
	Embed(pcm []int16) ([]float32, bool)
	// Score compares a voice with several enrolled samples of one speaker: higher is nearer; no unit.
	Score(enrolled [][]float32, test []float32) float64
	Source() string
}

// Cosine is the cosine between the mean of the enrolled vectors and the test, −1…1; 0 where one of them has no direction.
func Cosine(enrolled [][]float32, test []float32) float64 {
	var dot, length, own float64
	for i := range test {
		var m float64
		for _, v := range enrolled {
			m += float64(v[i]) / float64(len(enrolled))
		}
		dot += m * float64(test[i])
		length += m * m
		own += float64(test[i]) * float64(test[i])
	}
	if length == 0 || own == 0 {
		return 0
	}
	return dot / math.Sqrt(length*own)
}

// SpeechOf gives the stretches of a clip of 8 kHz samples in which somebody speaks, one after the other.
func SpeechOf(v VoiceActivity, pcm []int16) []int16 {
	const slot, step = SlotMS * audio.SamplesPerMS, 100 * audio.SamplesPerMS
	a := v.Open()
	var slots []Slot
	for part := range slices.Chunk(pcm, step) {
		slots = a.Feed(part, slots)
	}
	var out []int16
	for k, s := range a.Close(slots) {
		if from := k * slot; s.Speech && from < len(pcm) {
			out = append(out, pcm[from:min(from+slot, len(pcm))]...)
		}
	}
	return out
}
