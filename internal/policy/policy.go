// Package policy decides whom to let in and what to do about a judgement: the ladder of warnings, the presets,
// the limits on later calls. It is pure: state and judgement in, state and actions out.
//
// Owns: Rules, Preset, Stage, State, Action, Command, Limit, Admit.
// Never: performing anything, clocks (call time and wall time are given), I/O.
// Goroutines: none. A State belongs to the goroutine that owns the call.
package policy

import (
	"fmt"
	"slices"
	"strings"

	"commusafe/internal/call"
	"commusafe/internal/judge"
)

// A Preset is how much the product may do by itself (contracts §8).
type Preset string

// The three presets.
const (
	PresetWatch Preset = "watch" // 見守り
	PresetAsk   Preset = "ask"   // 確認してから, the default
	PresetAuto  Preset = "auto"  // 自動
)

// A Mode says whether an action is done by itself, proposed to a person, or not at all.
type Mode string

// Modes of an action.
const (
	Auto     Mode = "auto"
	AskFirst Mode = "ask"
	Off      Mode = "off"
)

// A Stage is where the ladder of warnings stands.
type Stage string

// The stages of a call, in order; Emergency can be reached from anywhere.
const (
	StageNormal    Stage = "normal"
	StageWatch     Stage = "watch"
	StageWarn1     Stage = "warn1"
	StageWarn2     Stage = "warn2"
	StageFinal     Stage = "final"
	StageClosing   Stage = "closing"
	StageClosed    Stage = "closed"
	StageEmergency Stage = "emergency"
)

// A Do is a kind of action.
type Do string

// The actions.
const (
	Notify   Do = "notify"   // tell a supervisor
	Alert    Do = "alert"    // tell everybody who must know: danger
	Warn1    Do = "warn1"    // first warning, spoken to the caller
	Warn2    Do = "warn2"    // second warning
	Final    Do = "final"    // final notice
	Closing  Do = "closing"  // detach the agent, speak the closing text to the caller only
	Cut      Do = "cut"      // end the call
	AskKey   Do = "ask_key"  // ask a caller who says nothing for a key, as a sign that he is there
	Announce Do = "announce" // switch the caller to a recorded announcement
	Voicebot Do = "voicebot" // give the caller to the voicebot
	Rejoin   Do = "rejoin"   // bring caller and agent together again
	LimitNow Do = "limit"    // provisional limit on later calls of this number
	Stop     Do = "stop"     // stop what is being spoken
	End      Do = "end"      // end a call that the voicebot is through with; no cut
)

// Speaks tells whether an action is heard by the caller.
func (d Do) Speaks() bool {
	return slices.Contains([]Do{Warn1, Warn2, Final, Closing, AskKey, Announce, Voicebot}, d)
}

// An Action is what is to be done, or proposed.
type Action struct {
	Do     Do     `json:"do"`
	Mode   Mode   `json:"mode"`
	Prompt string `json:"prompt,omitempty"` // id of the prompt, for what is spoken; of the voicebot its dialogue.Way
	By     string `json:"by,omitempty"`     // staff ID of the person who commanded it; empty when the policy did
	// Because names the findings that led to it, by lexicon entry or catalogue key.
	Because []string `json:"because,omitempty"`
}

// Rules are the settings of acting. Times are call time.
type Rules struct {
	Preset   Preset      `json:"preset"`
	Gap      call.Millis `json:"gap_ms"`        // 15 s between the end of a warning and a strike that counts for the next
	FinalGap call.Millis `json:"final_gap_ms"`  // 10 s between the end of the final notice and the closing
	Calm     call.Millis `json:"calm_ms"`       // 5 min without a strike lower the stage by one
	Within   call.Millis `json:"within_ms"`     // 3 min: strikes of one channel that belong together
	Guard    call.Millis `json:"guard_hold_ms"` // 120 s after a guard nothing is spoken or cut by itself
	CutCap   int         `json:"cut_cap"`       // automatic cuts a day
	LifeLine bool        `json:"life_line"`     // a service on which lives depend: never cut by itself
	Public   bool        `json:"public_body"`   // a public body or essential service: no refusal, limits only
	LimitFor int         `json:"limit_hours"`   // how long a provisional limit lasts
	// Careful are kinds of conduct with which the machine does less by itself than the preset says.
	Careful []Careful `json:"careful,omitempty"`
	// Team is the extension at the PBX of people trained for difficult callers, for limits that lead there; empty: there is none.
	Team string `json:"team,omitempty"`
	// Desk are the hours in which people look at what was cut; outside of them nothing is cut by itself. Empty: always.
	Desk []Hours `json:"desk,omitempty"`
	// Closed are the days on which nobody does, whatever the hours: holidays. A journal has those that its call can reach.
	Closed []ClosedDay `json:"closed,omitempty"`
	// RefuseSilently turns calls that are refused away at the door (SIP 607): nothing is spoken, how to object stays unsaid.
	RefuseSilently bool `json:"refuse_silently,omitempty"`
	// Criteria are the centre's own; they tell people and do nothing else.
	Criteria []Criterion `json:"criteria,omitempty"`
}

// ShippedRules are the defaults, with the given preset.
func ShippedRules(p Preset) Rules {
	return Rules{Preset: p, Gap: 15000, FinalGap: 10000, Calm: 300000, Within: 180000, Guard: 120000, CutCap: 3, LimitFor: 24}
}

// Check tells the first thing that is wrong with the rules.
func (r Rules) Check() error {
	switch {
	case r.Preset != PresetWatch && r.Preset != PresetAsk && r.Preset != PresetAuto:
		return fmt.Errorf("rules: preset %q is not one of watch, ask, auto", r.Preset)
	case r.Gap < 5000 || r.FinalGap < 5000 || r.Calm < 30000 || r.Within < 10000 || r.Guard < 0:
		return fmt.Errorf("rules: a time is too short (gap and final gap ≥ 5 s, within ≥ 10 s, calm ≥ 30 s)")
	case checkHours(r.Desk) != nil:
		return checkHours(r.Desk)
	case checkClosed(r.Closed) != nil:
		return checkClosed(r.Closed)
	case !isExtension(r.Team):
		return fmt.Errorf("rules: team %q is not an extension: up to 32 digits, letters and + - _ . * #", r.Team)
	case checkCareful(r.Careful) != nil:
		return checkCareful(r.Careful)
	case r.CutCap < 0:
		return fmt.Errorf("rules: cut_cap must not be below 0")
	case r.LimitFor < 1 || r.LimitFor > 96:
		return fmt.Errorf("rules: a provisional limit lasts 1 to 96 hours; anything longer needs two people")
	}
	return checkCriteria(r.Criteria)
}

// isExtension tells whether a PBX can be asked for it; empty is none.
func isExtension(s string) bool {
	return len(s) <= 32 && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-_.*#") == ""
}

// Mode gives how an action of the machine is done under the preset (the table of contracts §8).
func (r Rules) Mode(d Do) Mode {
	switch {
	case d == Notify || d == Alert:
		return Auto
	case r.Preset == PresetWatch:
		return Off
	case r.Preset == PresetAsk || d == AskKey: // silence is sound alone, which never speaks by itself (E-12)
		return AskFirst
	case d == Cut || d == Closing:
		if r.LifeLine || r.CutCap == 0 {
			return AskFirst
		}
	}
	return Auto
}

// WarningPrompt chooses the first warning's text by what was said (domain C2).
func WarningPrompt(c judge.Category) string {
	switch c {
	case judge.Sexual:
		return "sexual"
	case judge.Dogeza:
		return "dogeza"
	case judge.Discrim:
		return "discrim"
	case judge.Privacy:
		return "privacy"
	case judge.SNS:
		return "sns"
	case judge.Hold, judge.Repeat, judge.Nitpick:
		return "warn1_time"
	}
	return "warn1"
}
