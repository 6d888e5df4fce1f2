package hear

import (
	"math"
	"path/filepath"
	"testing"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// demo reads a sound of the demonstration, with gain in dB.
func demo(t testing.TB, name string, gain float64) []int16 {
	t.Helper()
	w, err := audio.ReadWAVFile(filepath.Join("..", "..", "proof", "demo", "sound", name))
	if err != nil {
		t.Fatal(err)
	}
	pcm := w.Channels[0]
	f := math.Pow(10, gain/20)
	for i, s := range pcm {
		pcm[i] = int16(max(-32768, min(32767, math.Round(float64(s)*f))))
	}
	return pcm
}

// converse feeds both parties in steps of 100 ms and gives all items.
func converse(caller, agent []int16) []evidence.Sound {
	c := NewConversation(LevelActivity{})
	var out []evidence.Sound
	report := func(it evidence.Item) {
		if s, ok := it.(evidence.Sound); ok {
			out = append(out, s)
		}
	}
	for at := 0; at < max(len(caller), len(agent)); at += 800 {
		for who, pcm := range map[call.Party][]int16{call.Caller: caller, call.Agent: agent} {
			if at < len(pcm) {
				c.Hear(who, audio.Frame{At: call.Millis(at / 8), PCM: pcm[at:min(at+800, len(pcm))]}, report)
			}
		}
	}
	c.Close(report)
	return out
}

func loudest(items []evidence.Sound, who call.Party) float64 {
	top := math.Inf(-1)
	for _, s := range items {
		if s.Party == who {
			top = max(top, s.LoudnessDB)
		}
	}
	return top
}

func TestRaisedVoiceAgainstOwnCalm(t *testing.T) {
	for _, gain := range []float64{0, -12, 6} {
		loud := converse(demo(t, "complaint-caller.wav", gain), demo(t, "complaint-agent.wav", 0))
		calm := converse(demo(t, "enquiry-caller.wav", gain), demo(t, "enquiry-agent.wav", 0))
		if got := loudest(loud, call.Caller); got < 6 || got > 14 {
			t.Errorf("gain %v dB: the loud complaint lies %.1f dB over the calm voice, expected about 10", gain, got)
		}
		if got := loudest(calm, call.Caller); got > 4 {
			t.Errorf("gain %v dB: the calm enquiry lies %.1f dB over itself", gain, got)
		}
	}
}

// Gain changes nothing that is told.
func TestLevelIndependence(t *testing.T) {
	want := converse(demo(t, "threat-caller.wav", 0), demo(t, "threat-agent.wav", 0))
	for _, gain := range []float64{-12, 12} {
		got := converse(demo(t, "threat-caller.wav", gain), demo(t, "threat-agent.wav", gain))
		if len(got) != len(want) {
			t.Fatalf("gain %v dB: %d items, without %d", gain, len(got), len(want))
		}
		for i := range got {
			a, b := got[i], want[i]
			if math.Abs(a.LoudnessDB-b.LoudnessDB) > 1.5 || math.Abs(a.TalkShare-b.TalkShare) > 0.05 || a.FromMS != b.FromMS {
				t.Errorf("gain %v dB: %+v, without %+v", gain, a, b)
			}
		}
	}
}

func TestOverlapAndSilence(t *testing.T) {
	x := demo(t, "limited-caller.wav", 0)
	both := converse(x, x)
	over := 0.0
	for _, s := range both {
		over = max(over, s.Overlap)
		if math.Abs(s.TalkShare-0.5) > 0.01 {
			t.Errorf("two equal parties, share %.2f", s.TalkShare)
		}
	}
	if over < 0.7 {
		t.Errorf("the same sound on both sides overlaps by %.2f", over)
	}
	var longest int64
	for _, s := range converse(x[:8*8000], make([]int16, 40*8000)) {
		if s.Party == call.Agent {
			longest = max(longest, s.SilenceMS)
		}
		if s.Overlap != 0 {
			t.Errorf("overlap with silence: %+v", s)
		}
	}
	if longest < 20000 {
		t.Errorf("an agent silent for 40 s was told as %d ms", longest)
	}
}

// A hole in one party's sound, sound that comes again, and a party that lags don't move the rest.
func TestHolesAndRepeats(t *testing.T) {
	x := demo(t, "enquiry-caller.wav", 0)
	c := NewConversation(LevelActivity{})
	var ends []call.Millis
	report := func(it evidence.Item) { ends = append(ends, it.Span().ToMS) }
	feed := func(who call.Party, at call.Millis, n int) {
		for k := range n {
			from := max(0, int(at)+100*k) * 8 % (len(x) - 800)
			c.Hear(who, audio.Frame{At: at + call.Millis(100*k), PCM: x[from : from+800]}, report)
		}
	}
	feed(call.Caller, 0, 100)
	feed(call.Caller, 5000, 20)    // again
	feed(call.Caller, 60_000, 100) // hole
	feed(call.Agent, 61_000, 50)   // joins late
	feed(call.Agent, -500, 3)      // before the call
	feed("stranger", 0, 3)
	c.Hear(call.Caller, audio.Frame{At: 1 << 60, PCM: x[:800]}, report)
	c.Close(report)
	for i := 1; i < len(ends); i++ {
		if ends[i] < ends[i-1]-WindowMS {
			t.Errorf("windows go backwards: %v", ends)
		}
	}
	if last := ends[len(ends)-1]; last != 70_000 {
		t.Errorf("the sound ends at 70 s, the last window at %v", last)
	}
}

func FuzzVoiceActivity(f *testing.F) {
	f.Add([]byte{0, 1, 2, 255}, 3)
	f.Fuzz(func(t *testing.T, b []byte, times int) {
		pcm := make([]int16, 0, len(b)*200)
		for range max(0, min(times, 200)) {
			for _, v := range b {
				pcm = append(pcm, int16(v)*257-32768>>1)
			}
		}
		v := LevelActivity{}.Open()
		for _, s := range v.Feed(pcm, nil) {
			if math.IsNaN(s.Level) || s.Level > 10 {
				t.Fatalf("level %v", s.Level)
			}
		}
	})
}
