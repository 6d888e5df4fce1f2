package judge

import (
	"fmt"
	"slices"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/text"
	"commusafe/internal/yamlfile"
)

// A Cue is what tells how a conversation stands, without being harassment: the agent's final answer, a wish to end the
// call, what a caller wants. It is found by forms as an entry is, in recognised words only.
type Cue struct {
	Name  string     `json:"name" yaml:"name"`
	What  string     `json:"what,omitempty" yaml:"what,omitempty"` // of about: the matter
	Party call.Party `json:"party" yaml:"party"`
	Forms []string   `json:"forms" yaml:"forms"`
	// Unless are forms in whose presence it does not count.
	Unless []string `json:"unless,omitempty" yaml:"unless,omitempty"`
	Note   string   `json:"note,omitempty" yaml:"note,omitempty"`
}

// The names of cues.
const (
	cueRefusal   = "refusal"   // agent: the final answer
	cueDeclining = "declining" // agent: a no; the second one is a final answer
	cueEnding    = "ending"    // agent: a wish to end the call
	cueAsking    = "asking"    // agent: can you hear me
	cueStaying   = "staying"   // caller: a refusal to end
	cueAbout     = "about"     // caller: what is wanted
	cueDenial    = "denial"    // caller: what is not asked for
)

// A cue is a Cue made ready.
type cue struct {
	Cue
	forms  []pattern
	unless []pattern
}

// ParseCues reads the file of cues. An unknown key is an error with its line.
func ParseCues(b []byte) ([]Cue, error) {
	var c struct {
		Cues []Cue `yaml:"cues"`
	}
	err := yamlfile.Decode(b, &c)
	return c.Cues, err
}

// check tells what is wrong with a cue.
func (c Cue) check() error {
	switch {
	case !slices.Contains([]string{cueRefusal, cueDeclining, cueEnding, cueAsking, cueStaying, cueAbout, cueDenial}, c.Name):
		return fmt.Errorf("lexicon cues: name %q is not known", c.Name)
	case !c.Party.Valid():
		return fmt.Errorf("lexicon cue %s: party %q is not caller or agent", c.Name, c.Party)
	case (c.Name == cueAbout) != (c.What != ""):
		return fmt.Errorf("lexicon cue %s %s: what is needed for about, and only there", c.Name, c.What)
	case len(c.Forms) == 0:
		return fmt.Errorf("lexicon cue %s %s: no forms", c.Name, c.What)
	}
	return nil
}

// cues makes cues ready. Their forms are looked for at any place, so nothing of them is among the words that begin an entry.
func (b *builder) cues(all []Cue) ([]cue, error) {
	var out []cue
	for _, c := range all {
		if err := c.check(); err != nil {
			return nil, err
		}
		ready := cue{Cue: c}
		var err error
		if ready.forms, err = b.patterns(c.Forms); err == nil {
			ready.unless, err = b.patterns(c.Unless)
		}
		if err != nil {
			return nil, fmt.Errorf("lexicon cue %s %s: %w", c.Name, c.What, err)
		}
		b.aside(ready.forms)
		b.aside(ready.unless)
		out = append(out, ready)
	}
	return out, nil
}

// A trace is what is remembered of an item for the whole call.
type trace struct {
	head  evidence.Head
	name  string
	words string   // for the screen
	keys  []string // of about: what it was about, by meaning
}

// Add puts an item into a call's timeline, with what must be remembered of it for the whole call. What is read of an item
// depends on nothing but the item, so the order in which items come does not matter.
func (r *Rules) Add(tl *evidence.Timeline, it evidence.Item) {
	place := tl.Put(it)
	u, ok := it.(evidence.Utterance)
	if !ok || !u.Final || u.Confidence < r.Thresholds.WordFloor {
		return
	}
	s := r.finder.look(text.Fold(u.Text))
	defer s.done()
	n := &reading{rules: r}
	if u.Party == call.Caller {
		n.hits, n.letters = r.readWords(s, u), s.text.Runes
	}
	tl.Remember(evidence.Words, place, n)
	for _, t := range r.traces(s, u, n.hits) {
		tl.Keep(u.Head, t.name, t)
	}
}

// Asked notes that a prompt has asked the caller, to its end, whether anybody is there.
func (r *Rules) Asked(tl *evidence.Timeline, at call.Millis) {
	h := evidence.Head{Party: call.Agent, FromMS: at, ToMS: at, Source: "prompt"}
	tl.Keep(h, cueAsking, &trace{head: h, name: cueAsking})
}

// traces reads the cues of an utterance, and what its hits say of the same.
func (r *Rules) traces(s *scan, u evidence.Utterance, hits []hit) []*trace {
	var out []*trace
	add := func(name string) {
		if !slices.ContainsFunc(out, func(t *trace) bool { return t.name == name }) {
			out = append(out, &trace{head: u.Head, name: name, words: u.Text})
		}
	}
	var keys []string
	for i := range r.cues {
		c := &r.cues[i]
		switch {
		case c.Name == cueDenial || c.Party != u.Party || !s.any(c.forms) || s.any(c.unless):
		case c.Name == cueAbout:
			keys = append(keys, c.What)
		default:
			add(c.Name)
		}
	}
	for _, h := range hits {
		switch {
		case h.why != "" || h.Entry == "" || h.faint:
		case h.Category == Hold:
			add(cueStaying)
		case h.Category.Channel() == Content || h.Category == Dogeza:
			keys = append(keys, string(h.Category)+" "+r.target(h.Entry))
		}
	}
	if len(keys) > 0 {
		slices.Sort(keys)
		out = append(out, &trace{head: u.Head, name: cueAbout, words: u.Text, keys: slices.Compact(keys)})
	}
	return out
}

// target gives whom an entry is aimed at.
func (r *Rules) target(entry string) string {
	if i, ok := r.byID[entry]; ok && r.entries[i].Target != "" {
		return r.entries[i].Target
	}
	return "agent"
}
