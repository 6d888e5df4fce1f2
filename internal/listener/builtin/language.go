package builtin

import (
	"bufio"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
)

//go:embed weights/language.bin
var languageWeights []byte

// languageMagic begins the weights of a language model: magic, uint32 length of a JSON header, the header, then by rising keys of the n-grams the
// differences of the keys as uvarints, how unlikely each n-gram is, and how unlikely it is that nothing known follows it, one byte each; all in gzip.
const languageMagic = "CSLANG1\x00"

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

// Limits of a language model, and what stands for the edge of a stretch; keys have letterBits a phoneme.
const (
	letterBits  = 6
	keyBits     = 48
	edgePhoneme = 1<<letterBits - 1
	maxGrams    = 1 << 20
)

func (h *languageHeader) check() error {
	switch {
	case len(h.Phonemes) < 2 || len(h.Phonemes) > edgePhoneme:
		return fmt.Errorf("language of %d phonemes can't be right", len(h.Phonemes))
	case h.Order < 1 || h.Order > keyBits/letterBits || h.Grams < 1 || h.Grams > maxGrams:
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
	grams []uint64 // open hashing: key, then how unlikely, then back-off; 0 is empty
	shift uint8
}

// LoadLanguage reads the language model that comes with the product.
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
	r, keys, key := bufio.NewReader(src), make([]uint64, l.Grams), uint64(0)
	for i := range keys {
		d, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, errors.New("weights file ends inside its keys")
		}
		if d == 0 || d >= 1<<keyBits || key+d >= 1<<keyBits {
			return nil, errors.New("weights file has a key that can't be right")
		}
		key += d
		keys[i] = key
	}
	costs := make([]byte, 2*l.Grams)
	if _, err := io.ReadFull(r, costs); err != nil {
		return nil, errors.New("weights file ends inside its numbers")
	}
	size := bits.Len(uint(2*l.Grams - 1))
	l.grams, l.shift = make([]uint64, 1<<size), uint8(64-size)
	for i, key := range keys {
		k := l.place(key)
		for l.grams[k] != 0 {
			k = (k + 1) & (len(l.grams) - 1)
		}
		l.grams[k] = key | uint64(costs[i])<<keyBits | uint64(costs[l.Grams+i])<<(keyBits+8)
	}
	return l, nil
}

func (l *Language) place(key uint64) int { return int(key * 0x9E3779B97F4A7C15 >> l.shift) }

// gram gives how unlikely an n-gram is and its back-off, in units; false where it is not known.
func (l *Language) gram(key uint64) (cost, back int, ok bool) {
	for k := l.place(key); l.grams[k] != 0; k = (k + 1) & (len(l.grams) - 1) {
		if g := l.grams[k]; g&(1<<keyBits-1) == key {
			return int(g >> keyBits & 255), int(g >> (keyBits + 8)), true
		}
	}
	return 0, 0, false
}

// cost gives how unlikely a phoneme is after others, in nats; past has the last of them in its lowest bits.
func (l *Language) cost(past uint64, phoneme uint8) float32 {
	sum := 0
	for n := min(l.Order-1, (bits.Len64(past)+letterBits-1)/letterBits); ; n-- {
		past &= 1<<(letterBits*n) - 1
		if cost, _, ok := l.gram(past<<letterBits | uint64(phoneme)); ok {
			sum += cost
			break
		}
		if n == 0 {
			sum += math.MaxUint8 // no such phoneme
			break
		}
		if _, back, ok := l.gram(past); ok {
			sum += back
		}
	}
	return float32(sum) * l.Unit
}

// opening is what stands before the first phoneme of a stretch.
func (l *Language) opening() uint64 {
	past := uint64(0)
	for range l.Order - 1 {
		past = past<<letterBits | edgePhoneme
	}
	return past
}
