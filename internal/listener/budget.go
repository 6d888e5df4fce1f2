package listener

import (
	"math"
	"math/rand/v2"
	"runtime"
	"syscall"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// A Budget is how many calls this machine can hear with the engines in use, measured at start.
type Budget struct {
	Engines    string
	ACall      time.Duration // of a core, for a second of one call, both parties
	CallsACore int
	Calls      int // on this machine, with a reserve for everything else
}

// Numbers of the measurement.
const (
	measuredSeconds = 1
	measuredRounds  = 2
	reserve         = 0.5 // share of all cores that hearing may use: relay, recording and office are on them too
)

// Measure hears a second of sound that is made for it and takes the best of some rounds, in time of this thread:
// what others do on the machine at the moment is not its strength.
func (h *Hearing) Measure() (Budget, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	best := time.Duration(math.MaxInt64)
	for range measuredRounds {
		p, err := h.open()
		if err != nil {
			return Budget{}, err
		}
		pcm := babble(measuredSeconds * audio.SampleRate)
		began := threadTime()
		for at := 0; at < len(pcm); at += batch {
			f := audio.Frame{At: call.Millis(at / audio.SamplesPerMS), PCM: pcm[at : at+batch]}
			for _, who := range []call.Party{call.Caller, call.Agent} {
				p.hear(who, f, func(evidence.Item) {})
			}
		}
		best = min(best, (threadTime()-began)/measuredSeconds)
		p.close(func(evidence.Item) {})
	}
	b := Budget{Engines: h.Engine() + " " + h.activity.Source(), ACall: best, CallsACore: int(time.Second / max(1, best))}
	if h.emotion != nil {
		b.Engines += " " + h.emotion.Source()
	}
	b.Calls = max(1, int(reserve*float64(b.CallsACore*runtime.NumCPU())))
	return b, nil
}

// threadTime is what this thread has used of a core.
func threadTime() time.Duration {
	var u syscall.Rusage
	const thread = 1 // RUSAGE_THREAD, getrusage(2)
	if err := syscall.Getrusage(thread, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// babble is sound that is taken for speech: a buzz whose pitch and strength move as those of a voice do.
func babble(n int) []int16 {
	r := rand.New(rand.NewPCG(5, 5))
	out := make([]int16, n)
	phase := 0.0
	for i := range out {
		t := float64(i) / audio.SampleRate
		phase += (130 + 30*math.Sin(2*math.Pi*0.7*t)) / audio.SampleRate
		_, saw := math.Modf(phase)
		strength := max(0, math.Sin(2*math.Pi*4*t)) * max(0, math.Sin(2*math.Pi*0.3*t)+0.6)
		out[i] = int16(4000*strength*(saw-0.5) + 40*r.NormFloat64())
	}
	return out
}
