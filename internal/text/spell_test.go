package text

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
