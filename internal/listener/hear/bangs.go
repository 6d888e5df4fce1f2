package hear

// Numbers of a bang (a blow on the table, a receiver thrown down), in dB and slots of 20 ms.
const (
	bangRise   = 20.0 // over the loudest of the slots before
	bangBack   = 10.0 // over them, at most, once it is over
	bangNear   = 6.0  // it may lie under the loudest speech of the call
	bangBefore = 5
	bangOver   = 6 // slots until it is over
	bangAfter  = 8
)

// bangs counts the blows in a window: a rise out of quiet within one slot that is as loud as the party's loudest speech
// and gone after an eighth of a second, which no word is. peak is the level of that speech in dBov, 0 when nothing was
// said yet.
func bangs(w []Slot, peak float64) int {
	if peak == 0 {
		return 0
	}
	n := 0
	for k := bangBefore; k+bangAfter < len(w); k++ {
		quiet, after, spoke := w[k-bangBefore].Level, w[k+bangOver].Level, false
		for _, s := range w[k-bangBefore : k-1] {
			quiet, spoke = max(quiet, s.Level), spoke || s.Speech
		}
		for _, s := range w[k+bangOver : k+bangAfter] {
			after = max(after, s.Level)
		}
		if !spoke && w[k].Level-quiet >= bangRise && w[k].Level >= peak-bangNear && after <= quiet+bangBack {
			n++
			k += bangAfter
		}
	}
	return n
}
