package builtin

import "testing"

func FuzzPattern(f *testing.F) {
	for _, s := range []string{"ふざけんな", "ティッシュ", "ァァー", "っっッ", "ン", "ヘヘハ", "クヮ"} {
		f.Add(s)
	}
	n := shippedNet(f)
	f.Fuzz(func(t *testing.T, kana string) {
		p, err := n.pattern(kana)
		if err != nil {
			return
		}
		if p.need < 1 || p.places[0].optional {
			t.Fatalf("%q: %d needed, first optional: %v", kana, p.need, p.places[0].optional)
		}
		a := newAligner(p, noScore, newStates(p))
		for _, e := range n.background[:50] {
			if s, begin := a.feed(e); s > 0 || begin > a.step {
				t.Fatalf("%q: score %v, begin %d", kana, s, begin)
			}
		}
	})
}
