package eval

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"commusafe/internal/text"
)

// A spoiler writes lines as a recogniser might that hears a telephone badly. It is wider than what the judge allows for:
// half of the consonants that it changes become any other, vowels any other, and what is lost or added is anything.
//
//	of what it strikes        a kanji   a kana
//	another of the same sound   0.35     0.15  (a kanji for one or two kana)
//	its kana                    0.15      –
//	misheard                    0.50     0.85
//	  of these: one phoneme is another 0.5, all of it is lost 0.2, one phoneme is lost 0.15, a mora is added 0.15
type spoiler struct {
	rate     float64 // of phonemes
	readings *text.Readings
	alike    map[string][]rune // kanji by a sound of theirs, in order
}

// spoilSeed is fixed: the same line is spoiled in the same way.
const spoilSeed = 20261128

func newSpoiler(rate float64) (*spoiler, error) {
	r, err := text.ReadingsOfKanji()
	if err != nil {
		return nil, err
	}
	s := &spoiler{rate: rate, readings: r, alike: map[string][]rune{}}
	for c := '一'; c <= '龯'; c++ {
		for _, p := range r.Of(c) {
			s.alike[soundOf(p)] = append(s.alike[soundOf(p)], c)
		}
	}
	return s, nil
}

// Spoiler gives what writes a line as a recogniser might that takes this share of phonemes for others; each round writes it another way.
func Spoiler(rate float64) (func(line string, round int) string, error) {
	s, err := newSpoiler(rate)
	if err != nil {
		return nil, err
	}
	return s.spoil, nil
}

func soundOf(p []text.Phone) string { return strings.Join(namesOf(p), " ") }

func namesOf(p []text.Phone) []string {
	out := make([]string, len(p))
	for i, x := range p {
		out[i] = x.String()
		if out[i] == "h|w" {
			out[i] = "h"
		}
	}
	return out
}

// spoil gives a line with errors; each round others.
func (s *spoiler) spoil(line string, round int) string {
	h := fnv.New64a()
	h.Write([]byte(line))
	rng := rand.New(rand.NewPCG(h.Sum64(), spoilSeed+uint64(round)))
	var l text.Lattice
	var b strings.Builder
	letters := []rune(line)
	for at := 0; at < len(letters); {
		s.readings.Fill(&l, []rune{foldKana(letters[at]), foldKana(append(letters, 0)[at+1])})
		unit := l.Leaving(0)[0]
		n := min(int(unit.To), len(letters)-at)
		kanji := len(s.readings.Of(letters[at])) > 0
		was := string(letters[at : at+n])
		at += n
		sounds := namesOf(unit.Phones)
		if slices.Contains(sounds, "?") || !s.strikes(rng, len(sounds)) {
			b.WriteString(was)
			continue
		}
		b.WriteString(s.wrong(rng, was, sounds, kanji))
	}
	return b.String()
}

func (s *spoiler) strikes(rng *rand.Rand, phones int) bool {
	for range phones {
		if rng.Float64() < s.rate {
			return true
		}
	}
	return false
}

// wrong gives what is written for a kanji or a mora that is struck.
func (s *spoiler) wrong(rng *rand.Rand, was string, sounds []string, kanji bool) string {
	d := rng.Float64()
	switch {
	case kanji && d < 0.35, !kanji && d < 0.15:
		return s.another(rng, was, sounds)
	case kanji && d < 0.5:
		return text.KanaOf(sounds)
	}
	heard := heardAs(rng, sounds)
	if kanji && rng.Float64() < 0.5 {
		return s.another(rng, "", heard)
	}
	return text.KanaOf(heard)
}

// another gives a kanji of a sound that isn't the one given; kana where there is none.
func (s *spoiler) another(rng *rand.Rand, was string, sounds []string) string {
	all := slices.DeleteFunc(slices.Clone(s.alike[strings.Join(sounds, " ")]), func(c rune) bool { return string(c) == was })
	if len(all) == 0 {
		return text.KanaOf(sounds)
	}
	return string(all[rng.IntN(len(all))])
}

// heardAs changes, loses or adds.
func heardAs(rng *rand.Rand, sounds []string) []string {
	out := slices.Clone(sounds)
	at := rng.IntN(len(out))
	switch d := rng.Float64(); {
	case d < 0.5:
		out[at] = otherPhoneme(rng, out[at])
	case d < 0.7:
		return nil
	case d < 0.85:
		return slices.Delete(out, at, at+1)
	default:
		out = append(out, pick(rng, consonants()), pick(rng, strings.Fields("a i u e o")))
	}
	return out
}

func consonants() []string { return strings.Fields("k g s sh z j t ch ts d n h f b p m y r w ky ry") }

func pick(rng *rand.Rand, list []string) string { return list[rng.IntN(len(list))] }

// otherPhoneme gives what a phoneme is taken for: a vowel for any other, a consonant half the time for one of its manner.
func otherPhoneme(rng *rand.Rand, p string) string {
	if strings.Contains("a i u e o", p) {
		return pick(rng, slices.DeleteFunc(strings.Fields("a i u e o"), func(v string) bool { return v == p }))
	}
	if rng.Float64() < 0.5 {
		for _, manner := range []string{"k t p ch ky", "g d b r", "s sh h f ts ch z", "m n r w y", "z j d", "N m n", "cl k t"} {
			if list := strings.Fields(manner); slices.Contains(list, p) {
				return pick(rng, slices.DeleteFunc(list, func(c string) bool { return c == p }))
			}
		}
	}
	return pick(rng, slices.DeleteFunc(consonants(), func(c string) bool { return c == p }))
}

// foldKana makes katakana hiragana, as the table of sounds wants it.
func foldKana(c rune) rune {
	if c >= 'ァ' && c <= 'ヶ' {
		return c - 'ァ' + 'ぁ'
	}
	return c
}
