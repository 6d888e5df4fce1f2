package policy

import (
	"testing"

	"commusafe/internal/judge"
)

func TestCarefulIsChecked(t *testing.T) {
	for name, c := range map[string]Careful{
		"no category": {Through: judge.Severe, Preset: PresetAsk}, "a guard": {Category: judge.GRights, Through: judge.Severe, Preset: PresetAsk},
		"no level": {Category: judge.Hold, Preset: PresetAsk}, "less careful": {Category: judge.Hold, Through: judge.Severe, Preset: PresetAuto},
	} {
		r := ShippedRules(PresetAsk)
		r.Careful = []Careful{c}
		if r.Check() == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// Being careful with one kind of conduct never makes the machine do more: for each preset and entry the mode is that of the preset or
// of the entry, whichever does less.
func TestCarefulNeverDoesMore(t *testing.T) {
	less := map[Mode]int{Off: 0, AskFirst: 1, Auto: 2}
	for _, p := range []Preset{PresetWatch, PresetAsk, PresetAuto} {
		for _, c := range []Preset{PresetWatch, PresetAsk} {
			r := ShippedRules(p)
			r.Careful = []Careful{{Category: judge.Sexual, Through: judge.Warning, Preset: c}}
			for level := judge.Caution; level <= judge.Severe; level++ {
				j := judge.Judgement{Level: level, Findings: []judge.Finding{{Category: judge.Sexual, Level: level}, {Category: judge.Abuse, Level: judge.Caution}}}
				for _, d := range []Do{Warn1, Warn2, Final, Closing, Cut, AskKey, LimitNow} {
					want := r.Mode(d)
					if other := ShippedRules(c).Mode(d); level <= judge.Warning && less[other] < less[want] {
						want = other
					}
					if got := r.about(j).Mode(d); got != want {
						t.Errorf("%s careful %s at %s: %s is %s, want %s", p, c, level, d, got, want)
					}
				}
			}
		}
	}
}
