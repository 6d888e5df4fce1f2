// Package bus is how the processes speak with each other: subjects, messages and their codecs on NATS, in one place
// (contracts §4).
//
// Owns: subjects, message types, the link to the server.
// Never: decisions; waiting for a slow reader (messages that may be lost are lost and counted by who needs them).
// Goroutines: those of the NATS client. Handlers run one at a time per subscription.
//
// Flow: sound goes from edge to listener, evidence back; live updates and sealed folders go from edge to office;
// commands and settings from office to edge. All messages carry v; JSON except sound (sound.go).
package bus

import (
	"encoding/json"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// Version is the version of all messages.
const Version = 1

// A Claim offers a call to the listeners; one of them takes it.
type Claim struct {
	V     int       `json:"v"`
	Call  call.ID   `json:"call"`
	Edge  string    `json:"edge"`
	Began time.Time `json:"began"`
}

// A Claimed is the answer of the listener that took a call.
type Claimed struct {
	V        int    `json:"v"`
	Listener string `json:"listener"` // machine and process, for people
	Engine   string `json:"engine"`   // what hears: builtin/1, sherpa/…
}

// Heard carries evidence to the edge that owns the call. An empty one renews the lease.
type Heard struct {
	V        int         `json:"v"`
	Call     call.ID     `json:"call"`
	Listener string      `json:"listener"`
	Items    []Item      `json:"items,omitempty"`
	Done     bool        `json:"done,omitempty"` // all sound was heard to its end
	CallerMS call.Millis `json:"caller_ms"`      // how far each party has been heard
	AgentMS  call.Millis `json:"agent_ms"`
	Engine   string      `json:"engine,omitempty"` // what hears, when it can change during a call
	Unread   int         `json:"-"`                // items that the reader does not understand
}

// UnmarshalJSON reads each item by itself: of a listener of a later version some may be unknown here. The rest of the message holds.
func (h *Heard) UnmarshalJSON(b []byte) error {
	type plain Heard
	m := struct {
		*plain
		Items []json.RawMessage `json:"items"`
	}{plain: (*plain)(h)}
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	h.Items, h.Unread = nil, 0
	for _, raw := range m.Items {
		var it Item
		if it.UnmarshalJSON(raw) != nil {
			h.Unread++
			continue
		}
		h.Items = append(h.Items, it)
	}
	return nil
}

// An Item is evidence in its tagged JSON form.
type Item struct{ evidence.Item }

// MarshalJSON writes the tagged form.
func (i Item) MarshalJSON() ([]byte, error) { return evidence.Marshal(i.Item) }

// UnmarshalJSON reads the tagged form.
func (i *Item) UnmarshalJSON(b []byte) (err error) {
	i.Item, err = evidence.Unmarshal(b)
	return err
}

// The states of the line of a call (architecture §5).
const (
	LineRinging    = "ringing"
	LineWatching   = "watching"
	LineAnnouncing = "announcing"
	LineBot        = "bot"
	LineRejoining  = "rejoining"
	LineCutting    = "cutting"
	LineEnded      = "ended"
)

// A CallView is everything a console shows of a live call. Each update replaces the one before, so a lost one
// heals with the next.
type CallView struct {
	Incoming  call.Incoming      `json:"incoming"`
	Edge      string             `json:"edge"`
	Revision  int                `json:"revision"`
	AtMS      call.Millis        `json:"at_ms"`
	Line      string             `json:"line"`
	OnHold    bool               `json:"on_hold,omitempty"`
	Preset    policy.Preset      `json:"preset"`
	State     policy.State       `json:"state"`
	Judgement judge.Judgement    `json:"judgement"`
	Outlook   policy.Outlook     `json:"outlook"`
	Proposed  []policy.Action    `json:"proposed,omitempty"`
	Limit     string             `json:"limit,omitempty"`  // limit in force when the call came
	Matter    string             `json:"matter,omitempty"` // what the limit is about, where it is about one thing only
	Can       call.Ability       `json:"can"`
	Listener  string             `json:"listener,omitempty"` // empty: nobody listens
	Engine    string             `json:"engine,omitempty"`
	Lines     []ViewLine         `json:"lines,omitempty"` // the newest, oldest first
	Peak      judge.Level        `json:"peak"`            // the highest level so far
	Actions   []policy.Do        `json:"actions,omitempty"`
	Ended     *call.EndReason    `json:"ended,omitempty"`
	New       *policy.Limit      `json:"new_limit,omitempty"` // the provisional limit that this call led to
	Lost      []string           `json:"lost,omitempty"`      // what could not be written down
	Meter     map[call.Party]int `json:"meter,omitempty"`     // loudness against the own calm, dB
	Marks     []evidence.Mark    `json:"marks,omitempty"`
	Gaps      []evidence.Gap     `json:"gaps,omitempty"`
	Bot       *dialogue.Summary  `json:"bot,omitempty"` // what the voicebot learned of the caller
	// Voices are the registered voices that the caller's may be (参考), each with its best score, the best first.
	Voices []evidence.Candidate `json:"voices,omitempty"`
}

// A ViewLine is one thing that happened, for the screen.
type ViewLine struct {
	Seq        int            `json:"seq"` // of the journal; -1 for partial words
	AtMS       call.Millis    `json:"at_ms"`
	Kind       string         `json:"kind"` // journal kind or evidence kind, partial
	Party      call.Party     `json:"party,omitempty"`
	Text       string         `json:"text,omitempty"` // words, or the surface of a spotted phrase
	Category   judge.Category `json:"category,omitempty"`
	Level      judge.Level    `json:"level,omitempty"`
	Confidence float64        `json:"confidence,omitempty"`
	Source     string         `json:"source,omitempty"`
	Do         policy.Do      `json:"do,omitempty"`
	Phase      string         `json:"phase,omitempty"` // of an action: begun, done, failed
	By         string         `json:"by,omitempty"`
	Stage      policy.Stage   `json:"stage,omitempty"`
	Mode       policy.Mode    `json:"mode,omitempty"`
	Because    string         `json:"because,omitempty"`
	Voice      string         `json:"voice,omitempty"` // registered voice that the caller's is like (参考); Confidence is the score
}

// An Update tells consoles of one live call.
type Update struct {
	V    int       `json:"v"`
	Wall time.Time `json:"wall"`
	Call CallView  `json:"call"`
}

// An Offer hands a sealed folder to the office. It is repeated at every start until it is acknowledged.
type Offer struct {
	V    int     `json:"v"`
	Edge string  `json:"edge"`
	Call call.ID `json:"call"`
	Dir  string  `json:"dir"`  // on one machine; on several the blob key
	Last string  `json:"last"` // last journal hash, so that an offer of another folder can't be taken for this one
}

// A HistoryRequest asks an office what is known of the caller of a number, as his call begins.
type HistoryRequest struct {
	V      int     `json:"v"`
	Call   call.ID `json:"call"`
	Number string  `json:"number"` // +81…
}

// A HistoryReply is what is known. History is evidence of kind history.
type HistoryReply struct {
	V       int  `json:"v"`
	Known   bool `json:"known"` // false: the office could not look
	History Item `json:"history"`
}

// A Reply answers a request. Error is a key of the text catalogue, empty when all is well.
type Reply struct {
	V      int    `json:"v"`
	Error  string `json:"error,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// A CommandRequest asks the edge that owns a call to do something with it. ID makes a repeated request harmless.
type CommandRequest struct {
	V       int            `json:"v"`
	ID      string         `json:"id"`
	Call    call.ID        `json:"call"`
	Command policy.Command `json:"command"`
}

// Settings are everything the centre has decided, as one snapshot. The edge keeps the last on its disk.
type Settings struct {
	V          int              `json:"v"`
	Version    int64            `json:"version"` // grows with each change
	Rules      policy.Rules     `json:"rules"`
	Thresholds judge.Thresholds `json:"thresholds"`
	Lexicon    judge.Lexicon    `json:"lexicon"`
	Limits     []policy.Limit   `json:"limits,omitempty"`
	Prompts    []Prompt         `json:"prompts,omitempty"`
	CutsToday  int              `json:"cuts_today"`
	Webhook    string           `json:"emergency_webhook,omitempty"` // what the edge itself calls at S4 when the office is away
	// Exempt says why 自動 runs without a shadow report; shown as a banner (contracts §8).
	Exempt string `json:"exempt,omitempty"`
	// Voices is how many registered voices there are to be compared with, by the source of their vectors. Without any,
	// listeners make no vectors.
	Voices map[string]int `json:"voices,omitempty"`
}

// A Prompt names a sound of the centre that replaces a shipped one.
type Prompt struct {
	ID     string `json:"id"`
	SHA256 string `json:"sha256"`
	Data   []byte `json:"data"` // G.711 WAV
}

// Health is what a process says of itself once a second.
type Health struct {
	V       int            `json:"v"`
	Role    string         `json:"role"`
	Machine string         `json:"machine"`
	PID     int            `json:"pid"`
	Wall    time.Time      `json:"wall"`
	OK      bool           `json:"ok"`
	Why     string         `json:"why,omitempty"`
	Counts  map[string]int `json:"counts,omitempty"`
}

// ShippedSettings are what an edge works with until an office has sent others: preset 確認してから.
func ShippedSettings() (Settings, error) {
	l, err := judge.ShippedLexicon()
	return Settings{V: Version, Rules: policy.ShippedRules(policy.PresetAsk), Thresholds: judge.ShippedThresholds(), Lexicon: l}, err
}
