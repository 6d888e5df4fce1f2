package builtin

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// What Go makes of inputs is what torch made of them; the weights are halves in the file.
func TestAngerEqualsTorch(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "anger.bin"))
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	rows, columns := int(le.Uint32(b)), int(le.Uint32(b[4:]))
	if columns != angerInputCount {
		t.Fatalf("%d inputs", columns)
	}
	at := 8
	number := func() float32 {
		v := math.Float32frombits(le.Uint32(b[at:]))
		at += 4
		return v
	}
	r, err := LoadAnger()
	if err != nil {
		t.Fatal(err)
	}
	s := r.Open().(*angerStream)
	for range rows {
		in := make([]float32, columns)
		for i := range in {
			in[i] = number()
		}
		s.read(in, 100)
	}
	for i := range rows {
		if want := number(); math.Abs(s.out[i].Odds-float64(want)) > 0.05+0.01*math.Abs(float64(want)) {
			t.Errorf("row %d: odds %.3f, torch has %.3f", i, s.out[i].Odds, want)
		}
	}
}

// The pitch of a tone is its frequency, whatever its level; noise has none to speak of.
func TestPitch(t *testing.T) {
	for _, hz := range []float64{90, 130, 220, 310, 440} {
		for _, level := range []float64{300, 20000} {
			var w [voiceWindow]int16
			for i := range w {
				x := 2 * math.Pi * hz * float64(i) / 8000
				w[i] = int16(level * (math.Sin(x) + 0.5*math.Sin(2*x) + 0.3*math.Sin(3*x)) / 2)
			}
			got, strength := pitch(w[:])
			if math.Abs(12*math.Log2(got/hz)) > 0.7 || strength < 0.8 {
				t.Errorf("%v Hz at %v: %.1f Hz, strength %.2f", hz, level, got, strength)
			}
		}
	}
	if hz, strength := pitch(make([]int16, voiceWindow)); hz != 0 || strength != 0 {
		t.Errorf("silence: %v Hz, strength %v", hz, strength)
	}
}
