package hear

import (
	"math"
	"math/rand/v2"
	"testing"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// conversed gives everything that a conversation tells; each second caller and agent are asked for their phonemes.
func conversed(caller, agent []int16, rate int) (sounds []evidence.Sound, gaps []evidence.Gap) {
	c := NewConversation(LevelActivity{})
	report := func(it evidence.Item) {
		switch it := it.(type) {
		case evidence.Sound:
			sounds = append(sounds, it)
		case evidence.Gap:
			gaps = append(gaps, it)
		}
	}
	for at := 0; at < max(len(caller), len(agent)); at += 800 {
		for who, pcm := range map[call.Party][]int16{call.Caller: caller, call.Agent: agent} {
			if at < len(pcm) {
				c.Hear(who, audio.Frame{At: call.Millis(at / 8), PCM: pcm[at:min(at+800, len(pcm))]}, report)
			}
		}
		if rate > 0 && at%8000 == 0 {
			c.Phonemes(call.Caller, rate)
		}
	}
	c.Close(report)
	return sounds, gaps
}

func noise(n int, level float64) []int16 {
	r := rand.New(rand.NewPCG(1, 1))
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(r.NormFloat64() * level)
	}
	return out
}

// Nothing but zeros from the first sample on is a line that carries nothing; a silent caller's line has noise.
func TestOneWayIsNotASilentCaller(t *testing.T) {
	agent := demo(t, "abuse-agent.wav", 0)
	agent = agent[:min(len(agent), 60*8000)]
	for name, c := range map[string]struct {
		caller []int16
		gaps   int
	}{
		"zeros":             {make([]int16, len(agent)), 1},
		"no packets at all": {nil, 1},
		"a quiet room":      {noise(len(agent), 20), 0},
		"one click at 1 s":  {append(append(make([]int16, 8000), 500), make([]int16, len(agent)-8001)...), 0},
	} {
		_, gaps := conversed(c.caller, agent, 0)
		if len(gaps) != c.gaps {
			t.Errorf("%s: %+v", name, gaps)
		}
		for _, g := range gaps {
			if g.Party != call.Caller || g.What != "sound" || g.Why != "one_way" || g.ToMS < 10000 {
				t.Errorf("%s: %+v", name, g)
			}
		}
	}
	if _, gaps := conversed(agent, nil, 0); len(gaps) != 0 {
		t.Errorf("a caller alone with a voicebot: %+v", gaps)
	}
	if _, gaps := conversed(make([]int16, 30*8000), make([]int16, 30*8000), 0); len(gaps) != 0 {
		t.Errorf("nobody has spoken yet: %+v", gaps)
	}
}

// A blow is counted once, whatever the gain; speech, however sudden, and a tone that stays are none.
func TestBangs(t *testing.T) {
	speech := demo(t, "enquiry-caller.wav", 0)
	agent := make([]int16, len(speech))
	count := func(pcm []int16) (n int) {
		sounds, _ := conversed(pcm, agent, 0)
		for _, s := range sounds {
			n += s.Bangs
		}
		return n
	}
	if n := count(speech); n != 0 {
		t.Fatalf("%d bangs in calm speech", n)
	}
	for _, gain := range []float64{0.25, 1} {
		pcm := append([]int16(nil), speech...)
		tail := append(pcm, noise(12*8000, 30)...)
		for _, second := range []int{3, 7} {
			at := len(speech)/16000*16000 + second*8000
			for i := range 1200 {
				tail[at+i] = int16(20000 * math.Exp(-float64(i)/150) * math.Sin(float64(i)*0.9))
			}
		}
		for i := range tail {
			tail[i] = int16(float64(tail[i]) * gain)
		}
		agent = make([]int16, len(tail))
		if n := count(tail); n != 2 {
			t.Errorf("gain %v: %d bangs, two blows", gain, n)
		}
	}
	tone := append(append([]int16(nil), speech...), noise(4*8000, 30)...)
	for i := range 3 * 8000 {
		tone = append(tone, int16(15000*math.Sin(float64(i)*0.4)))
	}
	agent = make([]int16, len(tone))
	if n := count(tone); n != 0 {
		t.Errorf("%d bangs in a tone", n)
	}
}

func TestSpeechRate(t *testing.T) {
	speech := demo(t, "complaint-caller.wav", 0)
	sounds, _ := conversed(speech, make([]int16, len(speech)), 10)
	told := 0
	for _, s := range sounds {
		if s.Party == call.Agent && s.SpeechRate != 0 {
			t.Errorf("the agent's phonemes were never told: %+v", s)
		}
		if s.SpeechRate > 0 {
			told++
			if s.SpeechRate < 8 || s.SpeechRate > 30 {
				t.Errorf("ten phonemes a second of sound are a speech rate of %.1f", s.SpeechRate)
			}
		}
	}
	if told < 5 {
		t.Errorf("a speech rate in %d windows", told)
	}
	if sounds, _ := conversed(speech, nil, 0); sounds[0].SpeechRate != 0 {
		t.Error("a speech rate without a recogniser")
	}
}
