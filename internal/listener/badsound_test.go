package listener

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"testing"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
)

func demoCaller(t *testing.T, name string) []int16 {
	t.Helper()
	w, err := audio.ReadWAVFile(filepath.Join("..", "proof", "demo", "sound", name))
	if err != nil {
		t.Fatal(err)
	}
	return w.Channels[0]
}

func made(n int, f func(i int) float64) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(max(-32768, min(32767, f(i))))
	}
	return out
}

// Sound that has no speech in it gives no words and no anger; speech that the line has spoilt still gives what is said
// in it, or nothing, and nothing that isn't. What is distorted may sound like another phrase, too weakly to count without a second cue.
func TestBadSoundGivesHonestEvidence(t *testing.T) {
	if raced {
		t.Skip("one goroutine only, and much arithmetic")
	}
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	h, _, err := NewHearing("", lexicon)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(9, 9))
	const n = 30 * audio.SampleRate
	threat := demoCaller(t, "threat-caller.wav")
	said := map[string]bool{}
	heard := func(pcm []int16, least float64) (ids []string, anger float64) {
		items, err := h.HearCall(t.Context(), Recording{Caller: pcm}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range items {
			switch it := it.(type) {
			case evidence.Phrase:
				if it.Confidence >= least {
					ids = append(ids, it.ID)
				}
			case evidence.Emotion:
				anger = max(anger, it.Anger)
			}
		}
		return ids, anger
	}
	plain, _ := heard(threat, 0)
	for _, id := range plain {
		said[id] = true
	}
	if len(plain) < 3 {
		t.Fatalf("of the threats %v were found", plain)
	}
	for name, pcm := range map[string][]int16{
		"digital silence":   make([]int16, n),
		"noise at full":     made(n, func(int) float64 { return r.NormFloat64() * 12000 }),
		"full scale square": made(n, func(i int) float64 { return 32767 * float64(1-2*(i/20%2)) }),
		"ringing":           made(n, func(i int) float64 { return 8000 * math.Sin(float64(i)*0.33) * float64(i/8000%3/2) }),
		"chords on hold": made(n, func(i int) float64 {
			return 3000 * (math.Sin(float64(i)*0.2) + math.Sin(float64(i)*0.25) + math.Sin(float64(i)*0.3)) * math.Abs(math.Sin(float64(i)/9000))
		}),
		"one impulse a second": made(n, func(i int) float64 { return 30000 * float64(max(0, 1-i%8000)) }),
	} {
		if ids, anger := heard(pcm, 0); len(ids) > 0 || anger > 0.3 {
			t.Errorf("%s: phrases %v, anger %.2f", name, ids, anger)
		}
	}
	for name, pcm := range map[string][]int16{
		"clipped":                made(len(threat), func(i int) float64 { return 30 * float64(threat[i]) }),
		"very low":               made(len(threat), func(i int) float64 { return float64(threat[i]) / 60 }),
		"every third 20 ms lost": made(len(threat), func(i int) float64 { return float64(threat[i]) * float64(min(1, i/160%3)) }),
		"silence suppressed":     suppressed(threat),
		"played backwards":       made(len(threat), func(i int) float64 { return float64(threat[len(threat)-1-i]) }),
	} {
		least := 0.0
		if name != "silence suppressed" && name != "played backwards" {
			least = judge.ShippedThresholds().PhraseSure
		}
		ids, _ := heard(pcm, least)
		for _, id := range ids {
			if !said[id] {
				t.Errorf("%s: %s was found, which isn't said", name, id)
			}
		}
		if name == "silence suppressed" && len(ids) < len(plain)-1 {
			t.Errorf("%s: %v, otherwise %v", name, ids, plain)
		}
	}
}

// suppressed puts zeros where the sound is low, as silence suppression does.
func suppressed(pcm []int16) []int16 {
	out := make([]int16, len(pcm))
	for at := 0; at+1600 <= len(pcm); at += 1600 {
		if audio.Loudness(pcm[at:at+1600]) > -50 {
			copy(out[at:], pcm[at:at+1600])
		}
	}
	return out
}

// A call of hours takes no more memory than one of minutes.
func TestLongCallsStaySmall(t *testing.T) {
	if raced {
		t.Skip("one goroutine only, and much arithmetic")
	}
	h, _, err := NewHearing("", judge.Lexicon{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.open()
	if err != nil {
		t.Fatal(err)
	}
	talk := demoCaller(t, "complaint-caller.wav")
	at := 0
	play := func(minutes int) uint64 {
		for range minutes * 60 * 10 {
			f := audio.Frame{At: call.Millis(at * 100), PCM: talk[at*800%(len(talk)-800):][:800]}
			p.sound.Hear(call.Caller, f, func(evidence.Item) {})
			p.sound.Hear(call.Agent, audio.Frame{At: f.At, PCM: make([]int16, 800)}, func(evidence.Item) {})
			at++
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := play(3)
	if after := play(20); after > before+200_000 {
		t.Errorf("%d octets after 3 minutes, %d after 23", before, after)
	}
}
