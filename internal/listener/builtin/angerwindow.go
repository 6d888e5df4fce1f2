package builtin

import "commusafe/internal/listener/hear"

// Slots of an anger reading: it is made of the speech in the last 3 s, once a second.
const (
	angerWindow = 3000 / hear.SlotMS
	angerStep   = 1000 / hear.SlotMS
)

// An angerWindows cuts the speech of one party into windows. The slots of speech of the last window are kept; reading is
// told the inputs and the last slot of each window that has enough speech in it.
type angerWindows struct {
	activity *activity
	slots    []spokenSlot
	next     int // slot at whose end the next window ends
	heard    int // slots of speech since the last window
	scratch  []hear.Slot
	reading  func(inputs []float32, last int)
}

func newAngerWindows(a *Activity, reading func(inputs []float32, last int)) *angerWindows {
	w := &angerWindows{activity: a.open(), next: angerStep, reading: reading}
	w.activity.spoken = w.add
	return w
}

// feed takes samples.
func (w *angerWindows) feed(pcm []int16) {
	w.scratch = w.activity.Feed(pcm, w.scratch[:0])
	w.until(w.activity.index)
}

// until makes the windows that end at or before a slot.
func (w *angerWindows) until(index int) {
	for index >= w.next {
		w.window(w.next)
		w.next += angerStep
	}
}

// close makes a last window of what came after the last one and begins anew.
func (w *angerWindows) close() {
	end := w.activity.index
	w.scratch = w.activity.Close(w.scratch[:0])
	w.window(end + len(w.scratch))
	w.slots, w.next, w.heard = w.slots[:0], angerStep, 0
}

func (w *angerWindows) add(f *voiceFrame, window []int16, index int) {
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
