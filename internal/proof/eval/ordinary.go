package eval

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// Ordinary is what came of synthetic ordinary calls: benign lines of real dialogues in their order, with recognition
// errors and changes of loudness.
type Ordinary struct {
	Versions   map[string]string `json:"versions"`
	Calls      int               `json:"calls"`
	Utterances int               `json:"utterances"`
	Hours      float64           `json:"hours"`
	Notified   int               `json:"notified"` // calls in which a supervisor was told
	Warned     int               `json:"warned"`   // calls in which something was spoken to the caller by itself
	Cuts       int               `json:"cuts"`
	Examples   []string          `json:"examples,omitempty"` // entries that led to the first few warnings
	ToldBy     map[string]int    `json:"told_by"`            // calls in which a supervisor was told, by the entry of the gravest finding
}

// benignSources are the sources of data/text whose lines nobody means to harass with.
func benignSources() []string { return []string{"ASDC", "RealPersonaChat"} }

// RunOrdinary puts n calls together from the benign lines of sets and lets the preset 自動 act on them. The same seed
// gives the same calls.
func RunOrdinary(paths []string, n int, seed uint64) (*Ordinary, error) {
	var lines []string
	for _, p := range paths {
		set, err := readLines(p)
		if err != nil {
			return nil, err
		}
		for _, l := range set {
			if slices.Contains(benignSources(), l.Kind) {
				lines = append(lines, l.Text)
			}
		}
	}
	if len(lines) < 100 {
		return nil, fmt.Errorf("%w: %s hold only %d benign lines", ErrInput, strings.Join(paths, ", "), len(lines))
	}
	rules, err := judge.ShippedRules()
	if err != nil {
		return nil, err
	}
	m := &Ordinary{Versions: map[string]string{"lexicon": rules.Version(), "rules": "shipped"}, Calls: n}
	rng := rand.New(rand.NewPCG(seed, 1))
	letters := []rune(strings.Join(lines[:100], ""))
	for range n {
		m.one(rules, rng, lines, letters)
	}
	return m, nil
}

// one plays one call.
func (m *Ordinary) one(rules *judge.Rules, rng *rand.Rand, lines []string, letters []rune) {
	p := newPlayer(rules, policy.PresetAuto)
	p.did = func(_ call.Millis, do policy.Do) {
		if fs := p.Course.Judgement().Findings; do == policy.Notify && len(fs) > 0 {
			if m.ToldBy == nil {
				m.ToldBy = map[string]int{}
			}
			m.ToldBy[string(fs[0].Category)+" "+fs[0].Entry]++
		}
	}
	from, turns, at := rng.IntN(len(lines)), 8+rng.IntN(40), call.Millis(4000)
	for i := range turns {
		at += call.Millis(2000 + rng.IntN(9000))
		p.Until(at)
		if p.Over() {
			break
		}
		party := call.Caller
		if i%3 == 2 {
			party = call.Agent
		}
		head := evidence.Head{Party: party, FromMS: at - 1800, ToMS: at, Source: "ordinary"}
		p.Evidence(at, evidence.Sound{Head: head, LoudnessDB: float64(rng.IntN(25) - 12), TalkShare: 0.5})
		p.turnAt = at
		p.Evidence(at, evidence.Utterance{Head: head, Text: misheard(rng, lines[(from+i)%len(lines)], letters),
			Confidence: 0.3 + 0.7*rng.Float64(), Final: true})
		m.Utterances++
	}
	p.Settle()
	m.Hours += float64(at) / 3600000
	m.Notified += ones(slices.Contains(p.row.Actions, policy.Notify))
	m.Cuts += ones(slices.Contains(p.row.Actions, policy.Cut))
	if slices.ContainsFunc(p.row.Actions, policy.Do.Speaks) {
		m.Warned++
		if fs := p.Course.Judgement().Findings; len(m.Examples) < 5 && len(fs) > 0 {
			m.Examples = append(m.Examples, string(fs[0].Category)+" "+fs[0].Entry)
		}
	}
}

// misheard changes, drops or doubles about one letter in twenty-five, as a recogniser does on a telephone.
func misheard(rng *rand.Rand, s string, letters []rune) string {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		switch rng.IntN(75) {
		case 0:
			continue
		case 1:
			r = letters[rng.IntN(len(letters))]
		case 2:
			out = append(out, r)
		}
		out = append(out, r)
	}
	return string(out)
}

// Table writes the figures for people.
func (m *Ordinary) Table(out io.Writer) error {
	_, err := fmt.Fprintf(out, "%d ordinary calls, %d utterances, %.0f hours: %d cut, %d spoken to by itself, %d in which a supervisor was told %v\n",
		m.Calls, m.Utterances, m.Hours, m.Cuts, m.Warned, m.Notified, m.Examples)
	if err != nil || len(m.ToldBy) == 0 {
		return err
	}
	by := slices.SortedFunc(maps.Keys(m.ToldBy), func(a, b string) int { return cmp.Or(m.ToldBy[b]-m.ToldBy[a], strings.Compare(a, b)) })
	for _, e := range by[:min(len(by), 10)] {
		fmt.Fprintf(out, "  told by %s: %d\n", e, m.ToldBy[e])
	}
	return nil
}
