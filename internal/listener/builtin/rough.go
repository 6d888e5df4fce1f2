package builtin

import (
	"slices"
	"strings"

	"commusafe/internal/listener/hear"
	"commusafe/internal/text"
)

// A roughReading is the best path through the emissions, phoneme by phoneme: a rough reading, wrong in every third or
// fourth phoneme. It tells how fast somebody speaks, and shows a person what the net hears; the kana is not judged.
type roughReading struct {
	last  uint8
	count int // phonemes since they were last taken

	on    bool     // somebody wants to see them
	heard []string // while on, since they were last taken; a pause is one of them
}

// mostRough bounds what is kept for who wants to see it, in phonemes: half a minute of speech.
const mostRough = 400

var _ hear.RoughReader = (*ear)(nil)

// Rough gives the kana heard since it was last asked, a space for a pause; with on it goes on to spell.
func (e *ear) Rough(on bool) string { return e.rough.take(on) }

func (r *roughReading) take(on bool) string {
	heard := r.heard
	r.on, r.heard = on, nil
	if n := len(heard); on && n > 0 && consonant(heard[n-1]) {
		heard, r.heard = heard[:n-1], heard[n-1:] // its vowel is still to come
	}
	var out strings.Builder
	for len(heard) > 0 {
		n := slices.Index(heard, pausePhoneme)
		if n < 0 {
			n = len(heard)
		}
		out.WriteString(text.KanaOf(heard[:n]))
		if n < len(heard) {
			out.WriteByte(' ')
			n++
		}
		heard = heard[n:]
	}
	return out.String()
}

// consonant tells whether a phoneme needs a vowel after it to be spelled.
func consonant(p string) bool {
	return p != pausePhoneme && text.KanaOf([]string{p}) == ""
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

// begin counts a phoneme that begins.
func (r *roughReading) begin(phoneme string) {
	if phoneme != pausePhoneme {
		r.count++
	}
	if r.on && len(r.heard) < mostRough {
		r.heard = append(r.heard, phoneme)
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
