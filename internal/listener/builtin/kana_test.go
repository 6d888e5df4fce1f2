package builtin

import (
	"strings"
	"testing"
)

func spelled(s []slot) string {
	var out []string
	for _, v := range s {
		p := v.a
		if v.b != "" {
			p += "|" + v.b
		}
		if v.optional {
			p = "(" + p + ")"
		}
		out = append(out, p)
	}
	return strings.Join(out, " ")
}

func TestSlots(t *testing.T) {
	for kana, want := range map[string]string{
		"ふざけんなてめえ":    "f u z a k e N n a t e m e",
		"ふざけんなてめー":    "f u z a k e N n a t e m e",
		"てめぇ":         "t e m e",
		"ばかやろう":       "b a k a y a r o (u)",
		"せいい":         "s e i",
		"しゃちょう":       "sh a ch o (u)",
		"きょうじゅう":      "ky o (u) j u",
		"とうきょう":       "t o (u) ky o (u)",
		"けっこん":        "k e cl k o N",
		"よみちにはきをつけろよ": "y o m i ch i n i h|w a k i o ts u k e r o y o",
		"はなし":         "h a n a sh i",
		"いえへかえれ":      "i e (h) e k a e r e",
		"フィルター":       "f i r u t a",
		"ウィンドウ":       "w i N d o (u)",
		"ティッシュ":       "t i cl sh u",
		"トゥデイ":        "t u d e (i)",
		"デュオ":         "dy u o",
		"シェフ":         "sh e f u",
		"ヴァイオリン":      "v a i o r i N",
		"イェイ":         "y e (i)",
		"ぢゃ":          "j a",
		"づつ":          "z u ts u",
		"うるせえ、黙れ":     "",
		"":            "",
		"abc":         "",
		"、。":          "",
	} {
		got, err := slots(kana)
		if want == "" {
			if err == nil {
				t.Errorf("%q was spelled %s, expected an error", kana, spelled(got))
			}
			continue
		}
		if err != nil || spelled(got) != want {
			t.Errorf("%q: got %s (%v), want %s", kana, spelled(got), err, want)
		}
	}
}

func FuzzSlots(f *testing.F) {
	for _, s := range []string{"ふざけんな", "ティッシュ", "ァァー", "っっッ", "ン", "ヘヘハ", "クヮ"} {
		f.Add(s)
	}
	n := shippedNet(f)
	f.Fuzz(func(t *testing.T, kana string) {
		p, err := n.pattern(kana)
		if err != nil {
			return
		}
		if p.need < 1 || p.optional[0] {
			t.Fatalf("%q: %d needed, first optional: %v", kana, p.need, p.optional[0])
		}
		a := newAligner(p, noScore)
		for _, e := range n.background[:50] {
			if s, begin := a.feed(e); s > 0 || begin > a.step {
				t.Fatalf("%q: score %v, begin %d", kana, s, begin)
			}
		}
	})
}
