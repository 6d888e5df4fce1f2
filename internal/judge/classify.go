package judge

import (
	"cmp"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// Classifier weights: hashed n-grams of 1 to 4 letters, multinomial logistic regression, trained by
// train/judge/train.py without any line of the seed.
//
//go:embed net/classifier.bin
var netBytes []byte

// Weights that tell somebody in need from all others, trained by train/judge/need.py without any line of the seed.
//
//go:embed net/need.bin
var needBytes []byte

// netVersion names the weights. Judgements depend on them.
const netVersion = "net/7"

// Bounds of reading a text: a longer one is read in windows.
const (
	maxBits    = 18
	maxGram    = 4
	maxClasses = 32
	window     = 120 // letters
	windowStep = 90
)

// A net is a classifier's weights. One of a single class gives the probability of that class against everything else.
type net struct {
	bits    uint
	classes int
	names   []Category // of the classes
	scale   float64
	bias    []float64
	marks   []byte // by which an n-gram knows its place
	weights []byte // feature × class, each an int8; the embedded octets themselves
}

// readNets reads the weights of all categories and those of somebody in need.
func readNets() (all, need *net, err error) {
	if all, err = readNet(netBytes, netClasses()...); err != nil {
		return nil, nil, err
	}
	if need, err = readNet(needBytes, GCrisis); err != nil {
		return nil, nil, fmt.Errorf("need: %w", err)
	}
	return all, need, nil
}

// readNet reads weights for classes: "CSJ2", bits, classes, scale, biases, a mark of each place, then one octet a weight.
func readNet(b []byte, names ...Category) (*net, error) {
	if len(b) < 10 || string(b[:4]) != "CSJ2" {
		return nil, fmt.Errorf("classifier: not a weights file")
	}
	n := &net{bits: uint(b[4]), classes: int(b[5]), names: names, scale: float64(math.Float32frombits(binary.LittleEndian.Uint32(b[6:])))}
	b = b[10:]
	if n.classes != len(n.names) || n.classes > maxClasses || n.bits < 1 || n.bits > maxBits || len(b) != 4*n.classes+(1+n.classes)<<n.bits {
		return nil, fmt.Errorf("classifier: the weights don't fit the classes")
	}
	for i := range n.classes {
		n.bias = append(n.bias, float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))))
	}
	n.marks = b[4*n.classes:][:1<<n.bits]
	n.weights = b[4*n.classes+1<<n.bits:]
	return n, nil
}

// netClasses are the classes in the order of the weights; "" is nothing of note.
func netClasses() []Category {
	return append(append([]Category{""}, Categories()...), Guards()...)
}

// An opinion is what the statistics make of one utterance.
type opinion struct {
	harm  float64  // probability of any harassment
	cat   Category // the likeliest harassment
	share float64  // its probability
	guard Category // the likeliest guard
	right float64  // its probability
	need  float64  // that somebody is in need, by the weights that know nothing else; of a long text that of any window
	text  []rune   // the window that it is about
	part  bool     // it is a window of a longer text, cut without regard to sentences
	all   [maxClasses]float64
}

// class gives the number of a category's class.
func (n *net) class(c Category) int { return slices.Index(n.names, c) }

// opine gives the statistics of folded letters; of a long text those of its worst window.
func (n *net) opine(text []rune) opinion {
	if len(text) <= window {
		return n.opineOn(text)
	}
	var worst opinion
	for from := 0; from < len(text); from += windowStep {
		o := n.opineOn(text[from:min(from+window, len(text))])
		o.part = true
		if from == 0 || o.harm > worst.harm {
			worst = o
		}
	}
	return worst
}

// likely gives the probability of the only class of a net; of a long text that of its likeliest window.
func (n *net) likely(text []rune) float64 { return 1 / (1 + math.Exp(-n.odds(text))) }

// odds gives the same as a logarithm of odds.
func (n *net) odds(text []rune) float64 {
	most := math.Inf(-1)
	for from := 0; from == 0 || len(text) > window && from < len(text); from += windowStep {
		var room [maxGrams]gram
		grams, count := n.grams(text[from:min(from+window, len(text))], &room)
		most = max(most, float64(n.sum(grams)[0])*n.scale/math.Sqrt(float64(max(1, count)))+n.bias[0])
	}
	return most
}

func (n *net) opineOn(text []rune) opinion {
	var room [maxGrams]gram
	grams, count := n.grams(text, &room)
	sums := n.sum(grams)
	var z [maxClasses]float64
	top, total := math.Inf(-1), 0.0
	for c := range n.classes {
		z[c] = float64(sums[c])*n.scale/math.Sqrt(float64(max(1, count))) + n.bias[c]
		top = max(top, z[c])
	}
	for c := range n.classes {
		z[c] = math.Exp(z[c] - top)
		total += z[c]
	}
	o := opinion{text: text}
	for c, name := range n.names {
		p := z[c] / total
		o.all[c] = p
		switch {
		case name == "":
		case name.IsGuard():
			if p > o.right {
				o.guard, o.right = name, p
			}
		default:
			o.harm += p
			if p > o.share {
				o.cat, o.share = name, p
			}
		}
	}
	return o
}

// A gram is an n-gram that has weights: their place, and the letters of the text that it is made of.
type gram struct {
	place    uint32
	from, to uint8
}

const maxGrams = maxGram * (window + 2)

// grams gives each different n-gram that has weights once, and how many n-grams there are in all. The ends of the text are letters of
// their own. At most window letters are read.
func (n *net) grams(text []rune, room *[maxGrams]gram) (known []gram, all int) {
	var places, told placeSet
	var octets [(window + 2) * utf8.UTFMax]byte
	var ends [window + 3]int // of the letters, in octets
	text = text[:min(len(text), window)]
	b := append(octets[:0], '^')
	ends[1] = 1
	for i, r := range text {
		b = utf8.AppendRune(b, r)
		ends[i+2] = len(b)
	}
	b = append(b, '$')
	ends[len(text)+2] = len(b)
	known = room[:0]
	for from := range len(text) + 2 {
		h := uint32(2166136261) // FNV-1a
		for to := from; to < len(text)+2 && to < from+maxGram; to++ {
			for _, c := range b[ends[to]:ends[to+1]] {
				h = (h ^ uint32(c)) * 16777619
			}
			f := (h ^ h>>15) & (1<<n.bits - 1)
			if places.add(f) {
				all++
			}
			m := mark(h)
			if n.marks[f] != m {
				f ^= 1
			}
			if n.marks[f] == m && told.add(f) {
				known = append(known, gram{f, uint8(max(0, from-1)), uint8(min(len(text), to))})
			}
		}
	}
	return known, all
}

// sum adds the weights of n-grams by class. Eight classes are added at once: each octet is a number of its own as long as
// there are no more than 256 rows of them in two octets.
func (n *net) sum(grams []gram) (sums [maxClasses]int32) {
	const words, even, signs, rows = (maxClasses + 7) / 8, 0x00ff00ff00ff00ff, 0x8080808080808080, 256
	for len(grams) > 0 {
		some := grams[:min(len(grams), rows)]
		grams = grams[len(some):]
		var acc [2 * words]uint64
		for _, g := range some {
			row := n.weights[int(g.place)*n.classes:]
			for k := range n.classes / 8 {
				w := binary.LittleEndian.Uint64(row[8*k:]) ^ signs
				acc[2*k] += w & even
				acc[2*k+1] += w >> 8 & even
			}
			for c := n.classes &^ 7; c < n.classes; c++ {
				sums[c] += int32(int8(row[c]))
			}
		}
		for c := range n.classes &^ 7 {
			sums[c] += int32(acc[c/8*2+c%2]>>(c%8/2*16)&0xffff) - 128*int32(len(some))
		}
	}
	return sums
}

// A placeSet is a set of places, with room for all n-grams of one window.
type placeSet [1024]uint32

// add tells whether a place is new to the set.
func (s *placeSet) add(f uint32) bool {
	for i := f * 0x9E3779B1 >> 22; ; i = (i + 1) % uint32(len(s)) {
		switch s[i] {
		case 0:
			s[i] = f + 1
			return true
		case f + 1:
			return false
		}
	}
}

// mark is an octet by which an n-gram is told from others of its place; 0 is nobody's.
func mark(h uint32) byte { return max(1, byte(h*0x9E3779B1>>24)) }

// maxWeighed bounds how many n-grams a finding names.
const maxWeighed = 5

// weighed names the n-grams that spoke most for a category, the heaviest first.
func (n *net) weighed(o opinion) []string {
	class := n.class(o.cat)
	type heavy struct {
		text string
		by   int
	}
	var room [maxGrams]gram
	var all []heavy
	grams, _ := n.grams(o.text, &room)
	for _, g := range grams {
		w := n.weights[int(g.place)*n.classes:]
		if by := int(int8(w[class])) - int(int8(w[0])); by > 0 && g.to-g.from > 1 {
			all = append(all, heavy{string(o.text[g.from:g.to]), by})
		}
	}
	slices.SortFunc(all, func(a, b heavy) int { return cmp.Or(cmp.Compare(b.by, a.by), cmp.Compare(a.text, b.text)) })
	var out []string
	for _, g := range all[:min(len(all), maxWeighed)] {
		out = append(out, g.text)
	}
	return out
}
