package builtin

// Numbers of the running mean, as in train/frontend.py.
const (
	meanScale = 0.4
	meanClip  = 4.0
	meanLong  = 400    // frames: its longest memory
	peakDecay = 0.0012 // nats a frame by which the peak level falls
	nearPeak  = 3.0    // nats below the peak that still count as speech
	peakJump  = 2.3    // nats above the peak that begin a new mean
	meanPrior = 20     // frames of speechShape that a new mean's shape begins with; its level begins with the first frame's
)

// speechShape gives by how many nats each band of speech lies above the mean of all, over many voices and telephone lines:
// what a mean's shape begins with, so that the first syllables of a call are heard like the later ones.
func speechShape() [bands]float64 {
	return [bands]float64{
		-2.34, -1.4, -0.14, 0.98, 2, 2.28, 1.81, 1.86, 1.36, 1.47, 1.35, 1.34, 1.23, 1.12,
		1, 0.81, 0.57, 0.31, 0.16, -0.16, -0.25, -0.45, -0.49, -0.57, -0.64, -0.67, -0.66, -0.69,
		-0.72, -0.76, -0.82, -0.84, -0.86, -0.82, -0.79, -0.72, -0.74, -0.87, -1.28, -1.98,
	}
}

// A runningMean takes the channel and the gain out of log-mel vectors: it subtracts the mean of those frames that lie
// near the running peak. It only looks back, so a stream and a file give the same. The zero value is ready.
type runningMean struct {
	started bool
	mean    float64        // of the level: the mean over all bands
	shape   [bands]float64 // by how much each band lies above the level
	peak    float64
	n       int
}

func (r *runningMean) normalise(m *[bands]float64) (out frame) {
	var level float64
	for _, v := range m {
		level += v / bands
	}
	if !r.started || level > r.peak+peakJump {
		*r = runningMean{started: true, mean: level, shape: speechShape(), peak: level}
	}
	r.peak = max(level, r.peak-peakDecay)
	if level > r.peak-nearPeak {
		r.n++
		r.mean += (level - r.mean) * max(1.0/meanLong, 1/float64(r.n))
		rate := max(1.0/meanLong, 1/float64(r.n+meanPrior))
		for b := range r.shape {
			r.shape[b] += (m[b] - level - r.shape[b]) * rate
		}
	}
	for b := range out {
		out[b] = float32(max(-meanClip, min(meanClip, (m[b]-r.mean-r.shape[b])*meanScale)))
	}
	return out
}
