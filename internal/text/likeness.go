package text

import "strings"

// Whole is the cost of a phoneme that was heard as a quite different one, by which all costs are measured.
const Whole = 20

// Costs of hearing phonemes wrongly, in parts of Whole. They follow what a telephone's 300 to 3,400 Hz leave of a sound:
// hiss without its height (s, sh, h, f), bursts without their place (p, t, k; b, d, g), hums without theirs (m, n, r).
const (
	costKin     = 7  // a consonant of the same kind
	costGlide   = 5  // with or without y
	costVoicing = 11 // voiced for voiceless
	costNear    = 10 // a vowel beside it
	costVowel   = 16 // another vowel
	costApart   = 30 // a vowel for a consonant: never worth it
	costFaint   = 6  // っ, h, y, w come and go
	costWeak    = 11 // ん, i, u too, less easily
	costLost    = 16 // any other that comes or goes
	costDrawn   = 1  // a vowel that only draws out the one before
)

// Costs are a number for each phoneme; the last are for none.
type Costs [64]uint8

// A Likeness says what it costs to take phonemes for others.
type Likeness struct {
	Swap  [64]Costs // what was meant, what stands there; or the other way round
	Added [64]Costs // what stands there too much, what was meant before it
	Lost  Costs     // what was meant and is missing
	Kind  Costs     // the same number for those that are most often taken for each other
}

// NewLikeness gives the costs at 8 kHz.
func NewLikeness() *Likeness {
	l := &Likeness{}
	for a := Phone(1); a < phones; a++ {
		for b := Phone(1); b < phones; b++ {
			l.Swap[a][b] = costOfSwap(a, b)
		}
		l.Lost[a] = costLost
		switch a.String() {
		case "cl", "h", "y", "w", "h|w":
			l.Lost[a] = costFaint
		case "N", "i", "u":
			l.Lost[a] = costWeak
		}
		for b := range Phone(phones) {
			if l.Added[a][b] = l.Lost[a]; a.Lengthens(b) {
				l.Added[a][b] = costDrawn
			}
		}
	}
	for i, kind := range []string{"a", "i e", "u o", "N m n r my ny ry", "cl", "k ky p py t ty", "g gy b by d dy v w", "s sh h hy f ts ch h|w",
		"z j", "y", "?"} {
		for name := range strings.FieldsSeq(kind) {
			l.Kind[phoneNamed(name)] = uint8(i + 1)
		}
	}
	return l
}

func costOfSwap(a, b Phone) uint8 {
	x, y := a.String(), b.String()
	switch {
	case a == b, a == particle && (y == "h" || y == "w"), b == particle && (x == "h" || x == "w"):
		return 0
	case a == unknown || b == unknown:
		return Whole
	case a <= vowels && b <= vowels:
		if together(x, y, "i e", "u o") {
			return costNear
		}
		return costVowel
	case a <= vowels || b <= vowels:
		if together(x, y, "i y", "u w") {
			return costVoicing
		}
		return costApart
	case strings.TrimSuffix(x, "y") == strings.TrimSuffix(y, "y"), together(x, y, "s sh", "z j", "t ch", "d j"):
		return costGlide
	}
	x, y = plainOf(x), plainOf(y)
	switch {
	case x == y, together(x, y, "s sh h f ts", "p t k", "b d g v", "m n r N", "z j", "ts ch", "ch sh", "r d", "w b v"):
		return costKin
	case together(x, y, "k g", "t d", "p b", "s z", "sh j", "ch j", "ts z", "h b", "f b", "f p", "h k", "cl t", "cl k", "cl p", "cl ts"):
		return costVoicing
	}
	return Whole
}

func plainOf(consonant string) string {
	if len(consonant) == 2 {
		return strings.TrimSuffix(consonant, "y")
	}
	if consonant == "h|w" {
		return "h"
	}
	return consonant
}

// together tells whether two different phonemes stand in one of the lists.
func together(a, b string, lists ...string) bool {
	for _, l := range lists {
		l = " " + l + " "
		if a != b && strings.Contains(l, " "+a+" ") && strings.Contains(l, " "+b+" ") {
			return true
		}
	}
	return false
}
