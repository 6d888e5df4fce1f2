// Package text brings Japanese text to one form, so that the many ways of writing the same words compare equal:
// width, case, katakana, drawn-out and clipped sounds, spellings that hide a word, variant kanji.
//
// Owns: the folded form, its version, places where sentences end; the sounds of a reading in kana; how a text may sound,
// by a table of how kanji are read, and how near that is to a reading.
// Never: meaning (package judge), dictionaries of words, I/O. It is pure, and small enough for the edge.
// Goroutines: none.
//
// Flow: Fold → Folded.Runes, letters only, with Folded.Breaks before each of them. Sounds → the phonemes of a reading.
// Readings.Fill → a Lattice of a folded text; Likeness.Distance → the cost at which a reading's Phones stand in it.
package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Version names the folding. A change of what Fold gives is a change of version, since judgements depend on it.
const Version = "text/1"

// A Break is what stood between two letters.
type Break uint8

// The breaks, weakest first.
const (
	None     Break = iota // nothing
	Pause                 // a comma, a space, a bracket
	Sentence              // the end of a sentence, or of the text
)

// A Folded is a text in the one form.
type Folded struct {
	Runes  []rune  // letters and digits only
	Breaks []Break // Breaks[i] stands before Runes[i]; one more for the end. The first and the last are Sentence.
}

// String gives the letters alone.
func (f Folded) String() string { return string(f.Runes) }

// Key is the folded form as a string, for what is compared as a whole.
func Key(s string) string { return Fold(s).String() }

// Part is the folded form of a part of a word, which may end in a clipped sound: わかっ.
func Part(s string) string { return string(letters(s).rewrite().Runes) }

// Parts is Part, and whether the words are written with a break inside.
func Parts(s string) (folded string, broken bool) {
	f := letters(s).rewrite()
	for _, b := range f.Breaks[min(1, len(f.Runes)):len(f.Runes)] {
		broken = broken || b != None
	}
	return string(f.Runes), broken
}

// Fold brings a text to the one form.
func Fold(s string) Folded {
	f := letters(s)
	f.clip()
	return f.rewrite()
}

func letters(s string) Folded {
	f := Folded{Runes: make([]rune, 0, len(s)/3+1), Breaks: make([]Break, 0, len(s)/3+2)}
	pending := Sentence
	if !composed(s) {
		s = norm.NFKC.String(s)
	}
	for _, r := range s {
		if r >= 'ァ' && r <= 'ヶ' {
			r -= 'ァ' - 'ぁ'
		}
		b, kept := class(r)
		if !kept {
			pending = max(pending, b)
			continue
		}
		if !f.drawn(r, pending) {
			if !plainLetter(r) {
				r = unicode.ToLower(r)
			}
			f.push(r, pending)
		}
		pending = None
	}
	f.Breaks = append(f.Breaks, Sentence)
	return f
}

// composed tells that NFKC leaves a text as it is, as it does with almost all that recognisers write: kana, kanji and ASCII neither
// come apart nor together. False is no answer.
func composed(s string) bool {
	for _, r := range s {
		if r >= utf8.RuneSelf && !plainLetter(r) && (r < 'ァ' || r > 'ー' || r == '・') && r != '、' && r != '。' {
			return false
		}
	}
	return true
}

// plainLetter tells a hiragana or a kanji.
func plainLetter(r rune) bool { return r >= 'ぁ' && r <= 'ゖ' || r >= firstKanji && r <= lastKanji }

// class tells whether a rune is a letter of the form, and the break that it makes if not.
func class(r rune) (Break, bool) {
	if plainLetter(r) {
		return None, true
	}
	switch r {
	case 'ー', '〜', '~', '～', '゛', '゜':
		return None, false
	case '○', '◯', '●', '〇', '*':
		return None, true
	case '。', '!', '?', '…', '.', '\n', '♪':
		return Sentence, false
	}
	if unicode.IsLetter(r) || unicode.IsNumber(r) {
		return None, true
	}
	return Pause, false
}

func (f *Folded) push(r rune, b Break) {
	f.Runes, f.Breaks = append(f.Runes, r), append(f.Breaks, b)
}

// drawn tells whether a kana only draws the one before it out: てめえ, てめぇ and てめー are one word.
func (f *Folded) drawn(r rune, b Break) bool {
	if b != None || len(f.Runes) == 0 {
		return false
	}
	last := f.Runes[len(f.Runes)-1]
	switch r {
	case 'え', 'ぇ':
		return vowel(last) == 'e'
	case 'あ', 'ぁ':
		return vowel(last) == 'a'
	case 'ぃ':
		return vowel(last) == 'i'
	case 'ぅ':
		return vowel(last) == 'u'
	case 'ぉ':
		return vowel(last) == 'o'
	case 'っ':
		return last == 'っ'
	}
	return false
}

// vowel gives the row of a hiragana, 0 for anything else.
func vowel(r rune) byte {
	const rows = "aaiiuueeoo" + "aaiiuueeoo" + "aaiiuueeoo" + "aaiiuuueeoo" + "aiueo" + "aaaiiiuuueeeooo" + "aiueo" + "aauuoo" + "aiueo" + "aaieo"
	if i := int(r - 'ぁ'); r >= 'ぁ' && i < len(rows) {
		return rows[i]
	}
	return 0
}

// clip takes the clipped sound at the end of a phrase away: 死ねっ.
func (f *Folded) clip() {
	n := 0
	for i, r := range f.Runes {
		if r == 'っ' && f.Breaks[i+1] != None {
			f.Breaks[i+1] = max(f.Breaks[i], f.Breaks[i+1])
			continue
		}
		f.Runes[n], f.Breaks[n] = r, f.Breaks[i]
		n++
	}
	f.Breaks[n] = Sentence
	f.Runes, f.Breaks = f.Runes[:n], f.Breaks[:n+1]
}
