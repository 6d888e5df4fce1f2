package evidence

import (
	"slices"
	"sort"

	"commusafe/internal/call"
)

// A Timeline is all evidence of one call in order of the end of each item, which is when it could first be known.
// Late items are put where they belong; items of equal time keep the order in which they came.
type Timeline struct {
	items []Item
	notes []any // of items, see Remember
}

// Add puts an item at its place.
func (t *Timeline) Add(it Item) {
	end := it.Span().ToMS
	i := sort.Search(len(t.items), func(i int) bool { return t.items[i].Span().ToMS > end })
	t.items, t.notes = slices.Insert(t.items, i, it), slices.Insert(t.notes, i, nil)
}

// Remember keeps what a reader worked out from the i-th item, so that it needn't be worked out again when the timeline
// is read the next time. It stays with the item wherever later ones move it.
func (t *Timeline) Remember(i int, note any) { t.notes[i] = note }

// Note gives what was remembered of the i-th item, nil if nothing was.
func (t *Timeline) Note(i int) any { return t.notes[i] }

// Items gives all items in order. The slice must not be changed.
func (t *Timeline) Items() []Item { return t.items }

// Until gives the items that were over at the given time.
func (t *Timeline) Until(now call.Millis) []Item {
	i := sort.Search(len(t.items), func(i int) bool { return t.items[i].Span().ToMS > now })
	return t.items[:i]
}

// Len is the number of items.
func (t *Timeline) Len() int { return len(t.items) }
