package hear

import (
	"time"

	"commusafe/internal/call"
)

// An EmotionReader reads anger out of a voice, whatever its level. It is safe for several goroutines; what it opens is
// not.
type EmotionReader interface {
	Open() EmotionStream
	Latency() time.Duration // how long after the end of a window its reading can come
	Source() string
	// Threshold gives the odds from which a reading counts as anger, without a baseline and by its change.
	Threshold() float64
}

// An EmotionStream follows one voice.
type EmotionStream interface {
	// Feed takes samples, cut anywhere, and appends the readings that became known to out, in order.
	Feed(pcm []int16, out []Reading) []Reading
	// Close appends a last reading, if there was enough speech since the one before. It may be fed again: sound then
	// begins anew.
	Close(out []Reading) []Reading
}

// A SharingReader can read a voice whose activity is being found already, so that it is found once.
type SharingReader interface {
	EmotionReader
	// OpenOn is Open for the voice that a follows; false where it can't use a. The stream is fed and closed right after a was.
	OpenOn(a Activity) (SharingStream, bool)
}

// A SharingStream lives by what an Activity finds, also while nobody asks for its readings.
type SharingStream interface {
	EmotionStream
	// Rest begins or ends a time in which nothing is read.
	Rest(on bool)
}

// A Reading is what a voice sounded like in a window.
type Reading struct {
	FromMS, ToMS call.Millis // of the window, from the first sample fed
	Odds         float64     // of anger against all else, natural logarithm, without any baseline
	// Change is the odds of anger by how the voice differs from its own calm: the first CalmReadings of it, followed slowly. It
	// counts only where HasChange is set: the reader looks at that, and the calm is known.
	Change    float64
	HasChange bool
}

// EmotionSpanMS is the length of a window; a reading comes once a second.
const EmotionSpanMS = 3000
