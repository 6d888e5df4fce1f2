package text

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A Sound is one place of a reading: one phoneme, or one of two that the spelling leaves open (は: h or w), and whether
// it may be left out (the second vowel of けい, おう). Vowel length isn't told apart: a long vowel is one place.
type Sound struct {
	A, B     string // phonemes as Open JTalk names them; B is empty when only A is meant
	Optional bool
}

// MaxReading bounds a reading, in kana.
const MaxReading = 60

// ShortReading is the number of phonemes under which a phrase is weak: false alarms are frequent there, so that it needs
// a second cue.
const ShortReading = 9

// Why a reading can't be listened for.
var (
	ErrLong   = fmt.Errorf("longer than %d kana", MaxReading)
	ErrNoKana = errors.New("not kana")
	ErrSilent = errors.New("no sound in it")
)

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

// Sounds gives the places of a reading in kana of any width. Spaces and marks (、。・！？「」ー〜) are skipped. The error is one of
// ErrLong, ErrNoKana and ErrSilent, and says where.
func Sounds(reading string) ([]Sound, error) { return soundsUpTo(reading, MaxReading) }

// SoundsOfAll is Sounds of as much as was said: only a phrase is bounded.
func SoundsOfAll(said string) ([]Sound, error) { return soundsUpTo(said, len(said)) }

func soundsUpTo(reading string, most int) ([]Sound, error) {
	var s speller
	n := 0
	for _, c := range norm.NFKC.String(reading) {
		if c >= 'ぁ' && c <= 'ゖ' {
			c += 'ァ' - 'ぁ'
		}
		if strings.ContainsRune("ー〜~、。・！？!?….「」 \t", c) {
			continue
		}
		if n++; n > most {
			return nil, fmt.Errorf("reading %q is %w", reading, ErrLong)
		}
		if !s.kana(c) {
			return nil, fmt.Errorf("reading %q: %q is %w", reading, c, ErrNoKana)
		}
	}
	if len(s.out) == 0 {
		return nil, fmt.Errorf("reading %q has %w", reading, ErrSilent)
	}
	return s.out, nil
}

// A speller builds the places kana by kana.
type speller struct {
	out               []Sound
	consonant, vowel_ string // of the last kana, for small kana after it
}

func (s *speller) kana(c rune) bool {
	switch c {
	case 'ン':
		s.push(Sound{A: "N"})
		s.consonant, s.vowel_ = "N", ""
		return true
	case 'ッ':
		s.push(Sound{A: "cl"})
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
		s.push(Sound{A: "h", B: "w"})
		s.push(Sound{A: vowel})
	case c == 'ヘ' && !first:
		s.push(Sound{A: "h", Optional: true})
		s.push(Sound{A: vowel})
	case c == 'イ' && last == "e", c == 'ウ' && last == "o":
		s.push(Sound{A: vowel, Optional: true})
	default:
		if consonant != "" {
			s.push(Sound{A: consonant})
		}
		s.push(Sound{A: vowel})
	}
	s.consonant, s.vowel_ = consonant, vowel
}

// small bends the kana before: キャ, ファ, ティ, ウィ; after a vowel of its own kind (ねぇ) it is length.
func (s *speller) small(c rune, v string) {
	last := s.last()
	if last == v || last == "" || s.vowel_ == "" {
		if last != v {
			s.push(Sound{A: v})
		}
		s.vowel_ = v
		return
	}
	bends := s.vowel_ == "i" || s.vowel_ == "u" ||
		s.consonant == "t" || s.consonant == "d" // テ, デ, ト, ド before ィ, ュ, ゥ
	if bends && !s.out[len(s.out)-1].Optional {
		s.out = s.out[:len(s.out)-1]
		y := strings.ContainsRune("ャュョ", c)
		switch p := palatal(s.consonant); {
		case s.consonant == "" && s.vowel_ == "u":
			s.push(Sound{A: "w"})
		case s.consonant == "" && s.vowel_ == "i":
			s.push(Sound{A: "y"})
		case c == 'ヮ':
			s.push(Sound{A: "w"})
		case y && p != "":
			s.out[len(s.out)-1] = Sound{A: p}
		}
	}
	s.push(Sound{A: v})
	s.vowel_ = v
}

// push adds a place unless it only lengthens the vowel before; what is spelled twice is no longer optional.
func (s *speller) push(n Sound) {
	if k := len(s.out); k > 0 && n.B == "" {
		before := s.out[k-1]
		if before.A == n.A && before.B == "" {
			s.out[k-1].Optional = false
			return
		}
	}
	s.out = append(s.out, n)
}

// last is the vowel heard last: an optional one counts as the vowel that it lengthens.
func (s *speller) last() string {
	for _, o := range slices.Backward(s.out) {
		if !o.Optional {
			return o.A
		}
	}
	return ""
}

// Phonemes is how many phonemes of a reading must be there.
func Phonemes(s []Sound) int {
	n := 0
	for _, v := range s {
		if !v.Optional {
			n++
		}
	}
	return n
}

// InKana tells whether a text is written in kana of any width and marks only.
func InKana(text string) bool {
	kana := 0
	for _, c := range norm.NFKC.String(text) {
		switch {
		case unicode.In(c, unicode.Hiragana, unicode.Katakana):
			kana++
		case c != 'ー' && c != '~' && !unicode.IsPunct(c) && !unicode.IsSpace(c):
			return false
		}
	}
	return kana > 0
}

// Contains tells whether the sound of one reading is part of another's.
func Contains(whole, part []Sound) bool {
	for from := range whole {
		if opens(whole[from:], part) {
			return true
		}
	}
	return false
}

// SoundAlike tells whether two readings can be the same sound.
func SoundAlike(a, b []Sound) bool {
	return opens(a, b) && opens(b, a)
}

// opens tells whether a begins with b, optional places of either left out where that helps. It goes through b once and keeps how many
// places of a may have been taken, since trying each way out doubles with each optional place.
func opens(a, b []Sound) bool {
	taken, most := make([]bool, len(a)+1), 0
	taken[0] = true
	for _, s := range b {
		for i := 0; i <= most && i < len(a); i++ {
			if taken[i] && a[i].Optional {
				taken[i+1], most = true, max(most, i+1)
			}
		}
		most = min(most+1, len(a))
		left := false
		for i := most; i >= 0; i-- {
			taken[i] = s.Optional && taken[i] || i > 0 && taken[i-1] && same(a[i-1], s)
			left = left || taken[i]
		}
		if !left {
			return false
		}
	}
	return true
}

func same(a, b Sound) bool {
	return a.A == b.A || b.B != "" && a.A == b.B || a.B != "" && (a.B == b.A || a.B == b.B)
}
