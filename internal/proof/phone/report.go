package phone

import "time"

// A Report is what happened in a call, as seen by one phone. Times are milliseconds since the INVITE was sent or came.
type Report struct {
	Direction   string   `json:"direction"` // outgoing, incoming
	Result      string   `json:"result"`    // answered, rejected, cancelled, failed
	Status      int      `json:"status"`    // final SIP status of the INVITE
	Phrase      string   `json:"phrase,omitempty"`
	Reason      string   `json:"reason,omitempty"`      // Reason header (RFC 3326) of the final response or the BYE
	RetryAfter  string   `json:"retry_after,omitempty"` // of the final response
	Error       string   `json:"error,omitempty"`
	EndedBy     string   `json:"ended_by"` // us, them
	Why         string   `json:"why"`      // bye, cancel, rejected, …
	CallID      string   `json:"sip_call_id"`
	Provisional []int    `json:"provisional"`
	Asked       []string `json:"asked,omitempty"` // headers of interest of an incoming INVITE
	AnsweredMS  int64    `json:"answered_ms"`     // -1 when not answered
	EndedMS     int64    `json:"ended_ms"`
	Reinvites   int      `json:"reinvites_received"`
	Events      []Event  `json:"events"`
	Media       Media    `json:"media"`
}

// An Event is one thing that happened.
type Event struct {
	AtMS   int64  `json:"at_ms"`
	What   string `json:"what"`
	Detail string `json:"detail,omitempty"`
}

// Media is the account of a phone's RTP.
type Media struct {
	Codec        string  `json:"codec,omitempty"`
	Sent         int     `json:"packets_sent"`
	Received     int     `json:"packets_received"`
	Lost         int     `json:"packets_lost"` // by sequence number
	Strange      int     `json:"packets_not_understood"`
	SSRCChanges  int     `json:"ssrc_changes"`
	MaxGapMS     float64 `json:"max_gap_ms"`    // longest time between two packets heard, hold left out
	MaxTSOffMS   float64 `json:"max_ts_off_ms"` // farthest that timestamps were from arrival, within a source
	Digits       string  `json:"digits"`
	FirstHeardMS int64   `json:"first_heard_ms"` // -1 when nothing was heard
	RecordedMS   int64   `json:"recorded_ms"`
	RecordFromMS int64   `json:"record_from_ms"` // where the recording's beginning stands
}

func (c *Call) since() int64 { return time.Since(c.began).Milliseconds() }

// note adds an event to the report.
func (c *Call) note(what, detail string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noteLocked(what, detail)
}

func (c *Call) noteLocked(what, detail string) {
	c.report.Events = append(c.report.Events, Event{AtMS: c.since(), What: what, Detail: detail})
}
