package judge

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"commusafe/internal/text"
)

// A trie finds words in letters. Node 0 is the root.
type trie struct {
	next  map[uint64]int32 // while it grows
	nodes []node
}

// A node is a place in the trie: the letters that lead on, sorted, with where they lead, and the words that end here.
type node struct {
	letters []rune
	to      []int32
	words   []word
}

// A word is what the trie knows of one of its words.
type word struct {
	sym   symbol
	conj  conj // of the verb whose stem it is
	ends  bool // it counts only where a phrase ends
	parts bool // it is written with a break inside, so that it may stand across one
}

func newTrie() *trie { return &trie{next: map[uint64]int32{}, nodes: make([]node, 1)} }

func edge(node int32, r rune) uint64 { return uint64(uint32(node))<<32 | uint64(uint32(r)) }

func (t *trie) add(s string, w word) {
	at := int32(0)
	for _, r := range s {
		to, ok := t.next[edge(at, r)]
		if !ok {
			to = int32(len(t.nodes))
			t.next[edge(at, r)] = to
			t.nodes = append(t.nodes, node{})
			n := &t.nodes[at]
			i, _ := slices.BinarySearch(n.letters, r)
			n.letters, n.to = slices.Insert(n.letters, i, r), slices.Insert(n.to, i, to)
		}
		at = to
	}
	if n := &t.nodes[at]; !slices.Contains(n.words, w) {
		n.words = append(n.words, w)
	}
}

// walk tells the words of the trie that begin at a place, node by node.
func (t *trie) walk(text []rune, from int, tell func(to int, words []word)) {
	at := int32(0)
	for i := from; i < len(text); i++ {
		n := &t.nodes[at]
		k, ok := slices.BinarySearch(n.letters, text[i])
		if !ok {
			return
		}
		at = n.to[k]
		if words := t.nodes[at].words; len(words) > 0 {
			tell(i+1, words)
		}
	}
}

// A finder holds all patterns of a lexicon, ready to be looked for in a text at once.
type finder struct {
	trie    *trie   // the words with which patterns begin, and the innocent ones
	own     []*trie // by symbol: its words alone, for what is looked for at one place only; nil if it never is
	endings *trie   // symbols are conj*forms+form
	mask    symbol
	all     []pattern
	byFirst [][]int32 // patterns by the symbol of their first element
	symbols int
	pool    sync.Pool // of *scan
}

// A builder makes a finder.
type builder struct {
	finder
	classes  map[string]symbol
	literals map[string]symbol
	words    map[symbol]map[string][]word
	begins   map[symbol]bool // a form begins with it
	goesOn   map[symbol]bool // a form goes on with it, or something puts an entry aside by it
	last     symbol
}

func newBuilder(classes []Class) (*builder, error) {
	b := &builder{finder: finder{trie: newTrie(), endings: newTrie()}, classes: map[string]symbol{}, literals: map[string]symbol{},
		words: map[symbol]map[string][]word{}, begins: map[symbol]bool{}, goesOn: map[symbol]bool{}}
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
		for a := range strings.SplitSeq(w[open+1:end], "|") {
			a = w[:open] + a + w[end+1:]
			b.addWord(a, sym)
		}
	}
	for _, v := range c.Verbs {
		stem, way, err := verbOf(v)
		if err != nil {
			return err
		}
		b.put(stem, word{sym: sym, conj: way})
		if way == conjSuru {
			b.put(stem+"を", word{sym: sym, conj: way})
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

// put keeps a word of a symbol until the tries are made.
func (b *builder) put(written string, w word) {
	key, parts := text.Parts(written)
	if key == "" {
		return
	}
	w.parts = parts
	m := b.words[w.sym]
	if m == nil {
		m = map[string][]word{}
		b.words[w.sym] = m
	}
	if !slices.Contains(m[key], w) {
		m[key] = append(m[key], w)
	}
}

// addWord keeps a word; "$" at its end asks for the end of a phrase.
func (b *builder) addWord(w string, sym symbol) {
	w, ends := strings.CutSuffix(w, "$")
	b.put(w, word{sym: sym, ends: ends})
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
	for w := range strings.SplitSeq(words, "|") {
		b.addWord(w, sym)
	}
	return sym
}

// literal gives the symbol of words that a pattern names as they are.
func (b *builder) literal(words string) symbol {
	if s, ok := b.literals[words]; ok {
		return s
	}
	b.last++
	b.literals[words] = b.last
	b.put(words, word{sym: b.last})
	return b.last
}

func (b *builder) add(p pattern) {
	i := int32(len(b.all))
	b.all = append(b.all, p)
	first := p.elems[0].sym
	b.begins[first] = true
	for _, e := range p.elems[1:] {
		b.goesOn[e.sym] = true
	}
	for int(first) >= len(b.byFirst) {
		b.byFirst = append(b.byFirst, nil)
	}
	b.byFirst[first] = append(b.byFirst[first], i)
}

// aside notes patterns that are looked for only where an entry was found.
func (b *builder) aside(ps []pattern) {
	for _, p := range ps {
		for _, e := range p.elems {
			b.goesOn[e.sym] = true
		}
	}
}

// ready ends the building: the tries are made.
func (b *builder) ready() *finder {
	b.symbols = int(b.last)
	for int(b.last) >= len(b.byFirst) {
		b.byFirst = append(b.byFirst, nil)
	}
	b.own = make([]*trie, b.last+1)
	for sym := symbol(1); sym <= b.last; sym++ {
		own := newTrie()
		for key, words := range b.words[sym] {
			for _, w := range words {
				own.add(key, w)
				if b.begins[sym] || sym == b.mask {
					b.trie.add(key, w)
				}
			}
		}
		if own.next = nil; b.goesOn[sym] {
			b.own[sym] = own
		}
	}
	b.trie.next, b.endings.next = nil, nil
	return &b.finder
}

// look finds every word in a text. What stands inside an innocent word is left out. The scan must be given back.
func (f *finder) look(t text.Folded) *scan {
	s := f.scan()
	s.text = t
	for from := range t.Runes {
		f.trie.walk(t.Runes, from, func(to int, words []word) {
			for _, w := range words {
				if s.torn(from, to, w) {
					continue
				}
				if w.sym == f.mask {
					s.masks = append(s.masks, span{from: from, to: to})
				} else {
					s.seen = append(s.seen, sighting{w.sym, span{from, to, w.conj, w.ends, 0}})
				}
			}
		})
	}
	for _, o := range s.seen {
		if !s.masked(o.from, o.to) {
			s.put(o)
		}
	}
	return s
}

// torn tells whether what reads as a word is the end of one phrase and the beginning of the next: して、メ is no てめ.
func (s *scan) torn(from, to int, w word) bool {
	return !w.parts && to-from <= tornUpTo && slices.ContainsFunc(s.text.Breaks[from+1:to], func(b text.Break) bool { return b != text.None })
}

// tornUpTo is the length in letters of a word that is not looked for across a break. Longer ones don't come about by chance,
// and recognisers put commas where somebody breathes.
const tornUpTo = 5

// masked tells whether a place lies inside an innocent word that is longer.
func (s *scan) masked(from, to int) bool {
	for _, m := range s.masks {
		if from >= m.from && to <= m.to && to-from < m.to-m.from {
			return true
		}
	}
	return false
}

// A sighting is a word seen at a place.
type sighting struct {
	sym symbol
	span
}

// scan gives an empty scan, a used one where there is one.
func (f *finder) scan() *scan {
	if s, ok := f.pool.Get().(*scan); ok {
		return s
	}
	return &scan{f: f, first: make([]int32, f.symbols+1), last: make([]int32, f.symbols+1)}
}

// done gives a scan back.
func (s *scan) done() {
	for _, sym := range s.touched {
		s.first[sym], s.last[sym] = 0, 0
	}
	s.touched, s.spans, s.masks, s.seen, s.text = s.touched[:0], s.spans[:0], s.masks[:0], s.seen[:0], text.Folded{}
	s.f.pool.Put(s)
}

// put adds a sighting to those of its symbol, which stay in the order of the text.
func (s *scan) put(o sighting) {
	s.spans = append(s.spans, o.span)
	n := int32(len(s.spans))
	if s.first[o.sym] == 0 {
		s.first[o.sym] = n
		s.touched = append(s.touched, o.sym)
	} else {
		s.spans[s.last[o.sym]-1].next = n
	}
	s.last[o.sym] = n
}

// conjugated tells the ends of all endings of a form that follow a stem, until told to stop.
func (f *finder) conjugated(t text.Folded, at span, want form, stop func(end int) bool) {
	if at.conj == 0 {
		return
	}
	sym := symbol(int(at.conj)*int(forms) + int(want))
	done := slices.ContainsFunc(f.endings.nodes[0].words, func(w word) bool { return w.sym == sym }) && stop(at.to)
	f.endings.walk(t.Runes, at.to, func(to int, words []word) {
		for _, w := range words {
			if !done && w.sym == sym && (!w.ends || t.Breaks[to] != text.None) {
				done = stop(to)
			}
		}
	})
}
