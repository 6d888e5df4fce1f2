package policy

import (
	"commusafe/internal/call"
	"commusafe/internal/judge"
)

// An Outlook says what will happen next and what it still needs, for the person who watches.
type Outlook struct {
	Do   Do   `json:"do,omitempty"` // empty: nothing
	Mode Mode `json:"mode,omitempty"`
	// Strikes that are still needed, and the call time from which they count.
	Strikes int         `json:"strikes,omitempty"`
	FromMS  call.Millis `json:"from_ms,omitempty"`
	// Held names why nothing is done by itself: a guard's code, emergency, hands_off, preset, cap, life_line, desk.
	Held string `json:"held,omitempty"`
}

// Outlook tells what comes next for a call in this state.
func (r Rules) Outlook(s State, j judge.Judgement) Outlook {
	r = r.about(j)
	var o Outlook
	switch s.Stage {
	case StageNormal, StageWatch:
		o = Outlook{Do: Warn1, Strikes: max(0, 2-r.recent(j))}
	case StageWarn1:
		o = Outlook{Do: Warn2, Strikes: 1, FromMS: s.SinceMS + r.Gap}
	case StageWarn2:
		o = Outlook{Do: Final, Strikes: 1, FromMS: s.SinceMS + r.Gap}
	case StageFinal:
		o = Outlook{Do: Closing, Strikes: max(0, 2-r.strikesAfter(s, j, 1)), FromMS: s.SinceMS + r.FinalGap}
	default:
		if s.Stage == StageEmergency {
			o.Held = "emergency"
		}
		return o
	}
	o.Mode = r.Mode(o.Do)
	guard, guarded := j.GuardedSince(j.AtMS - r.Guard)
	switch {
	case s.HandsOff:
		o.Held = "hands_off"
	case o.Mode == Off:
		o.Held = "preset"
	case guarded:
		o.Held = string(guard)
	case j.Accommodation:
		o.Held = string(judge.GDis)
	case threatened(j):
		o.Held = string(judge.Threat)
	case o.Do == Closing && r.Preset == PresetAuto && r.LifeLine:
		o.Held = "life_line"
	case o.Do == Closing && r.Preset == PresetAuto && s.CutsToday >= r.CutCap:
		o.Held = "cap"
	case o.Do == Closing && r.Preset == PresetAuto && !s.Desk.Open(j.AtMS):
		o.Held = "desk"
	}
	return o
}
