package web

import (
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// A NumberView is a telephone number for the screen.
type NumberView struct {
	E164     string           `json:"e164,omitempty" doc:"Compared form, +81…; empty for extensions and withheld numbers."`
	Local    string           `json:"local,omitempty" doc:"As dialled in Japan."`
	Withheld call.Withholding `json:"withheld,omitempty" doc:"Why no number is shown."`
}

// A CallRow is one call of the list of past calls.
type CallRow struct {
	ID         call.ID          `json:"id"`
	Began      time.Time        `json:"began"`
	DurationMS call.Millis      `json:"duration_ms"`
	Direction  call.Direction   `json:"direction"`
	Trunk      string           `json:"trunk"`
	From       NumberView       `json:"from"`
	To         NumberView       `json:"to"`
	Peak       judge.Level      `json:"peak"`
	Categories []judge.Category `json:"categories"`
	Stage      policy.Stage     `json:"stage" doc:"Highest stage of the ladder that was reached."`
	Actions    []policy.Do      `json:"actions" doc:"What was done to the end, in order."`
	EndedBy    call.By          `json:"ended_by,omitempty"`
	EndedWhy   string           `json:"ended_why,omitempty"`
	State      string           `json:"state" enum:"sealed,recovered,broken" doc:"State of the call folder."`
	Lost       []string         `json:"lost" doc:"What could not be kept."`
	Incident   string           `json:"incident,omitempty"`
}

// A CallPage is a part of the list. Next is empty on the last page.
type CallPage struct {
	Calls []CallRow `json:"calls"`
	Next  string    `json:"next,omitempty"`
}

// A CallFilter narrows the list. A number and words go in a body, never into a URL.
type CallFilter struct {
	Limit    int            `json:"limit,omitempty" minimum:"1" maximum:"200" default:"50"`
	Cursor   string         `json:"cursor,omitempty"`
	Level    judge.Level    `json:"level,omitempty" doc:"At least this level."`
	Category judge.Category `json:"category,omitempty"`
	Number   string         `json:"number,omitempty" maxLength:"40" doc:"Whole or ending of a number, as typed."`
	Words    string         `json:"words,omitempty" maxLength:"100" doc:"Words that were recognised or spotted."`
	From     time.Time      `json:"from,omitzero"`
	To       time.Time      `json:"to,omitzero"`
}

// A SealView tells whether the call folder is still what was sealed, proven now.
type SealView struct {
	State string    `json:"state" enum:"sealed,recovered,broken"`
	At    time.Time `json:"at,omitzero"`
	Lines int       `json:"lines"`
	Last  string    `json:"last,omitempty" doc:"Hash of the last journal line."`
	Whole bool      `json:"whole" doc:"Every file is byte for byte what was sealed."`
	Why   string    `json:"why,omitempty" doc:"What is broken first."`
}

// A JudgementAt is a judgement as it was at a time of the call.
type JudgementAt struct {
	Seq       int             `json:"seq"`
	AtMS      call.Millis     `json:"at_ms"`
	Judgement judge.Judgement `json:"judgement"`
}

// A CallDetail is everything about a past call but its sound.
type CallDetail struct {
	Call       CallRow        `json:"call"`
	Lines      []bus.ViewLine `json:"lines" doc:"The same shape as the lines of a live call."`
	Judgements []JudgementAt  `json:"judgements"`
	Worst      *JudgementAt   `json:"worst,omitempty" doc:"The first judgement of the highest level: its reasons and counter-reasons."`
	Seal       SealView       `json:"seal"`
	Program    string         `json:"program,omitempty"`
	Preset     policy.Preset  `json:"preset,omitempty"`
	Lexicon    string         `json:"lexicon,omitempty"`
	Case       *IncidentView  `json:"case,omitempty" doc:"For those who may see cases."`
	Examples   []call.Millis  `json:"examples" doc:"Moments that people have flagged as wrong."`
	Listeners  []ListenedBy   `json:"listeners" doc:"Who has listened to the recording."`
	// Bot is what the voicebot learned of the caller.
	Bot *dialogue.Summary `json:"bot,omitempty" doc:"What the voicebot learned of the caller, if one spoke to him."`
}

// A ListenedBy is one listening to a recording.
type ListenedBy struct {
	Name  string     `json:"name"`
	Party call.Party `json:"party"`
	At    time.Time  `json:"at"`
}

// Peaks are the loudness of both parties for a wave picture: the largest value of each step, 0 to 1.
type Peaks struct {
	StepMS     call.Millis `json:"step_ms"`
	DurationMS call.Millis `json:"duration_ms"`
	Caller     []float64   `json:"caller"`
	Agent      []float64   `json:"agent"`
}

// A CommandBody is what a person wants done with a live call.
type CommandBody struct {
	ID  string `json:"id" minLength:"8" maxLength:"64" doc:"Made by the client; repeating a request with the same id is harmless."`
	Do  string `json:"do" enum:"warn,announce,voicebot,rejoin,cut,wrong_flag,hands_off,resume,final_answer,help,accommodation,accommodation_kept"`
	Why string `json:"why,omitempty" maxLength:"500"`
}

// A Done says that the request was carried out.
type Done struct {
	OK bool `json:"ok"`
}
