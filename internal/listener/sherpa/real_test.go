package sherpa

import (
	"math"
	"strings"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// The real library recognises with each kind of model, on four streams at once, and puts words where they were said.
func TestRecognisersOfTheRealLibrary(t *testing.T) {
	dir := runtimeDir(t)
	for name, c := range map[string]struct {
		model func(*testing.T) Model
		want  [2]string
	}{
		"CTC":               {toyCTC, [2]string{"アカ", "カカア"}},
		"SenseVoice":        {toySense, [2]string{"アカ", "カカア"}},
		"transducer":        {toyTransducer, [2]string{"アカ", "カカア"}},
		"online transducer": {toyOnline, [2]string{"アカ", "カカア"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Library: dir, Words: c.model(t), Workers: 2}
			if _, err := Probe(t.Context(), child(t), cfg); err != nil {
				t.Fatal(err)
			}
			e, err := OpenEngine(cfg, func(s string) []evidence.Token { return []evidence.Token{{Surface: s}} })
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			done := make(chan string, 4)
			for range 4 {
				go func() {
					all, err := heard(e, call.Caller, tones("ak  kka  "), func() { time.Sleep(4 * time.Millisecond) }) // faster, a busy machine decodes the pause with what follows it
					if err != nil {
						done <- err.Error()
						return
					}
					done <- judgeTones(all, c.want, cfg.Words)
				}()
			}
			for range 4 {
				if wrong := <-done; wrong != "" {
					t.Error(wrong)
				}
			}
		})
	}
}

// Hot words decide between what sounds nearly the same: both letters are in the sound, one of them is expected.
func TestHotWordsOfTheRealLibrary(t *testing.T) {
	dir := runtimeDir(t)
	for name, model := range map[string]func(*testing.T) Model{"transducer": toyTransducer, "online transducer": toyOnline} {
		t.Run(name, func(t *testing.T) {
			m := model(t)
			m.Unit = "cjkchar"
			heardWith := func(expected string) string {
				e, err := OpenEngine(Config{Library: dir, Words: m, HotWords: 3}, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				if err := e.Hint([]string{expected}); err != nil {
					t.Fatal(err)
				}
				all, err := heard(e, call.Caller, tones("m  "), func() { time.Sleep(4 * time.Millisecond) })
				if err != nil {
					t.Fatal(err)
				}
				var said []string
				for _, u := range finals(all) {
					said = append(said, squeeze(u.Text, true))
				}
				return strings.Join(said, " ")
			}
			low, high := heardWith("ア"), heardWith("カ")
			if !strings.Contains(low, "ア") || strings.Contains(high, "ア") || high == "" {
				t.Errorf("with ア expected %q is heard, with カ %q", low, high)
			}
		})
	}
}

// The denoiser runs before recognition: a hum that hides what is said is taken out.
func TestDenoiserOfTheRealLibrary(t *testing.T) {
	c := Config{Library: runtimeDir(t), Words: toyCTC(t)}
	pcm := tones("aa  aaa  ")
	for i := range pcm {
		pcm[i] += int16(3000 * math.Sin(2*math.Pi*2500*float64(i)/audio.SampleRate))
	}
	said := map[bool]string{}
	for _, quiet := range []bool{false, true} {
		if c.Denoiser = ""; quiet {
			c.Denoiser = toyDenoiser(t)
		}
		if _, err := Probe(t.Context(), child(t), c); err != nil {
			t.Fatal(err)
		}
		e, err := OpenEngine(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		all, err := heard(e, call.Caller, pcm, func() { time.Sleep(4 * time.Millisecond) })
		e.Close()
		if err != nil {
			t.Fatal(err)
		}
		said[quiet] = texts(all)
	}
	if strings.Contains(said[false], "ア") || !strings.Contains(said[true], "アアアアア") || strings.Contains(said[true], "カ") {
		t.Errorf("heard in the hum %s\nand without it %s", said[false], said[true])
	}
}

// judgeTones says what is wrong with what was heard of two utterances.
func judgeTones(all []evidence.Item, want [2]string, m Model) string {
	got := finals(all)
	if len(got) != 2 {
		return "not two utterances: " + texts(all)
	}
	for i, u := range got {
		if squeeze(u.Text, m.Kind == Transducer || m.Kind.Online()) != squeeze(want[i], m.Kind == Transducer || m.Kind.Online()) || u.Source != "sherpa/"+m.ID || len(u.Tokens) != 1 {
			return "heard " + texts(all)
		}
	}
	// The first begins at 500 ms and lasts a second, the second begins at 3540 ms.
	if a, b := got[0], got[1]; a.FromMS > 700 || a.ToMS < 1300 || a.ToMS > 3400 || b.FromMS < 3000 || b.FromMS > 3900 || b.ToMS < 4900 {
		return "at a wrong place: " + texts(all)
	}
	angry := 0
	for _, it := range all {
		if e, ok := it.(evidence.Emotion); ok && e.Anger == 1 {
			angry++
		}
	}
	if m.Kind == SenseVoice && angry != 2 || m.Kind != SenseVoice && angry != 0 {
		return "emotion tags told wrongly"
	}
	return ""
}

// squeeze makes one letter of repeated ones: a toy transducer says a letter for every frame.
func squeeze(s string, repeated bool) string {
	if !repeated {
		return s
	}
	var b strings.Builder
	var last rune
	for _, r := range s {
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

func texts(all []evidence.Item) string {
	var b strings.Builder
	for _, it := range all {
		if u, ok := it.(evidence.Utterance); ok && !u.Final {
			continue
		}
		line, _ := evidence.Marshal(it)
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}
