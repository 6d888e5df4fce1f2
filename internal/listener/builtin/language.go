package builtin

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
)

//go:embed weights/language.bin
var languageWeights []byte

// languageMagic begins the weights of a language model: magic, uint32 length of a JSON header, the header, then the n-grams as a tree, each behind
// what it begins with, those that begin alike by rising last phonemes: for all of them the length, then the last phoneme, then how unlikely it is, and,
// for those that a longer one follows, how unlikely it is that nothing known follows, one byte each; all in gzip.
const languageMagic = "CSLANG2\x00"

// A languageHeader describes a language model.
type languageHeader struct {
	Phonemes []string `json:"phonemes"`
	Order    int      `json:"order"`  // phonemes of the longest n-gram
	Grams    int      `json:"grams"`  // how many there are
	Unit     float32  `json:"unit"`   // of how unlikely something is, in nats
	Likely   float32  `json:"likely"` // weight of the language beside what is heard
	Each     float32  `json:"each"`   // nats that each phoneme is given, since every one costs some
	Made     string   `json:"made"`
}

// Limits of a language model, and what stands for the edge of a stretch; as many phonemes as are asked after go into 64 bits.
const (
	letterBits  = 6
	edgePhoneme = 1<<letterBits - 1
	maxOrder    = 64/letterBits + 1
	maxGrams    = 8 << 20
)

func (h *languageHeader) check() error {
	switch {
	case len(h.Phonemes) < 2 || len(h.Phonemes) > edgePhoneme:
		return fmt.Errorf("language of %d phonemes can't be right", len(h.Phonemes))
	case h.Order < 1 || h.Order > maxOrder || h.Grams < 1 || h.Grams > maxGrams:
		return fmt.Errorf("language of %d n-grams of up to %d phonemes can't be right", h.Grams, h.Order)
	case !(h.Unit > 0 && h.Unit < 1) || !(h.Likely >= 0 && h.Likely < 10) || !(h.Each >= 0 && h.Each < 10):
		return fmt.Errorf("language of unit %v and weights %v and %v can't be right", h.Unit, h.Likely, h.Each)
	}
	return nil
}

// A Language knows which phonemes follow others: a back-off model of n-grams, without a dictionary. It is read-only and may be used by any number
// of ears at once.
type Language struct {
	languageHeader
	grams []uint64 // open hashing: the mark of an n-gram, how unlikely it is, its back-off; 0 is empty
}

// LoadLanguage reads the language model that comes with the product, which takes some tenths of a second; keep it.
func LoadLanguage() (*Language, error) { return ParseLanguage(languageWeights) }

// ParseLanguage reads weights as train/language.py writes them.
func ParseLanguage(b []byte) (*Language, error) {
	l := new(Language)
	src, err := begun(b, languageMagic, &l.languageHeader)
	if err != nil {
		return nil, err
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	tree, err := io.ReadAll(io.LimitReader(src, 4*int64(l.Grams)))
	if err != nil || len(tree) < 3*l.Grams {
		return nil, errors.New("weights file ends inside its n-grams")
	}
	return l, l.fill(tree[:l.Grams], tree[l.Grams:2*l.Grams], tree[2*l.Grams:3*l.Grams], tree[3*l.Grams:])
}

// fill puts the n-grams of a tree into the table.
func (l *Language) fill(lengths, lasts, costs, backs []byte) error {
	l.grams = make([]uint64, l.Grams+l.Grams/3+1)
	var said [maxOrder + 1]byte // the phonemes of the n-gram, from 1
	before := 0
	for i, n := range lengths {
		n, last := int(n), lasts[i]
		switch {
		case n < 1 || n > l.Order || n > before+1 || last == 0 || int(last) >= len(l.Phonemes) && last != edgePhoneme:
			return errors.New("weights file has an n-gram that can't be right")
		case n <= before && last <= said[n]:
			return errors.New("weights file has n-grams in another order")
		}
		said[n], before = last, n
		back := byte(0)
		if i+1 < len(lengths) && int(lengths[i+1]) > n {
			if len(backs) == 0 {
				return errors.New("weights file ends inside its back-offs")
			}
			back, backs = backs[0], backs[1:]
		}
		past := chain(0)
		for k := n - 1; k > 0; k-- {
			past = past.after(said[k])
		}
		l.put(past.gram(last), costs[i], back)
	}
	return nil
}

// A chain stands for the phonemes before another one, from the last one back.
type chain uint64

func (c chain) after(phoneme uint8) chain {
	return chain(scattered(uint64(c)*0x9E3779B97F4A7C15 + uint64(phoneme) + 1))
}

// gram stands for the n-gram of a phoneme behind these.
func (c chain) gram(phoneme uint8) uint64 {
	return scattered(uint64(c) + (uint64(phoneme)+1)*0xD1342543DE82EF95)
}

// scattered spreads a number over 64 bits (the finisher of SplitMix64, Steele et al. 2014).
func scattered(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// place is where an n-gram would stand, and mark what it is told by there: 47 bits, never 0.
func (l *Language) place(gram uint64) int {
	high, _ := bits.Mul64(gram, uint64(len(l.grams)))
	return int(high)
}

func mark(gram uint64) uint64 { return gram<<16 | 1<<63 }

func (l *Language) put(gram uint64, cost, back byte) {
	k := l.place(gram)
	for l.grams[k] != 0 {
		if k++; k == len(l.grams) {
			k = 0
		}
	}
	l.grams[k] = mark(gram) | uint64(cost)<<8 | uint64(back)
}

// gram gives how unlikely an n-gram is and its back-off, in units; false where it is not known.
func (l *Language) gram(gram uint64) (cost, back int, ok bool) {
	want := mark(gram) >> 16
	for k := l.place(gram); l.grams[k] != 0; {
		if g := l.grams[k]; g>>16 == want {
			return int(g >> 8 & 255), int(g & 255), true
		}
		if k++; k == len(l.grams) {
			k = 0
		}
	}
	return 0, 0, false
}

// A past is what was said before a phoneme.
type past struct {
	said  uint64 // phonemes, the last of them in the lowest bits
	known uint8  // how many of the last ones an n-gram may begin with: never fewer than there are, so that nothing longer is asked for
}

// opening is what stands before the first phoneme of a stretch.
func (l *Language) opening() past {
	p := past{known: uint8(l.Order - 1)}
	for range l.Order - 1 {
		p.said = p.said<<letterBits | edgePhoneme
	}
	return p
}

// A lookup is what is asked of a language about a past, found once for all phonemes that may follow.
type lookup struct {
	past   past
	chains [maxOrder]chain // of so many of the last phonemes
	back   [maxOrder]int16 // what it costs to know one phoneme less than so many, in units; below 0 where it was not asked for
	most   int             // phonemes before the next one that are looked at
}

// about begins the lookup of what follows a past.
func (c *lookup) about(p past) {
	c.past, c.most = p, 0
	for s := p.said; c.most < int(p.known) && s != 0; s >>= letterBits {
		c.chains[c.most+1] = c.chains[c.most].after(uint8(s & edgePhoneme))
		c.most++
		c.back[c.most] = -1
	}
}

// without gives what it costs to know one phoneme less than the last n.
func (l *Language) without(c *lookup, n int) int {
	if c.back[n] < 0 {
		before := chain(0)
		for s, k := c.past.said>>letterBits, 1; k < n; s, k = s>>letterBits, k+1 {
			before = before.after(uint8(s & edgePhoneme))
		}
		_, back, _ := l.gram(before.gram(uint8(c.past.said & edgePhoneme)))
		c.back[n] = int16(back)
	}
	return int(c.back[n])
}

// cost gives how unlikely a phoneme is behind a past, in nats, and what is said before the next one.
func (l *Language) cost(c *lookup, phoneme uint8) (float32, past) {
	next := past{said: c.past.said<<letterBits | uint64(phoneme)}
	for sum, n := 0, c.most; ; n-- {
		if cost, _, ok := l.gram(c.chains[n].gram(phoneme)); ok {
			next.known = uint8(min(n+1, l.Order-1))
			return float32(sum+cost) * l.Unit, next
		}
		if n == 0 {
			return float32(sum+math.MaxUint8) * l.Unit, next // no such phoneme
		}
		sum += l.without(c, n)
	}
}
