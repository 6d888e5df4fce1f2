package audio

import (
	"bytes"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

func TestG711FileComesBackUnchanged(t *testing.T) {
	for _, c := range []Codec{PCMU, PCMA} {
		path := filepath.Join(t.TempDir(), "x.wav")
		octets := []byte{1, 2, 3, 200, 255}
		if err := WriteG711File(path, c, octets); err != nil {
			t.Fatal(err)
		}
		codec, back, err := ReadG711File(path)
		if err != nil || codec != c || !bytes.Equal(back, octets) {
			t.Errorf("%v: got %v %v %v", c, codec, back, err)
		}
		w, err := ReadWAVFile(path)
		if err != nil || w.Rate != SampleRate || len(w.Channels[0]) != 5 || w.Channels[0][3] != c.Decode(nil, octets)[3] {
			t.Errorf("%v: decoded %v %v", c, w, err)
		}
	}
}

func TestAWrongFileIsNamed(t *testing.T) {
	for want, b := range map[string]string{
		"not a WAV file":  "ID3\x04 this is not sound at all",
		"no sound in it":  string(WAVHeader(PCMU, 0)[:12]),
		"0 samples":       string(WAVHeader(PCMU, 0)),
		"before its data": "RIFF\x00\x00\x00\x00WAVELIST\xff\x00\x00\x00abc",
		"is not supported": strings.Replace(string(WAVHeader(PCMU, 4)), "fmt \x12\x00\x00\x00\x07\x00",
			"fmt \x12\x00\x00\x00\x31\x00", 1) + "abcd",
	} {
		if _, err := ReadWAV(strings.NewReader(b)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

func TestResamplingKeepsASpeechTone(t *testing.T) {
	in := make([]int16, 48000)
	for i := range in {
		in[i] = int16(8000*math.Sin(2*math.Pi*1000*float64(i)/48000) + 8000*math.Sin(2*math.Pi*9000*float64(i)/48000))
	}
	out := To8k(in, 48000)
	if len(out) != 8000 {
		t.Fatalf("%d samples, want 8000", len(out))
	}
	for i := 200; i < 7800; i++ {
		want := 8000 * math.Sin(2*math.Pi*1000*float64(i)/8000)
		if math.Abs(float64(out[i])-want) > 160 {
			t.Fatalf("sample %d is %d, want %.0f: the tone above 4 kHz is not gone or the tone below is bent", i, out[i], want)
		}
	}
}

func FuzzReadWAV(f *testing.F) {
	f.Add(append(WAVHeader(PCMA, 4), 1, 2, 3, 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := ReadWAV(bytes.NewReader(b))
		if err == nil && (len(w.Channels) == 0 || len(w.Channels[0]) == 0) {
			t.Error("a WAV without sound was accepted")
		}
		if _, octets, err := ParseG711(b); err == nil && len(octets) > len(b) {
			t.Error("more octets than the file has")
		}
	})
}
