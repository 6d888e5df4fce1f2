package judge

import (
	"testing"

	"commusafe/internal/text"
)

// What a form's signs stand for; $ among alternatives is the end of a phrase, like $ alone.
func TestForms(t *testing.T) {
	for form, c := range map[string]struct{ found, not []string }{
		"金魚$":        {[]string{"赤い金魚", "赤い金魚、です"}, []string{"金魚鉢です"}},
		"^金魚":        {[]string{"金魚鉢です"}, []string{"赤い金魚"}},
		"金魚(鉢|$)":    {[]string{"赤い金魚", "金魚鉢です"}, []string{"金魚屋です"}},
		"金魚…(泳ぐ|$)":  {[]string{"赤い金魚", "金魚がすいすい泳ぐ"}, []string{"金魚が跳ねる"}},
		"金魚(|の)餌":    {[]string{"金魚餌です", "金魚の餌です"}, []string{"金魚と餌です"}},
		"金魚 泳ぐ":      {[]string{"金魚が泳ぐ"}, []string{"金魚がすいすい泳ぐ"}},
		"(金魚|錦鯉)…餌$": {[]string{"錦鯉にやる餌"}, []string{"錦鯉にやる餌だよ"}},
		// A short word does not reach from one phrase into the next, unless it is written so; a long one may.
		"金魚の":       {[]string{"赤い金魚の鉢"}, []string{"これは金、魚の鉢です"}},
		"赤、金魚":      {[]string{"赤、金魚です", "赤金魚です"}, []string{"赤い金魚です"}},
		"赤い金魚の水槽":   {[]string{"赤い、金魚の水槽です"}, []string{"赤い魚の水槽です"}},
		"赤…(金魚|鯉)$": {[]string{"赤と黒の、金魚"}, []string{"赤と黒の金、魚"}},
	} {
		l := Lexicon{Version: "test/1", Sheets: []Sheet{{Category: Abuse, Entries: []Entry{{ID: "A", Forms: []string{form}, Level: Warning}}}}}
		r, err := NewRules(l, ShippedThresholds())
		if err != nil {
			t.Fatal(err)
		}
		for want, list := range map[bool][]string{true: c.found, false: c.not} {
			for _, s := range list {
				look := r.finder.look(text.Fold(s))
				if got := len(r.entriesIn(look)) > 0; got != want {
					t.Errorf("%s in %s: %v", form, s, got)
				}
				look.done()
			}
		}
	}
}
