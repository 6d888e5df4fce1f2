package voiceprint

// Threshold gives the score from which on a voice is a candidate, for vectors of a source; false for a source whose scores
// nobody has measured: its vectors are not compared.
//
// builtin-voice/1: of 3,500 trials of different people one in a thousand is over 0.73, both on one line; over two lines
// fewer are (`commusafe eval speaker`, docs/quality.md, decision 0046).
func Threshold(source string) (score float32, known bool) {
	if source == "builtin-voice/1" {
		return 0.73, true
	}
	return 0, false
}
