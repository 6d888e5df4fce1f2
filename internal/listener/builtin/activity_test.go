package builtin

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"commusafe/internal/listener/hear"
)

// goldenOdds reads what training wrote: a clip and the odds of one output a slot.
func goldenOdds(t testing.TB, name string) (pcm []int16, odds []float32) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	pcm, odds = make([]int16, le.Uint32(b)), make([]float32, le.Uint32(b[4:]))
	b = b[8:]
	for i := range pcm {
		pcm[i] = int16(le.Uint16(b[2*i:]))
	}
	b = b[2*len(pcm):]
	for i := range odds {
		odds[i] = math.Float32frombits(le.Uint32(b[4*i:]))
	}
	return pcm, odds
}

func shippedActivity(t testing.TB) *Activity {
	t.Helper()
	a, err := LoadActivity()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What Go computes from a stream cut anywhere is what torch computed from the whole; the weights are halves in the file.
func TestActivityEqualsTorch(t *testing.T) {
	v := shippedActivity(t)
	pcm, want := goldenOdds(t, "activity.bin")
	for _, cut := range []int{77, 160, 800, len(pcm)} {
		a := v.Open().(*activity)
		var got []float32
		take := func(log []float32) {
			for to := v.net.out.to; len(log) > 0; log = log[to:] {
				got = append(got, log[1]-log[0])
			}
		}
		for at := 0; at < len(pcm); at += cut {
			a.front.feed(pcm[at:min(at+cut, len(pcm))], a.slot)
			take(a.net.run())
		}
		take(a.net.flush())
		if len(got) != len(want) {
			t.Fatalf("cut %d: %d slots, torch has %d", cut, len(got), len(want))
		}
		for i := range got {
			if math.Abs(float64(got[i]-want[i])) > 0.05+0.01*math.Abs(float64(want[i])) {
				t.Fatalf("cut %d, slot %d: odds %v, torch has %v", cut, i, got[i], want[i])
			}
		}
	}
}

// The cut of the stream and its end change no decision, and each 20 ms get one.
func TestActivityOfAnyCut(t *testing.T) {
	v := shippedActivity(t)
	pcm := demo(t, "threat-caller.wav")[13*8000 : 17*8000]
	want := v.Open()
	whole := want.Close(want.Feed(pcm, nil))
	if len(whole) != len(pcm)/160 {
		t.Fatalf("%d slots of %d samples", len(whole), len(pcm))
	}
	speech := 0
	for _, s := range whole {
		if s.Speech {
			speech++
		}
	}
	if speech == 0 || speech == len(whole) {
		t.Errorf("%d of %d slots are speech", speech, len(whole))
	}
	for _, cut := range []int{1, 159, 800} {
		a := v.Open()
		var got []hear.Slot
		for at := 0; at < len(pcm); at += cut {
			got = a.Feed(pcm[at:min(at+cut, len(pcm))], got)
		}
		got = a.Close(got)
		if len(got) != len(whole) {
			t.Fatalf("cut %d: %d slots, expected %d", cut, len(got), len(whole))
		}
		for i := range got {
			if got[i] != whole[i] {
				t.Fatalf("cut %d: slot %d is %+v, expected %+v", cut, i, got[i], whole[i])
			}
		}
	}
}

func TestActivityAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("a pool forgets on purpose under the race detector")
	}
	a := shippedActivity(t).Open()
	pcm := demo(t, "threat-caller.wav")
	var slots []hear.Slot
	at := 0
	tenth := func() {
		slots = a.Feed(pcm[at:at+800], slots[:0])
		at = (at + 800) % 80000
	}
	for range 100 {
		tenth()
	}
	if got := testing.AllocsPerRun(50, tenth); got != 0 {
		t.Errorf("%v allocations for 100 ms of sound", got)
	}
}
