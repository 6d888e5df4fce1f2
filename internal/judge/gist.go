package judge

import (
	"slices"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// How likely harassment must be by the gist of unknown words, and that somebody is in need. It is a sign from gistSign; people are told from gistClear, or when
// two stretches at least Apart from each other within PairOther are gistAgain each and gistBoth together (decisions 0056 and 0065).
const (
	gistSign  = 0.80
	gistClear = 0.95
	gistAgain = 0.85
	gistBoth  = 1.75

	gistInNeed = 0.97 // is clear of people in need
)

// gistHeard bounds how far from a stretch recognised words may lie that speak in its place.
const gistHeard call.Millis = 3000

// readGist gives a sign that raises no other one and that the ladder does not count.
func (r *Rules) readGist(g evidence.Gist) []hit {
	c := Category(g.Category)
	if c != GCrisis && !slices.Contains(Categories(), c) {
		return nil // of a listener that knows other categories
	}
	f := finding(c, Caution, g.Head, "", "", becauseGist)
	f.Level, f.Score = Caution, rounded(g.Harm)
	return []hit{{Finding: f, sure: true, doubt: true, gist: true, likely: g.Harm}}
}

// worded tells whether a recogniser gave words of the caller for a stretch: then they are judged, and not what they sound like.
func worded(tl *evidence.Timeline, g evidence.Gist, now call.Millis) bool {
	from, to := tl.Between(evidence.Words, g.FromMS-gistHeard, now)
	for i := from; i < to; i++ {
		if u, ok := tl.At(evidence.Words, i).(evidence.Utterance); ok && u.Party == g.Party && u.Final && u.FromMS < g.ToMS+gistHeard {
			return true
		}
	}
	return false
}

// tellGists makes clear cases, of which people are told, of signs that are strong or that come again.
func (r *Rules) tellGists(rs []reason) {
	for i := range rs {
		f := &rs[i]
		if !f.gist || f.aside != "" {
			continue
		}
		told := f.likely >= gistInNeed || f.likely >= gistClear && f.Category != GCrisis
		for k := i - 1; k >= 0 && !told && f.ToMS-rs[k].ToMS <= r.Thresholds.PairOther; k-- {
			o := &rs[k]
			told = o.gist && o.aside == "" && (o.Category == GCrisis) == (f.Category == GCrisis) && f.ToMS-o.ToMS >= r.Thresholds.Apart &&
				min(f.likely, o.likely) >= gistAgain && f.likely+o.likely >= gistBoth
		}
		if told {
			f.level, f.because = Warning, becauseGists
		}
	}
}

// over tells whether a stretch that was like harassment has more than half of a spotted phrase in it.
func (r *reason) over(phrase *reason) bool {
	return r.gist && 2*(min(r.ToMS, phrase.ToMS)-max(r.FromMS, phrase.FromMS)) > phrase.ToMS-phrase.FromMS
}

// named tells whether the spotter was sure of a phrase in a stretch: then something of it is known.
func named(gist reason, rs []reason) bool {
	return slices.ContainsFunc(rs, func(o reason) bool { return o.heard > 0 && o.certain() && gist.over(&o) })
}

// borneOut tells whether the stretch that a spotted phrase lies in was like harassment as a whole.
func borneOut(phrase *reason, rs []reason) bool {
	return phrase.heard > 0 && slices.ContainsFunc(rs, func(o reason) bool { return o.aside == "" && o.Category != GCrisis && o.over(phrase) })
}
