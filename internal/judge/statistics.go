package judge

import (
	"math"
	"slices"

	"commusafe/internal/evidence"
)

// How rules and statistics are brought together. The figures were set on the training part of real benign text, on five folds and on
// those phrases of a stranger that were read (decisions 0049, 0050), those of a crisis as decision 0062 says.
const (
	aloneAt   = 0.60 // statistics without a rule are a sign from here
	clearAt   = 0.75 // … and a clear case, where the category is one and the share is sureShare
	sureShare = 0.45
	partAt    = 0.82 // a part of a long text, cut without regard to sentences, is a sign from here
	tradeAt   = 0.40 // words of a trade explain nothing away from here
	guardAt   = 0.35 // statistics see a reason not to act from here, where it is likelier than harassment
	needAt    = 0.70 // … that somebody may be in need, from here
	needsAt   = 0.40 // … or from here, when it is seen again
	toldAt    = 0.20 // … that somebody tells what was said to him, from here
	hintAt    = 0.05 // an entry of a crisis that has a weight counts where somebody is in need from here
	alarmAt   = 0.20 // … and alarms from here
	actAt     = 0.45 // below it an entry that is a rule is for people, and the machine does nothing by it
	signAt    = 0.55 // … and below this one that is a sign of what is wanted, and not of rudeness
	leastAt   = 0.30 // below it an entry that is a rule does not count
	floor     = 0.38 // below it a rule is a sign at most
	weakFloor = 0.55 // … and below this one whose weight is under half
	overAt    = 0.60 // … and of one above what entries of others give from here
	otherAt   = 0.45 // statistics are sure of one category from here
	hardlyAt  = 0.05 // … and hardly think of another below
	restAt    = 0.38 // what is left of words without those of a trade is a sign from here, where the whole is one
)

// opine gives the statistics of folded letters.
func (r *Rules) opine(text []rune) opinion {
	o := r.net.opine(text)
	o.need = r.need.likely(text)
	return o
}

// weigh brings the entries found in an utterance together with the statistics. Statistics alone are S1, or the level of their
// category where they are clear; people see it, but the machine never acts on it. A weak entry that they contradict is put aside.
func (r *Rules) weigh(hits []hit, s *scan, u evidence.Utterance, o opinion) []hit {
	ruled := None // the highest level that an entry gives
	for i := range hits {
		if h := &hits[i]; h.Category == GCrisis && h.needs > 0 && !h.faint {
			h.borneOut(o.need)
		}
	}
	guarded := slices.ContainsFunc(hits, hit.guards)
	told := o.guard == GVictim && o.right >= toldAt && o.right > o.harm
	for i := range hits {
		h := &hits[i]
		if h.Category.IsGuard() {
			continue
		}
		h.Score, h.likely = rounded(o.harm), rounded(o.all[r.net.class(h.Category)])
		switch {
		case told:
			h.why = becauseQuoted
			continue
		case o.harm < h.needs:
			h.why = becauseUnlikely
			continue
		case o.elsewhere(h):
			h.why = becauseElsewhere
			continue
		case h.needs > 0 && guarded && o.harm < aloneAt:
			h.why = becauseGuarded
			continue
		}
		h.doubted(o.harm)
		h.leftToPeople(o.harm)
		if h.why == "" && !h.faint {
			ruled = max(ruled, h.Level)
		}
	}
	if h, ok := r.alone(s, u, o, aloneAt); ok && !told && !guarded && h.Level > ruled && (ruled == None || o.share >= overAt || counted(hits, h.Category)) && !soundsLike(hits, h.Category) {
		hits = append(hits, h)
	}
	need, inNeed := inNeed(hits, u, o)
	if inNeed = inNeed && !told; inNeed && need.why == "" {
		return append(hits, need)
	}
	if !slices.ContainsFunc(hits, func(h hit) bool { return h.Category.IsGuard() && !h.faint }) &&
		(told || o.right >= guardAt && o.right > o.harm && !(o.guard == GCrisis && o.need < needAt)) {
		f := finding(o.guard, None, u.Head, u.Text, "", becauseGuard)
		f.Level, f.Score = None, rounded(o.right)
		hits = append(hits, hit{Finding: f, sure: true})
	}
	if inNeed {
		hits = append(hits, need)
	}
	return hits
}

// guards tells whether a hit is a reason not to act that stands: not a crisis that may well be something else.
func (h hit) guards() bool {
	return h.Category.IsGuard() && h.why == "" && h.Because != becauseMayNeed
}

// borneOut makes a crisis that an entry with a weight sees a matter for people, or nothing, where the statistics see too little of it: the same words are
// said of a drill, a novel or a machine.
func (h *hit) borneOut(need float64) {
	h.Score = rounded(need)
	switch {
	case need < h.needs:
		h.why = becauseUnlikely
	case need < h.full && h.Level > Warning:
		h.Level, h.Because = Warning, becauseMayNeed
	}
}

// inNeed gives what statistics say of a crisis where no entry knows one, nor harassment, nor why it is none. People are told, and it holds the machine, the
// second time already when they see less (tellNeeds); an alarm takes words that are known (decisions 0061 to 0063).
func inNeed(hits []hit, u evidence.Utterance, o opinion) (hit, bool) {
	known := func(h hit) bool {
		switch {
		case h.faint || h.why != "" || h.Because == becauseStatistics:
			return false
		case h.Category.IsGuard():
			return h.Category == GCrisis || h.Category == GVictim || h.Category == GBus
		}
		return true
	}
	if o.need < needsAt || slices.ContainsFunc(hits, known) {
		return hit{}, false
	}
	f := finding(GCrisis, None, u.Head, u.Text, "", becauseNeed)
	f.Level, f.Score = Warning, rounded(o.need)
	h := hit{Finding: f, sure: true}
	if o.need < needAt && !slices.ContainsFunc(hits, func(h hit) bool { return h.faint && h.why == "" && h.Category == GCrisis }) {
		h.why = becauseUnsure // no second cue yet, and no entry of a crisis that it sounds like either
	}
	return h, true
}

// elsewhere tells that the statistics are sure of one category of harassment, and it is not that of a rule that they hardly think of:
// 付き合ってもらうぞ is no courting of somebody who won't hang up. A grave rule of full weight stands: one sentence may hold a threat and much else.
func (o opinion) elsewhere(h *hit) bool {
	grave := h.Level >= Severe && h.full <= floor
	return h.needs > 0 && !h.faint && !grave && o.harm >= aloneAt && h.Category != o.cat && o.share >= otherAt && h.likely < hardlyAt
}

// counted tells whether an entry of a category counts.
func counted(hits []hit, c Category) bool {
	return slices.ContainsFunc(hits, func(h hit) bool { return h.Category == c && h.why == "" })
}

// soundsLike tells whether an entry of a category was found by its sound and counts: it says in words what the statistics can't.
func soundsLike(hits []hit, c Category) bool {
	return slices.ContainsFunc(hits, func(h hit) bool { return h.faint && h.why == "" && h.Category == c })
}

// alone gives what statistics say without an entry, if harassment is as likely as from and nothing is said that makes the entries of its
// category innocent.
func (r *Rules) alone(s *scan, u evidence.Utterance, o opinion, from float64) (hit, bool) {
	if o.harm < from || o.part && o.harm < partAt || s.any(r.unless[o.cat]) {
		return hit{}, false
	}
	level := Caution
	if o.harm >= clearAt && o.share >= sureShare {
		level = base(o.cat)
	}
	f := finding(o.cat, level, u.Head, u.Text, "", becauseStatistics)
	f.Score, f.Weighed = rounded(o.harm), r.net.weighed(o)
	return hit{Finding: f, sure: true}, true
}

// doubted makes a hit a sign at most where the statistics see too little of what it needs.
func (h *hit) doubted(harm float64) {
	if harm < h.full {
		h.Level, h.doubt = min(h.Level, Caution), true
	}
}

// leftToPeople says of a rule's words in which the statistics see too little harassment that the machine does nothing by them: what a customer in his
// rights says has such words in it too. Rude words are what they are, and a sign of them counts with another one; by a threat only people act as it is, and
// an alarm stays one (decision 0064).
func (h *hit) leftToPeople(harm float64) {
	least := actAt
	if h.Level < Warning && h.Channel == Manner {
		least = 0
	} else if h.Level < Warning {
		least = signAt
	}
	if h.why == "" && !h.doubt && !h.faint && h.full > 0 && harm < least && h.Category != Threat && h.Level < Emergency {
		h.Because = becauseWordsOnly
	}
}

// needs gives how likely harassment must be by the statistics for an entry of a weight to count, of a crisis how likely somebody is in need: nothing for
// one that names the very words and so has no weight.
func needs(c Category, weight float64) float64 {
	switch {
	case weight == 0:
		return 0
	case c == GCrisis:
		return hintAt
	default:
		return leastAt
	}
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

// full gives how likely it must be by the statistics for an entry of a weight to count as more than a doubtful sign, and of a crisis to alarm.
func full(c Category, weight float64) float64 {
	switch {
	case weight == 0:
		return 0
	case c == GCrisis:
		return alarmAt
	case weight < 0.5:
		return weakFloor
	default:
		return floor
	}
}
