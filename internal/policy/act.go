package policy

import (
	"errors"

	"commusafe/internal/call"
	"commusafe/internal/judge"
)

// step gives the actions of one step of the ladder. A closing is followed by the cut and by a limit on later calls: a
// provisional one by itself where the machine cuts by itself, otherwise one that is proposed to two people.
func (r Rules) step(do Do, mode Mode, by string, j judge.Judgement) []Action {
	a := Action{Do: do, Mode: mode, By: by, Because: because(j)}
	switch do {
	case Warn1:
		a.Prompt = "warn1"
		if f := withoutCriteria(j); len(f) > 0 {
			a.Prompt = WarningPrompt(f[0].Category)
		}
	case Warn2:
		a.Prompt = "warn2"
	case Final:
		a.Prompt = "final"
	case AskKey:
		a.Prompt = "silent"
	case Announce:
		a.Prompt = "closing_time"
	case Closing:
		a.Prompt = "closing"
		if f := withoutCriteria(j); len(f) > 0 && f[0].Category == judge.Silent {
			a.Prompt = "silent_end"
		}
		if mode == AskFirst {
			return []Action{a} // the person's command brings the cut with it
		}
		acts := []Action{a, {Do: Cut, Mode: mode, By: by, Because: a.Because}}
		limit := r.about(j).Mode(LimitNow)
		if limit == Auto && by != "" {
			limit = AskFirst
		}
		if limit != Off {
			acts = append(acts, Action{Do: LimitNow, Mode: limit, Because: a.Because})
		}
		return acts
	}
	return []Action{a}
}

// Begun tells that an action of nobody's command began that the ladder has to wait for: the voicebot.
func (r Rules) Begun(s State, do Do) State {
	if s.Busy == "" {
		s.Busy = do
	}
	return s
}

// Done tells that an action ended. complete is whether the caller got a prompt to its end.
func (r Rules) Done(s State, do Do, at call.Millis, complete bool) State {
	if s.Busy == do {
		s.Busy = ""
	}
	if s.Stage == StageEmergency || !complete && do.Speaks() {
		return s
	}
	switch do {
	case AskKey:
		s.Asked, s.AskedMS = s.Asked+1, at
	case Warn1:
		s.Stage, s.SinceMS = StageWarn1, at
	case Warn2:
		s.Stage, s.SinceMS, s.Warn2Heard = StageWarn2, at, true
	case Final:
		s.Stage, s.SinceMS, s.FinalHeard = StageFinal, at, true
	case Closing:
		s.Stage, s.SinceMS = StageClosing, at
	case Cut:
		s.Stage, s.SinceMS = StageClosed, at
	}
	return s
}

// Failed tells that an action could not be done: the ladder stays where it was and a person may press.
func (r Rules) Failed(s State, do Do) State {
	if s.Busy == do {
		s.Busy = ""
	}
	s.HandsOff = s.HandsOff || do.Speaks() || do == Cut
	return s
}

// A Command is what a person wants done with a call.
type Command struct {
	Do   string `json:"do"`             // warn, announce, voicebot, rejoin, cut, wrong_flag, hands_off, resume, or a mark
	By   string `json:"by"`             // staff ID
	Role string `json:"role,omitempty"` // role of the person, for the journal
	Why  string `json:"why,omitempty"`
}

// Commands that are no actions.
const (
	CommandWarn      = "warn"
	CommandAnnounce  = "announce"
	CommandVoicebot  = "voicebot"
	CommandRejoin    = "rejoin"
	CommandCut       = "cut"
	CommandWrongFlag = "wrong_flag"
	CommandHandsOff  = "hands_off"
	CommandResume    = "resume"
)

// Errors of a command, each with a sentence in the text catalogue.
var (
	ErrUnknownCommand = errors.New("command is not known")
	ErrBusy           = errors.New("another action is under way")
	ErrCannot         = errors.New("this connection can't do that")
	ErrOver           = errors.New("the call is over")
)

// Command gives what a person's command leads to. It takes the same road as the machine's actions; the presets and
// the guards bind the machine, not people.
func (r Rules) Command(s State, c Command, j judge.Judgement, can call.Ability) (State, []Action, error) {
	if s.Stage == StageClosed {
		return s, nil, ErrOver
	}
	switch c.Do {
	case CommandWrongFlag:
		s.Stage, s.SinceMS, s.Proposed, s.HandsOff, s.Notified = StageNormal, j.AtMS, "", false, judge.None
		s.Warn2Heard, s.FinalHeard = false, false
		if s.Busy.Speaks() {
			return s, []Action{{Do: Stop, Mode: Auto, By: c.By}}, nil
		}
		return s, nil, nil
	case CommandHandsOff:
		s.HandsOff, s.Proposed = true, ""
		return s, nil, nil
	case CommandResume:
		s.HandsOff = false
		return s, nil, nil
	}
	do, err := r.wanted(s, c.Do, can)
	if err != nil {
		return s, nil, err
	}
	var acts []Action
	if s.Busy != "" {
		// A call can always be ended, and a caller always be taken out of the voicebot's hands.
		if s.Busy == do || do != Closing && (s.Busy != Voicebot || do != Rejoin) {
			return s, nil, ErrBusy
		}
		acts = append(acts, Action{Do: Stop, Mode: Auto, By: c.By})
	}
	s.Busy, s.Proposed = do, ""
	return s, append(acts, r.step(do, Auto, c.By, j)...), nil
}

func (r Rules) wanted(s State, command string, can call.Ability) (Do, error) {
	do, able := Do(""), true
	switch command {
	case CommandWarn:
		able, do = can.Announce, nextWarning(s)
	case CommandAnnounce:
		do, able = Announce, can.Announce
	case CommandVoicebot:
		do, able = Voicebot, can.Voicebot
	case CommandRejoin:
		do, able = Rejoin, can.Rejoin
	case CommandCut:
		do, able = Closing, can.Cut
	default:
		return "", ErrUnknownCommand
	}
	if !able {
		return "", ErrCannot
	}
	return do, nil
}

// nextWarning is what the one button for warnings speaks: what is proposed, else the next rung of the ladder.
func nextWarning(s State) Do {
	switch {
	case s.Proposed == Warn1 || s.Proposed == Warn2 || s.Proposed == Final || s.Proposed == AskKey:
		return s.Proposed
	case s.Stage == StageWarn1:
		return Warn2
	case s.Stage == StageWarn2 || s.Stage == StageFinal:
		return Final
	}
	return Warn1
}

// because names the reasons of a judgement, worst first, at most three.
func because(j judge.Judgement) []string {
	var out []string
	for _, f := range j.Findings {
		if f.Entry != "" {
			out = append(out, f.Entry)
		} else {
			out = append(out, f.Because)
		}
		if len(out) == 3 {
			break
		}
	}
	return out
}
