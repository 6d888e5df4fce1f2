package course

import (
	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// A SettingsLine is the data of a journal's settings line: everything in force that a replay needs, beside the shipped
// lexicon with its packs, which it names by version. What the centre has added to it stands in the line.
type SettingsLine struct {
	Program    string           `json:"program"`
	Rules      policy.Rules     `json:"rules"`
	Thresholds judge.Thresholds `json:"thresholds"`
	Lexicon    string           `json:"lexicon"`
	Own        judge.Own        `json:"own,omitzero"`
	Trade      []string         `json:"trade,omitempty"` // packs of trades
	Can        call.Ability     `json:"can"`
	CutsToday  int              `json:"cuts_today"`
	Desk       policy.Window    `json:"desk,omitzero"`
}

// A PlanLine is the data of a plan line.
type PlanLine struct {
	Actions []policy.Action `json:"actions"`
	Stage   policy.Stage    `json:"stage"`
}

// A TurnLine is the data of a journal's turn line: what the voicebot does next, and where its dialogue stands.
type TurnLine struct {
	dialogue.Command
	State dialogue.State `json:"state"`
}
