package builtin

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"commusafe/internal/listener/hear"
)

//go:embed weights/speaker.bin
var speakerWeights []byte

// SpeakerSource names the voice embedding.
const SpeakerSource = "builtin-voice/1"

// speakerCepstra is how many cepstral coefficients of a slot are looked at, from the first.
const speakerCepstra = 19

// speakerInputCount is the numbers of a voice before the map: of each coefficient the mean, the spread and the spread of
// its steps; the median and the spread of the pitch.
const speakerInputCount = 3*speakerCepstra + 2

// leastVoice is the slots of speech that a vector needs: one second.
const leastVoice = 50

// speakerMagic begins the file of the map: magic, uint32 inputs, uint32 outputs, then float32 numbers, row by row, then
// the bias.
const speakerMagic = "CSVEC1\n\x00"

// maxVector bounds the map's sizes.
const maxVector = 1024

// An Embedder makes vectors of voices from means and spreads of their cepstra. A weak hint (参考), no more. It is
// read-only and safe for several goroutines.
type Embedder struct {
	activity *Activity
	to       int
	w, b     []float32
}

var _ hear.Embedder = (*Embedder)(nil)

// LoadEmbedder gives the map that comes with the product.
func LoadEmbedder() (*Embedder, error) {
	a, err := LoadActivity()
	if err != nil {
		return nil, err
	}
	e, err := parseEmbedder(speakerWeights)
	if err != nil {
		return nil, err
	}
	e.activity = a
	return e, nil
}

func parseEmbedder(b []byte) (*Embedder, error) {
	if len(b) < len(speakerMagic)+8 || string(b[:len(speakerMagic)]) != speakerMagic {
		return nil, errors.New("not a voice map (no CSVEC1 header)")
	}
	b = b[len(speakerMagic):]
	in, out := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	b = b[8:]
	if in != speakerInputCount || out < 1 || out > maxVector || len(b) != int(4*out*(in+1)) {
		return nil, fmt.Errorf("voice map of %d inputs, %d outputs and %d bytes can't be right", in, out, len(b))
	}
	numbers := make([]float32, len(b)/4)
	for i := range numbers {
		numbers[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		if v := float64(numbers[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errors.New("voice map has a number that is not finite")
		}
	}
	return &Embedder{to: int(out), w: numbers[:out*in], b: numbers[out*in:]}, nil
}

// Source names the embedding.
func (e *Embedder) Source() string { return SpeakerSource }

// Embed gives the vector of the speech in 8 kHz samples, of length 1; false when there is less than a second of speech.
func (e *Embedder) Embed(pcm []int16) ([]float32, bool) {
	in := speakerInputs(e.activity, pcm)
	if in == nil {
		return nil, false
	}
	out := make([]float32, e.to)
	var sum float64
	for o := range out {
		v := e.b[o]
		for i, x := range in {
			v += e.w[o*len(in)+i] * x
		}
		out[o] = v
		sum += float64(v) * float64(v)
	}
	for o := range out {
		out[o] /= float32(math.Sqrt(sum) + 1e-9)
	}
	return out, true
}

// Score is the cosine between the mean of the enrolled samples and the test, −1…1.
func (e *Embedder) Score(enrolled [][]float32, test []float32) float64 {
	return hear.Cosine(enrolled, test)
}

// speakerInputs gives the numbers of a voice before the map; nil with too little speech.
func speakerInputs(v *Activity, pcm []int16) []float32 {
	var slots []spokenSlot
	a := v.open()
	a.spoken = func(f *voiceFrame, window []int16, index int) { slots = append(slots, newSpokenSlot(f, window, index)) }
	var scratch []hear.Slot
	for part := range slices.Chunk(pcm, 800) {
		scratch = a.Feed(part, scratch[:0])
	}
	a.Close(scratch)
	if len(slots) < leastVoice {
		return nil
	}
	out := make([]float32, 0, speakerInputCount)
	values, steps := make([]float64, len(slots)), make([]float64, 0, len(slots))
	for k := 1; k <= speakerCepstra; k++ {
		steps = steps[:0]
		for i := range slots {
			values[i] = cepstrum(&slots[i].frame, k)
			if i > 0 && slots[i].index == slots[i-1].index+1 {
				steps = append(steps, values[i]-values[i-1])
			}
		}
		out = append(out, float32(average(values)), float32(spread(values)), float32(spread(steps)))
	}
	var tones []float64
	for i := range slots {
		if slots[i].voiced() {
			tones = append(tones, slots[i].tone)
		}
	}
	return append(out, float32(quantile(tones, 0.5)), float32(spread(tones)))
}
