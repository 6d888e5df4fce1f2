package judge

import (
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// Times of persistence that are no settings.
const (
	declinedTwice = 30000 // ms between two refusals of the agent of which the second is a final answer
	answersTo     = 30000 // ms after a wish to end the call within which a refusal answers it
)

// Facts are what a centre's own criteria may ask of a call, beside its judgement.
type Facts struct {
	StalemateMinutes int // since the final answer, holds left out; 0 without one
	Again            int // how often what was answered was wanted again
	RefusedEnd       int // wishes to end the call that were refused
	OnMatter         int // this is the n-th call on the matter; 0 where people have named none
	MatterToday      int
	CallsToday       int
}

// Facts gives the facts that were known of a call at a time of it.
func (r *Rules) Facts(tl *evidence.Timeline, now call.Millis) Facts {
	st := statedUntil(tl, now)
	k := r.clock(st)
	f := Facts{StalemateMinutes: int(k.running(now) / 60000)}
	f.Again, _, _ = r.again(st, k)
	f.RefusedEnd, _, _ = r.refusedEnd(st)
	for h := range st.histories {
		f.OnMatter, f.MatterToday, f.CallsToday = h.OnMatter, h.MatterToday, h.CallsToday
	}
	return f
}

// running is how long the clock has run at a time.
func (k clock) running(now call.Millis) call.Millis {
	if !k.on || now <= k.began.ToMS {
		return 0
	}
	ran := now - k.began.ToMS
	for _, h := range k.holds {
		to := min(h.to, now)
		if h.open {
			to = now
		}
		ran -= max(0, to-max(h.from, k.began.ToMS))
	}
	return ran
}

// A clock is the stalemate's: it begins with the final answer and stands still on hold.
type clock struct {
	on    bool
	began evidence.Head
	words string // the answer, when it was heard and not marked
	holds []stretch
	slow  bool // an accommodation was asked for: every time is doubled
}

// A stretch of call time; an open one has no end yet.
type stretch struct {
	from, to call.Millis
	open     bool
}

// clock finds when the final answer was given: a person's mark, or an answer of the agent that was heard. Marks stay when
// a person says that the judgement was wrong; what the machine heard before does not count any more.
func (r *Rules) clock(st stated) clock {
	k := clock{slow: st.accommodated()}
	for m := range st.marks {
		switch m.Mark {
		case evidence.MarkFinalAnswer:
			if !k.on {
				k.on, k.began = true, m.Head
			}
		case evidence.MarkHold:
			if n := len(k.holds); n == 0 || !k.holds[n-1].open {
				k.holds = append(k.holds, stretch{from: m.ToMS, open: true})
			}
		case evidence.MarkResume:
			if n := len(k.holds); n > 0 && k.holds[n-1].open {
				k.holds[n-1].to, k.holds[n-1].open = m.ToMS, false
			}
		}
	}
	declined := call.Millis(-1)
	for h, t := range st.traces {
		if k.on && h.ToMS >= k.began.ToMS {
			break
		}
		again := t.name == cueDeclining && declined >= 0 && h.ToMS-declined >= declinedTwice
		if t.name == cueRefusal || again {
			k.on, k.began, k.words = true, h, t.words
			break
		}
		if t.name == cueDeclining && declined < 0 {
			declined = h.ToMS
		}
	}
	return k
}

// stalemate gives the call time at which the stalemate reaches its i-th level; false where it never does: no final
// answer, or a hold that has not ended.
func (r *Rules) stalemate(k clock, i int) (call.Millis, bool) {
	if !k.on {
		return 0, false
	}
	left := call.Millis(r.Thresholds.Stalemate[i]) * 60000
	if k.slow {
		left *= 2
	}
	t := k.began.ToMS
	for _, h := range k.holds {
		if !h.open && h.to <= t {
			continue
		}
		from := max(h.from, t)
		if from-t >= left {
			break
		}
		if h.open {
			return 0, false
		}
		left, t = left-(from-t), h.to
	}
	return t + left, true
}

// lasting gives the findings that need no new words: minutes since the final answer, calls on the same matter, what was
// answered and is wanted again, refusals to end the call.
func (r *Rules) lasting(st stated, k clock) []reason {
	var out []reason
	stale := None
	for i := range r.Thresholds.Stalemate {
		if t, ok := r.stalemate(k, i); ok && st.now >= t {
			h, because := evidence.Head{FromMS: k.began.ToMS, ToMS: t, Source: "clock"}, becauseStalemate
			if k.words != "" {
				because = becauseStalemateHeard
			}
			stale = Level(i + 1)
			out = append(out[:0], lasting(Hold, stale, h, k.words, because))
		}
	}
	out = r.known(out, st)
	if n, h, words := r.again(st, k); n >= r.Thresholds.Again && r.Thresholds.Again > 0 {
		out = append(out, lasting(Nitpick, Caution+min(stale, 1), h, words, becauseAgain))
	}
	n, h, words := r.refusedEnd(st)
	for i, need := range r.Thresholds.RefusedEnd {
		if level := Level(i + 1); need > 0 && n >= need && (i+1 == len(r.Thresholds.RefusedEnd) || n < r.Thresholds.RefusedEnd[i+1]) {
			out = append(out, lasting(Hold, level, h, words, becauseRefusedEnd))
		}
	}
	return out
}

func lasting(c Category, l Level, h evidence.Head, words, because string) reason {
	f := finding(c, l, h, words, "", because)
	f.Channel = Persistence
	return reason{hit: &hit{Finding: f, sure: true}, level: l, because: because}
}

// known adds what the office knows of earlier calls. A number is no person: this tells people and does nothing else.
func (r *Rules) known(out []reason, st stated) []reason {
	level, head, because := None, evidence.Head{}, ""
	count := func(n int, needs [3]int, h evidence.Head, why string) {
		for i, need := range needs {
			if l := Level(i + 1); need > 0 && n >= need && l > level {
				level, head, because = l, h, why
			}
		}
	}
	for h := range st.histories {
		count(h.OnMatter, r.Thresholds.OnMatter, h.Head, becauseOnMatter)
		count(h.MatterToday, r.Thresholds.MatterToday, h.Head, becauseMatterToday)
	}
	if level == None {
		return out
	}
	return append(out, lasting(Repeat, level, head, "", because))
}

// again counts how often something that was answered has been wanted again after the final answer, by meaning: the same
// wish in other words counts, a new one does not. What was wanted before the answer has been answered by it; what comes
// up later is new the first time.
func (r *Rules) again(st stated, k clock) (n int, last evidence.Head, words string) {
	if !k.on {
		return 0, last, ""
	}
	type wish struct {
		key  string
		last call.Millis
		n    int
	}
	var wishes []wish
	for h, t := range st.traces {
		for _, key := range t.keys {
			w := -1
			for i := range wishes {
				if wishes[i].key == key {
					w = i
				}
			}
			switch {
			case w < 0:
				wishes = append(wishes, wish{key: key, last: h.ToMS})
			case h.ToMS <= k.began.ToMS:
				wishes[w].last = h.ToMS
			case h.ToMS-wishes[w].last >= r.Thresholds.Apart:
				wishes[w].last = h.ToMS
				wishes[w].n++
				if wishes[w].n >= n {
					n, last, words = wishes[w].n, h, t.words
				}
			}
		}
	}
	return n, last, words
}

// refusedEnd counts the wishes of the agent to end the call that the caller has refused.
func (r *Rules) refusedEnd(st stated) (n int, last evidence.Head, words string) {
	wish, open := call.Millis(0), false
	for h, t := range st.traces {
		switch {
		case t.name == cueEnding && h.ToMS-wish >= r.Thresholds.Apart:
			wish, open = h.ToMS, true
		case t.name == cueStaying && open && h.ToMS-wish <= answersTo:
			n, last, words, open = n+1, h, t.words, false
		}
	}
	return n, last, words
}

// A quietness is how long a caller who has not said a word has been silent, by the last that was heard of him.
type quietness struct {
	since call.Millis
	upTo  call.Millis
}

// quiet tells whether the caller has not said a word, and may be there all the same. A line on which nothing comes from
// him, a key that he pressed, words or phrases of his, an accommodation: he is not silent, he can't be heard or can't
// speak.
func (r *Rules) quiet(st stated) (quietness, bool) {
	if r.Thresholds.Quiet <= 0 {
		return quietness{}, false
	}
	_, to := st.tl.Between(evidence.Heard, -1<<60, st.now)
	var q quietness
	for i := to - 1; i >= 0 && q.upTo == 0; i-- {
		if s, ok := st.tl.At(evidence.Heard, i).(evidence.Sound); ok && s.Party == call.Caller {
			if s.TalkShare > 0 || s.SilenceMS == 0 {
				return q, false
			}
			q = quietness{since: call.Millis(s.SilenceMS), upTo: s.ToMS}
		}
	}
	if q.upTo == 0 || st.accommodated() {
		return q, false
	}
	for i := range st.n {
		if g, ok := st.tl.At(evidence.Stated, i).(evidence.Gap); ok && (g.What == "sound" || g.What == "words") {
			return q, false
		}
	}
	_, words := st.tl.Between(evidence.Words, -1<<60, st.now)
	for i := range words {
		if st.tl.At(evidence.Words, i).Span().Party == call.Caller {
			return q, false
		}
	}
	return q, true
}

// silent is the finding of a caller who was asked twice and gave no sign.
func (r *Rules) silent(st stated, q quietness) []reason {
	asked, last := 0, call.Millis(-1<<40)
	for h, t := range st.traces {
		if t.name == cueAsking && h.ToMS-last >= r.Thresholds.Apart && q.upTo-h.ToMS >= r.Thresholds.Quiet {
			asked, last = asked+1, h.ToMS
		}
	}
	if asked < 2 {
		return nil
	}
	level := Caution
	for h := range st.histories {
		if h.Silent >= 2 {
			level = Warning
		}
	}
	return []reason{lasting(Silent, level, evidence.Head{Party: call.Caller, FromMS: q.upTo - q.since, ToMS: q.upTo, Source: "clock"}, "", becauseSilent)}
}
