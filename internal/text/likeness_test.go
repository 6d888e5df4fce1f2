package text

import "testing"

func cost(l *Likeness, a, b string) int { return int(l.Swap[phoneNamed(a)][phoneNamed(b)]) }

// What a telephone makes alike costs less than what it keeps apart, and nothing costs more than what is quite different.
func TestCostsFollowTheTelephone(t *testing.T) {
	l := NewLikeness()
	for _, c := range [][3]string{{"s", "h", "k"}, {"s", "f", "m"}, {"sh", "s", "r"}, {"p", "t", "b"}, {"k", "p", "s"}, {"b", "d", "t"}, {"g", "b", "n"},
		{"m", "n", "t"}, {"n", "r", "s"}, {"k", "ky", "t"}, {"i", "e", "a"}, {"u", "o", "e"}, {"k", "g", "z"}, {"ry", "r", "k"}} {
		if near, far := cost(l, c[0], c[1]), cost(l, c[0], c[2]); near >= far {
			t.Errorf("%s for %s costs %d, %s for it %d", c[1], c[0], near, c[2], far)
		}
	}
	if cost(l, "h|w", "w") != 0 || cost(l, "h|w", "h") != 0 {
		t.Error("は as a particle is わ")
	}
	for a := Phone(1); a < phones; a++ {
		if l.Swap[a][a] != 0 && a != unknown {
			t.Errorf("%s for itself costs %d", a, l.Swap[a][a])
		}
		if l.Kind[a] == 0 || l.Kind[a] > 15 || l.Lost[a] == 0 {
			t.Errorf("%s has kind %d, lost %d", a, l.Kind[a], l.Lost[a])
		}
		for b := Phone(1); b < phones; b++ {
			if l.Swap[a][b] != l.Swap[b][a] {
				t.Errorf("%s for %s is not as likely as the other way round", a, b)
			}
			if a != b && l.Swap[a][b] == 0 && a != particle && b != particle {
				t.Errorf("%s for %s costs nothing", a, b)
			}
		}
	}
}

// A drawn-out vowel is hardly an error; a lost consonant is one.
func TestWhatComesAndGoes(t *testing.T) {
	l := NewLikeness()
	at := func(p, after string) int { return int(l.Added[phoneNamed(p)][phoneNamed(after)]) }
	if at("u", "o") >= at("u", "a") || at("cl", "a") >= at("k", "a") || at("k", "a") >= Whole {
		t.Errorf("%d %d %d %d", at("u", "o"), at("u", "a"), at("cl", "a"), at("k", "a"))
	}
}
