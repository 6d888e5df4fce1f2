package text

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"
)

func table(t testing.TB) *Readings {
	t.Helper()
	r, err := ReadingsOfKanji()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// waysOf lists all the ways to read a text.
func waysOf(l *Lattice) []string {
	var out []string
	var walk func(node int, said []Phone)
	walk = func(node int, said []Phone) {
		if node == l.Nodes()-1 {
			out = append(out, named(said))
			return
		}
		for _, e := range l.Leaving(node) {
			walk(int(e.To), append(slices.Clone(said), e.Phones...))
		}
	}
	walk(0, nil)
	return out
}

func TestHowATextMaySound(t *testing.T) {
	for text, want := range map[string]string{
		"しゃちょう": "sh a ch o u",
		"殺すぞ":   "k o r o s u z o",
		"社長":    "sh a ch o u",
		"人々":    "h i t o h i t o",
		"今日":    "ky o u",
		"土下座":   "d o g e z a",
		"sns":   "e s u e n u e s u",
		"3回":    "s a N k a i",
		"ほ☆ん":   "h o N",
		"ﾊｯﾊﾟ":  "h|w a cl p a",
	} {
		var l Lattice
		table(t).Fill(&l, Fold(text).Runes)
		if got := waysOf(&l); !slices.Contains(got, want) {
			t.Errorf("%s: %v, want %s among them", text, got, want)
		}
	}
}

// A kanji has at most three readings, and the common ones have theirs.
func TestReadingsOfKanji(t *testing.T) {
	r, known := table(t), 0
	for c := rune(firstKanji); c <= lastKanji; c++ {
		n := len(r.Of(c))
		if n > 3 {
			t.Errorf("%c has %d readings", c, n)
		}
		known += min(n, 1)
		for _, p := range r.Of(c) {
			if len(p) == 0 || len(p) > 15 {
				t.Errorf("%c: %v", c, p)
			}
		}
	}
	if known < 6000 || len(r.Of('あ')) != 0 {
		t.Errorf("%d kanji, あ: %v", known, r.Of('あ'))
	}
	for c, want := range map[rune]string{'家': "i e", '金': "k a n e", '行': "i", '責': "s e k i"} {
		if !slices.ContainsFunc(r.Of(c), func(p []Phone) bool { return named(p) == want }) {
			t.Errorf("%c: %v, want %s among them", c, r.Of(c), want)
		}
	}
}

func TestABrokenTableIsRefused(t *testing.T) {
	for name, b := range map[string][]byte{"nothing": nil, "junk": []byte("readings"), "cut off": readingsFile[:len(readingsFile)/2]} {
		if _, err := readReadings(b); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

func FuzzLattice(f *testing.F) {
	for _, s := range []string{"土下座して謝れ", "々々あ々", "ゃゅっー", "今日は2人で3回目", "\xff漢", "ﾊﾞｶ", "𠮟る", "ゟゝゞ"} {
		f.Add(s)
	}
	r := table(f)
	f.Fuzz(func(t *testing.T, s string) {
		letters := Fold(s).Runes
		var l Lattice
		r.Fill(&l, letters)
		if l.Nodes() != len(letters)+1 {
			t.Fatalf("%d nodes of %d letters", l.Nodes(), len(letters))
		}
		if n := len(l.Leaving(l.Nodes() - 1)); n != 0 {
			t.Errorf("%d edges leave the end", n)
		}
		for node := range letters {
			edges := l.Leaving(node)
			if len(edges) == 0 || len(edges) > 3+4 {
				t.Errorf("%d edges leave %q", len(edges), letters[node])
			}
			for _, e := range edges {
				if int(e.From) != node || e.To <= e.From || int(e.To) > len(letters) || len(e.Phones) == 0 || slices.ContainsFunc(e.Phones, func(p Phone) bool { return p == 0 || p >= phones }) {
					t.Errorf("%q: %+v", s, e)
				}
			}
		}
		if utf8.RuneCountInString(s) > 500 {
			return
		}
		var again Lattice
		r.Fill(&again, letters)
		if fmt.Sprint(again.Edges) != fmt.Sprint(l.Edges) {
			t.Error("the same text sounds otherwise the second time")
		}
	})
}
