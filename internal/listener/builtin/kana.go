package builtin

import (
	"fmt"
	"slices"
	"strings"
)

// A slot is one place of a phrase: one phoneme, or one of two that the spelling leaves open (は: h or w), and whether
// it may be left out (the second vowel of けい, おう). Vowel length isn't told apart: a long vowel is one slot.
type slot struct {
	a, b     string // b is empty when only a is meant
	optional bool
}

// maxPhrase bounds a reading, in kana.
const maxPhrase = 60

// A kanaRow is the kana of one consonant with the vowels a i u e o.
type kanaRow struct{ consonant, kana string }

// kanaRows are all of them; the phonemes are those of Open JTalk.
func kanaRows() [25]kanaRow {
	return [...]kanaRow{
		{"", "アイウエオ"}, {"k", "カキクケコ"}, {"g", "ガギグゲゴ"}, {"s", "サ_スセソ"}, {"z", "ザ_ズゼゾ"},
		{"t", "タ__テト"}, {"d", "ダ__デド"}, {"n", "ナニヌネノ"}, {"h", "ハヒ_ヘホ"}, {"b", "バビブベボ"},
		{"p", "パピプペポ"}, {"m", "マミムメモ"}, {"y", "ヤ_ユ_ヨ"}, {"r", "ラリルレロ"}, {"w", "ワ____"},
		{"sh", "_シ___"}, {"j", "_ジ___"}, {"ch", "_チ___"}, {"ts", "__ツ__"}, {"f", "__フ__"}, {"v", "__ヴ__"},
		{"j", "_ヂ___"}, {"z", "__ヅ__"}, {"", "_ヰ_ヱヲ"}, {"k", "ヵ__ヶ_"},
	}
}

// phonemesOfKana gives the consonant and the vowel of a katakana, false for what is none.
func phonemesOfKana(c rune) (consonant, vowel string, ok bool) {
	if c == '_' {
		return "", "", false
	}
	for _, r := range kanaRows() {
		i := 0
		for _, k := range r.kana {
			if k == c {
				return r.consonant, "aiueo"[i : i+1], true
			}
			i++
		}
	}
	return "", "", false
}

// smallVowel gives the vowel of a small kana, "" for what is none.
func smallVowel(c rune) string {
	switch c {
	case 'ャ', 'ァ', 'ヮ':
		return "a"
	case 'ィ':
		return "i"
	case 'ュ', 'ゥ':
		return "u"
	case 'ェ':
		return "e"
	case 'ョ', 'ォ':
		return "o"
	}
	return ""
}

// palatal gives a consonant as it is before a small ya, yu, yo, "" where there is none.
func palatal(consonant string) string {
	switch consonant {
	case "k", "g", "n", "h", "b", "p", "m", "r", "d", "t":
		return consonant + "y"
	case "f":
		return "hy"
	case "v":
		return "by"
	}
	return ""
}

// slots gives the places of a reading in kana. Spaces and marks (、。・！？「」ー〜) are skipped.
func slots(reading string) ([]slot, error) {
	var s speller
	n := 0
	for _, c := range reading {
		if c >= 'ぁ' && c <= 'ゖ' {
			c += 'ァ' - 'ぁ'
		}
		if strings.ContainsRune("ー〜～、。・！？!?…「」 　\t", c) {
			continue
		}
		if n++; n > maxPhrase {
			return nil, fmt.Errorf("reading %q is longer than %d kana", reading, maxPhrase)
		}
		if !s.kana(c) {
			return nil, fmt.Errorf("reading %q: %q is not kana", reading, c)
		}
	}
	if len(s.out) == 0 {
		return nil, fmt.Errorf("reading %q has no sound in it", reading)
	}
	return s.out, nil
}

// A speller builds slots kana by kana.
type speller struct {
	out               []slot
	consonant, vowel_ string // of the last kana, for small kana after it
}

func (s *speller) kana(c rune) bool {
	switch c {
	case 'ン':
		s.push(slot{a: "N"})
		s.consonant, s.vowel_ = "N", ""
		return true
	case 'ッ':
		s.push(slot{a: "cl"})
		s.consonant, s.vowel_ = "cl", ""
		return true
	}
	if v := smallVowel(c); v != "" {
		s.small(c, v)
		return true
	}
	consonant, vowel, ok := phonemesOfKana(c)
	if ok {
		s.full(c, consonant, vowel)
	}
	return ok
}

// full adds an ordinary kana.
func (s *speller) full(c rune, consonant, vowel string) {
	first := len(s.out) == 0
	last := s.last()
	switch {
	case c == 'ハ' && !first:
		s.push(slot{a: "h", b: "w"})
		s.push(slot{a: vowel})
	case c == 'ヘ' && !first:
		s.push(slot{a: "h", optional: true})
		s.push(slot{a: vowel})
	case c == 'イ' && last == "e", c == 'ウ' && last == "o":
		s.push(slot{a: vowel, optional: true})
	default:
		if consonant != "" {
			s.push(slot{a: consonant})
		}
		s.push(slot{a: vowel})
	}
	s.consonant, s.vowel_ = consonant, vowel
}

// small bends the kana before: キャ, ファ, ティ, ウィ; after a vowel of its own kind (ねぇ) it is length.
func (s *speller) small(c rune, v string) {
	last := s.last()
	if last == v || last == "" || s.vowel_ == "" {
		if last != v {
			s.push(slot{a: v})
		}
		s.vowel_ = v
		return
	}
	bends := s.vowel_ == "i" || s.vowel_ == "u" ||
		s.consonant == "t" || s.consonant == "d" // テ, デ, ト, ド before ィ, ュ, ゥ
	if bends && !s.out[len(s.out)-1].optional {
		s.out = s.out[:len(s.out)-1]
		y := strings.ContainsRune("ャュョ", c)
		switch p := palatal(s.consonant); {
		case s.consonant == "" && s.vowel_ == "u":
			s.push(slot{a: "w"})
		case s.consonant == "" && s.vowel_ == "i":
			s.push(slot{a: "y"})
		case c == 'ヮ':
			s.push(slot{a: "w"})
		case y && p != "":
			s.out[len(s.out)-1] = slot{a: p}
		}
	}
	s.push(slot{a: v})
	s.vowel_ = v
}

// push adds a place unless it only lengthens the vowel before; what is spelled twice is no longer optional.
func (s *speller) push(n slot) {
	if k := len(s.out); k > 0 && n.b == "" {
		before := s.out[k-1]
		if before.a == n.a && before.b == "" {
			s.out[k-1].optional = false
			return
		}
	}
	s.out = append(s.out, n)
}

// last is the vowel heard last: an optional one counts as the vowel that it lengthens.
func (s *speller) last() string {
	for _, o := range slices.Backward(s.out) {
		if !o.optional {
			return o.a
		}
	}
	return ""
}

// length is the number of phonemes that must be there.
func length(s []slot) int {
	n := 0
	for _, v := range s {
		if !v.optional {
			n++
		}
	}
	return n
}
