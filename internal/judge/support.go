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

// askSupport puts hits aside that are not sure and that no second cue stands by. Of a phrase it is a voice well above the caller's own calm; where the
// stretch that it lies in is like harassment as a whole, the phrase says of what kind, as a sign beside it. Other phrases are none: in an hour of ordinary
// talk unsure ones meet by chance, and they add nothing to what the gist of a call tells (decision 0066). Guards need
// no cue: doubt is in the caller's favour. But a crisis that was not heard for sure alarms nobody until it is heard again; it holds the machine and shows.
//
// What only sounds like an entry is left as a sign. It is no cue for others, since a recogniser mishears the same words in the
// same way again; nor are statistics of the same words a cue for it.
func (r *Rules) askSupport(rs []reason, tl *evidence.Timeline, now call.Millis) {
	var unsure []int
	var by []support
	for i := range rs {
		h := &rs[i]
		if h.certain() || h.aside != "" || h.Category.IsGuard() && h.level == None {
			continue
		}
		if s := r.supportOf(i, rs, tl, now); s != voiced && !(h.faint && s == besides) {
			unsure, by = append(unsure, i), append(by, s)
		}
	}
	for k, i := range unsure {
		h := &rs[i]
		switch {
		case h.Category == GCrisis:
			if by[k] == unsupported {
				h.level, h.because = min(h.level, Caution), becauseMurmur
			}
		case h.faint:
			h.alone, h.level = true, min(h.level, Caution)
		case by[k] == angered:
			h.unsure, h.level, h.because = true, min(h.level, Warning), becauseHardly
		case by[k] == likened:
			h.alone, h.unsure, h.level, h.because = true, true, min(h.level, Caution), becauseHardly
		default:
			h.aside = becauseUnsure
		}
	}
}

// A support is the second cue of a hit.
type support int

const (
	unsupported support = iota
	besides             // another hit; of a crisis, and of what only sounds like an entry
	likened             // the gist of what was said with it
	angered             // an angry voice
	voiced              // a loud one
)

// supportOf gives the strongest cue of the i-th hit. A crisis has none but another crisis.
func (r *Rules) supportOf(i int, rs []reason, tl *evidence.Timeline, now call.Millis) support {
	h := &rs[i]
	beside := func(k int) bool {
		o := &rs[k]
		if o.FromMS < h.ToMS && o.ToMS > h.FromMS || o.weak || o.gist {
			return false
		}
		if !h.certain() && !o.certain() && h.heard+o.heard < bothHeard {
			return false
		}
		if h.Category == GCrisis || o.Category.IsGuard() {
			return h.Category == o.Category
		}
		return o.aside == "" && !o.faint && !(h.faint && o.unsupported())
	}
	if h.Category != GCrisis {
		louder, angrier := r.raised(h, tl, now)
		switch {
		case louder:
			return voiced
		case angrier && !h.weak && borneOut(h, rs, gistFloor):
			return angered
		case borneOut(h, rs, gistSign):
			return likened
		case h.heard > 0:
			return unsupported
		}
	}
	for k := i - 1; k >= 0 && h.ToMS-rs[k].ToMS <= r.Thresholds.Support; k-- {
		if beside(k) {
			return besides
		}
	}
	for k := i + 1; k < len(rs) && rs[k].ToMS-h.ToMS <= r.Thresholds.Support; k++ {
		if beside(k) {
			return besides
		}
	}
	return unsupported
}

// bothHeard is how sure the spotter must have been of two hits of a crisis together, if it was of neither. Below it they meet by chance too often: most of what it
// takes for a phrase in ordinary talk lies just over its floor.
const bothHeard = 0.9

// A voice or a line on which everything is misread has stretch after stretch taken for some phrase: crowdLeast of them, unsure, within crowdTime. There
// one is certain from crowdSure (decision 0060).
const (
	crowdLeast = 7
	crowdTime  = call.Millis(60000)
	crowdSure  = 0.75
)

// crowd marks the phrases that ended when many others had been heard; reasons are in the order in which they ended.
func crowd(rs []reason) {
	for i := range rs {
		h, n := &rs[i], 0
		if h.heard == 0 {
			continue
		}
		for k := i - 1; k >= 0 && n < crowdLeast && h.ToMS-rs[k].ToMS <= crowdTime; k-- {
			if o := &rs[k]; o.heard > 0 && !o.certain() && o.ToMS <= h.FromMS {
				n++
			}
		}
		h.crowded = n >= crowdLeast
	}
}

// certain tells whether a hit needs no second cue.
func (r *reason) certain() bool { return r.sure && !(r.crowded && r.heard < crowdSure) }

// angerCue is the anger against the caller's own calm that is a second cue. Joy reads as a little anger too.
const angerCue = 0.75

// raised tells whether the voice was well above the caller's own calm while a hit was said, in loudness and in anger.
func (r *Rules) raised(h *reason, tl *evidence.Timeline, now call.Millis) (louder, angrier bool) {
	// A window of sound is a second or a few long, so what lies over the hit ends soon after it.
	from, to := tl.Between(evidence.Heard, h.FromMS, min(now, h.ToMS+r.Thresholds.Support))
	for k := from; k < to; k++ {
		switch s := tl.At(evidence.Heard, k).(type) {
		case evidence.Sound:
			louder = louder || s.Party == call.Caller && s.LoudnessDB >= r.Thresholds.LouderDB && s.FromMS < h.ToMS
		case evidence.Emotion:
			angrier = angrier || s.Party == call.Caller && s.Anger >= angerCue && s.FromMS < h.ToMS
		}
	}
	return louder, angrier
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
