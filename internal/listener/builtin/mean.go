package builtin

// Numbers of the running mean, as in train/frontend.py.
const (
	meanScale = 0.4
	meanClip  = 4.0
	meanLong  = 400    // frames: its longest memory
	peakDecay = 0.0012 // nats a frame by which the peak level falls
	nearPeak  = 3.0    // nats below the peak that still count as speech
	peakJump  = 2.3    // nats above the peak that begin a new mean
)

// A runningMean takes the channel and the gain out of log-mel vectors: it subtracts the mean of those frames that lie
// near the running peak. It only looks back, so a stream and a file give the same. The zero value is ready.
type runningMean struct {
	started bool
	mean    [bands]float64
	peak    float64
	n       int
}

func (r *runningMean) normalise(m *[bands]float64) (out frame) {
	var level float64
	for _, v := range m {
		level += v / bands
	}
	if !r.started || level > r.peak+peakJump {
		if !r.started {
			r.peak = level
		}
		r.mean, r.n, r.started = *m, 0, true
	}
	r.peak = max(level, r.peak-peakDecay)
	if level > r.peak-nearPeak {
		r.n++
		rate := max(1.0/meanLong, 1/float64(r.n))
		for b := range r.mean {
			r.mean[b] += (m[b] - r.mean[b]) * rate
		}
	}
	for b := range out {
		out[b] = float32(max(-meanClip, min(meanClip, (m[b]-r.mean[b])*meanScale)))
	}
	return out
}
