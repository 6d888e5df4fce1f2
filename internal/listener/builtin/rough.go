package builtin

import (
	"slices"
	"strings"
)

// A roughReading is the best path through the emissions, phoneme by phoneme: a rough reading, wrong in every third or
// fourth phoneme. It tells how fast somebody speaks, and shows a person what the net hears; nothing is judged by it.
type roughReading struct {
	last  uint8
	count int // phonemes since they were last taken
}

// pause is the phoneme of every silence.
const pausePhoneme = "pau"

// best gives the phoneme of a step when a new one begins in it.
func (r *roughReading) best(e emission) (phoneme uint8, begins bool) {
	top := uint8(0)
	for i, v := range e {
		if v > e[top] {
			top = uint8(i)
		}
	}
	begins = top != 0 && top != r.last
	r.last = top
	return top, begins
}

// feed counts the phonemes of new steps.
func (r *roughReading) feed(n *Net, steps []emission) {
	for _, e := range steps {
		if p, begins := r.best(e); begins && n.Phonemes[p] != pausePhoneme {
			r.count++
		}
	}
}

// RoughPhonemes gives the phonemes of the best path through a clip of 8 kHz samples, pauses left out.
func (n *Net) RoughPhonemes(pcm []int16) []string {
	front := frontEnd{bank: n.bank}
	run := newStream(n)
	steps := run.close(run.feed(front.feed(pcm, nil), nil))
	var r roughReading
	var out []string
	for _, e := range steps {
		if p, begins := r.best(e); begins && n.Phonemes[p] != pausePhoneme {
			out = append(out, n.Phonemes[p])
		}
	}
	return out
}

// PhonemesOf gives the phonemes of a reading in kana as the net tells them: what may be left out is left out, and of two
// that the spelling leaves open the first is taken.
func PhonemesOf(kana string) ([]string, error) {
	places, err := slots(kana)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range places {
		if !s.optional {
			out = append(out, s.a)
		}
	}
	return out, nil
}

// KanaOf spells phonemes in hiragana, as well as it goes: a consonant without a vowel is left out.
func KanaOf(phonemes []string) string {
	var b strings.Builder
	for i := 0; i < len(phonemes); i++ {
		p := phonemes[i]
		switch {
		case p == "N":
			b.WriteRune('ん')
		case p == "cl":
			b.WriteRune('っ')
		case vowel(p):
			b.WriteString(spelling("", p))
		case i+1 < len(phonemes) && vowel(phonemes[i+1]):
			if k := spelling(p, phonemes[i+1]); k != "" {
				b.WriteString(k)
				i++
			}
		}
	}
	return b.String()
}

func vowel(p string) bool { return len(p) == 1 && strings.Contains("aiueo", p) }

// spelling is the hiragana of a consonant and a vowel; "" where there is none.
func spelling(consonant, v string) string {
	at := strings.Index("aiueo", v)
	for _, r := range kanaRows() {
		if r.consonant == consonant {
			if k := []rune(r.kana)[at]; k != '_' {
				return string(k - ('ァ' - 'ぁ'))
			}
		}
	}
	small := []string{"ゃ", "ぃ", "ゅ", "ぇ", "ょ"}[at]
	if plain, ok := strings.CutSuffix(consonant, "y"); ok && plain != "" {
		return spelling(plain, "i") + small
	}
	i := slices.Index([]string{"sh", "j", "ch", "f", "w", "v", "ts", "t", "d", "s", "z", "y"}, consonant)
	if i < 0 {
		return ""
	}
	if i < 3 {
		return []string{"し", "じ", "ち"}[i] + small
	}
	return []string{"ふ", "う", "ゔ", "つ", "て", "で", "す", "ず", "い"}[i-3] + []string{"ぁ", "ぃ", "ぅ", "ぇ", "ぉ"}[at]
}
