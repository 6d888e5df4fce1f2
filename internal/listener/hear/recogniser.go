package hear

import "commusafe/internal/evidence"

// A Recogniser is an engine of full recognition: its ears report evidence.Utterance. Partial ones (Final false) may be
// replaced by the next report of the same stretch; a final one never changes. Times grow: no utterance begins before
// the end of the final one before it.
//
// An ear may recognise in the background. What it finds it reports from Hear or Close, so that reports always come
// from the goroutine that feeds it; Close waits for what is still being recognised. Opening may be slow. Close of the
// recogniser ends open ears: they report a gap instead of words.
type Recogniser interface {
	Engine
	Features() Features
	// Hint replaces the expressions, as people write them, that later ears should expect. The error names each that can't be used.
	Hint(words []string) error
	Close() error
}

// Features say what a recogniser can do.
type Features struct {
	Streaming   bool // partial utterances while somebody speaks
	WordTimes   bool
	PhraseHints bool
	Emotion     bool // also reports evidence.Emotion
	Languages   []string
}

// A Tokenise cuts the text of an utterance into words; nil leaves utterances without tokens.
type Tokenise func(text string) []evidence.Token

// Why something was not heard; keys of the text catalogue, values of evidence.Gap.Why.
const (
	GapBehind = "gap.listener_behind" // the engine couldn't keep up
	GapFailed = "gap.listener_failed" // the engine failed
	GapAway   = "gap.remote_away"     // the network recogniser could not be reached
)
