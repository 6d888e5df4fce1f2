package eval

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"commusafe/internal/audio"
)

// overLine brings a clip over another telephone line: a band and tilt, noise at 10 to 25 dB and a level drawn by the
// clip's name, so that each run is the same.
func overLine(pcm []int16, name string, wideband bool) []int16 {
	h := fnv.New64a()
	h.Write([]byte(name))
	r := rand.New(rand.NewPCG(h.Sum64(), 7))
	low, tilt := 100+250*r.Float64(), 0.9*r.Float64()-0.45
	x := make([]float64, len(pcm))
	var held, last, sum float64
	a := math.Exp(-2 * math.Pi * low / audio.SampleRate)
	for i, s := range pcm {
		v := float64(s)
		held = a*held + (1-a)*v // what lies below the band
		v -= held
		x[i], last = v+tilt*last, v
		sum += x[i] * x[i]
	}
	rms := math.Sqrt(sum/float64(max(1, len(x)))) + 1
	noise := rms * math.Pow(10, -(10+15*r.Float64())/20)
	gain := audio.FullScale * math.Pow(10, (-32+16*r.Float64())/20) / rms
	out, hum := make([]int16, len(pcm)), 0.0
	for i, v := range x {
		n := r.NormFloat64()
		hum = 0.8*hum + 0.6*n
		out[i] = int16(max(-32768, min(32767, math.Round((v+noise*hum)*gain))))
	}
	if wideband {
		return out
	}
	return audio.PCMU.Decode(nil, audio.PCMU.Encode(nil, out))
}
