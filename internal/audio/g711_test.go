package audio

import (
	"math"
	"testing"
)

// Decode then encode gives the octet back: each octet names one quantising interval (G.711 §3).
func TestOctetsSurviveARoundTrip(t *testing.T) {
	for _, c := range []Codec{PCMU, PCMA} {
		for i := range 256 {
			in := []byte{byte(i)}
			out := c.Encode(nil, c.Decode(nil, in))
			if out[0] != in[0] && !(c == PCMU && in[0] == 0x7F && out[0] == 0xFF) { // both are zero in the mu-law
				t.Errorf("%v: octet %#02x came back as %#02x", c, in[0], out[0])
			}
		}
	}
}

// The peak values and the silence octets are those of the tables in ITU-T G.711.
func TestKnownValues(t *testing.T) {
	for _, v := range []struct {
		codec Codec
		octet byte
		want  int16
	}{{PCMU, 0x00, -32124}, {PCMU, 0x80, 32124}, {PCMU, 0xFF, 0}, {PCMA, 0xD5, 8}, {PCMA, 0x55, -8}, {PCMA, 0xAA, 32256}, {PCMA, 0x2A, -32256}} {
		if got := v.codec.Decode(nil, []byte{v.octet})[0]; got != v.want {
			t.Errorf("%v %#02x decodes to %d, want %d", v.codec, v.octet, got, v.want)
		}
	}
}

// Quantising noise of a sine at -10 dBov stays more than 33 dB below it (G.712 asks for about that).
func TestQuantisingNoise(t *testing.T) {
	pcm := make([]int16, SampleRate)
	for i := range pcm {
		pcm[i] = int16(10362 * math.Sin(2*math.Pi*997*float64(i)/SampleRate))
	}
	for _, c := range []Codec{PCMU, PCMA} {
		back := c.Decode(nil, c.Encode(nil, pcm))
		noise := make([]int16, len(pcm))
		for i := range pcm {
			noise[i] = back[i] - pcm[i]
		}
		if snr := Loudness(pcm) - Loudness(noise); snr < 33 {
			t.Errorf("%v: signal to noise %.1f dB", c, snr)
		}
	}
}

func TestLoudness(t *testing.T) {
	if got := Loudness(make([]int16, 80)); got != Floor {
		t.Errorf("silence is %v dBov, want %v", got, Floor)
	}
	square := make([]int16, 80)
	for i := range square {
		square[i] = 16384
	}
	if got := Loudness(square); math.Abs(got+6.02) > 0.01 {
		t.Errorf("half of full scale is %.2f dBov, want -6.02", got)
	}
}

func TestTranscodeKeepsTheSound(t *testing.T) {
	pcm := []int16{0, 100, -100, 5000, -5000, 30000, -30000}
	u := PCMU.Encode(nil, pcm)
	a := PCMU.Transcode(nil, u, PCMA)
	for i, s := range PCMA.Decode(nil, a) {
		if math.Abs(float64(s)-float64(pcm[i])) > 40+math.Abs(float64(pcm[i]))*0.07 {
			t.Errorf("sample %d became %d", pcm[i], s)
		}
	}
}
