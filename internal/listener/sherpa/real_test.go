package sherpa

import (
	"strings"
	"testing"
	"time"

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
