package policy

import (
	"fmt"
	"slices"

	"commusafe/internal/judge"
)

// A Careful is a kind of conduct with which the machine is more careful than the centre's preset says.
type Careful struct {
	Category judge.Category `json:"category"`
	Through  judge.Level    `json:"through"` // the highest level that is meant: S4 for all
	Preset   Preset         `json:"preset"`  // watch or ask
}

// MaxCareful is how many there may be.
const MaxCareful = 60

func checkCareful(list []Careful) error {
	if len(list) > MaxCareful {
		return fmt.Errorf("rules: careful: at most %d entries", MaxCareful)
	}
	for i, c := range list {
		switch {
		case !slices.Contains(judge.Categories(), c.Category):
			return fmt.Errorf("rules: careful: entry %d: category %q is not known", i+1, c.Category)
		case c.Through < judge.Caution || c.Through > judge.Emergency:
			return fmt.Errorf("rules: careful: entry %d: the level must be S1 to S4", i+1)
		case c.Preset != PresetWatch && c.Preset != PresetAsk:
			return fmt.Errorf("rules: careful: entry %d: preset %q is not one of watch, ask", i+1, c.Preset)
		}
	}
	return nil
}

// about gives the rules for what a judgement is about first: its worst, newest finding. The more careful preset holds.
func (r Rules) about(j judge.Judgement) Rules {
	found := withoutCriteria(j)
	if len(found) == 0 {
		return r
	}
	first := found[0]
	for _, c := range r.Careful {
		if c.Category == first.Category && first.Level <= c.Through && moreCareful(c.Preset, r.Preset) {
			r.Preset = c.Preset
		}
	}
	return r
}

func moreCareful(a, b Preset) bool {
	order := []Preset{PresetWatch, PresetAsk, PresetAuto}
	return slices.Index(order, a) < slices.Index(order, b)
}
