package policy

import (
	"slices"

	"commusafe/internal/call"
	"commusafe/internal/judge"
)

// A State is where one call stands. It changes only by Plan, Begun, Done, Failed and Command.
type State struct {
	Stage    Stage       `json:"stage"`
	SinceMS  call.Millis `json:"since_ms"` // when the stage was reached: the end of the prompt that brought it
	Busy     Do          `json:"busy,omitempty"`
	Proposed Do          `json:"proposed,omitempty"`
	// What the caller really got, to the end.
	Warn2Heard bool `json:"warn2_heard,omitempty"`
	FinalHeard bool `json:"final_heard,omitempty"`
	// Asked is how often a silent caller was asked for a key, to the end; AskedMS when last.
	Asked     int         `json:"asked,omitempty"`
	AskedMS   call.Millis `json:"asked_ms,omitempty"`
	Notified  judge.Level `json:"notified"`
	CutsToday int         `json:"cuts_today,omitempty"` // automatic cuts of the centre today, before this call
	Desk      Window      `json:"desk,omitzero"`        // when people look at what was cut
	// HandsOff is set by a person or an emergency: nothing more is done by itself.
	HandsOff bool `json:"hands_off,omitempty"`
}

// Begin is the state of a new call.
func Begin(cutsToday int) State {
	return State{Stage: StageNormal, CutsToday: cutsToday}
}

// Plan gives what is to be done about a judgement. The same state and judgement give the same plan.
func (r Rules) Plan(s State, j judge.Judgement) (State, []Action) {
	s = r.calm(s, j)
	var acts []Action
	if j.Level >= judge.Warning && j.Level > s.Notified {
		do := Notify
		if j.Level == judge.Emergency {
			do = Alert
		}
		s.Notified = j.Level
		acts = append(acts, Action{Do: do, Mode: Auto, Because: because(j)})
	}
	if j.Level == judge.Emergency && s.Stage != StageClosed {
		return r.emergency(s, j, acts)
	}
	if s.Stage == StageNormal && j.Level >= judge.Caution {
		s.Stage, s.SinceMS = StageWatch, j.AtMS
	}
	if s.Busy != "" || s.HandsOff {
		return s, acts
	}
	do, ready := r.due(s, j)
	if !ready {
		do, ready = r.unheard(s, j)
	}
	if !ready {
		if s.Proposed == AskKey { // the caller has given a sign
			s.Proposed = ""
		}
		return s, acts
	}
	mode := r.about(j).Mode(do)
	if mode == Auto {
		if _, guarded := j.GuardedSince(j.AtMS - r.Guard); guarded || j.Accommodation || threatened(j) || !r.fresh(j) || do == Closing && (s.CutsToday >= r.CutCap || !s.Warn2Heard || !s.Desk.Open(j.AtMS)) {
			mode = AskFirst
		}
	}
	if mode == Off || mode == AskFirst && s.Proposed == do {
		return s, acts
	}
	acts = append(acts, r.step(do, mode, "", j)...)
	if mode == AskFirst {
		s.Proposed = do
	} else {
		s.Proposed, s.Busy = "", do
	}
	return s, acts
}

// emergency stops everything that is done by itself; only people act from here on (E-25).
func (r Rules) emergency(s State, j judge.Judgement, acts []Action) (State, []Action) {
	if s.Stage == StageEmergency {
		return s, acts
	}
	s.Stage, s.SinceMS, s.HandsOff, s.Proposed = StageEmergency, j.AtMS, true, ""
	if s.Busy.Speaks() || s.Busy == Closing {
		s.Busy = ""
		acts = append(acts, Action{Do: Stop, Mode: Auto, Because: because(j)})
	}
	return s, acts
}

// due gives the next step of the ladder when the evidence calls for it.
func (r Rules) due(s State, j judge.Judgement) (Do, bool) {
	switch s.Stage {
	case StageNormal, StageWatch:
		if acts(j) < judge.Warning || !r.twoCues(j) {
			return "", false
		}
		if explicit(j) {
			return Final, true
		}
		return Warn1, true
	case StageWarn1:
		if explicit(j) && r.strikesAfter(s, j, r.Gap) > 0 {
			return Final, true
		}
		return Warn2, r.strikesAfter(s, j, r.Gap) > 0
	case StageWarn2:
		return Final, r.strikesAfter(s, j, r.Gap) > 0
	case StageFinal:
		return Closing, r.cutRule(s, j)
	}
	return "", false
}

// unheard gives what can be done with a caller who has not said a word: he is asked for a key, twice, and only when he has
// given no sign after the second time an ending is proposed (E-21). All of it is for people to press.
func (r Rules) unheard(s State, j judge.Judgement) (Do, bool) {
	switch {
	case !j.Quiet || s.Stage != StageNormal && s.Stage != StageWatch:
		return "", false
	case s.Asked < 2:
		return AskKey, s.Asked == 0 || j.AtMS >= s.AskedMS+r.Gap
	}
	for _, f := range withoutCriteria(j) {
		if f.Category == judge.Silent {
			return Closing, true
		}
	}
	return "", false
}

// twoCues is the evidence that a first warning by itself needs: two independent strikes in one channel within a
// time, or strikes in two channels (contracts §8). Strikes of statistics alone are none.
func (r Rules) twoCues(j judge.Judgement) bool { return r.recent(j) >= 2 }

// recent counts the strikes that a first warning can rest on.
func (r Rules) recent(j judge.Judgement) int {
	recent := 0
	for _, k := range j.Strikes {
		if k.AtMS > j.AtMS-r.Within && !k.Statistical {
			recent++
		}
	}
	return recent
}

// explicit tells whether conduct was such that the ladder begins at the final notice (domain C1).
func explicit(j judge.Judgement) bool {
	for _, f := range j.Findings {
		if f.Level >= judge.Severe && !f.Statistical() && !f.ForPeople() && (f.Category == judge.Sexual || f.Category == judge.Dogeza) {
			return true
		}
	}
	return false
}

// strikesAfter counts the strikes of words, not of statistics alone, that came at least gap after the stage was reached.
func (r Rules) strikesAfter(s State, j judge.Judgement, gap call.Millis) int {
	n := 0
	for _, k := range j.Strikes {
		if k.AtMS >= s.SinceMS+gap && !k.Statistical {
			n++
		}
	}
	return n
}

// cutRule is the evidence that a cut needs: the final notice heard to its end, then two further strikes. Going on
// after the final notice is persistence, so one strike of manner or content makes the second channel.
func (r Rules) cutRule(s State, j judge.Judgement) bool {
	if !s.FinalHeard || j.AtMS < s.SinceMS+r.FinalGap {
		return false
	}
	n, words := 0, false
	for _, k := range j.Strikes {
		if k.AtMS > s.SinceMS && !k.Statistical {
			n++
			words = words || k.Channel == judge.Manner || k.Channel == judge.Content
		}
	}
	return n >= 2 && words
}

// calm lowers the stage by one for each stretch without a strike.
func (r Rules) calm(s State, j judge.Judgement) State {
	down := map[Stage]Stage{StageFinal: StageWarn2, StageWarn2: StageWarn1, StageWarn1: StageWatch, StageWatch: StageNormal}
	lower, ok := down[s.Stage]
	if !ok || s.Busy != "" || lower == StageNormal && j.Level > judge.None {
		return s
	}
	last := s.SinceMS
	for _, k := range j.Strikes {
		last = max(last, k.AtMS)
	}
	if j.AtMS-last < r.Calm {
		return s
	}
	s.Stage, s.SinceMS, s.Proposed = lower, j.AtMS, ""
	if lower == StageNormal {
		s.Notified = judge.None
	}
	return s
}

// Next is the call time at which the plan may change without new evidence; 0 if never.
func (r Rules) Next(s State, j judge.Judgement) call.Millis {
	next := j.NextMS
	sooner := func(t call.Millis) {
		if t > j.AtMS && (next == 0 || t < next) {
			next = t
		}
	}
	switch s.Stage {
	case StageFinal:
		sooner(s.SinceMS + r.FinalGap)
		fallthrough
	case StageWatch, StageWarn1, StageWarn2:
		if s.Stage == StageWatch && j.Level > judge.None {
			break
		}
		last := s.SinceMS
		for _, k := range j.Strikes {
			last = max(last, k.AtMS)
		}
		sooner(last + r.Calm)
	}
	return next
}

// threatened tells whether harm was announced, be it politely: then people speak, not the machine (domain B2).
func threatened(j judge.Judgement) bool {
	for _, f := range j.Findings {
		if f.Category == judge.Threat && f.Level >= judge.Warning && !f.Unworded() {
			return true
		}
	}
	return false
}

// fresh tells whether the newest strike is so near that an act by itself answers it. What was held back for a while is
// not caught up with out of the blue: it waits for a person or for the next strike.
func (r Rules) fresh(j judge.Judgement) bool {
	for _, k := range slices.Backward(j.Strikes) {
		if !k.Statistical {
			return j.AtMS-k.AtMS <= r.FinalGap
		}
	}
	return false
}
