package judge

import (
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// stated is what people and the machine had stated about a call by a time, and what is kept of its words.
type stated struct {
	tl      *evidence.Timeline
	now     call.Millis
	n, kept int
	wrong   call.Millis // when a person last said that the judgement was wrong; −1 for never
}

func statedUntil(tl *evidence.Timeline, now call.Millis) stated {
	_, n := tl.Between(evidence.Stated, -1<<60, now)
	_, kept := tl.Between(evidence.Kept, -1<<60, now)
	st := stated{tl: tl, now: now, n: n, kept: kept, wrong: -1}
	for m := range st.marks {
		if m.Mark == evidence.MarkWrongFlag {
			st.wrong = m.ToMS
		}
	}
	return st
}

// marks tells the marks in order.
func (st stated) marks(yield func(evidence.Mark) bool) {
	for i := range st.n {
		if m, ok := st.tl.At(evidence.Stated, i).(evidence.Mark); ok && !yield(m) {
			return
		}
	}
}

// histories tells what was known of the caller.
func (st stated) histories(yield func(evidence.History) bool) {
	for i := range st.n {
		if h, ok := st.tl.At(evidence.Stated, i).(evidence.History); ok && !yield(h) {
			return
		}
	}
}

// traces tells what is kept of the words since a person last said that the judgement was wrong, in order.
func (st stated) traces(yield func(evidence.Head, *trace) bool) {
	for i := range st.kept {
		if t, ok := st.tl.Note(evidence.Kept, i).(*trace); ok && t.head.ToMS > st.wrong && !yield(t.head, t) {
			return
		}
	}
}

// accommodated tells whether a person has marked that an accommodation was asked for, in this call or, if it was to be
// kept, in an earlier one. It is no evidence against anybody: it makes the machine slower and leaves speaking to people
// (E-20). What only sounded like it holds the machine for a while, as every guard does.
func (st stated) accommodated() bool {
	for m := range st.marks {
		if m.Mark == evidence.MarkAccommodation || m.Mark == evidence.MarkAccommodationKept {
			return true
		}
	}
	for h := range st.histories {
		if h.Accommodation {
			return true
		}
	}
	return false
}

// askSupport puts hits aside that the spotter was not sure of and that no second cue stands by: a repetition, a
// neighbouring hit, or a voice well above the caller's own calm. Guards need none: doubt is in the caller's favour. What
// only sounds like an entry is left as a sign. It is no cue for others, since a recogniser mishears the same words in the
// same way again; nor are statistics of the same words a cue for it.
func (r *Rules) askSupport(rs []reason, tl *evidence.Timeline, now call.Millis) {
	var alone []int
	for i := range rs {
		if h := &rs[i]; !h.sure && h.aside == "" && !h.Category.IsGuard() && !r.supported(i, rs, tl, now) {
			alone = append(alone, i)
		}
	}
	for _, i := range alone {
		if h := &rs[i]; h.faint {
			h.alone, h.level = true, min(h.level, Caution)
		} else {
			h.aside = becauseUnsure
		}
	}
}

func (r *Rules) supported(i int, rs []reason, tl *evidence.Timeline, now call.Millis) bool {
	h := &rs[i]
	beside := func(k int) bool {
		o := &rs[k]
		return !o.Category.IsGuard() && o.aside == "" && !o.faint && !(h.faint && o.unsupported()) && (o.FromMS >= h.ToMS || o.ToMS <= h.FromMS)
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
	for i := range rs {
		h := &rs[i]
		if h.ToMS <= st.wrong && h.aside == "" && (!h.Category.IsGuard() || h.Category == GCrisis) {
			h.aside = becauseWrong
		}
	}
}
