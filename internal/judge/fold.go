package judge

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold brings Japanese text to one form for comparison: NFKC, lower case, katakana as hiragana, long marks and
// small vowels of drawn-out speech away, no punctuation and no spaces. "…" stays: it is the gap of a form.
func fold(s string) string {
	var b strings.Builder
	s = strings.ReplaceAll(s, "…", "\x00")
	for _, r := range norm.NFKC.String(s) {
		switch {
		case r == 0:
			b.WriteRune('…')
			continue
		case r >= 'ァ' && r <= 'ヶ':
			r -= 'ァ' - 'ぁ'
		case r == 'ー' || r == '〜' || r == '~':
			continue
		case unicode.IsPunct(r) || unicode.IsSpace(r) || unicode.IsSymbol(r):
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// gapLimit is how many characters "…" in a form may stand for.
const gapLimit = 8

// contains tells whether the folded form, which may have gaps, occurs in the folded text.
func contains(text, form string) bool {
	if form == "" {
		return false
	}
	head, rest, gap := strings.Cut(form, "…")
	if !gap {
		return strings.Contains(text, form)
	}
	for from := 0; ; {
		i := strings.Index(text[from:], head)
		if i < 0 {
			return false
		}
		after := text[from+i+len(head):]
		if reach(after, rest) {
			return true
		}
		from += i + max(1, len(head))
		for from < len(text) && text[from]&0xC0 == 0x80 {
			from++
		}
		if from > len(text) {
			return false
		}
	}
}

// reach tells whether the rest of a form begins within gapLimit characters.
func reach(text, rest string) bool {
	next, more, gap := strings.Cut(rest, "…")
	n := 0
	for i := range text + "x" {
		if n > gapLimit {
			return false
		}
		if strings.HasPrefix(text[i:], next) && (!gap || reach(text[i+len(next):], more)) {
			return true
		}
		n++
	}
	return false
}
