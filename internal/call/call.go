// Package call holds the words for one telephone call: its identity, its parties and their numbers,
// the time that runs inside it, what may be done with it, and how it ended.
//
// Owns: ID, Millis, Party, Number, Incoming, Ability, Admission, EndReason.
// Never: I/O, clocks other than the one that makes an ID, opinions.
// Goroutines: none.
package call

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// An ID names one call: a UUIDv7 (RFC 9562 §5.7) as lower-case text, made by the edge at the INVITE.
type ID string

// NewID makes the ID of a call that begins now.
func NewID() ID { return ID(uuid.Must(uuid.NewV7()).String()) }

// ParseID checks that s is a UUID in canonical lower-case form, so that an ID can be used as a folder name.
func ParseID(s string) (ID, error) {
	u, err := uuid.Parse(s)
	if err != nil || u.String() != s {
		return "", fmt.Errorf("call id %q is not a UUID in lower-case text", s)
	}
	return ID(s), nil
}

// Millis is call time: whole milliseconds since the INVITE arrived, by the edge's monotonic clock.
// It runs through hold and silence suppression and is the only time in audio, evidence, judge and policy.
type Millis int64

// At gives d as call time, cut to whole milliseconds.
func At(d time.Duration) Millis { return Millis(d.Milliseconds()) }

// Duration gives the call time as a duration since the call began.
func (m Millis) Duration() time.Duration { return time.Duration(m) * time.Millisecond }

// String gives the call time as minutes, seconds and tenths: 2:05.3.
func (m Millis) String() string {
	return fmt.Sprintf("%d:%02d.%d", m/60000, m/1000%60, m/100%10)
}

// A Party is one side of the conversation, told apart by the leg, never by the voice.
type Party string

// The two parties of a call.
const (
	Caller Party = "caller"
	Agent  Party = "agent"
)

// Other gives the opposite side.
func (p Party) Other() Party {
	if p == Caller {
		return Agent
	}
	return Caller
}

// Valid tells whether p is one of the two parties.
func (p Party) Valid() bool { return p == Caller || p == Agent }

// Direction tells who placed the call.
type Direction string

// Directions as the contact centre sees them.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
)

// An Incoming is what is known of a call at its INVITE, before anybody has answered.
type Incoming struct {
	ID        ID        `json:"id"`
	Began     time.Time `json:"began"` // wall clock, UTC
	Direction Direction `json:"direction"`
	Trunk     string    `json:"trunk"` // name of the trunk in the machine configuration
	From      Number    `json:"from"`
	To        Number    `json:"to"`
	Codec     string    `json:"codec"` // PCMU or PCMA, the one offered first that the trunk allows
	SIPCallID string    `json:"sip_call_id"`
}

// An Ability says what the front that carries a call can do with it, so that policy can choose another
// way in time instead of failing later. The inline front can do everything, SIPREC nothing but listen.
type Ability struct {
	Announce bool `json:"announce"`
	Voicebot bool `json:"voicebot"`
	Rejoin   bool `json:"rejoin"`
	Cut      bool `json:"cut"`
}

// A Verdict is what is done with a call before it is answered.
type Verdict string

// The ways to admit a call.
const (
	Accept                 Verdict = "accept"
	Refuse                 Verdict = "refuse"
	AnswerWithAnnouncement Verdict = "announcement"
	AnswerWithVoicebot     Verdict = "voicebot"
	AnswerWithRefusal      Verdict = "refusal" // told how to object, and ended; no agent's telephone rings
)

// An Admission is the decision about an incoming call, with the reason that the journal keeps.
type Admission struct {
	Verdict Verdict `json:"verdict"`
	// Status is the SIP status of a refusal: 607 Unwanted (RFC 8197), 608 Rejected (RFC 8688), 603 where a
	// trunk knows neither. 0 lets telephony take the trunk's configured code.
	Status int    `json:"status,omitempty"`
	Limit  string `json:"limit,omitempty"` // the limit in force, when one decided
	// Matter is what the limit is about, where it is about one thing only; Team the extension that is called in place of the number
	// that was dialled.
	Matter string `json:"matter,omitempty"`
	Team   string `json:"team,omitempty"`
	Why    string `json:"why,omitempty"`
}

// By tells who ended a call.
type By string

// Enders of a call.
const (
	ByCaller     By = "caller"
	ByAgent      By = "agent"
	BySupervisor By = "supervisor"
	ByPolicy     By = "policy"
	BySystem     By = "system" // time-outs, drain, failures
)

// An EndReason tells how a call ended, once and for good.
type EndReason struct {
	By     By     `json:"by"`
	Why    string `json:"why"`              // hangup, cancelled, cut, refused, rtp_timeout, no_answer, drain, failure …
	Status int    `json:"status,omitempty"` // SIP status of the final response or 200 for a BYE
}

// Error lets an EndReason be the cause of a cancelled context.
func (r EndReason) Error() string {
	return fmt.Sprintf("call ended by %s: %s", r.By, r.Why)
}
