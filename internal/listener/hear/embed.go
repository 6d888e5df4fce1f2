package hear

// An Embedder makes vectors of voices. What it says is weak by nature (参考): a hint for a person, never ground for an
// action. It is safe for several goroutines.
type Embedder interface {
	// Embed gives the vector of the speech in 8 kHz samples; false when there is too little.
	Embed(pcm []int16) ([]float32, bool)
	// Score compares a voice with several enrolled samples of one speaker: higher is nearer; no unit.
	Score(enrolled [][]float32, test []float32) float64
	Source() string
}
