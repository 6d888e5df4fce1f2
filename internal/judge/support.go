package judge

import (
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// askSupport puts hits aside that the spotter was not sure of and that no second cue stands by: a repetition, a
// neighbouring hit, or a voice well above the caller's own calm. Guards need none: doubt is in the caller's favour.
func (r *Rules) askSupport(hits []hit, items []evidence.Item) {
	alone := make([]bool, len(hits))
	for i, h := range hits {
		alone[i] = !h.sure && !h.Category.IsGuard() && !r.supported(i, hits, items)
	}
	for i := range hits {
		if alone[i] {
			hits[i].why = becauseUnsure
		}
	}
}

func (r *Rules) supported(i int, hits []hit, items []evidence.Item) bool {
	h := hits[i]
	near := func(t call.Millis) bool {
		d := t - h.ToMS
		return d <= r.Thresholds.Support && -d <= r.Thresholds.Support
	}
	for k, o := range hits {
		if k != i && !o.Category.IsGuard() && o.why == "" && near(o.ToMS) && (o.FromMS >= h.ToMS || o.ToMS <= h.FromMS) {
			return true
		}
	}
	for _, it := range items {
		s, ok := it.(evidence.Sound)
		if ok && s.Party == call.Caller && s.LoudnessDB >= r.Thresholds.LouderDB && s.FromMS < h.ToMS && s.ToMS > h.FromMS {
			return true
		}
	}
	return false
}

// forgive puts aside what came before a person said that the judgement was wrong.
func forgive(hits []hit, items []evidence.Item) {
	wrong := call.Millis(-1)
	for _, it := range items {
		if m, ok := it.(evidence.Mark); ok && m.Mark == evidence.MarkWrongFlag {
			wrong = m.ToMS
		}
	}
	for i := range hits {
		if hits[i].ToMS <= wrong && hits[i].why == "" && (!hits[i].Category.IsGuard() || hits[i].Category == GCrisis) {
			hits[i].why = becauseWrong
		}
	}
}

// outlasted gives the findings of time: minutes since the final answer, calls on the same matter.
func (r *Rules) outlasted(items []evidence.Item, now call.Millis) []hit {
	var out []hit
	if at, ok := finalAnswer(items); ok {
		for i, minutes := range r.Thresholds.Stalemate {
			if now-at >= call.Millis(minutes)*60000 {
				h := evidence.Head{FromMS: at, ToMS: at + call.Millis(minutes)*60000, Source: "clock"}
				out = keepLast(out, Hold, hit{Finding: finding(Hold, Level(i+1), h, "", "", becauseStalemate), sure: true})
			}
		}
	}
	for _, it := range items {
		hist, ok := it.(evidence.History)
		if !ok {
			continue
		}
		for i, n := range r.Thresholds.OnMatter {
			if hist.OnMatter >= n {
				out = keepLast(out, Repeat, hit{Finding: finding(Repeat, Level(i+1), hist.Head, "", "", becauseOnMatter), sure: true})
			}
		}
	}
	return out
}

// keepLast replaces the hit of the same category, so that a later threshold stands for the earlier ones.
func keepLast(hits []hit, c Category, h hit) []hit {
	for i := range hits {
		if hits[i].Category == c {
			hits[i] = h
			return hits
		}
	}
	return append(hits, h)
}

// finalAnswer gives the time of the first mark that the agent has given the final answer.
func finalAnswer(items []evidence.Item) (call.Millis, bool) {
	for _, it := range items {
		if m, ok := it.(evidence.Mark); ok && m.Mark == evidence.MarkFinalAnswer {
			return m.ToMS, true
		}
	}
	return 0, false
}
