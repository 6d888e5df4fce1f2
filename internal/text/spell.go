package text

import (
	"slices"
	"strings"
)

// PhonemesOf gives the phonemes of what is said, in kana of any length, as the net tells them: what may be left out is left out, and of two
// that the spelling leaves open the first is taken.
func PhonemesOf(kana string) ([]string, error) {
	places, err := SoundsOfAll(kana)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range places {
		if !s.Optional {
			out = append(out, s.A)
		}
	}
	return out, nil
}

// KanaOf spells phonemes in hiragana, as well as it goes: a consonant without a vowel is left out.
func KanaOf(phonemes []string) string {
	var b strings.Builder
	for i := 0; i < len(phonemes); i++ {
		p := phonemes[i]
		switch {
		case p == "N":
			b.WriteRune('ん')
		case p == "cl":
			b.WriteRune('っ')
		case isVowel(p):
			b.WriteString(spelling("", p))
		case i+1 < len(phonemes) && isVowel(phonemes[i+1]):
			if k := spelling(p, phonemes[i+1]); k != "" {
				b.WriteString(k)
				i++
			}
		}
	}
	return b.String()
}

func isVowel(p string) bool { return len(p) == 1 && strings.Contains("aiueo", p) }

// spelling is the hiragana of a consonant and a vowel; "" where there is none.
func spelling(consonant, v string) string {
	at := strings.Index("aiueo", v)
	for _, r := range kanaRows() {
		if r.consonant == consonant {
			if k := []rune(r.kana)[at]; k != '_' {
				return string(k - ('ァ' - 'ぁ'))
			}
		}
	}
	small := []string{"ゃ", "ぃ", "ゅ", "ぇ", "ょ"}[at]
	if plain, ok := strings.CutSuffix(consonant, "y"); ok && plain != "" {
		return spelling(plain, "i") + small
	}
	i := slices.Index([]string{"sh", "j", "ch", "f", "w", "v", "ts", "t", "d", "s", "z", "y"}, consonant)
	if i < 0 {
		return ""
	}
	if i < 3 {
		return []string{"し", "じ", "ち"}[i] + small
	}
	return []string{"ふ", "う", "ゔ", "つ", "て", "で", "す", "ず", "い"}[i-3] + []string{"ぁ", "ぃ", "ぅ", "ぇ", "ぉ"}[at]
}
