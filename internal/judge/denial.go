package judge

import (
	"slices"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/text"
)

// demands tells whether a denial frees a category: 土下座しろとまでは言いません asks for nothing. A threat that is denied, or an insult, may still
// be one.
func demands(c Category) bool {
	return c == Demand || c == Dogeza || c == Money || c == Visit || c == Auth
}

// denied gives the phrases of an utterance in which its speaker says that something is not asked for. A comma ends a phrase, so that what
// is asked for beside it counts.
func (r *Rules) denied(s *scan) []span {
	var out []span
	for i := range r.cues {
		c := &r.cues[i]
		if c.Name != cueDenial || c.Party != call.Caller || s.any(c.unless) {
			continue
		}
		for k := range c.forms {
			for p, at := &c.forms[k], 0; p.needs&^s.letters == 0; {
				s.found = s.found[:0]
				s.begin(p)
				if !s.from(p.elems, 0, at, len(s.text.Runes)) {
					break
				}
				from, to := s.found[len(s.found)-1].from, s.found[0].to
				for at = to; from > 0 && s.text.Breaks[from] == text.None; {
					from--
				}
				out = append(out, span{from: from, to: to})
			}
		}
	}
	return out
}

// deny puts aside the demands of which nothing is read once the denied phrases are left out. Of the others what is left counts, and
// nothing counts for more than before.
func (r *Rules) deny(hits []hit, no []span, f text.Folded, u evidence.Utterance) []hit {
	open := func(h hit) bool { return h.why == "" && demands(h.Category) }
	if !slices.ContainsFunc(hits, open) {
		return hits
	}
	s := r.finder.look(trade{spans: no}.cover(f))
	defer s.done()
	left := r.readWords(s, u)
	for i, h := range hits {
		if !open(h) {
			continue
		}
		k := slices.IndexFunc(left, func(l hit) bool { return l.why == "" && l.Category == h.Category })
		if k < 0 {
			hits[i].why = becauseDenied
		} else if left[k].Level <= h.Level {
			if hits[i] = left[k]; h.Because == becauseWordsOnly {
				hits[i].Because = becauseWordsOnly
			}
		}
	}
	return hits
}
