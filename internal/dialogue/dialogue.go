// Package dialogue is the voicebot's conversation with a caller as a pure machine: what happened goes in, what to do
// next comes out (domain C3). The edge runs it live, a replay runs it again over the journal.
//
// Owns: the steps B0 to B8, what counts as a question, how often one is asked, the summary for the person who takes over.
// Never: clocks, sound, judging. That somebody is in danger, complains or is rude is found elsewhere and told here.
// Goroutines: none. A State is a value.
//
//	began ─► Greet ─► Purpose ─► Mirror ─► Number ─► Leaving ─► transfer      (B1 B2 B3 B4 B5)
//	           │         ▲  │       │ no
//	           │         └──┴───────┘ not understood, silent, no, rude once (B6)
//	           └► rude again, 9, nobody speaks: Recording ─► Thanking ─► end   (B7)
//	anywhere: danger ─► transfer at once; key 0, disability, not understood twice ─► Leaving, priority 1 (B0)
//	anywhere before Recording: words of a complaint ─► Leaving (B8)
//	refused: Thanking ─► end; only danger leads away from it
//
// Each command has a number, one higher than the one before, and what ends it names that number, so that what comes too
// late changes nothing. Every command is ended by what its runner must tell; no more than MaxCommands are ever given.
package dialogue

import "commusafe/internal/call"

// A Way is how a dialogue begins.
type Way string

// The ways. The text is the prompt that a dialogue begins with, where it has its own.
const (
	Full        Way = ""             // greeting and questions
	MessageOnly Way = "limited"      // a message and nothing else; danger and the key 0 still lead to a person
	NoAgent     Way = "bot_no_agent" // no agent could be reached: a message
	Refused     Way = "refused"      // not taken: why, how to object, and the end; only danger leads to a person
)

// A Step is where a dialogue stands.
type Step string

// The steps.
const (
	Greet     Step = "greet"     // B1
	Purpose   Step = "purpose"   // B2, B6
	Mirror    Step = "mirror"    // B3
	Number    Step = "number"    // B4
	Leaving   Step = "leaving"   // B5, B8, B0: the sentence before the transfer
	Recording Step = "recording" // B7
	Thanking  Step = "thanking"  // B7, and of a call that is not taken: the sentence before the end
	Over      Step = "over"
)

// An Exit is why a dialogue was left.
type Exit string

// The exits. Those that Urgent tells come with priority 1 (B0).
const (
	Routed        Exit = "routed"         // B5
	Danger        Exit = "danger"         // B0: crisis, fire, illness, injury, a threat
	Key           Exit = "key"            // B0: key 0
	NotUnderstood Exit = "not_understood" // B0: twice
	Disability    Exit = "disability"     // B0
	Complaint     Exit = "complaint"      // B8
	Message       Exit = "message"        // B7
	Silent        Exit = "silent"         // B7, but nobody spoke
	TurnedAway    Exit = "turned_away"    // a call that is not taken; he has heard how to object (E-16)
	HungUp        Exit = "hung_up"        // the caller left
)

// Exits lists all of them.
func Exits() []Exit {
	return []Exit{Routed, Danger, Key, NotUnderstood, Disability, Complaint, Message, Silent, TurnedAway, HungUp}
}

// Urgent tells whether a person must speak to the caller at once.
func (e Exit) Urgent() bool {
	return e == Danger || e == Key || e == NotUnderstood || e == Disability
}

// Person tells whether the caller goes to a person.
func (e Exit) Person() bool { return e.Urgent() || e == Routed || e == Complaint }

// A Kind says what an Event tells.
type Kind string

// Kinds of events. The first six are told by those who run the dialogue and stand in the journal as they are; the rest
// come of evidence, which has its own lines.
const (
	Began       Kind = "began"        // Way, Words
	Hearing     Kind = "hearing"      // Words: what hears the call has changed
	PromptEnded Kind = "prompt_ended" // N, Barged
	TurnEnded   Kind = "turn_ended"   // N: the caller spoke and has stopped, or has spoken for as long as he may
	Silence     Kind = "silence"      // N: he did not speak
	LineEnded   Kind = "line_ended"

	Words   Kind = "words" // Text
	Pressed Kind = "key"   // Key
	Found   Kind = "found" // Finding
)

// A Finding is what was noticed in the caller's words that the dialogue obeys.
type Finding string

// The findings, the gravest first.
const (
	FoundDanger     Finding = "danger"
	FoundDisability Finding = "disability"
	FoundComplaint  Finding = "complaint"
	FoundRough      Finding = "rough" // S2
)

// An Event is something that happened.
type Event struct {
	Kind    Kind    `json:"kind"`
	N       int     `json:"n,omitempty"` // the command that it ends
	Way     Way     `json:"way,omitempty"`
	Words   bool    `json:"words,omitempty"`  // what hears the call gives words
	Barged  bool    `json:"barged,omitempty"` // the caller spoke into the prompt, which ended it
	Text    string  `json:"text,omitempty"`
	Key     string  `json:"key,omitempty"`
	Finding Finding `json:"finding,omitempty"`
}

// A Do is what a Command wants.
type Do string

// What can be wanted. Say is ended by PromptEnded, Ask, Listen and Record by TurnEnded or Silence.
const (
	Say      Do = "say"      // play the prompts
	Ask      Do = "ask"      // play the prompts, then listen to the answer: one question
	Listen   Do = "listen"   // listen on, to what was asked before
	Record   Do = "record"   // play the prompts, then listen to a message
	Transfer Do = "transfer" // bring the caller to a person; the dialogue is over
	End      Do = "end"      // end the call; the dialogue is over
)

// A Command is what to do next. It takes the place of the one before at once.
type Command struct {
	N       int      `json:"n"`
	Do      Do       `json:"do"`
	Prompts []string `json:"prompts,omitempty"`
	Barge   bool     `json:"barge,omitempty"` // the caller's speech ends the prompts
	// How long to listen: at most, until so much silence after speech, until so much silence before any.
	LongestMS  call.Millis `json:"longest_ms,omitempty"`
	QuietMS    call.Millis `json:"quiet_ms,omitempty"`
	PatienceMS call.Millis `json:"patience_ms,omitempty"`
}

// Times of listening (C3).
const (
	quiet         call.Millis = 4000
	longestAnswer call.Millis = 45000
	patience      call.Millis = 8000
	longestKeys   call.Millis = 10000 // between two keys of a number
	longestRecord call.Millis = 60000
)

// What bounds a dialogue.
const (
	MaxQuestions   = 4 // in all, asked again or not
	MaxRepeats     = 2 // of one question
	MaxCorrections = 2
	maxMisses      = 2 // not understood so often, a person takes over
	maxSilences    = 2
	maxNumber      = 12  // keys of a number: fewer than a card has
	maxText        = 400 // runes kept of what was said in one turn
	// MaxCommands is more than any dialogue can come to.
	MaxCommands = 2 + MaxQuestions + maxNumber + 6
)
