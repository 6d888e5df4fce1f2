package judge

import (
	"math"
	"slices"

	"commusafe/internal/evidence"
)

// How rules and statistics are brought together. The figures were set on the training part of real benign text and
// on five folds, not on the sets that are reported.
const (
	fullAt    = 2.0  // times what an entry needs: below it the entry is a sign at most
	clearFrom = 0.20 // … or this, for entries that are seldom wrong 3 times what they need
	aloneAt   = 0.70 // statistics without a rule are a sign from here
	clearAt   = 0.97 // … and a clear case, where the category is one and the share is sureShare
	sureShare = 0.85
	tradeAt   = 0.40 // words of a trade explain nothing away from here
	guardAt   = 0.70 // statistics see a reason not to act from here
)

// weigh brings the entries found in an utterance together with the statistics. Statistics alone are S1, or S2 where
// they are clear; they never speak to the caller. A weak entry that they contradict is put aside.
func (r *Rules) weigh(hits []hit, u evidence.Utterance, o opinion) []hit {
	ruled := false
	guarded := slices.ContainsFunc(hits, func(h hit) bool { return h.Category.IsGuard() })
	for i := range hits {
		h := &hits[i]
		if h.Category.IsGuard() {
			continue
		}
		h.Score, h.likely = rounded(o.harm), rounded(o.of(h.Category))
		switch {
		case o.harm < h.needs:
			h.why = becauseUnlikely
			continue
		case h.needs > 0 && guarded && o.harm < aloneAt:
			h.why = becauseGuarded
			continue
		}
		h.doubted(o.harm)
		ruled = ruled || h.why == "" && !h.faint
	}
	if !ruled && !guarded && o.harm >= aloneAt && (!o.part || o.harm >= clearAt) {
		level := Caution
		if o.harm >= clearAt && o.share >= sureShare && base(o.cat) >= Warning {
			level = Warning
		}
		f := finding(o.cat, level, u.Head, u.Text, "", becauseStatistics)
		f.Score, f.Weighed = rounded(o.harm), r.net.weighed(o)
		hits = append(hits, hit{Finding: f, sure: true})
	}
	if o.right >= guardAt && !slices.ContainsFunc(hits, func(h hit) bool { return h.Category.IsGuard() && !h.faint }) {
		f := finding(o.guard, None, u.Head, u.Text, "", becauseGuard)
		f.Level, f.Score = None, rounded(o.right)
		hits = append(hits, hit{Finding: f, sure: true})
	}
	return hits
}

// doubted makes a hit a sign at most where the statistics see too little of what it needs.
func (h *hit) doubted(harm float64) {
	if h.needs > 0 && harm < full(h.needs) {
		h.Level, h.doubt = min(h.Level, Caution), true
	}
}

// needs gives how likely harassment must be by the statistics for an entry of a weight to count: nothing for one that
// is worth 1, 0.02 for 0.8, 0.125 for 0.5.
func needs(weight float64) float64 {
	if weight == 0 {
		return 0
	}
	return 0.5 * (1 - weight) * (1 - weight)
}

// base is the level of one clear case of a category (domain B1–B18).
func base(c Category) Level {
	switch c {
	case Threat, Dogeza, Sexual:
		return Severe
	case Intim, Insult, Money, Discrim, Privacy, SNS, Visit, Disrupt:
		return Warning
	default:
		return Caution
	}
}

// rounded keeps two digits, so that machines that compute in other orders write the same.
func rounded(p float64) float64 { return math.Round(p*100) / 100 }

// full gives how likely harassment must be by the statistics for an entry to count as more than a doubtful sign.
func full(needs float64) float64 { return max(fullAt*needs, min(clearFrom, 3*needs)) }
