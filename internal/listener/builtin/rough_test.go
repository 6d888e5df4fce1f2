package builtin

import (
	"slices"
	"strings"
	"testing"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/text"
)

// What is shown to who looks is the rough reading piece by piece; without anybody who looks nothing is kept.
func TestTheRoughReadingInPieces(t *testing.T) {
	n := shippedNet(t)
	g := readGolden(t, len(n.Phonemes))
	s := NewSpotter(n)
	x, err := s.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	e := x.(*ear)
	const frame = 100 * audio.SamplesPerMS
	hearAll := func(on bool) (pieces string) {
		e.Rough(on)
		for at := 0; at < len(g.pcm); at += frame {
			e.Hear(audio.Frame{At: e.next, PCM: g.pcm[at:min(at+frame, len(g.pcm))]}, func(evidence.Item) {})
			if on && at%(5*frame) == 0 {
				pieces += e.Rough(true)
			}
		}
		return pieces + e.Rough(false)
	}
	if got := hearAll(false); got != "" || len(e.rough.heard) != 0 {
		t.Errorf("nobody looks, and %q is kept", got)
	}
	got, err := text.PhonemesOf(strings.ReplaceAll(hearAll(true), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	want, err := text.PhonemesOf("おでんわありがとうございますごようけんを")
	if err != nil {
		t.Fatal(err)
	}
	common := 0
	for _, p := range want {
		if i := slices.Index(got, p); i >= 0 {
			common++
			got = slices.Delete(got, i, i+1)
		}
	}
	if common < len(want)*6/10 {
		t.Errorf("%d of %d phonemes are shown", common, len(want))
	}
}

// The rough reading of a rendered sentence is about right, and nothing is read into silence.
func TestRoughReading(t *testing.T) {
	n := shippedNet(t)
	g := readGolden(t, len(n.Phonemes))
	want, err := text.PhonemesOf("おでんわありがとうございますごようけんを")
	if err != nil {
		t.Fatal(err)
	}
	got := n.RoughPhonemes(g.pcm)
	common := 0
	for _, p := range want {
		if i := slices.Index(got, p); i >= 0 {
			common++
			got = slices.Delete(slices.Clone(got), i, i+1)
		}
	}
	if common < len(want)*6/10 {
		t.Errorf("%d of %d phonemes in %v", common, len(want), n.RoughPhonemes(g.pcm))
	}
	if got := n.RoughPhonemes(make([]int16, 16000)); len(got) > 2 {
		t.Errorf("silence is read as %v", got)
	}
}
