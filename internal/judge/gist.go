package judge

import (
	"math"
	"slices"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// How likely harassment must be by the gist of unknown words, or that somebody is in need, to be a sign. What is less likely is none, but counts with others:
// harassment goes on, and so does need, while what a customer in his rights shouts once does not. People are told when the likeliest stretches of a
// minute are likely enough together, as the sum of their log odds; one that is not there counts as the least does (decisions 0056, 0065 and 0066).
const (
	gistSign     = 0.80
	gistFloor    = 0.35
	gistTogether = 3.0

	needFloor    = 0.10
	needTogether = -0.9

	gistStretches = 4
	gistWithin    = call.Millis(60000)
)

// IsSign tells whether a stretch is a sign by itself, and worth showing: what is less counts with others alone.
func IsSign(g evidence.Gist) bool { return g.Harm >= gistSign }

// gistHeard bounds how far from a stretch recognised words may lie that speak in its place.
const gistHeard call.Millis = 3000

// readGist gives a sign that raises no other one and that the ladder does not count, or less than a sign.
func (r *Rules) readGist(g evidence.Gist) []hit {
	c := Category(g.Category)
	if c != GCrisis && !slices.Contains(Categories(), c) {
		return nil // of a listener that knows other categories
	}
	if g.Harm < gistFloor && c != GCrisis || g.Harm < needFloor {
		return nil
	}
	f := finding(c, Caution, g.Head, "", "", becauseGist)
	if f.Level, f.Score = Caution, rounded(g.Harm); !IsSign(g) {
		f.Level = None
	}
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

// tellGists makes a clear case, of which people are told, of the likeliest of some stretches that are likely enough together.
func tellGists(rs []reason) {
	for i := range rs {
		if f := &rs[i]; f.gist && f.aside == "" {
			if top := likeliest(rs[:i+1]); together(top, f.Category == GCrisis) {
				top[0].level, top[0].because = Warning, becauseGists
			}
		}
	}
}

// likeliest gives the likeliest stretches like the last reason, of those of the minute before it.
func likeliest(rs []reason) (top [gistStretches]*reason) {
	f := &rs[len(rs)-1]
	for k := len(rs) - 1; k >= 0 && f.ToMS-rs[k].ToMS <= gistWithin; k-- {
		o := &rs[k]
		if !o.gist || o.aside != "" || (o.Category == GCrisis) != (f.Category == GCrisis) {
			continue
		}
		for i := range top {
			if top[i] == nil || o.likely > top[i].likely {
				o, top[i] = top[i], o
			}
			if o == nil {
				break
			}
		}
	}
	return top
}

// together tells whether stretches are likely enough for people to be told.
func together(top [gistStretches]*reason, need bool) bool {
	floor, least := gistFloor, gistTogether
	if need {
		floor, least = needFloor, needTogether
	}
	sum := 0.0
	for _, o := range top {
		if o == nil {
			sum += logOdds(floor)
		} else {
			sum += logOdds(o.likely)
		}
	}
	return sum >= least
}

// logOdds of what is never quite sure.
func logOdds(p float64) float64 {
	p = min(max(p, 0.005), 0.995)
	return math.Log(p / (1 - p))
}

// over tells whether a stretch that was like harassment has more than half of a spotted phrase in it.
func (r *reason) over(phrase *reason) bool {
	return r.gist && 2*(min(r.ToMS, phrase.ToMS)-max(r.FromMS, phrase.FromMS)) > phrase.ToMS-phrase.FromMS
}

// named tells whether the spotter was sure of a phrase in a stretch: then something of it is known.
func named(gist reason, rs []reason) bool {
	return slices.ContainsFunc(rs, func(o reason) bool { return o.heard > 0 && o.certain() && gist.over(&o) })
}

// borneOut tells whether the stretch that a spotted phrase lies in was like harassment as a whole, as likely as that at least.
func borneOut(phrase *reason, rs []reason, least float64) bool {
	return phrase.heard > 0 && slices.ContainsFunc(rs, func(o reason) bool {
		return o.likely >= least && o.aside == "" && o.Category != GCrisis && o.over(phrase)
	})
}
