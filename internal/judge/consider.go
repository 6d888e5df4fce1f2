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

// maxStrikes bounds the strikes of a judgement; the newest stay.
const maxStrikes = 64

// A reason is a hit as it counts at a moment: what was read never changes, what it is worth does.
type reason struct {
	*hit
	level   Level
	because string
	aside   string   // why it was put aside; empty while it counts
	alone   bool     // only a sound, and no second cue stands by it: a sign, and no strike
	unsure  bool     // the spotter was not sure, and only anger or the gist stands by it, or the statistics are not: people see it, the machine does nothing by it
	crowded bool     // a phrase on a line on which everything is taken for some phrase
	of      *reading // that it is in, and the place of its item in its lane
	place   int
}

// timed are the findings that last as long as their cause does.
func (r *reason) timed() bool {
	switch r.because {
	case becauseStalemate, becauseStalemateHeard, becauseOnMatter, becauseMatterToday, becauseAgain, becauseRefusedEnd, becauseSilent:
		return true
	}
	return false
}

// unsupported tells whether only one of rules and statistics speaks for it.
func (r *reason) unsupported() bool { return r.because == becauseStatistics || r.doubt || r.alone }

func (r *reason) finding() Finding {
	f := r.Finding
	f.Level, f.Because = r.level, r.because
	return f
}

// Memory is how far back evidence can count, for those who want to forget what can't.
func (r *Rules) Memory() call.Millis {
	return memory*r.Thresholds.Decay + r.Thresholds.PairOther + r.Thresholds.Support
}

// Consider judges what was known of a call at a time of it.
func (r *Rules) Consider(tl *evidence.Timeline, now call.Millis) Judgement {
	j := Judgement{AtMS: now, Versions: r.version}
	room, ok := r.finder.reasons.Get().(*[]reason)
	if !ok {
		room = new([]reason)
	}
	rs := r.gather((*room)[:0], tl, now)
	r.askSupport(rs, tl, now)
	st := statedUntil(tl, now)
	forgive(rs, st)
	r.tellFrames(rs, tl)
	tellGists(rs)
	j.Strikes = r.strikes(rs)
	r.pair(rs)
	r.tellSigns(rs)
	rs = r.tellNeeds(rs, st.wrong)
	k := r.clock(st)
	rs = append(rs, r.lasting(st, k)...)
	if q, ok := r.quiet(st); ok && q.since >= r.Thresholds.Quiet {
		j.Quiet = true
		rs = append(rs, r.silent(st, q)...)
	}
	j.Accommodation = k.slow
	j.settle(rs, r.Thresholds.Decay)
	r.next(&j, rs, k)
	j.Unheard = unheard(st)
	clear(rs) // what was said is not kept
	*room = rs
	r.finder.reasons.Put(room)
	return j
}

// gather adds the hits that can still count, in the order in which they ended.
func (r *Rules) gather(out []reason, tl *evidence.Timeline, now call.Millis) []reason {
	since := now - memory*r.Thresholds.Decay
	take := func(of evidence.Lane) {
		from, to := tl.Between(of, since, now)
		for i := from; i < to; i++ {
			if g, ok := tl.At(of, i).(evidence.Gist); ok && worded(tl, g, now) {
				continue
			}
			of := r.recall(tl, of, i)
			for k := range of.hits {
				h := &of.hits[k]
				out = append(out, reason{hit: h, level: h.Level, because: h.Because, aside: h.why, unsure: h.Because == becauseWordsOnly, of: of, place: i})
			}
		}
	}
	take(evidence.Words)
	crowd(out)
	out = slices.DeleteFunc(out, func(h reason) bool { return h.gist && named(h, out) })
	n := len(out)
	take(evidence.Stated)
	if len(out) > n {
		slices.SortStableFunc(out, func(a, b reason) int { return cmp.Compare(a.ToMS, b.ToMS) })
	}
	return out
}

// apart tells whether a hit is of something else than one that ended before it. Where in its stretch a word was said is not known: of two engines the
// spotter gives a second of sound, and a recogniser all that was said without a pause around it.
func (r *Rules) apart(ended call.Millis, f *reason) bool {
	return f.ToMS-ended >= r.Thresholds.Apart && f.FromMS >= ended
}

// strikes counts hits of words that are Apart from each other; hits nearer than that are one strike of the gravest. What unknown words are like is none.
func (r *Rules) strikes(rs []reason) []Strike {
	var out []Strike
	for i := range rs {
		f := &rs[i]
		if f.aside != "" || f.alone || f.gist || f.Category.IsGuard() {
			continue
		}
		statistical := f.unsupported() || f.unsure
		if n := len(out); n > 0 && !r.apart(out[n-1].AtMS, f) {
			o := &out[n-1]
			if f.unsure && !o.Statistical {
				continue // what is for people makes nothing graver that counts
			}
			if f.level > o.Level || o.Statistical && !statistical {
				o.Level, o.Category, o.Channel = max(f.level, o.Level), f.Category, f.Channel
			}
			o.Statistical = o.Statistical && statistical
			continue
		}
		out = append(out, Strike{AtMS: f.ToMS, Category: f.Category, Channel: f.Channel, Level: f.level, Statistical: statistical})
	}
	return out[max(0, len(out)-maxStrikes):]
}

// pair raises a single sign to a clear case when an independent one of the same channel stands near before it. Signs of
// statistics alone neither raise nor are raised.
func (r *Rules) pair(rs []reason) {
	for i := range rs {
		f := &rs[i]
		if f.level != Caution || f.aside != "" || f.Category.IsGuard() || f.unsupported() {
			continue
		}
		window := r.Thresholds.PairOther
		if f.Channel == Manner {
			window = r.Thresholds.Pair
		}
		for k := i - 1; k >= 0 && f.ToMS-rs[k].ToMS <= window; k-- {
			o := &rs[k]
			if o.aside == "" && !o.unsupported() && o.Channel == f.Channel && !o.Category.IsGuard() && r.apart(o.ToMS, f) {
				if f.level = Warning; !f.unsure { // that it does nothing to the caller is the more important reason
					f.because = becausePair
				}
				break
			}
		}
	}
}

// tellSigns makes a clear case, of which people are told, of a sign when another one stands near before it, whatever they rest on: one may be chance,
// two seldom are (decision 0063). The machine does nothing by it. Phrases and the gist have rules of their own.
func (r *Rules) tellSigns(rs []reason) {
	sign := func(f *reason) bool {
		return f.aside == "" && f.level >= Caution && f.heard == 0 && !f.gist && !f.alone && !f.Category.IsGuard()
	}
	for i := range rs {
		f := &rs[i]
		if f.level != Caution || !sign(f) {
			continue
		}
		for k := i - 1; k >= 0 && f.ToMS-rs[k].ToMS <= r.Thresholds.PairOther; k-- {
			if o := &rs[k]; sign(o) && r.apart(o.ToMS, f) {
				f.level, f.because = Warning, becauseSigns
				break
			}
		}
	}
}

// faintNeed tells what is faintly like somebody in need, and is told the second time.
func (r *reason) faintNeed() bool { return r.Because == becauseNeed && r.aside == becauseUnsure }

// tellNeeds tells people of what is faintly like somebody in need when the same, or more of it, stands near before it, and forgets it otherwise.
// What came before a person said that the judgement was wrong is no cue.
func (r *Rules) tellNeeds(rs []reason, wrong call.Millis) []reason {
	for i := range rs {
		f := &rs[i]
		for k := i - 1; f.faintNeed() && k >= 0 && f.ToMS-rs[k].ToMS <= r.Thresholds.PairOther; k-- {
			o := &rs[k]
			if o.ToMS > wrong && o.Category == GCrisis && (o.aside == "" && !(o.gist && o.level == None) || o.faintNeed()) && f.ToMS-o.ToMS >= r.Thresholds.Apart {
				f.aside = ""
			}
		}
	}
	return slices.DeleteFunc(rs, func(f reason) bool { return f.faintNeed() })
}

// settle lets old findings fall, drops what has fallen to nothing, and keeps the worst and newest of what is left.
func (j *Judgement) settle(rs []reason, decay call.Millis) {
	var rooms [2][maxFindings + 1]*reason
	worst, newest := rooms[0][:0], rooms[1][:0]
	for i := range rs {
		f := &rs[i]
		if f.gist && f.level == None {
			continue // no sign, and none that was put aside
		}
		if f.aside != "" {
			f.level, f.because = None, f.aside
			newest = keep(newest, f, newer)
			continue
		}
		if f.Category.IsGuard() && !f.gist { // what is only like somebody in need holds nothing
			if (f.Category != GCrisis || f.level == None) && !f.faint {
				f.because = becauseGuard
			}
			newest = keep(newest, f, newer)
			if f.Category != GCrisis {
				continue
			}
		}
		if !f.timed() {
			f.level -= Level((j.AtMS - f.ToMS) / decay)
		}
		if f.level > None {
			j.Level = max(j.Level, f.level)
			worst = keep(worst, f, graver)
		}
	}
	if len(worst) > 0 {
		j.Findings = make([]Finding, 0, len(worst))
	}
	if len(newest) > 0 {
		j.Counter = make([]Finding, 0, len(newest))
	}
	for _, f := range worst {
		j.Findings = append(j.Findings, f.finding())
	}
	for _, f := range newest {
		c := f.finding()
		if f.aside == "" && f.Category != GCrisis {
			c.Level = None
		}
		j.Counter = append(j.Counter, c)
	}
}

// keep puts a reason at its place among the first few; later ones stand behind their equals.
func keep(list []*reason, f *reason, before func(a, b *reason) bool) []*reason {
	i := len(list)
	for i > 0 && before(f, list[i-1]) {
		i--
	}
	if i >= maxFindings {
		return list
	}
	list = slices.Insert(list, i, f)
	return list[:min(len(list), maxFindings)]
}

func graver(a, b *reason) bool {
	if less := a.gist || a.because == becauseSigns; a.level == b.level && less != (b.gist || b.because == becauseSigns) {
		return !less // something better is known than what unknown words are like, or than two signs
	}
	return cmp.Or(cmp.Compare(b.level, a.level), cmp.Compare(b.ToMS, a.ToMS), cmp.Compare(b.likely, a.likely), cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Category, b.Category)) < 0
}

func newer(a, b *reason) bool {
	return cmp.Or(cmp.Compare(b.ToMS, a.ToMS), cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Category, b.Category)) < 0
}

// next finds the time of the nearest change that comes without new evidence.
func (r *Rules) next(j *Judgement, rs []reason, k clock) {
	soonest := func(t call.Millis) {
		if t > j.AtMS && (j.NextMS == 0 || t < j.NextMS) {
			j.NextMS = t
		}
	}
	for i := range rs {
		f := &rs[i]
		if f.aside != "" || f.level <= None || f.timed() || f.Category.IsGuard() && f.Category != GCrisis {
			continue
		}
		age := (j.AtMS - f.ToMS) / r.Thresholds.Decay
		soonest(f.ToMS + (age+1)*r.Thresholds.Decay)
	}
	for i := range r.Thresholds.Stalemate {
		if t, ok := r.stalemate(k, i); ok {
			soonest(t)
		}
	}
}

// unheard lists what the last word about each kind of listening says was not heard.
func unheard(st stated) []string {
	var out []string
	for i := range st.n {
		if g, ok := st.tl.At(evidence.Stated, i).(evidence.Gap); ok && !slices.Contains(out, g.What) {
			out = append(out, g.What)
		}
	}
	slices.Sort(out)
	return out
}
