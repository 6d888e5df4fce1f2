package listener

import (
	"math"
	"math/rand/v2"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

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
	leastUsed    = 150 * time.Millisecond // of a core: some machines count a thread's time in ticks of 10 ms
	leastSeconds = 2                      // of sound of each call
	mostSeconds  = 60
	abreast      = 16 // calls heard batch by batch in turn: a call alone keeps the processor's cache to itself, and costs less than one of many
	tick         = 10 * time.Millisecond
	patience     = 2 * time.Second // that the thread's clock may stand still
	reserve      = 0.5             // share of all cores that hearing may use: relay, recording and office are on them too
)

// Measure hears sound that is made for it, in time of this thread: what others do on the machine at the moment is not
// its weakness.
func (h *Hearing) Measure() (Budget, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began := time.Now()
	return h.measure(threadTime, func() time.Duration { return time.Since(began) })
}

// measure hears second after second until enough of the thread's time is used to be read off a coarse clock. Where the
// thread's clock does not move, the wall's counts.
func (h *Hearing) measure(thread, wall func() time.Duration) (Budget, error) {
	calls := make([]*pair, abreast)
	for i := range calls {
		p, err := h.open()
		if err != nil {
			return Budget{}, err
		}
		defer p.close(func(evidence.Item) {})
		calls[i] = p
	}
	pcm := babble(audio.SampleRate)
	clock, from, wallFrom := thread, thread(), wall()
	seconds, used := 0, time.Duration(0)
	for seconds < leastSeconds || seconds < mostSeconds && used < leastUsed {
		for at := 0; at < len(pcm); at += batch {
			f := audio.Frame{At: call.Millis((seconds*len(pcm) + at) / audio.SamplesPerMS), PCM: pcm[at : at+batch]}
			for _, p := range calls {
				for _, who := range []call.Party{call.Caller, call.Agent} {
					p.hear(who, f, func(evidence.Item) {})
				}
			}
		}
		seconds++
		if used = clock() - from; used == 0 && wall()-wallFrom > patience {
			clock, from = wall, wallFrom
			used = clock() - from
		}
	}
	used = max(used, tick) / time.Duration(seconds*abreast)
	b := Budget{Engines: h.Engine() + " " + h.activity.Source(), ACall: used, CallsACore: int(time.Second / used)}
	if h.emotion != nil {
		b.Engines += " " + h.emotion.Source()
	}
	b.Calls = max(1, int(reserve*float64(b.CallsACore*runtime.NumCPU())))
	return b, nil
}

// threadTime is what this thread has used of a core, 0 where that can't be known.
func threadTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
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
