// Package evidence holds what was noticed in a call: words, phrases, sound, emotion, voice, marks of people,
// and what was not noticed. It is the whole input of a judgement.
//
// Owns: the item kinds (a closed set), their JSON form, the timeline.
// Never: an opinion about what was noticed; clocks; I/O.
// Goroutines: none. A Timeline belongs to the goroutine that owns the call.
package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"

	"commusafe/internal/call"
)

// A Head is what all items have: whose it is, the stretch of call time it was noticed in, and by what.
type Head struct {
	Party  call.Party  `json:"party,omitempty"`
	FromMS call.Millis `json:"from_ms"`
	ToMS   call.Millis `json:"to_ms"`
	Source string      `json:"source"` // builtin/1, sherpa/…, remote/…, edge, person
}

// Span gives the item's place.
func (h Head) Span() Head { return h }

// An Item is one thing noticed. The set of kinds is closed: the types of this file.
type Item interface {
	Span() Head
	Kind() Kind
}

// A Kind is the value of the JSON field "type".
type Kind string

// The kinds of evidence.
const (
	KindUtterance Kind = "utterance"
	KindPhrase    Kind = "phrase"
	KindGist      Kind = "gist"
	KindEmotion   Kind = "emotion"
	KindSound     Kind = "sound"
	KindVoice     Kind = "voice"
	KindDTMF      Kind = "dtmf"
	KindMark      Kind = "mark"
	KindHistory   Kind = "history"
	KindGap       Kind = "gap"
)

// A Token is one word of an utterance as a tokeniser cut it.
type Token struct {
	Surface string `json:"surface"`
	Lemma   string `json:"lemma,omitempty"`
	Reading string `json:"reading,omitempty"` // katakana
	POS     string `json:"pos,omitempty"`
}

// An Utterance is a stretch of speech in words. Partial ones go to the screen only, never to the journal.
type Utterance struct {
	Head
	Text       string  `json:"text"`
	Tokens     []Token `json:"tokens,omitempty"`
	Confidence float64 `json:"confidence"` // 0–1
	Final      bool    `json:"final"`
}

// A Phrase is an expression of the lexicon that was spotted in the sound (簡易検知): not a transcript.
type Phrase struct {
	Head
	ID         string  `json:"id"`      // lexicon entry
	Reading    string  `json:"reading"` // kana
	Score      float64 `json:"score"`   // log-likelihood ratio a phoneme, 0 is the best
	Confidence float64 `json:"confidence"`
	Around     float64 `json:"around,omitempty"` // how likely harassment is, or that somebody is in need, by the gist of the longer stretch that it lies in as far as it had come, 0.01–1; 0: not known
}

// A Gist is what a stretch of speech is like by the runs of its sounds, when no word of it is known (簡易検知): statistics, of which a good part
// are wrong. Only stretches that are at least a little like harassment are told, or like people in need, and both of one stretch where it is like both:
// one says hardly anything, several within minutes do.
type Gist struct {
	Head
	Category string  `json:"category"` // of harassment, the likeliest; wrong in three of five; or G-CRISIS
	Harm     float64 `json:"harm"`     // how likely any harassment is, or that somebody is in need, 0–1, two digits
}

// An Emotion is the change of a voice against the caller's own calm baseline.
type Emotion struct {
	Head
	Anger      float64 `json:"anger"` // −1…1
	Confidence float64 `json:"confidence"`
	WindowMS   int64   `json:"window_ms"`
}

// A Sound is how it sounded, without words, relative to the party's own calm baseline.
type Sound struct {
	Head
	LoudnessDB float64 `json:"loudness_db"`     // difference to the baseline, dB
	Overlap    float64 `json:"overlap"`         // share of the window in which both spoke
	SilenceMS  int64   `json:"silence_ms"`      // how long this party has been silent at the end of the window
	TalkShare  float64 `json:"talk_share"`      // this party's share of all speech so far
	SpeechRate float64 `json:"speech_rate"`     // phonemes a second of speech, 0 when not known
	Bangs      int     `json:"bangs,omitempty"` // blows (on the table, of the receiver) in the window
}

// A Candidate is a registered voice that may be the speaker's. Never ground for an action.
type Candidate struct {
	Voiceprint string  `json:"voiceprint"`
	Score      float64 `json:"score"`
}

// A Voice names registered voices near the speaker's (参考).
type Voice struct {
	Head
	Candidates []Candidate `json:"candidates"`
}

// A DTMF is one key pressed (RFC 4733).
type DTMF struct {
	Head
	Digit string `json:"digit"`
}

// What a person can mark in a call.
const (
	MarkFinalAnswer   = "final_answer"  // the agent has given the final answer
	MarkHelp          = "help"          // the agent wants help
	MarkAccommodation = "accommodation" // an accommodation was asked for
	MarkWrongFlag     = "wrong_flag"    // the judgement was wrong
	// MarkAccommodationKept: the caller agreed that the accommodation is kept for later calls.
	MarkAccommodationKept = "accommodation_kept"
)

// SourceEdge is the source of what the line itself tells.
const SourceEdge = "edge"

// What the line marks in a call.
const (
	MarkHold   = "hold"
	MarkResume = "resume"
)

// IsMark tells whether a person's command is a mark.
func IsMark(do string) bool {
	switch do {
	case MarkFinalAnswer, MarkHelp, MarkAccommodation, MarkAccommodationKept, MarkWrongFlag:
		return true
	}
	return false
}

// A Mark is what a person said about the call while it ran.
type Mark struct {
	Head
	Mark string `json:"mark"`
	By   string `json:"by,omitempty"` // staff ID
}

// A History is what is known of the caller when the call begins.
type History struct {
	Head
	OnMatter    int      `json:"on_matter"`              // this is the n-th call on the same matter; 0 where people have named none
	CallsToday  int      `json:"calls_today"`            // of this number, this one included
	MatterToday int      `json:"matter_today,omitempty"` // of those, on the same matter
	Silent      int      `json:"silent,omitempty"`       // calls of this number without a word in the last seven days, before this one
	Limits      []string `json:"limits,omitempty"`
	Incidents   []string `json:"incidents,omitempty"`
	// Accommodation: an accommodation was asked for in an earlier call, and the caller agreed that it is kept.
	Accommodation bool `json:"accommodation,omitempty"`
}

// A Gap is what was not noticed: that nobody listened is evidence too.
type Gap struct {
	Head
	What string `json:"what"` // words, emotion, voice, sound, recording
	Why  string `json:"why"`
}

// Kind tells what the item is.
func (Utterance) Kind() Kind { return KindUtterance }

// Kind tells what the item is.
func (Phrase) Kind() Kind { return KindPhrase }

// Kind tells what the item is.
func (Gist) Kind() Kind { return KindGist }

// Kind tells what the item is.
func (Emotion) Kind() Kind { return KindEmotion }

// Kind tells what the item is.
func (Sound) Kind() Kind { return KindSound }

// Kind tells what the item is.
func (Voice) Kind() Kind { return KindVoice }

// Kind tells what the item is.
func (DTMF) Kind() Kind { return KindDTMF }

// Kind tells what the item is.
func (Mark) Kind() Kind { return KindMark }

// Kind tells what the item is.
func (History) Kind() Kind { return KindHistory }

// Kind tells what the item is.
func (Gap) Kind() Kind { return KindGap }

// Marshal gives the JSON object of an item: its fields with "type" before them.
func Marshal(it Item) ([]byte, error) {
	b, err := json.Marshal(it)
	if err != nil {
		return nil, fmt.Errorf("write evidence %s: %w", it.Kind(), err)
	}
	return append([]byte(`{"type":"`+string(it.Kind())+`",`), b[1:]...), nil
}

// Unmarshal reads an item. An unknown kind or field is an error: evidence that isn't understood must not be judged.
func Unmarshal(b []byte) (Item, error) {
	var t struct {
		Type Kind `json:"type"`
	}
	if err := json.Unmarshal(b, &t); err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	switch t.Type {
	case KindUtterance:
		it, err := read[Utterance](b)
		if u, ok := it.(Utterance); ok && len(u.Tokens) == 0 {
			u.Tokens = nil // no tokens are written as none at all
			it = u
		}
		return it, err
	case KindPhrase:
		return read[Phrase](b)
	case KindGist:
		return read[Gist](b)
	case KindEmotion:
		return read[Emotion](b)
	case KindSound:
		return read[Sound](b)
	case KindVoice:
		return read[Voice](b)
	case KindDTMF:
		return read[DTMF](b)
	case KindMark:
		return read[Mark](b)
	case KindHistory:
		return read[History](b)
	case KindGap:
		return read[Gap](b)
	}
	return nil, fmt.Errorf("read evidence: kind %q is not known", t.Type)
}

func read[T Item](b []byte) (Item, error) {
	var it T
	d := json.NewDecoder(bytes.NewReader(withoutType(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(&it); err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	h := it.Span()
	if h.ToMS < h.FromMS {
		return nil, fmt.Errorf("read evidence: ends at %d ms before it begins at %d ms", h.ToMS, h.FromMS)
	}
	if h.Party != "" && !h.Party.Valid() {
		return nil, fmt.Errorf("read evidence: party %q is not known", h.Party)
	}
	return it, nil
}

func withoutType(b []byte) []byte {
	var m map[string]json.RawMessage
	if json.Unmarshal(b, &m) != nil {
		return b
	}
	delete(m, "type")
	out, err := json.Marshal(m)
	if err != nil {
		return b
	}
	return out
}
