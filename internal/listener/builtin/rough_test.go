package builtin

import (
	"slices"
	"testing"
)

// What is spelled from phonemes has these phonemes again.
func TestKanaOfPhonemes(t *testing.T) {
	for kana, want := range map[string]string{
		"ふざけんなてめえ": "ふざけんなてめ", "しゃちょう": "しゃちょ", "きょうじゅう": "きょじゅ", "けっこん": "けっこん",
		"ティッシュ": "てぃっしゅ", "フィルター": "ふぃるた", "ヴァイオリン": "ゔぁいおりん", "ちゃわん": "ちゃわん",
	} {
		p, err := PhonemesOf(kana)
		if err != nil {
			t.Fatal(err)
		}
		got := KanaOf(p)
		again, err := PhonemesOf(got)
		if got != want || err != nil || !slices.Equal(p, again) {
			t.Errorf("%s: %v is spelled %s, which is %v (%v)", kana, p, got, again, err)
		}
	}
	if got := KanaOf([]string{"k", "s", "zz", "a"}); got != "あ" {
		t.Errorf("consonants without a vowel: %q", got)
	}
}

// The rough reading of a rendered sentence is about right, and nothing is read into silence.
func TestRoughReading(t *testing.T) {
	n := shippedNet(t)
	g := readGolden(t, len(n.Phonemes))
	want, err := PhonemesOf("おでんわありがとうございますごようけんを")
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
