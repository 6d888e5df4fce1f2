package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// window is the stretch of a recording in which one tone is looked for.
const window = 20 * time.Millisecond

// A recording is mono sound as 16-bit samples.
type recording struct {
	rate    int
	samples []int16
}

// readWAV reads 16-bit PCM. A phone that was stopped may have left wrong lengths in the header: the file's own counts.
func readWAV(t *testing.T, file string) recording {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) < 44 || string(raw[:4]) != "RIFF" {
		t.Fatalf("%s is no WAV file", file)
	}
	channels := int(binary.LittleEndian.Uint16(raw[22:]))
	r := recording{rate: int(binary.LittleEndian.Uint32(raw[24:]))}
	data := raw[44:]
	for i := 0; i+2*channels <= len(data); i += 2 * channels {
		r.samples = append(r.samples, int16(binary.LittleEndian.Uint16(data[i:])))
	}
	return r
}

// writeWAV writes mono sound at 8 kHz as 16-bit PCM.
func writeWAV(t *testing.T, file string, pcm []int16) {
	t.Helper()
	var b bytes.Buffer
	octets := uint32(2 * len(pcm))
	b.WriteString("RIFF")
	for _, part := range []any{36 + octets, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(8000), uint32(16000), uint16(2), uint16(16), []byte("data"), octets, pcm} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A stretch is a tone, or silence as 0 Hz, of some length.
type stretch struct {
	hz     int
	length time.Duration
}

// String gives "880 Hz 1.98s".
func (s stretch) String() string { return fmt.Sprintf("%d Hz %s", s.hz, s.length) }

// tones cuts a recording into stretches of the tones that may occur. Short disturbances of one window are taken for
// what surrounds them only where both sides are the same tone.
func (r recording) tones(may ...int) []stretch {
	n := r.rate * int(window) / int(time.Second)
	var list []stretch
	for at := 0; at+n <= len(r.samples); at += n {
		hz := loudest(r.samples[at:at+n], r.rate, may)
		if len(list) > 0 && list[len(list)-1].hz == hz {
			list[len(list)-1].length += window
			continue
		}
		list = append(list, stretch{hz, window})
	}
	return list
}

// loudest gives the tone that carries most of the energy, 0 for silence, -1 for anything else.
func loudest(pcm []int16, rate int, may []int) int {
	var energy float64
	for _, s := range pcm {
		energy += float64(s) * float64(s)
	}
	if energy/float64(len(pcm)) < 100*100 {
		return 0
	}
	for _, hz := range may {
		if goertzel(pcm, rate, hz) > 0.6*energy*float64(len(pcm))/2 {
			return hz
		}
	}
	return -1
}

// goertzel gives the power of one frequency.
func goertzel(pcm []int16, rate, hz int) float64 {
	w := 2 * math.Pi * float64(hz) / float64(rate)
	c := 2 * math.Cos(w)
	var a, b float64
	for _, s := range pcm {
		a, b = float64(s)+c*a-b, a
	}
	return a*a + b*b - c*a*b
}

// total gives how long a tone was heard in all.
func total(list []stretch, hz int) time.Duration {
	var sum time.Duration
	for _, s := range list {
		if s.hz == hz {
			sum += s.length
		}
	}
	return sum
}

// gap gives the longest time without either tone between the first of the one and the last of the other.
func gap(list []stretch, from, to int) time.Duration {
	var longest, run time.Duration
	begun := false
	for _, s := range list {
		switch s.hz {
		case from, to:
			begun = true
			longest, run = max(longest, run), 0
		default:
			if begun {
				run += s.length
			}
		}
	}
	return longest
}

func text(list []stretch) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(s.String() + ", ")
	}
	return b.String()
}
