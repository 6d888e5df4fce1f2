package judge

import (
	"fmt"
	"slices"
	"strings"

	"commusafe/internal/text"
)

// A trie finds words in letters. Node 0 is the root.
type trie struct {
	next  map[uint64]int32
	words [][]word // by node: what ends there
}

// A word is what the trie knows of one of its words.
type word struct {
	sym  symbol
	conj conj // of the verb whose stem it is
	ends bool // for endings: a phrase ends here
}

func newTrie() *trie { return &trie{next: map[uint64]int32{}, words: make([][]word, 1)} }

func edge(node int32, r rune) uint64 { return uint64(uint32(node))<<32 | uint64(uint32(r)) }

func (t *trie) add(s string, w word) {
	node := int32(0)
	for _, r := range s {
		to, ok := t.next[edge(node, r)]
		if !ok {
			to = int32(len(t.words))
			t.next[edge(node, r)] = to
			t.words = append(t.words, nil)
		}
		node = to
	}
	if !slices.Contains(t.words[node], w) {
		t.words[node] = append(t.words[node], w)
	}
}

// A finder holds all patterns of a lexicon, ready to be looked for in a text at once.
type finder struct {
	trie    *trie
	endings *trie // symbols are conj*forms+form
	mask    symbol
	all     []pattern
	byFirst map[symbol][]int32 // patterns by their first element
}

// A builder makes a finder.
type builder struct {
	finder
	classes  map[string]symbol
	literals map[string]symbol
	last     symbol
}

func newBuilder(classes []Class) (*builder, error) {
	b := &builder{finder: finder{trie: newTrie(), endings: newTrie(), byFirst: map[symbol][]int32{}}, classes: map[string]symbol{}, literals: map[string]symbol{}}
	for _, c := range classes {
		if c.Name == "" {
			return nil, fmt.Errorf("lexicon: a class has no name")
		}
		if _, ok := b.classes[c.Name]; !ok {
			b.last++
			b.classes[c.Name] = b.last
		}
	}
	b.mask = b.classes[mask]
	for _, c := range classes {
		if err := b.fill(b.classes[c.Name], c, classes, 0); err != nil {
			return nil, fmt.Errorf("lexicon class %s: %w", c.Name, err)
		}
	}
	for c := conj(1); c < conjs; c++ {
		for f := form(1); f < forms; f++ {
			for _, e := range endings(c, f) {
				e, ends := strings.CutSuffix(e, "$")
				b.endings.add(text.Part(e), word{sym: symbol(int(c)*int(forms) + int(f)), ends: ends})
			}
		}
	}
	return b, nil
}

func (b *builder) fill(sym symbol, c Class, all []Class, depth int) error {
	if depth > 4 {
		return fmt.Errorf("classes take each other in too deeply")
	}
	for _, w := range c.Words {
		open, end, err := group(w)
		if err != nil {
			return err
		}
		if open < 0 {
			b.addWord(w, sym)
			continue
		}
		for _, a := range strings.Split(w[open+1:end], "|") {
			a = w[:open] + a + w[end+1:]
			b.addWord(a, sym)
		}
	}
	for _, v := range c.Verbs {
		stem, way, err := verbOf(v)
		if err != nil {
			return err
		}
		k := text.Part(stem)
		b.trie.add(k, word{sym: sym, conj: way})
		if way == conjSuru {
			b.trie.add(k+"を", word{sym: sym, conj: way})
		}
	}
	for _, name := range c.Of {
		if _, ok := b.classes[name]; !ok {
			return fmt.Errorf("class %q is not known", name)
		}
		for _, o := range all {
			if o.Name == name {
				if err := b.fill(sym, o, all, depth+1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// addWord puts a word into the trie; "$" at its end asks for the end of a phrase.
func (b *builder) addWord(w string, sym symbol) {
	w, ends := strings.CutSuffix(w, "$")
	if k := text.Part(w); k != "" {
		b.trie.add(k, word{sym: sym, ends: ends})
	}
}

// anyOf gives the symbol of words any of which may stand, "a|b|c".
func (b *builder) anyOf(words string) symbol {
	key := "(" + words
	if s, ok := b.literals[key]; ok {
		return s
	}
	b.last++
	b.literals[key] = b.last
	sym := b.last
	for _, w := range strings.Split(words, "|") {
		b.addWord(w, sym)
	}
	return sym
}

// literal gives the symbol of words that a pattern names as they are.
func (b *builder) literal(key string) symbol {
	if s, ok := b.literals[key]; ok {
		return s
	}
	b.last++
	b.literals[key] = b.last
	b.trie.add(key, word{sym: b.last})
	return b.last
}

func (b *builder) add(p pattern) {
	i := int32(len(b.all))
	b.all = append(b.all, p)
	b.byFirst[p.elems[0].sym] = append(b.byFirst[p.elems[0].sym], i)
}

// look finds every word in a text. What stands inside an innocent word is left out.
func (f *finder) look(t text.Folded) *scan {
	s := &scan{f: f, text: t, found: map[symbol][]span{}}
	var masks []span
	for from := range t.Runes {
		f.trie.walk(t.Runes, from, func(to int, w word) {
			if w.sym == f.mask {
				masks = append(masks, span{from: from, to: to})
			}
		})
	}
	for from := range t.Runes {
		f.trie.walk(t.Runes, from, func(to int, w word) {
			for _, m := range masks {
				if w.sym != f.mask && from >= m.from && to <= m.to && to-from < m.to-m.from {
					return
				}
			}
			s.found[w.sym] = append(s.found[w.sym], span{from, to, w.conj, w.ends})
		})
	}
	return s
}

// walk tells every word of the trie that begins at a place.
func (t *trie) walk(text []rune, from int, tell func(to int, w word)) {
	node := int32(0)
	for i := from; i < len(text); i++ {
		to, ok := t.next[edge(node, text[i])]
		if !ok {
			return
		}
		node = to
		for _, w := range t.words[node] {
			tell(i+1, w)
		}
	}
}

// conjugated tells the ends of all endings of a form that follow a stem, until told to stop.
func (f *finder) conjugated(t text.Folded, at span, want form, stop func(end int) bool) {
	if at.conj == 0 {
		return
	}
	sym := symbol(int(at.conj)*int(forms) + int(want))
	done := slices.ContainsFunc(f.endings.words[0], func(w word) bool { return w.sym == sym }) && stop(at.to)
	f.endings.walk(t.Runes, at.to, func(to int, w word) {
		if !done && w.sym == sym && (!w.ends || t.Breaks[to] != text.None) {
			done = stop(to)
		}
	})
}
