package bus

import (
	"github.com/nats-io/nats.go"

	"commusafe/internal/call"
)

// A Has says which listener has a call. Its edge repeats it while one has: a listener that lost the call without knowing lets it go.
type Has struct {
	V        int     `json:"v"`
	Call     call.ID `json:"call"`
	Listener string  `json:"listener"`
}

// PublishHas tells all who hear a call which of them has it.
func (l *Link) PublishHas(h Has) error { return l.publish("hear.has."+string(h.Call), h) }

// SubscribeHas tells which listener has a call.
func (l *Link) SubscribeHas(id call.ID, handle func(Has)) (*Subscription, error) {
	return subscribe(l, "hear.has."+string(id), "", func(h Has, _ *nats.Msg) { handle(h) })
}
