package builtin

import "math"

// Numbers of the pitch tracker. It works at half the rate, on the window of a slot.
const (
	pitchRate   = 4000
	pitchWindow = voiceWindow / 2
	shortestLag = pitchRate / 500
	longestLag  = pitchRate/70 + 1
)

// pitch gives the fundamental frequency of a window in Hz and how periodic it is, 0–1: the highest normalised
// autocorrelation. Of lags that are nearly as good the shortest wins, so that an octave below is not taken.
func pitch(window []int16) (hz, strength float64) {
	var x [pitchWindow]float32
	var mean float32
	for i := range x {
		x[i] = float32(window[2*i]) + float32(window[2*i+1])
		mean += x[i] / pitchWindow
	}
	for i := range x {
		x[i] -= mean
	}
	var r [longestLag + 2]float32
	best := float32(0)
	for lag := shortestLag - 1; lag < len(r); lag++ {
		r[lag] = correlation(&x, lag)
		if lag >= shortestLag && lag <= longestLag {
			best = max(best, r[lag])
		}
	}
	if best <= 0 {
		return 0, 0
	}
	for lag := shortestLag; lag <= longestLag; lag++ {
		a, b, c := r[lag-1], r[lag], r[lag+1]
		if b < 0.9*best || b < a || b < c {
			continue
		}
		shift := float32(0)
		if curve := a - 2*b + c; curve < 0 {
			shift = (a - c) / (2 * curve)
		}
		return pitchRate / float64(float32(lag)+shift), float64(best)
	}
	return 0, float64(best)
}

func correlation(x *[pitchWindow]float32, lag int) float32 {
	a, b := x[lag:], x[:pitchWindow-lag]
	b = b[:len(a)]
	var ab, aa, bb float32
	for i, v := range a {
		w := b[i]
		ab += v * w
		aa += v * v
		bb += w * w
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / float32(math.Sqrt(float64(aa)*float64(bb)))
}
