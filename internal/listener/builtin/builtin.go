// Package builtin hears without any download: a small phoneme net of our own in plain Go, and a spotter that looks
// for the phrases of the lexicon in what the net gives. It is 簡易検知(語句照合), not a transcript.
//
// Owns: the front end (log-mel, running mean), the net and its weights, kana to phonemes, the phrase spotter.
// Never: the network, cgo, an opinion about what a phrase means.
// Goroutines: none. A Spotter may be shared; each ear belongs to the goroutine that feeds it.
//
// Flow: 8 kHz samples → 40 log-mel each 10 ms → running mean → net each 30 ms → phrase alignment → evidence.Phrase.
// The weights are trained by train/run.sh and carry their own licence (weights/LICENSE).
package builtin

// Source is the name of this engine in evidence.
const Source = "builtin/1"
