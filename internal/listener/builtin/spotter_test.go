package builtin

import (
	"math"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
	"commusafe/internal/text"
)

func demo(t testing.TB, name string) []int16 {
	t.Helper()
	w, err := audio.ReadWAVFile(filepath.Join("..", "..", "proof", "demo", "sound", name))
	if err != nil {
		t.Fatal(err)
	}
	return w.Channels[0]
}

func phrases() []hear.Phrase {
	return []hear.Phrase{
		{ID: "fuzakenna", Reading: "ふざけんなてめえ"}, {ID: "nankai", Reading: "なんかいいわせんだよ"},
		{ID: "namete", Reading: "なめてんのかこら"}, {ID: "uruse", Reading: "うるせえだまってきいてろ"},
		{ID: "nanisama", Reading: "なにさまのつもりだ"}, {ID: "atama", Reading: "あたまおかしいんじゃねえのか"},
		{ID: "yomichi", Reading: "よみちにはきをつけろよ"}, {ID: "kazoku", Reading: "かぞくがどうなってもしらねえぞ"},
		{ID: "shine", Reading: "しねよ"},
	}
}

// listen feeds sound with a frame length and gives what was spotted.
func listen(t testing.TB, s *Spotter, pcm []int16, step int) []evidence.Phrase {
	t.Helper()
	e, err := s.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	var out []evidence.Phrase
	report := func(it evidence.Item) { out = append(out, it.(evidence.Phrase)) }
	for at := 0; at < len(pcm); at += step {
		e.Hear(audio.Frame{At: call.Millis(at / 8), PCM: pcm[at:min(at+step, len(pcm))]}, report)
	}
	e.Close(report)
	return out
}

func ready(t testing.TB) *Spotter {
	t.Helper()
	if raced {
		t.Skip("one goroutine only, and much arithmetic")
	}
	s := NewSpotter(shippedNet(t))
	if err := s.Use(phrases()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFindsWhatIsSaid(t *testing.T) {
	s := ready(t)
	got := listen(t, s, demo(t, "abuse-caller.wav"), 800)
	ids := map[string]int{}
	for _, p := range got {
		ids[p.ID]++
		if p.FromMS >= p.ToMS || p.FromMS < 19_000 || p.Score > 0 || p.Confidence <= 0 || p.Confidence > 1 {
			t.Errorf("%+v", p)
		}
	}
	if len(ids) < 5 {
		t.Errorf("of six phrases only these were found: %v", ids)
	}
}

func TestInnocentSpeechGivesNothing(t *testing.T) {
	s := ready(t)
	for _, name := range []string{"innocent.wav", "enquiry-caller.wav", "complaint-caller.wav", "limited-caller.wav", "abuse-agent.wav"} {
		if got := listen(t, s, demo(t, name), 800); len(got) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// The size of the frames and a gain of ±12 dB change nothing that matters.
func TestFramesAndGain(t *testing.T) {
	s := ready(t)
	pcm := demo(t, "threat-caller.wav")
	want := listen(t, s, pcm, 800)
	if len(want) != 2 {
		t.Fatalf("%+v", want)
	}
	for _, step := range []int{160, 1111, 24000} {
		if got := listen(t, s, pcm, step); !slices.Equal(got, want) {
			t.Errorf("frames of %d samples: %+v, of 800: %+v", step, got, want)
		}
	}
	for _, gain := range []float64{-12, 12} {
		other := slices.Clone(pcm)
		for i, v := range pcm {
			other[i] = int16(max(-32768, min(32767, float64(v)*math.Pow(10, gain/20))))
		}
		got := listen(t, s, other, 800)
		if len(got) != len(want) {
			t.Fatalf("gain %v: %+v", gain, got)
		}
		for i := range got {
			if got[i].ID != want[i].ID || math.Abs(got[i].Score-want[i].Score) > 0.15 {
				t.Errorf("gain %v: %+v, without %+v", gain, got[i], want[i])
			}
		}
	}
}

// A phrase that is told from a confidence on leaves the others as they are where it reaches it, and is not there where it does not.
func TestPhrasesBelowTheirLeastAreNotTold(t *testing.T) {
	s := ready(t)
	all := listen(t, s, demo(t, "abuse-caller.wav"), 800)
	told := map[int]bool{}
	var reached []float64
	for _, p := range all {
		if p.ID == "uruse" {
			reached = append(reached, p.Confidence)
		}
	}
	if len(reached) != 2 {
		t.Fatalf("it is said twice and heard as %v", reached)
	}
	for _, least := range []float64{0.5, (reached[0] + reached[1]) / 2, 0.99} {
		list := phrases()
		for k := range list {
			if list[k].ID == "uruse" {
				list[k].Least = least
			}
		}
		if err := s.Use(list); err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(slices.Clone(all), func(p evidence.Phrase) bool { return p.ID == "uruse" && p.Confidence < least })
		if got := listen(t, s, demo(t, "abuse-caller.wav"), 800); !slices.Equal(got, want) {
			t.Errorf("least %v: %+v, want %+v", least, got, want)
		}
		told[len(all)-len(want)] = true
	}
	if len(told) != 3 {
		t.Errorf("left out were %v", told)
	}
}

func TestShortPhrasesAreWeak(t *testing.T) {
	p := phrase{pattern: &pattern{need: 6}, threshold: -1.2}
	for _, score := range []float32{-1.2, -0.5, 0} {
		if c := p.confidence(score); c > weakCap || c < 0.3 {
			t.Errorf("a phrase of 6 phonemes with score %v has confidence %v", score, c)
		}
	}
	p.pattern.need = text.ShortReading
	low, mid, high := p.confidence(-1.2), p.confidence(-1.2+sureOver), p.confidence(0)
	if low < 0.3 || low >= 0.6 || mid < 0.59 || mid > 0.7 || high != 1 {
		t.Errorf("confidences %v, %v, %v", low, mid, high)
	}
}

// Phrases can be replaced while ears are open; a jump of call time doesn't end the hearing.
func TestReplacedWhileOpenAndJumps(t *testing.T) {
	if raced {
		t.Skip("one goroutine only, and much arithmetic")
	}
	s := NewSpotter(shippedNet(t))
	pcm := demo(t, "threat-caller.wav")
	e, err := s.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	var got []evidence.Phrase
	report := func(it evidence.Item) { got = append(got, it.(evidence.Phrase)) }
	feed := func(shift call.Millis) {
		for at := 0; at < len(pcm); at += 800 {
			e.Hear(audio.Frame{At: shift + call.Millis(at/8), PCM: pcm[at:min(at+800, len(pcm))]}, report)
		}
	}
	feed(0)
	if len(got) != 0 {
		t.Fatalf("without phrases: %+v", got)
	}
	if err := s.Use(append(phrases(), hear.Phrase{ID: "bad", Reading: "漢字"})); err == nil {
		t.Error("a reading in kanji was taken")
	}
	feed(100_000)
	e.Close(report)
	if len(got) != 2 || got[0].ID != "yomichi" || got[0].FromMS < 100_000 {
		t.Errorf("%+v", got)
	}
}

// A word that is entered in the middle of what somebody is saying loses nothing of it.
func TestAPhraseIsAddedInTheMiddleOfAnother(t *testing.T) {
	pcm := demo(t, "threat-caller.wav")
	want := listen(t, ready(t), pcm, 800)
	s := ready(t)
	e, err := s.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	var got []evidence.Phrase
	report := func(it evidence.Item) { got = append(got, it.(evidence.Phrase)) }
	middle := int(want[0].FromMS+want[0].ToMS) / 2 * audio.SamplesPerMS
	for at := 0; at < len(pcm); at += 800 {
		if at <= middle && middle < at+800 {
			if err := s.Use(append(phrases(), hear.Phrase{ID: "new", Reading: "かんばんにみそをぬってやる"})); err != nil {
				t.Fatal(err)
			}
		}
		e.Hear(audio.Frame{At: call.Millis(at / audio.SamplesPerMS), PCM: pcm[at:min(at+800, len(pcm))]}, report)
	}
	e.Close(report)
	if !slices.Equal(got, want) {
		t.Errorf("%+v, without the new word %+v", got, want)
	}
}

// Settings come with the same phrases again whenever something else in them changes: nothing is lost by that.
func TestTheSamePhrasesAgain(t *testing.T) {
	s := ready(t)
	pcm := demo(t, "threat-caller.wav")
	want := listen(t, s, pcm, 800)
	e, err := s.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	var got []evidence.Phrase
	report := func(it evidence.Item) { got = append(got, it.(evidence.Phrase)) }
	for at := 0; at < len(pcm); at += 800 {
		if err := s.Use(phrases()); err != nil {
			t.Fatal(err)
		}
		e.Hear(audio.Frame{At: call.Millis(at / 8), PCM: pcm[at:min(at+800, len(pcm))]}, report)
	}
	e.Close(report)
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("heard %+v, want %+v", got, want)
	}
	bad := append(phrases(), hear.Phrase{ID: "bad", Reading: "漢字"})
	if first, again := s.Use(bad), s.Use(bad); first == nil || again == nil {
		t.Errorf("a reading in kanji was taken: %v, %v", first, again)
	}
}

func FuzzParseNet(f *testing.F) {
	f.Add(shippedWeights[:2000])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := ParseNet(b); err == nil && n.Width < 1 {
			t.Error("a net without width")
		}
	})
}

func BenchmarkPhrase(b *testing.B) {
	n := shippedNet(b)
	p, err := n.pattern("なにさまのつもりだ")
	if err != nil {
		b.Fatal(err)
	}
	a := newAligner(p, noScore, newStates(p))
	i := 0
	for b.Loop() {
		a.feed(n.background[i%len(n.background)])
		i++
	}
}

// Ears run in several goroutines while the phrases are replaced.
func TestEarsSideBySide(t *testing.T) {
	s := NewSpotter(shippedNet(t))
	pcm := demo(t, "threat-caller.wav")[:8000]
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() { listen(t, s, pcm, 800) })
	}
	if err := s.Use(phrases()[:1]); err != nil {
		t.Error(err)
	}
	wait.Wait()
}
