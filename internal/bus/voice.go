package bus

import (
	"context"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// A VoiceQuery asks an office which registered voices a caller's voice is like. It lives in memory only: a request and its
// answer, which no server keeps, and neither side writes the vector down (E-33).
type VoiceQuery struct {
	V      int         `json:"v"`
	Call   call.ID     `json:"call"`
	Source string      `json:"source"` // what made the vector; those of another source are not compared
	AtMS   call.Millis `json:"at_ms"`  // how far the caller was heard
	Vector []float32   `json:"vector"`
}

// A VoiceAnswer names candidates, the most alike first; none is the usual answer.
type VoiceAnswer struct {
	V          int                  `json:"v"`
	Candidates []evidence.Candidate `json:"candidates,omitempty"`
}

// SearchVoice asks an office.
func (l *Link) SearchVoice(ctx context.Context, q VoiceQuery) (VoiceAnswer, error) {
	return request[VoiceAnswer](ctx, l, "voice.search", q)
}

// ServeVoices answers such queries.
func (l *Link) ServeVoices(find func(VoiceQuery) VoiceAnswer) (*Subscription, error) {
	return serve(l, "voice.search", officesGroup, func(q VoiceQuery) (VoiceAnswer, bool) { return find(q), true })
}
