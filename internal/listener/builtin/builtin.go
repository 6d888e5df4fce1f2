// Package builtin hears without any download, by small nets of our own in plain Go: a phoneme net with a spotter that
// looks for the phrases of the lexicon in what it gives (簡易検知・語句照合, not a transcript), statistics of what unknown words
// are like, voice activity, an anger reader, and an embedding of voices (参考).
//
// Owns: the front ends (log-mel, running mean; slots of 20 ms), the nets and their weights, kana to phonemes, the
// arithmetic in whole numbers on two paths (generic, SIMD) that give the same bits.
// Never: the network, cgo, an opinion about what a phrase means, a level as a sign of anything.
// Goroutines: none. Engines may be shared; each ear or stream belongs to the goroutine that feeds it.
//
// Flow: 8 kHz samples → 40 log-mel each 10 ms → running mean → net each 30 ms → phrase alignment → evidence.Phrase; the
// best path through the net → runs of phonemes between pauses → evidence.Gist;
// 8 kHz samples → 24 log-mel each 20 ms → voice activity → slots; the slots of speech → shape of the voice → anger.
// The weights are trained by train/run.sh and carry their own licence (weights/LICENSE).
package builtin

// Source is the name of this engine in evidence.
const Source = "builtin/1"
