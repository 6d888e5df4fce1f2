package judge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"commusafe/internal/text"
)

// A trie finds words in letters, from one of several roots.
type trie struct {
	growing *growing // until it is made ready
	nodes   []node
	letters []rune  // that lead on from the nodes, one node after the other, sorted
	to      []int32 // … and where they lead
	words   []word  // that end at the nodes
}

// A node is a place in the trie: the letters that lead on and the words that end here, as stretches.
type node struct {
	among          letterSet // the letters
	letter, upTo   int32
	word, wordUpTo int32
}

// A growing is a trie to which words are added.
type growing struct {
	next  map[uint64]int32
	nodes []growingNode
}

type growingNode struct {
	letters []rune
	words   []word
}

// A word is what the trie knows of one of its words.
type word struct {
	sym   symbol
	conj  conj // of the verb whose stem it is
	ends  bool // it counts only where a phrase ends
	parts bool // it is written with a break inside, so that it may stand across one
}

// A letterSet is a set of letters, a bit each; some share theirs. What has a bit that a text lacks is not in it.
type letterSet uint64

func setOf(r rune) letterSet { return 1 << (uint32(r) * 0x9E3779B1 >> 26) }

func setOfAll[T string | []rune](letters T) letterSet {
	var s letterSet
	for _, r := range []rune(letters) {
		s |= setOf(r)
	}
	return s
}

func newTrie() *trie { return &trie{growing: &growing{next: map[uint64]int32{}}} }

func edge(node int32, r rune) uint64 { return uint64(uint32(node))<<32 | uint64(uint32(r)) }

// root gives a new root.
func (t *trie) root() int32 {
	g := t.growing
	g.nodes = append(g.nodes, growingNode{})
	return int32(len(g.nodes)) - 1
}

func (t *trie) add(root int32, s string, w word) {
	at, g := root, t.growing
	for _, r := range s {
		to, ok := g.next[edge(at, r)]
		if !ok {
			to = t.root()
			g.next[edge(at, r)] = to
			g.nodes[at].letters = append(g.nodes[at].letters, r)
		}
		at = to
	}
	if n := &g.nodes[at]; !slices.Contains(n.words, w) {
		n.words = append(n.words, w)
	}
}

// ready lays the nodes out.
func (t *trie) ready() {
	for at, n := range t.growing.nodes {
		out := node{letter: int32(len(t.letters)), word: int32(len(t.words))}
		slices.Sort(n.letters)
		for _, r := range n.letters {
			out.among |= setOf(r)
			t.letters, t.to = append(t.letters, r), append(t.to, t.growing.next[edge(int32(at), r)])
		}
		t.words = append(t.words, n.words...)
		out.upTo, out.wordUpTo = int32(len(t.letters)), int32(len(t.words))
		t.nodes = append(t.nodes, out)
	}
	t.growing = nil
}

// at gives the words that end at a node.
func (t *trie) at(node int32) []word { n := &t.nodes[node]; return t.words[n.word:n.wordUpTo] }

// noneBegins tells that no word of a root begins with a letter; false is no answer.
func (t *trie) noneBegins(root int32, r rune) bool { return t.nodes[root].among&setOf(r) == 0 }

// walk tells the words of a root that begin at a place, node by node.
func (t *trie) walk(root int32, text []rune, from int, tell func(to int, words []word)) {
	n := &t.nodes[root]
	for i := from; i < len(text); i++ {
		if n.among&setOf(text[i]) == 0 {
			return
		}
		k, ok := slices.BinarySearch(t.letters[n.letter:n.upTo], text[i])
		if !ok {
			return
		}
		n = &t.nodes[t.to[int(n.letter)+k]]
		if n.word < n.wordUpTo {
			tell(i+1, t.words[n.word:n.wordUpTo])
		}
	}
}

// A finder holds all patterns of a lexicon, ready to be looked for in a text at once.
type finder struct {
	trie    *trie
	begins  int32   // the root of the words with which patterns begin, and the innocent ones
	own     []int32 // by symbol: the root of its words alone, for what is looked for at one place only
	endings int32   // the root of the endings; symbols are conj*forms+form
	mask    symbol
	all     []pattern
	byFirst [][]start // patterns by the symbol of their first element
	symbols int
	pool    sync.Pool // of *scan
	reasons sync.Pool // of *[]reason
}

// A start is what is looked at of a pattern before it is tried.
type start struct {
	pattern, owner int32
	needs          letterSet
}

// A builder makes a finder.
type builder struct {
	finder
	classes  map[string]symbol
	literals map[string]symbol
	words    map[symbol]map[string][]word
	first    map[symbol]bool // a form begins with it
	goesOn   map[symbol]bool // a form goes on with it, or something puts an entry aside by it
	last     symbol
}

func newBuilder(classes []Class) (*builder, error) {
	b := &builder{finder: finder{trie: newTrie()}, classes: map[string]symbol{}, literals: map[string]symbol{},
		words: map[symbol]map[string][]word{}, first: map[symbol]bool{}, goesOn: map[symbol]bool{}}
	b.begins, b.endings = b.trie.root(), b.trie.root()
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
				b.trie.add(b.endings, text.Part(e), word{sym: symbol(int(c)*int(forms) + int(f)), ends: ends})
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
	b.first[first] = true
	for _, e := range p.elems[1:] {
		b.goesOn[e.sym] = true
	}
	for int(first) >= len(b.byFirst) {
		b.byFirst = append(b.byFirst, nil)
	}
	b.byFirst[first] = append(b.byFirst[first], start{i, p.owner, p.needs})
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
	b.own = make([]int32, b.last+1)
	for sym := symbol(1); sym <= b.last; sym++ {
		b.own[sym] = b.trie.root()
		for _, key := range slices.Sorted(maps.Keys(b.words[sym])) {
			for _, w := range b.words[sym][key] {
				if b.goesOn[sym] {
					b.trie.add(b.own[sym], key, w)
				}
				if b.first[sym] || sym == b.mask {
					b.trie.add(b.begins, key, w)
				}
			}
		}
	}
	b.trie.ready()
	return &b.finder
}

// look finds every word in a text. What stands inside an innocent word is left out. The scan must be given back.
func (f *finder) look(t text.Folded) *scan {
	s := f.scan()
	s.text, s.letters = t, setOfAll(t.Runes)
	for from := range t.Runes {
		f.trie.walk(f.begins, t.Runes, from, func(to int, words []word) {
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
	clear(s.hits) // what was said is not kept
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
	done := slices.ContainsFunc(f.trie.at(f.endings), func(w word) bool { return w.sym == sym }) && stop(at.to)
	f.trie.walk(f.endings, t.Runes, at.to, func(to int, words []word) {
		for _, w := range words {
			if !done && w.sym == sym && (!w.ends || t.Breaks[to] != text.None) {
				done = stop(to)
			}
		}
	})
}
