package judge

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"commusafe/internal/evidence"
	"commusafe/internal/text"
	"commusafe/internal/yamlfile"
)

// A Pack is the words of one trade that sound like harassment elsewhere: 死亡保険, 害虫を殺す, 下着のサイズ. A centre chooses
// those of its own trade. Its category is G-BUS.
type Pack struct {
	// Name is lower-case letters; its words for people are in the text catalogue below "trade.".
	Name  string `json:"name" yaml:"name"`
	Sheet `yaml:",inline"`
}

// ParsePack reads the file of a pack. An unknown key is an error with its line.
func ParsePack(b []byte) (Pack, error) {
	var p Pack
	err := yamlfile.Decode(b, &p)
	return p, err
}

// readPacks reads the packs of a directory of a lexicon; without any, they are the shipped ones.
func readPacks(dir fs.FS) ([]Pack, error) {
	files, err := fs.Glob(dir, "trade/*.yaml")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		if dir, err = fs.Sub(shipped, "lexicon"); err != nil {
			return nil, err
		}
		if files, err = fs.Glob(dir, "trade/*.yaml"); err != nil {
			return nil, err
		}
	}
	var out []Pack
	for _, f := range files {
		b, err := fs.ReadFile(dir, f)
		if err != nil {
			return nil, err
		}
		p, err := ParsePack(b)
		if err == nil && p.Name+".yaml" != path.Base(f) {
			err = fmt.Errorf("the name %q is not that of the file", p.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// Trading gives the lexicon with other packs in force. What is not known is found by Check.
func (l Lexicon) Trading(names []string) Lexicon {
	l.Trade = slices.Compact(slices.Sorted(slices.Values(names)))
	return l
}

// Pack gives a pack by its name.
func (l Lexicon) Pack(name string) (Pack, bool) {
	i := slices.IndexFunc(l.Packs, func(p Pack) bool { return p.Name == name })
	if i < 0 {
		return Pack{}, false
	}
	return l.Packs[i], true
}

// chosen gives the sheets of the packs in force, one a name.
func (l Lexicon) chosen() []Sheet {
	var out []Sheet
	for _, name := range l.Trade {
		p, _ := l.Pack(name) // Check finds a name that is not known
		out = append(out, p.Sheet)
	}
	return out
}

// checkPacks tells the first thing that is wrong with the packs.
func (l Lexicon) checkPacks() error {
	for _, p := range l.Packs {
		if p.Name == "" || p.Category != GBus {
			return fmt.Errorf("lexicon: the pack %q needs a name and the category %s", p.Name, GBus)
		}
	}
	for _, name := range l.Trade {
		if _, ok := l.Pack(name); !ok {
			return fmt.Errorf("lexicon: the pack %q is not known to this version; take it out of those in force", name)
		}
	}
	return nil
}

// packed gives the written form of an entry of a pack.
func (l Lexicon) packed(entry string) (string, Category, bool) {
	for _, p := range l.Packs {
		for _, e := range p.Entries {
			if e.ID == entry {
				return e.Surface, p.Category, true
			}
		}
	}
	return "", "", false
}

// A trade is what words of a trade are in an utterance: the hits, and the letters that they are made of.
type trade struct {
	hits  []hit
	spans []span
}

// placesOf gives where the words of an entry stand in a sentence. What lies between them is not among it.
func (r *Rules) placesOf(s *scan, entry int32) []span {
	var out []span
	for _, sym := range s.touched {
		for _, b := range r.finder.byFirst[sym] {
			if b.owner == entry && b.needs&^s.letters == 0 {
				s.places(&r.finder.all[b.pattern], func(at []span) bool {
					if !slices.Contains(s.text.Breaks[at[len(at)-1].from+1:at[0].to], text.Sentence) {
						out = append(out, at...)
					}
					return true
				})
			}
		}
	}
	return out
}

// cover stands for letters that a word of a trade explains. No text has it: it is not a letter.
const cover = '\uf8ff'

// cover gives a text in which nothing is read of what the words of a trade are made of. Each is one unreadable letter, so
// that what stands around it stays where it was: neither beside each other nor at the end of a phrase.
func (t trade) cover(f text.Folded) text.Folded {
	in := make([]bool, len(f.Runes))
	for _, s := range t.spans {
		for i := s.from; i < s.to; i++ {
			in[i] = true
		}
	}
	var out text.Folded
	for i, r := range f.Runes {
		if in[i] {
			if r = cover; i > 0 && in[i-1] && f.Breaks[i] == text.None {
				continue
			}
		}
		out.Runes, out.Breaks = append(out.Runes, r), append(out.Breaks, f.Breaks[i])
	}
	out.Breaks = append(out.Breaks, f.Breaks[len(f.Runes)])
	return out
}

// explain puts aside what an utterance is no longer read as when the words of a trade in it are left out. What is still
// read counts as it did; where no rule is, the statistics of the rest may be a sign. So nothing counts for more than
// without the words of the trade. A reason not to act stays, but for a crisis of which nothing is left.
func (r *Rules) explain(hits []hit, t trade, f text.Folded, u evidence.Utterance) []hit {
	if !slices.ContainsFunc(hits, hit.counts) {
		return append(slices.Clone(t.hits), hits...)
	}
	rest := t.cover(f)
	s := r.finder.look(rest)
	defer s.done()
	still := r.entriesIn(s)
	letters := slices.DeleteFunc(slices.Clone(rest.Runes), func(l rune) bool { return l == cover })
	explained := func(h hit) bool {
		i, known := r.byID[h.Entry]
		if h.faint && h.Category.IsGuard() {
			return false
		}
		if h.Because == becauseNeed {
			return len(letters) < 2 || r.need.likely(letters) < needAt
		}
		return !known || !slices.Contains(still, int32(i))
	}
	out, most, ruled, freed := slices.Clone(t.hits), None, false, freed(hits, explained)
	for _, h := range hits {
		if freed && h.why == becauseGuarded {
			h.why = ""
			h.doubted(h.Score)
		}
		if h.counts() {
			if explained(h) {
				h.why = becauseBusiness
			}
			if !h.Category.IsGuard() {
				most, ruled = max(most, h.Level), ruled || h.why == ""
			}
		}
		out = append(out, h)
	}
	alone := slices.IndexFunc(out, func(h hit) bool { return h.why == becauseBusiness && h.Because == becauseStatistics })
	if alone >= 0 && slices.ContainsFunc(out, func(h hit) bool { return h.counts() && h.Entry != "" && h.Category == out[alone].Category }) {
		out[alone].why = "" // an entry that is left says the same
		return out
	}
	if ruled && alone < 0 || most == None || len(letters) < 2 {
		return out
	}
	switch h, ok := r.alone(s, u, r.net.opine(letters), restAt); {
	case !ok:
	case alone >= 0:
		out[alone].why = "" // the rest is a sign as well, so the whole was not one by the words of the trade
	default:
		h.Level = min(h.Level, most)
		out = append(out, h)
	}
	return out
}

// counts tells whether a hit would make a finding by itself.
func (h hit) counts() bool { return h.why == "" && (!h.Category.IsGuard() || h.Category == GCrisis) }

// freed tells whether the only reason not to act is a crisis that the words of a trade explain. What it had put aside counts.
func freed(hits []hit, explained func(hit) bool) bool {
	crisis := false
	for _, h := range hits {
		if h.Category.IsGuard() {
			if h.Category != GCrisis || !explained(h) {
				return false
			}
			crisis = true
		}
	}
	return crisis
}
