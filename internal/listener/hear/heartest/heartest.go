// Package heartest holds what every engine of hearing must keep to, whatever it hears: one conformance suite a port.
//
// Owns: the suites. Never: the quality of what is heard (commusafe eval measures that).
// Goroutines: the suites', ended before they return.
package heartest

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
)

// Noise is a quiet line without speech, as many samples.
func Noise(n int) []int16 {
	r := rand.New(rand.NewPCG(3, 3))
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(r.NormFloat64() * 15)
	}
	return out
}

// Gained gives sound at another level, clipped at full scale.
func Gained(pcm []int16, db float64) []int16 {
	out := make([]int16, len(pcm))
	for i, s := range pcm {
		out[i] = int16(max(-32768, min(32767, math.Round(float64(s)*math.Pow(10, db/20)))))
	}
	return out
}

// Activity is the suite of hear.VoiceActivity. speech holds some seconds of somebody speaking, with pauses.
func Activity(t *testing.T, v hear.VoiceActivity, speech []int16) {
	t.Helper()
	feed := func(a hear.Activity, pcm []int16, step int) (out []hear.Slot) {
		for part := range slices.Chunk(pcm, step) {
			out = a.Feed(part, out)
		}
		return a.Close(out)
	}
	want := feed(v.Open(), speech, 800)
	if n := len(speech) / 160; len(want) > n || len(want) < n-1 {
		t.Errorf("%d slots of %d samples", len(want), len(speech))
	}
	if share := spoken(want); share < 0.1 || share > 0.98 {
		t.Errorf("%.0f %% of the speech is speech", 100*share)
	}
	for _, step := range []int{1, 37, 160, 8000} {
		if got := feed(v.Open(), speech, step); !slices.Equal(got, want) {
			t.Errorf("fed in steps of %d samples it decides otherwise", step)
		}
	}
	for _, db := range []float64{-12, 12} {
		got, differ := feed(v.Open(), Gained(speech, db), 800), 0
		for i := range min(len(got), len(want)) {
			if got[i].Speech != want[i].Speech {
				differ++
			}
		}
		if differ > len(want)/25 {
			t.Errorf("%+.0f dB change %d of %d decisions", db, differ, len(want))
		}
	}
	for name, quiet := range map[string][]int16{"digital silence": make([]int16, 40000), "a quiet line": Noise(40000)} {
		if share := spoken(feed(v.Open(), quiet, 800)); share > 0.05 {
			t.Errorf("%.0f %% of %s is speech", 100*share, name)
		}
	}
	a := v.Open()
	first := feed(a, speech, 800)
	if again := feed(a, speech, 800); len(again) != len(first) {
		t.Errorf("after Close it gave %d slots, before %d", len(again), len(first))
	}
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			if got := feed(v.Open(), speech, 800); !slices.Equal(got, want) {
				t.Error("side by side with others it decides otherwise")
			}
		})
	}
	wait.Wait()
}

func spoken(slots []hear.Slot) float64 {
	n := 0
	for _, s := range slots {
		if s.Speech {
			n++
		}
	}
	return float64(n) / float64(max(1, len(slots)))
}

// Emotion is the suite of hear.EmotionReader. speech holds at least ten seconds of somebody speaking.
func Emotion(t *testing.T, e hear.EmotionReader, speech []int16) {
	t.Helper()
	read := func(s hear.EmotionStream, pcm []int16, step int) (out []hear.Reading) {
		for part := range slices.Chunk(pcm, step) {
			out = s.Feed(part, out)
		}
		return s.Close(out)
	}
	want := read(e.Open(), speech, 800)
	if len(want) < 2 {
		t.Fatalf("%d readings of %d s of speech", len(want), len(speech)/8000)
	}
	end := call.Millis(len(speech) / audio.SamplesPerMS)
	for i, r := range want {
		if r.ToMS > end+hear.SlotMS || r.ToMS <= r.FromMS || r.ToMS-r.FromMS > hear.EmotionSpanMS || i > 0 && r.ToMS < want[i-1].ToMS ||
			math.IsNaN(r.Odds+r.Change) || math.IsInf(r.Odds+r.Change, 0) {
			t.Errorf("reading %d of %d: %+v", i, len(want), r)
		}
		if r.HasChange && i < hear.CalmReadings {
			t.Errorf("reading %d has a change before the calm can be known", i)
		}
	}
	for _, step := range []int{33, 160, 8000} {
		if got := read(e.Open(), speech, step); !slices.Equal(got, want) {
			t.Errorf("fed in steps of %d samples it reads otherwise", step)
		}
	}
	wantOdds, wantChange := mean(want)
	for _, db := range []float64{-12, 12} {
		loud := read(e.Open(), Gained(speech, db), 800)
		odds, change := mean(loud)
		if d := math.Abs(odds - wantOdds); d > 0.5 {
			t.Errorf("%+.0f dB move the odds by %.2f", db, d)
		}
		if d := math.Abs(change - wantChange); d > 0.5 {
			t.Errorf("%+.0f dB move the odds of change by %.2f", db, d)
		}
	}
	for name, quiet := range map[string][]int16{"digital silence": make([]int16, 80000), "a quiet line": Noise(80000)} {
		if got := read(e.Open(), quiet, 800); len(got) > 0 {
			t.Errorf("anger was read out of %s: %+v", name, got)
		}
	}
}

// mean gives the means of the odds, and of those of change where they are known.
func mean(r []hear.Reading) (odds, change float64) {
	known := 0.0
	for _, v := range r {
		odds += v.Odds / float64(len(r))
		if v.HasChange {
			change += v.Change
			known++
		}
	}
	return odds, change / max(1, known)
}

// Engine is the suite of hear.Engine, for what gives evidence of one party. speech must hold something that it finds.
func Engine(t *testing.T, e hear.Engine, speech []int16) {
	t.Helper()
	hearAll := func(ear hear.Ear, from call.Millis, pcm []int16, step int) (out []evidence.Item) {
		report := func(it evidence.Item) { out = append(out, it) }
		for at := 0; at < len(pcm); at += step {
			ear.Hear(audio.Frame{At: from + call.Millis(at/audio.SamplesPerMS), PCM: pcm[at:min(len(pcm), at+step)]}, report)
		}
		ear.Close(report)
		return out
	}
	open := func() hear.Ear {
		ear, err := e.Open(call.Caller)
		if err != nil {
			t.Fatal(err)
		}
		return ear
	}
	const from = 5000
	end := from + call.Millis(len(speech)/audio.SamplesPerMS)
	want := hearAll(open(), from, speech, 800)
	if len(want) == 0 {
		t.Fatal("nothing was found in sound that has something in it")
	}
	for i, it := range want {
		h := it.Span()
		if h.Party != call.Caller || h.Source == "" || h.FromMS < from || h.ToMS > end+100 || h.ToMS < h.FromMS {
			t.Errorf("item %d: %+v", i, h)
		}
	}
	if got := hearAll(open(), from, speech, 160); len(got) != len(want) {
		t.Errorf("in steps of 20 ms: %d items, of 100 ms: %d", len(got), len(want))
	}
	for name, quiet := range map[string][]int16{"digital silence": make([]int16, 40000), "a quiet line": Noise(40000)} {
		if got := hearAll(open(), 0, quiet, 800); len(got) > 0 {
			t.Errorf("found in %s: %+v", name, got)
		}
	}
	ear := open() // closed in the middle, after a frame that is part of a slot
	ear.Hear(audio.Frame{PCM: speech[:77]}, func(evidence.Item) {})
	ear.Close(func(evidence.Item) {})
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			ear, err := e.Open(call.Caller)
			if err != nil {
				t.Error(err)
				return
			}
			if got := hearAll(ear, from, speech, 800); len(got) != len(want) {
				t.Errorf("side by side: %d items, alone %d", len(got), len(want))
			}
		})
	}
	wait.Wait()
}

// Embedder is the suite of hear.Embedder. same are two clips of one voice, other is another's, each of some seconds.
func Embedder(t *testing.T, e hear.Embedder, same [2][]int16, other []int16) {
	t.Helper()
	embed := func(pcm []int16) []float32 {
		v, ok := e.Embed(pcm)
		if !ok {
			t.Fatal("seconds of speech are too little")
		}
		return v
	}
	a, b, c := embed(same[0]), embed(same[1]), embed(other)
	if len(a) != len(b) || len(a) != len(c) || len(a) == 0 {
		t.Fatalf("vectors of %d, %d and %d numbers", len(a), len(b), len(c))
	}
	near, far := e.Score([][]float32{a}, b), e.Score([][]float32{a}, c)
	if near <= far {
		t.Errorf("the same voice scores %.3f, another %.3f", near, far)
	}
	if again := embed(same[0]); !slices.Equal(a, again) {
		t.Error("the same clip gave another vector")
	}
	if s := e.Score([][]float32{a}, embed(Gained(same[0], -12))); s < near {
		t.Errorf("the same clip 12 dB lower scores %.3f, another clip of the voice %.3f", s, near)
	}
	for name, pcm := range map[string][]int16{"nothing": nil, "digital silence": make([]int16, 40000), "a quiet line": Noise(40000), "a tenth of a second": same[0][:800]} {
		if _, ok := e.Embed(pcm); ok {
			t.Errorf("a voice was found in %s", name)
		}
	}
}
