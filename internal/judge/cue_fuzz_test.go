package judge

import (
	"slices"
	"testing"
)

// Whatever is in a file of cues, reading it ends in cues that can be used or in an error.
func FuzzCues(f *testing.F) {
	f.Add("cues:\n  - name: denial\n    party: caller\n    forms: ['も', 'し$', '土下座…し']\n")
	f.Add("cues:\n  - name: asking\n    party: agent\n    forms: ['もしもし', '(あ|い)…う$']\n    unless: ['え']\n")
	f.Add("cues:\n  - {name: about, what: x, party: caller, forms: ['<相手>(']}")
	f.Fuzz(func(t *testing.T, file string) {
		cues, err := ParseCues([]byte(file))
		if err != nil {
			return
		}
		r, err := NewRules(Lexicon{Classes: []Class{{Name: "相手", Words: []string{"おまえ"}}}, Cues: cues}, ShippedThresholds())
		if err != nil {
			return
		}
		j := r.Consider(kept(r, said(1000, "もしもし"), answered(2000, "もしもし")), 3000)
		if len(j.Strikes) > 1 || j.Level > Warning {
			t.Errorf("a cue alone is a finding: %+v", j)
		}
		l := Lexicon{Cues: cues, Classes: []Class{{Name: "相手", Words: []string{"おまえ"}}},
			Sheets: []Sheet{{Category: Dogeza, Entries: []Entry{{ID: "D-1", Surface: "土下座", Level: Severe}}}}}
		demand := said(1000, "もしもし、土下座してもらおうか、土下座しろ")
		judged := func() Judgement {
			r, err := NewRules(l, ShippedThresholds())
			if err != nil {
				t.Fatal(err)
			}
			return r.Consider(kept(r, demand), 3000)
		}
		denied := judged()
		l.Cues = slices.DeleteFunc(cues, func(c Cue) bool { return c.Name == cueDenial })
		if open := judged(); denied.Level > open.Level || open.Level != Severe {
			t.Errorf("denied it is %s, and %s otherwise", denied.Level, open.Level)
		}
	})
}
