package judge

import (
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// stated is what people and the machine had stated about a call by a time.
type stated struct {
	tl *evidence.Timeline
	n  int
}

func statedUntil(tl *evidence.Timeline, now call.Millis) stated {
	_, n := tl.Between(evidence.Stated, -1<<60, now)
	return stated{tl, n}
}

// askSupport puts hits aside that the spotter was not sure of and that no second cue stands by: a repetition, a
// neighbouring hit, or a voice well above the caller's own calm. Guards need none: doubt is in the caller's favour.
func (r *Rules) askSupport(rs []reason, tl *evidence.Timeline, now call.Millis) {
	var alone []int
	for i := range rs {
		if h := &rs[i]; !h.sure && h.aside == "" && !h.Category.IsGuard() && !r.supported(i, rs, tl, now) {
			alone = append(alone, i)
		}
	}
	for _, i := range alone {
		rs[i].aside = becauseUnsure
	}
}

func (r *Rules) supported(i int, rs []reason, tl *evidence.Timeline, now call.Millis) bool {
	h := &rs[i]
	beside := func(k int) bool {
		o := &rs[k]
		return !o.Category.IsGuard() && o.aside == "" && (o.FromMS >= h.ToMS || o.ToMS <= h.FromMS)
	}
	for k := i - 1; k >= 0 && h.ToMS-rs[k].ToMS <= r.Thresholds.Support; k-- {
		if beside(k) {
			return true
		}
	}
	for k := i + 1; k < len(rs) && rs[k].ToMS-h.ToMS <= r.Thresholds.Support; k++ {
		if beside(k) {
			return true
		}
	}
	// A window of sound is a second or a few long, so what lies over the hit ends soon after it.
	from, to := tl.Between(evidence.Heard, h.FromMS, min(now, h.ToMS+r.Thresholds.Support))
	for k := from; k < to; k++ {
		s, ok := tl.At(evidence.Heard, k).(evidence.Sound)
		if ok && s.Party == call.Caller && s.LoudnessDB >= r.Thresholds.LouderDB && s.FromMS < h.ToMS {
			return true
		}
	}
	return false
}

// forgive puts aside what came before a person said that the judgement was wrong.
func forgive(rs []reason, st stated) {
	wrong := call.Millis(-1)
	for i := range st.n {
		if m, ok := st.tl.At(evidence.Stated, i).(evidence.Mark); ok && m.Mark == evidence.MarkWrongFlag {
			wrong = m.ToMS
		}
	}
	for i := range rs {
		h := &rs[i]
		if h.ToMS <= wrong && h.aside == "" && (!h.Category.IsGuard() || h.Category == GCrisis) {
			h.aside = becauseWrong
		}
	}
}

// outlasted gives the findings of time: minutes since the final answer, calls on the same matter.
func (r *Rules) outlasted(st stated, now call.Millis) []reason {
	var out []reason
	add := func(c Category, l Level, h evidence.Head, because string) {
		out = append(out, reason{&hit{Finding: finding(c, l, h, "", "", because), sure: true}, l, because, ""})
	}
	if at, ok := finalAnswer(st); ok {
		for i, t := range r.stalemates(st) {
			if now >= t && (i == len(r.Thresholds.Stalemate)-1 || now < r.stalemates(st)[i+1]) {
				add(Hold, Level(i+1), evidence.Head{FromMS: at, ToMS: t, Source: "clock"}, becauseStalemate)
			}
		}
	}
	onMatter, head := None, evidence.Head{}
	for k := range st.n {
		hist, ok := st.tl.At(evidence.Stated, k).(evidence.History)
		if !ok {
			continue
		}
		for i, n := range r.Thresholds.OnMatter {
			if hist.OnMatter >= n && Level(i+1) >= onMatter {
				onMatter, head = Level(i+1), hist.Head
			}
		}
	}
	if onMatter > None {
		add(Repeat, onMatter, head, becauseOnMatter)
	}
	return out
}

// stalemates gives the call times at which the stalemate reaches S1, S2 and S3; none before the final answer. Where an
// accommodation was asked for, each takes twice as long (E-20).
func (r *Rules) stalemates(st stated) []call.Millis {
	at, ok := finalAnswer(st)
	if !ok {
		return nil
	}
	factor := call.Millis(1)
	for i := range st.n {
		if m, ok := st.tl.At(evidence.Stated, i).(evidence.Mark); ok && m.Mark == evidence.MarkAccommodation {
			factor = 2
		}
	}
	var out []call.Millis
	for _, minutes := range r.Thresholds.Stalemate {
		out = append(out, at+factor*call.Millis(minutes)*60000)
	}
	return out
}

// finalAnswer gives the time of the first mark that the agent has given the final answer.
func finalAnswer(st stated) (call.Millis, bool) {
	for i := range st.n {
		if m, ok := st.tl.At(evidence.Stated, i).(evidence.Mark); ok && m.Mark == evidence.MarkFinalAnswer {
			return m.ToMS, true
		}
	}
	return 0, false
}
