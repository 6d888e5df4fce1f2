package judge

import (
	"cmp"
	"slices"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// memory is how far back hits are read: after four decays nothing counts any more.
const memory = 4

// maxFindings bounds what a judgement shows; the level is that of all.
const maxFindings = 8

// Consider judges what was known of a call at a time of it.
func (r *Rules) Consider(tl *evidence.Timeline, now call.Millis) Judgement {
	j := Judgement{AtMS: now, Versions: r.version}
	items := tl.Until(now)
	since := now - memory*r.Thresholds.Decay
	var hits []hit
	for i, it := range items {
		if it.Span().ToMS > since {
			hits = append(hits, r.recall(tl, i)...)
		}
	}
	r.askSupport(hits, items)
	forgive(hits, items)
	hits = append(hits, r.outlasted(items, now)...)
	for _, h := range hits {
		switch {
		case h.why != "":
			f := h.Finding
			f.Because, f.Level = h.why, None
			j.Counter = append(j.Counter, f)
		case h.Category == GCrisis:
			j.Counter = append(j.Counter, h.Finding)
			j.Findings = append(j.Findings, h.Finding)
		case h.Category.IsGuard():
			f := h.Finding
			f.Because = becauseGuard
			j.Counter = append(j.Counter, f)
		default:
			j.Findings = append(j.Findings, h.Finding)
		}
	}
	j.Strikes = r.strikes(j.Findings)
	r.pair(j.Findings)
	j.settle(r.Thresholds.Decay)
	r.next(&j, items)
	j.Unheard = unheard(items)
	return j
}

// strikes counts hits of words that are Apart from each other; hits nearer than that are one strike of the gravest.
func (r *Rules) strikes(fs []Finding) []Strike {
	sorted := slices.Clone(fs)
	slices.SortStableFunc(sorted, func(a, b Finding) int { return cmp.Compare(a.ToMS, b.ToMS) })
	var out []Strike
	for _, f := range sorted {
		if f.Category.IsGuard() || f.Because == becauseStalemate || f.Because == becauseOnMatter {
			continue
		}
		if n := len(out); n > 0 && f.ToMS-out[n-1].AtMS < r.Thresholds.Apart {
			o := &out[n-1]
			if f.Level > o.Level || o.Statistical && f.Because != becauseStatistics {
				o.Level, o.Category, o.Channel = max(f.Level, o.Level), f.Category, f.Channel
			}
			o.Statistical = o.Statistical && f.Because == becauseStatistics
			continue
		}
		out = append(out, Strike{AtMS: f.ToMS, Category: f.Category, Channel: f.Channel, Level: f.Level, Statistical: f.Because == becauseStatistics})
	}
	return out
}

// pair raises a single sign to a clear case when an independent one of the same channel stands near before it.
func (r *Rules) pair(fs []Finding) {
	for i := range fs {
		f := &fs[i]
		if f.Level != Caution {
			continue
		}
		window := r.Thresholds.PairOther
		if f.Channel == Manner {
			window = r.Thresholds.Pair
		}
		for _, o := range fs {
			apart := f.ToMS - o.ToMS
			if o.Channel == f.Channel && !o.Category.IsGuard() && apart >= r.Thresholds.Apart && apart <= window {
				f.Level, f.Because = Warning, becausePair
				break
			}
		}
	}
}

// settle lets old findings fall, drops what has fallen to nothing, sorts, and takes the highest level.
func (j *Judgement) settle(decay call.Millis) {
	kept := j.Findings[:0]
	for _, f := range j.Findings {
		if f.Because != becauseStalemate && f.Because != becauseOnMatter {
			f.Level -= Level((j.AtMS - f.ToMS) / decay)
		}
		if f.Level > None {
			kept = append(kept, f)
			j.Level = max(j.Level, f.Level)
		}
	}
	j.Findings = kept
	worst := func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(b.ToMS, a.ToMS), cmp.Compare(a.Entry, b.Entry))
	}
	slices.SortStableFunc(j.Findings, worst)
	slices.SortStableFunc(j.Counter, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.ToMS, a.ToMS), cmp.Compare(a.Entry, b.Entry))
	})
	j.Findings = j.Findings[:min(len(j.Findings), maxFindings)]
	j.Counter = j.Counter[:min(len(j.Counter), maxFindings)]
}

// next finds the time of the nearest change that comes without new evidence.
func (r *Rules) next(j *Judgement, items []evidence.Item) {
	soonest := func(t call.Millis) {
		if t > j.AtMS && (j.NextMS == 0 || t < j.NextMS) {
			j.NextMS = t
		}
	}
	for _, f := range j.Findings {
		if f.Because == becauseStalemate || f.Because == becauseOnMatter {
			continue
		}
		age := (j.AtMS - f.ToMS) / r.Thresholds.Decay
		soonest(f.ToMS + (age+1)*r.Thresholds.Decay)
	}
	if at, ok := finalAnswer(items); ok {
		for _, minutes := range r.Thresholds.Stalemate {
			soonest(at + call.Millis(minutes)*60000)
		}
	}
}

// unheard lists what the last word about each kind of listening says was not heard.
func unheard(items []evidence.Item) []string {
	var out []string
	for _, it := range items {
		if g, ok := it.(evidence.Gap); ok && !slices.Contains(out, g.What) {
			out = append(out, g.What)
		}
	}
	slices.Sort(out)
	return out
}
