package builtin

import (
	"slices"
	"testing"

	"commusafe/internal/text"
)

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
