package media

import (
	"math/rand/v2"
	"testing"
	"time"

	"commusafe/internal/audio"
)

// A sender whose clock runs wrong by 100 ppm, jitter up to 15 ms, 2 % loss, some reordering, a wrap of the sequence
// number and of the timestamp: after ten minutes each packet still stands within 20 ms of where it belongs.
func TestPlacementStaysWithin20msInTenMinutes(t *testing.T) {
	for name, ppm := range map[string]float64{"true": 0, "fast": 100, "slow": -100} {
		t.Run(name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, uint64(ppm+1000)))
			var p placer
			var worst time.Duration
			for i := range 30000 {
				real := time.Duration(float64(i) * 20e6 * (1 - ppm/1e6)) // when packet i really began
				if rnd.IntN(50) == 0 {
					continue
				}
				delay := time.Duration(rnd.ExpFloat64() * 3e6)
				if i == 0 {
					delay = 15 * time.Millisecond // a late first packet is put right
				}
				k := packet{ssrc: 9, sequence: uint16(65000 + i), ts: uint32(1<<32 - 100000 + i*160), payload: make([]byte, 160)}
				sample, anew := p.place(&k, time.Second+real+min(delay, 15*time.Millisecond))
				if anew && i > 0 {
					t.Fatalf("placed anew at packet %d", i)
				}
				off := time.Duration(sample)*time.Second/audio.SampleRate - time.Second - real
				worst = max(worst, off, -off)
			}
			t.Logf("worst placement error %v", worst)
			if worst >= 20*time.Millisecond {
				t.Errorf("worst placement error %v", worst)
			}
		})
	}
}

// place puts n packets that came each 20 ms, from sequence and timestamp number i, and gives the last place.
func placed(p *placer, i, n int, ts uint32, at time.Duration) (sample int64, anew int) {
	for j := range n {
		k := packet{ssrc: 9, sequence: uint16(i + j), ts: ts + uint32(j*160), payload: make([]byte, 160)}
		s, a := p.place(&k, at+time.Duration(j)*packetTime)
		sample = s
		if a {
			anew++
		}
	}
	return sample, anew
}

func TestSilenceSuppressionIsNoJump(t *testing.T) {
	var p placer
	placed(&p, 0, 10, 0, 0)
	sample, anew := placed(&p, 10, 1, 5*8000, 5*time.Second)
	if anew != 0 || sample != 40000 {
		t.Errorf("placed at %d, %d times anew", sample, anew)
	}
}

func TestAJumpOfTheTimestampIsPlacedAtItsArrival(t *testing.T) {
	for name, ts := range map[string]uint32{"forward": 1 << 28, "back": 1<<32 - 1<<28} {
		var p placer
		placed(&p, 0, 10, 0, 0)
		sample, anew := placed(&p, 10, 10, ts, 200*time.Millisecond)
		if anew != 1 || sample != 1600+9*160 {
			t.Errorf("%s: placed at %d, %d times anew", name, sample, anew)
		}
	}
}

// A source that does not count the time of its pause is recognised by its steady lateness within 60 ms.
func TestAPauseThatIsNotCounted(t *testing.T) {
	var p placer
	placed(&p, 0, 10, 0, 0)
	sample, anew := placed(&p, 10, 10, 1600, 5*time.Second)
	if anew != 1 || sample != 40000+9*160 {
		t.Errorf("placed at %d, %d times anew", sample, anew)
	}
}

// A stall of the network that ends in a burst moves nothing.
func TestABurstAfterAStallKeepsItsPlace(t *testing.T) {
	var p placer
	placed(&p, 0, 10, 0, 0)
	for j := range 50 {
		k := packet{ssrc: 9, sequence: uint16(10 + j), ts: uint32(1600 + j*160), payload: make([]byte, 160)}
		if s, anew := p.place(&k, 1200*time.Millisecond); anew || s != int64(1600+j*160) {
			t.Fatalf("packet %d of the burst placed at %d", j, s)
		}
	}
}
