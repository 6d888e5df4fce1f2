package text

import (
	"strings"
	"testing"
)

func named(p []Phone) string {
	var out []string
	for _, x := range p {
		out = append(out, x.String())
	}
	return strings.Join(out, " ")
}

func TestPhones(t *testing.T) {
	for kana, want := range map[string]string{
		"どげざしてあやまれ": "d o g e z a sh i t e a y a m a r e",
		"ばかやろう":     "b a k a y a r o",
		"いえにはかえれない": "i e n i h|w a k a e r e n a i",
		"けっこん":      "k e cl k o N",
	} {
		got, err := Phones(kana)
		if err != nil || named(got) != want {
			t.Errorf("%s: %v %v, want %s", kana, got, err, want)
		}
	}
	if _, err := Phones("読み"); err == nil {
		t.Error("kanji are no kana")
	}
}

// Every phoneme that a reading can have has a number of its own.
func TestEveryPhonemeHasANumber(t *testing.T) {
	for c := rune(firstKana); c <= lastKana; c++ {
		for _, small := range append([]rune(smallKana), 0) {
			kana := string(c)
			if small != 0 {
				kana += string(small)
			}
			places, err := Sounds(kana)
			if err != nil {
				continue
			}
			for _, s := range places {
				if p := phoneNamed(s.A); p == 0 || p.String() != s.A {
					t.Errorf("%s: %q is %d, %s", kana, s.A, p, p)
				}
			}
		}
	}
}

func TestLengthens(t *testing.T) {
	for _, c := range []struct {
		p, before string
		want      bool
	}{{"o", "o", true}, {"u", "o", true}, {"i", "e", true}, {"u", "e", false}, {"a", "o", false}, {"N", "N", false}, {"k", "k", false}} {
		if got := phoneNamed(c.p).Lengthens(phoneNamed(c.before)); got != c.want {
			t.Errorf("%s after %s: %v", c.p, c.before, got)
		}
	}
}
