package builtin

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"commusafe/internal/listener/hear"
)

// golden reads what training wrote: rows of inputs and what it made of each.
func golden(t *testing.T, name string) (rows [][]float32, odds []float32) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	n, columns, at := int(le.Uint32(b)), int(le.Uint32(b[4:])), 8
	if columns != angerInputCount || n < 20 {
		t.Fatalf("%d rows of %d inputs", n, columns)
	}
	numbers := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = math.Float32frombits(le.Uint32(b[at:]))
			at += 4
		}
		return out
	}
	for range n {
		rows = append(rows, numbers(columns))
	}
	return rows, numbers(n)
}

// What Go makes of inputs is what the training made of them; the weights of the net are halves in the file.
func TestAngerIsThatOfTheTraining(t *testing.T) {
	r, err := LoadAnger()
	if err != nil {
		t.Fatal(err)
	}
	s := r.Open().(*angerStream)
	rows, odds := golden(t, "anger.bin")
	for i, in := range rows {
		s.read(in, 100)
		if want := float64(odds[i]); math.Abs(s.out[i].Odds-want) > 0.05+0.01*math.Abs(want) {
			t.Errorf("row %d: odds %.3f, training has %.3f", i, s.out[i].Odds, want)
		}
	}
	rows, odds = golden(t, "change.bin")
	calm := make([]float64, angerInputCount)
	for i, in := range rows {
		if got, want := r.change.odds(in, calm), float64(odds[i]); math.Abs(got-want) > 1e-3 {
			t.Errorf("difference %d: odds %.4f, training has %.4f", i, got, want)
		}
	}
}

// The change is told once six readings have made the calm: by how far the inputs lie from their mean, which then follows what is
// calm, and not what is angry.
func TestChangeIsAgainstTheCalm(t *testing.T) {
	r, err := LoadAnger()
	if err != nil {
		t.Fatal(err)
	}
	s := r.Open().(*angerStream)
	calm := make([]float32, angerInputCount)
	for i := range calm {
		calm[i] = float32(i)
	}
	most := 0
	for i, slope := range r.change.slopes {
		if math.Abs(float64(slope)) > math.Abs(float64(r.change.slopes[most])) {
			most = i
		}
	}
	slope, size := float64(r.change.slopes[most]), float64(r.change.sizes[most])
	off := func(odds float64) []float32 { // so far off the calm that it changes the odds by so much
		in := slices.Clone(calm)
		in[most] += float32(odds / (slope + math.Copysign(size, slope)))
		return in
	}
	give := func(in []float32, n int) hear.Reading {
		for range n {
			s.read(in, 100)
		}
		return s.out[len(s.out)-1]
	}
	if give(calm, hear.CalmReadings).HasChange {
		t.Error("a change is told before the calm is known")
	}
	got := give(calm, 1)
	if !got.HasChange || math.Abs(got.Change-float64(r.change.constant)) > 1e-4 {
		t.Errorf("no change reads as %.3f, not as the constant %.3f", got.Change, r.change.constant)
	}
	if r.change.constant > changeCalm-1 {
		t.Errorf("a voice that has not changed reads as %.2f: too near to anger", r.change.constant)
	}
	first := give(off(6), 1).Change
	if want := float64(r.change.constant) + 6; math.Abs(first-want) > 1e-3 {
		t.Errorf("a change along the slopes reads as %.3f, not %.3f", first, want)
	}
	if after := give(off(6), 300).Change; after != first {
		t.Errorf("anger was taken for calm: %.3f after five minutes, %.3f at first", after, first)
	}
	if first, after := give(off(1), 1).Change, give(off(1), 300).Change; after > first-0.9 {
		t.Errorf("a calm that drifts is not followed: %.3f, then %.3f", first, after)
	}
}

func TestMapOfDifferencesThatIsNone(t *testing.T) {
	for name, b := range map[string][]byte{"empty": {}, "cut": changeWeights[:len(changeWeights)-1], "longer": append(slices.Clone(changeWeights), 0),
		"another file": append([]byte("CSW1"), changeWeights[4:]...), "no number": append(slices.Clone(changeWeights[:len(changeWeights)-4]), 0, 0, 0xc0, 0x7f)} {
		if _, err := parseChange(b, angerInputCount); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := parseChange(changeWeights, angerInputCount-1); err == nil {
		t.Error("another number of inputs: no error")
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

// A voice is read by an activity that somebody else feeds as by its own: the same readings at the same times, over an end of the
// sound as well. While it rests nothing is read, and what is read afterwards stands where it was said.
func TestAngerByAnActivityOfOthers(t *testing.T) {
	r, err := LoadAnger()
	if err != nil {
		t.Fatal(err)
	}
	v, err := LoadActivity()
	if err != nil {
		t.Fatal(err)
	}
	pcm := demo(t, "abuse-caller.wav")
	alone, a := r.Open(), v.Open()
	shared, ok := r.OpenOn(a)
	if !ok {
		t.Fatal("the built-in activity can't be followed")
	}
	if _, again := r.OpenOn(a); again {
		t.Error("one activity is followed by two")
	}
	if _, other := r.OpenOn(hear.LevelActivity{}.Open()); other {
		t.Error("another engine's activity is followed")
	}
	late := v.Open()
	late.Feed(pcm[:1600], nil)
	if _, ok := r.OpenOn(late); ok {
		t.Error("an activity that has heard something is followed")
	}
	for stretch := range 2 {
		var want, got []hear.Reading
		var slots []hear.Slot
		for part := range slices.Chunk(pcm[stretch*80000:], 800) {
			want = alone.Feed(part, want)
			slots = a.Feed(part, slots[:0])
			got = shared.Feed(part, got)
		}
		want = alone.Close(want)
		a.Close(slots)
		if got = shared.Close(got); len(got) < 5 || !slices.Equal(got, want) {
			t.Fatalf("stretch %d: %+v, alone %+v", stretch, got, want)
		}
	}
	shared.Rest(true)
	var got []hear.Reading
	var woken, at int
	for part := range slices.Chunk(pcm, 800) {
		if woken == 0 && at >= len(pcm)/2 {
			if len(got) > 0 {
				t.Errorf("read while it rests: %+v", got)
			}
			shared.Rest(false)
			woken = at / 8
		}
		a.Feed(part, nil)
		got = shared.Feed(part, got)
		at += len(part)
	}
	if len(got) == 0 || int(got[0].ToMS) < woken-int(activityAhead.Milliseconds()) || int(got[len(got)-1].ToMS) > len(pcm)/8 {
		t.Errorf("woken at %d ms of %d: %+v", woken, len(pcm)/8, got)
	}
}
