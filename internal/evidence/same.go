package evidence

// crisis is the category of a gist that is like somebody in need; one stretch may be like that and like harassment.
const crisis = "G-CRISIS"

// Same tells whether two items are of one and the same thing that was said, heard twice: the same phrase, words or sort of gist of the
// same party, over more than half of the shorter of their stretches.
func Same(a, b Item) bool {
	x, y := a.Span(), b.Span()
	if a.Kind() != b.Kind() || x.Party != y.Party || 2*(min(x.ToMS, y.ToMS)-max(x.FromMS, y.FromMS)) <= min(x.ToMS-x.FromMS, y.ToMS-y.FromMS) {
		return false
	}
	switch a := a.(type) {
	case Phrase:
		b, ok := b.(Phrase)
		return ok && a.ID == b.ID
	case Gist:
		b, ok := b.(Gist)
		return ok && (a.Category == crisis) == (b.Category == crisis)
	case Utterance:
		b, ok := b.(Utterance)
		return ok && a.Final && b.Final && a.Text == b.Text
	}
	return false
}
