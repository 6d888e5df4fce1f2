package builtin

import "commusafe/internal/listener/hear"

// Slots of an anger reading: it is made of the speech in the last 3 s, once a second.
const (
	angerWindow = 3000 / hear.SlotMS
	angerStep   = 1000 / hear.SlotMS
)

// An angerWindows cuts the speech that an activity finds into windows. The slots of speech of the last window are kept; reading is
// told the inputs and the last slot of each window that has enough speech in it.
type angerWindows struct {
	activity *activity
	slots    []spokenSlot
	next     int  // slot at whose end the next window ends
	heard    int  // slots of speech since the last window
	resting  bool // nothing is made
	reading  func(inputs []float32, last int)
}

// newAngerWindows begins to cut what a finds, which nobody else follows.
func newAngerWindows(a *activity, reading func(inputs []float32, last int)) *angerWindows {
	w := &angerWindows{activity: a, next: angerStep, reading: reading}
	a.spoken, a.ended = w.add, w.ended
	return w
}

// until makes the windows that end at or before a slot.
func (w *angerWindows) until(index int) {
	for index >= w.next {
		w.window(w.next)
		w.next += angerStep
	}
}

// ended makes a last window of what came after the last one and begins anew.
func (w *angerWindows) ended(index int) {
	w.window(index)
	w.slots, w.next, w.heard = w.slots[:0], angerStep, 0
}

// rest begins or ends a time in which nothing is made.
func (w *angerWindows) rest(on bool) {
	w.resting = on
	w.slots, w.heard = w.slots[:0], 0
}

func (w *angerWindows) add(f *voiceFrame, window []int16, index int) {
	if w.resting {
		return
	}
	w.until(index)
	w.slots = append(w.slots, newSpokenSlot(f, window, index))
	w.heard++
}

// window makes the window that ends before slot end, if there is new speech in it.
func (w *angerWindows) window(end int) {
	old := 0
	for old < len(w.slots) && w.slots[old].index < end-angerWindow {
		old++
	}
	w.slots = w.slots[:copy(w.slots, w.slots[old:])]
	if w.heard == 0 {
		return
	}
	if in := angerInputs(w.slots); in != nil {
		w.heard = 0
		w.reading(in, w.slots[len(w.slots)-1].index)
	}
}
