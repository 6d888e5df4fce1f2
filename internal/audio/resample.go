package audio

import "math"

// To8k brings pcm from rate to 8 kHz by a windowed-sinc filter that ends at the lower of both Nyquist frequencies.
// It is meant for whole files, not for streams.
func To8k(pcm []int16, rate int) []int16 {
	if rate == SampleRate {
		return pcm
	}
	const half = 24 // zero crossings a side
	ratio := float64(rate) / SampleRate
	cut := min(1, 1/ratio) * 0.97
	reach := half / cut
	out := make([]int16, int(float64(len(pcm))/ratio))
	for i := range out {
		center := float64(i) * ratio
		lo, hi := int(math.Ceil(center-reach)), int(math.Floor(center+reach))
		var sum, weight float64
		for k := lo; k <= hi; k++ {
			x := (float64(k) - center) * cut
			w := sinc(x) * (0.5 + 0.5*math.Cos(math.Pi*x/half))
			weight += w
			if k >= 0 && k < len(pcm) {
				sum += w * float64(pcm[k])
			}
		}
		out[i] = int16(max(-32768, min(32767, math.Round(sum/weight))))
	}
	return out
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}
