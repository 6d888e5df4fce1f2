package evidence

import (
	"slices"
	"sort"

	"commusafe/internal/call"
)

// A Lane is one sort of a call's evidence.
type Lane int

// The lanes: what was said, what people and the machine stated about the call, and how it sounded.
const (
	Words  Lane = iota // utterances, phrases, gists, keys
	Stated             // marks, history, gaps: few, and never forgotten
	Heard              // sound, emotion, voice: many
	Kept               // what a reader wants to know for the whole call, see Keep
	lanes
)

func laneOf(it Item) Lane {
	switch it.Kind() {
	case KindMark, KindHistory, KindGap:
		return Stated
	case KindSound, KindEmotion, KindVoice:
		return Heard
	case KindUtterance, KindPhrase, KindGist, KindDTMF:
		return Words
	}
	return Words
}

// A Timeline is all evidence of one call in order of the end of each item, which is when it could first be known.
// Late items are put where they belong; items of equal time keep the order in which they came.
type Timeline struct {
	lanes [lanes]lane
}

type lane struct {
	items []Item
	notes []any // of items, see Remember
}

// Add puts an item at its place.
func (t *Timeline) Add(it Item) { t.Put(it) }

// Put puts an item at its place in its lane, which it gives.
func (t *Timeline) Put(it Item) (place int) {
	l, end := &t.lanes[laneOf(it)], it.Span().ToMS
	i := len(l.items)
	if i > 0 && l.items[i-1].Span().ToMS > end {
		i = l.after(end)
	}
	l.items, l.notes = slices.Insert(l.items, i, it), slices.Insert(l.notes, i, nil)
	return i
}

// A keeping is the place in call time of something that is kept; it is no evidence of its own.
type keeping struct {
	Head
	what string
}

// Kind is empty: a keeping is never written.
func (keeping) Kind() Kind { return "" }

// mostKept bounds what is kept of one sort, so that a long call needs no more time and memory.
const mostKept = 64

// Keep remembers something of a sort at a place of the call, to be read as Note of the lane Kept and not forgotten. Of
// each sort the first of the call stay, in whatever order they come.
func (t *Timeline) Keep(h Head, what string, note any) {
	l := &t.lanes[Kept]
	i := l.after(h.ToMS)
	l.items, l.notes = slices.Insert(l.items, i, Item(keeping{h, what})), slices.Insert(l.notes, i, note)
	n, last := 0, 0
	for i, it := range l.items {
		if k, ok := it.(keeping); ok && k.what == what {
			n, last = n+1, i
		}
	}
	if n > mostKept {
		l.items, l.notes = slices.Delete(l.items, last, last+1), slices.Delete(l.notes, last, last+1)
	}
}

// after gives the place of the first item that ends later.
func (l *lane) after(end call.Millis) int {
	return sort.Search(len(l.items), func(i int) bool { return l.items[i].Span().ToMS > end })
}

// Between gives the places [from, to) of a lane's items that ended after since and not after now.
func (t *Timeline) Between(of Lane, since, now call.Millis) (from, to int) {
	l := &t.lanes[of]
	return l.after(since), l.after(now)
}

// At gives the i-th item of a lane.
func (t *Timeline) At(of Lane, i int) Item { return t.lanes[of].items[i] }

// Remember keeps what a reader worked out from the i-th item of a lane, so that it needn't be worked out again when the
// timeline is read the next time. It stays with the item wherever later ones move it.
func (t *Timeline) Remember(of Lane, i int, note any) { t.lanes[of].notes[i] = note }

// Note gives what was remembered of the i-th item of a lane, nil if nothing was.
func (t *Timeline) Note(of Lane, i int) any { return t.lanes[of].notes[i] }

// Forget lets go what ended at or before a time, except what was stated. So a long call needs no more memory.
func (t *Timeline) Forget(before call.Millis) {
	for _, of := range []Lane{Words, Heard} {
		l := &t.lanes[of]
		if len(l.items) < 2 || l.items[len(l.items)/2].Span().ToMS > before {
			continue // moved only when half of it goes, so that it costs little
		}
		n := l.after(before)
		l.items, l.notes = slices.Delete(l.items, 0, n), slices.Delete(l.notes, 0, n)
	}
}

// Items gives all items in order.
func (t *Timeline) Items() []Item {
	var out []Item
	for i := range Kept {
		out = append(out, t.lanes[i].items...)
	}
	slices.SortStableFunc(out, func(a, b Item) int { return int(a.Span().ToMS - b.Span().ToMS) })
	return out
}

// Len is the number of items.
func (t *Timeline) Len() int {
	n := 0
	for i := range Kept {
		n += len(t.lanes[i].items)
	}
	return n
}
