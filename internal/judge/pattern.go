package judge

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"commusafe/internal/text"
)

// How far the parts of a pattern may stand apart, in letters.
const (
	spaceGap = 3  // " ": a particle or two
	gapLimit = 8  // "…": some words in between
	wideGap  = 24 // "……": anything of the same breath
)

// A Class is words that mean the same to the judge. Patterns name it: <相手>, <殺傷:予告>.
type Class struct {
	Name string `json:"name" yaml:"name"`
	// Words are written as they are; Verbs in their plain form ("る5" marks a godan verb in る), to be asked for in a
	// form: 命令 禁止 予告 ないなら たら 否定 受身 過去 連用 希望.
	Words []string `json:"words,omitempty" yaml:"words,omitempty"`
	Verbs []string `json:"verbs,omitempty" yaml:"verbs,omitempty"`
	// Of takes the words of other classes in.
	Of []string `json:"of,omitempty" yaml:"of,omitempty"`
	// From names lines of the seed that the words were taken from.
	From []string `json:"from,omitempty" yaml:"from,omitempty"`
	Note string   `json:"note,omitempty" yaml:"note,omitempty"`
}

// mask is the name of the class of innocent words: what stands inside one of them is not read as anything else.
const mask = "無関係"

// A symbol is what an element of a pattern looks for: a class or a literal.
type symbol int32

// An elem is one part of a pattern.
type elem struct {
	sym    symbol
	form   form // 0 for the bare words
	gap    int  // letters that may stand before it; 0 means directly after, for the first: anywhere
	starts bool // a phrase begins here
	ends   bool // a phrase ends after it
}

// A pattern is elements one after the other.
type pattern struct {
	elems []elem
	owner int32     // entry
	needs letterSet // letters without which it can't stand in a text
}

// patterns parses forms.
func (b *builder) patterns(forms []string) ([]pattern, error) {
	var out []pattern
	for _, f := range forms {
		if !utf8.ValidString(f) {
			return nil, fmt.Errorf("%q is not UTF-8; save the file as UTF-8", f)
		}
		all, err := b.parse(f)
		if err != nil {
			return nil, err
		}
		for _, e := range all {
			out = append(out, pattern{elems: e, needs: b.needed(e)})
		}
	}
	return out, nil
}

// needed gives letters that are in every text in which elements stand: those that all words of an element have.
func (b *builder) needed(elems []elem) letterSet {
	var out letterSet
	for _, e := range elems {
		common := ^letterSet(0)
		for key := range b.words[e.sym] {
			common &= setOfAll(key)
		}
		if len(b.words[e.sym]) > 0 {
			out |= common
		}
	}
	return out
}

// parse reads one form. It may give several patterns, since (a|b) stands for both.
func (b *builder) parse(form string) ([][]elem, error) {
	variants, err := expand(form)
	if err != nil {
		return nil, err
	}
	var out [][]elem
	for _, v := range variants {
		e, err := b.parseOne(v)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", form, err)
		}
		if len(e) > 0 {
			out = append(out, e)
		}
	}
	return out, nil
}

// maxVariants bounds what the alternatives of one form come to.
const maxVariants = 512

// expand writes those alternatives of a form out that are more than words. Words stay together: (a|b) is one element.
func expand(form string) ([]string, error) {
	open, end, err := group(form)
	if err != nil || open < 0 {
		return []string{form}, err
	}
	inner := form[open+1 : end]
	tails, err := expand(form[end+1:])
	if err != nil {
		return nil, err
	}
	alts := strings.Split(inner, "|")
	var heads []string
	if strings.ContainsAny(inner, "<… ^") {
		heads = alts
	} else {
		words := slices.DeleteFunc(slices.Clone(alts), func(a string) bool { return a == "" || a == "$" })
		heads = append(heads, "("+strings.Join(words, "|")+")")
		for _, a := range []string{"", "$"} {
			if slices.Contains(alts, a) {
				heads = append(heads, a)
			}
		}
	}
	var out []string
	for _, h := range heads {
		for _, t := range tails {
			out = append(out, form[:open]+h+t)
		}
	}
	if len(out) > maxVariants {
		return nil, fmt.Errorf("%q: more than %d alternatives", form, maxVariants)
	}
	return out, nil
}

// group finds the first (…) of a form; they don't stand in each other. -1 if there is none.
func group(form string) (open, end int, err error) {
	open = strings.Index(form, "(")
	if open < 0 {
		if strings.ContainsAny(form, ")|") {
			return -1, 0, fmt.Errorf("%q: ) or | without (", form)
		}
		return -1, 0, nil
	}
	end = strings.IndexAny(form[open+1:], "()")
	if end < 0 || form[open+1+end] == '(' {
		return -1, 0, fmt.Errorf("%q: ( without )", form)
	}
	return open, open + 1 + end, nil
}

func (b *builder) parseOne(s string) ([]elem, error) {
	var out []elem
	gap, starts := 0, false
	var literal strings.Builder
	flush := func() {
		if text.Part(literal.String()) != "" {
			out = append(out, elem{sym: b.literal(literal.String()), gap: gap, starts: starts})
			gap, starts = 0, false
		}
		literal.Reset()
	}
	for s != "" {
		switch {
		case strings.HasPrefix(s, "……"):
			flush()
			gap, s = wideGap, s[len("……"):]
		case strings.HasPrefix(s, "…"):
			flush()
			gap, s = gapLimit, s[len("…"):]
		case s[0] == ' ':
			flush()
			gap, s = max(gap, spaceGap), s[1:]
		case s[0] == '^':
			flush()
			starts, s = true, s[1:]
		case s[0] == '$':
			flush()
			if len(out) == 0 {
				return nil, fmt.Errorf("$ stands before anything")
			}
			out[len(out)-1].ends, s = true, s[1:]
		case s[0] == '(':
			flush()
			inner, rest, _ := strings.Cut(s[1:], ")")
			out = append(out, elem{sym: b.anyOf(inner), gap: gap, starts: starts})
			gap, starts, s = 0, false, rest
		case s[0] == '<':
			flush()
			name, rest, ok := strings.Cut(s[1:], ">")
			if !ok {
				return nil, fmt.Errorf("< without >")
			}
			e, err := b.classElem(name)
			if err != nil {
				return nil, err
			}
			e.gap, e.starts = gap, starts
			gap, starts = 0, false
			out, s = append(out, e), rest
		default:
			_, n := utf8.DecodeRuneInString(s)
			literal.WriteString(s[:n])
			s = s[n:]
		}
	}
	flush()
	return out, nil
}

func (b *builder) classElem(s string) (elem, error) {
	name, f, conjugated := strings.Cut(s, ":")
	sym, ok := b.classes[name]
	if !ok {
		return elem{}, fmt.Errorf("class %q is not known", name)
	}
	e := elem{sym: sym}
	if conjugated {
		if e.form, ok = formNamed(f); !ok {
			return elem{}, fmt.Errorf("form %q is not known", f)
		}
	}
	return e, nil
}

// A span is where something was found, in letters of the folded text.
type span struct {
	from, to int
	conj     conj
	ends     bool  // it counts only where a phrase ends
	next     int32 // the next of the same symbol in scan.spans, counted from 1; 0 for none
}

// A scan is one folded text with everything that patterns look for in it.
type scan struct {
	f           *finder
	text        text.Folded
	letters     letterSet // of the text
	spans       []span
	first, last []int32 // by symbol: its first and last span, counted from 1
	touched     []symbol
	masks       []span
	seen        []sighting
	hits        []hit
	found       []span // where the elements of the pattern stand that was matched last

	// dead notes from where nothing follows an element of the pattern that is being matched: by element and letter, the number of the
	// match. Without it, words that stand in a text again and again are tried in every combination.
	dead  []uint32
	round uint32
}

// match tells whether a pattern is found whose first words the scan has seen.
func (s *scan) match(p *pattern) bool {
	found := false
	s.places(p, func([]span) bool { found = true; return false })
	return found
}

// places tells where a pattern's elements stand, the last one first, each time that it is found, as long as more is asked for.
func (s *scan) places(p *pattern, more func([]span) bool) {
	first := p.elems[0]
	for i := s.first[first.sym]; i > 0; i = s.spans[i-1].next {
		at := s.spans[i-1]
		if first.starts && s.text.Breaks[at.from] == text.None {
			continue
		}
		s.found = s.found[:0]
		s.begin(p)
		if s.rest(p.elems, 0, at) && !more(s.found) {
			return
		}
	}
}

// has tells whether a pattern stands anywhere, be its words among those that forms begin with or not.
func (s *scan) has(p *pattern) bool {
	if p.needs&^s.letters != 0 {
		return false
	}
	s.begin(p)
	return s.from(p.elems, 0, 0, len(s.text.Runes))
}

// begin forgets what the match before has found dead.
func (s *scan) begin(p *pattern) {
	if n := len(p.elems) * (len(s.text.Runes) + 1); n > len(s.dead) {
		s.dead, s.round = make([]uint32, n), 0
	}
	if s.round++; s.round == 0 {
		clear(s.dead)
		s.round = 1
	}
}

// from tells whether the i-th element and what follows it begin at a place from..to.
func (s *scan) from(elems []elem, i, from, to int) bool {
	e, found := elems[i], false
	own := s.f.own[e.sym]
	for at := from; at <= min(to, len(s.text.Runes)-1) && !found; at++ {
		if s.f.trie.noneBegins(own, s.text.Runes[at]) || e.starts && s.text.Breaks[at] == text.None {
			continue
		}
		s.f.trie.walk(own, s.text.Runes, at, func(end int, words []word) {
			for _, w := range words {
				if !found && !s.torn(at, end, w) && !s.masked(at, end) {
					found = s.rest(elems, i, span{from: at, to: end, conj: w.conj, ends: w.ends})
				}
			}
		})
	}
	return found
}

// rest matches what follows once the i-th element's words stand at a place.
func (s *scan) rest(elems []elem, i int, at span) bool {
	e := elems[i]
	if at.ends && s.text.Breaks[at.to] == text.None {
		return false
	}
	if e.form == 0 {
		return s.after(elems, i, at.from, at.to)
	}
	ok := false
	s.f.conjugated(s.text, at, e.form, func(end int) bool {
		ok = s.after(elems, i, at.from, end)
		return ok
	})
	return ok
}

// after matches what follows the i-th element, which stands at from..end, and notes where each stands once all do.
func (s *scan) after(elems []elem, i, from, end int) bool {
	if elems[i].ends && s.text.Breaks[end] == text.None {
		return false
	}
	if i+1 < len(elems) {
		dead := &s.dead[(i+1)*(len(s.text.Runes)+1)+end]
		if *dead == s.round {
			return false
		}
		if !s.from(elems, i+1, end, end+elems[i+1].gap) {
			*dead = s.round
			return false
		}
	}
	s.found = append(s.found, span{from: from, to: end})
	return true
}
