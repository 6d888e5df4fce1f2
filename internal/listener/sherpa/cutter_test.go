package sherpa

import (
	"testing"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// Whatever comes in, stretches are in order, don't overlap, have the sound that their times say, and nothing grows.
func FuzzCutter(f *testing.F) {
	f.Add([]byte("aaaaaaaaaakkkkkkkk          aaaa"), uint8(10))
	f.Add([]byte("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk!kkkkkkkkkkkk"), uint8(200))
	f.Add([]byte("a!000000000000000000000000000000"), uint8('L')) // a jump in the middle of a window
	tone := tones("a")[500*audio.SamplesPerMS:]
	f.Fuzz(func(t *testing.T, script []byte, size uint8) {
		c := &cutter{act: newLevel(), stepMS: 20}
		n := (int(size)%150 + 1) * audio.SamplesPerMS
		var at, end call.Millis
		give := func(s stretch) {
			if s.from < end || s.to < s.from || s.to > at+call.Millis(n/audio.SamplesPerMS) {
				t.Fatalf("stretch %d–%d after %d at %d", s.from, s.to, end, at)
			}
			if d := len(s.pcm) - int(s.to-s.from)*audio.SamplesPerMS; d > 0 || d < -tailMS*audio.SamplesPerMS {
				t.Fatalf("%d samples for %d ms", len(s.pcm), s.to-s.from)
			}
			if s.to-s.from > longestMS+2*preRollMS {
				t.Fatalf("a stretch of %d ms", s.to-s.from)
			}
			if s.final {
				end = s.to
			}
		}
		for _, b := range script {
			pcm := make([]int16, n)
			switch b {
			case '!':
				at += 10_000
			case ' ':
			default:
				for i := range pcm {
					pcm[i] = tone[i%len(tone)]
				}
			}
			c.hear(audio.Frame{At: at, PCM: pcm}, give)
			at += call.Millis(n / audio.SamplesPerMS)
			if len(c.pcm) > (longestMS+2*preRollMS)*audio.SamplesPerMS {
				t.Fatalf("%d samples are kept", len(c.pcm))
			}
		}
		c.flush(give)
	})
}

// Hours of digital silence keep no more than the pre-roll.
func TestALongSilenceKeepsNothing(t *testing.T) {
	const hours = 2
	c := &cutter{act: newLevel(), stepMS: 20}
	pcm := make([]int16, 100*audio.SamplesPerMS)
	for at := call.Millis(0); at < hours*3600_000; at += 100 {
		c.hear(audio.Frame{At: at, PCM: pcm}, func(stretch) { t.Fatal("speech in silence") })
	}
	if cap(c.pcm) > 1000*audio.SamplesPerMS {
		t.Errorf("%d samples are kept", cap(c.pcm))
	}
}
