package bus

import (
	"github.com/nats-io/nats.go"

	"commusafe/internal/call"
)

// A Look says that a person is looking at a call and wants its rough reading for the next seconds. It is repeated while
// they look.
type Look struct {
	V    int     `json:"v"`
	Call call.ID `json:"call"`
}

// A Rough is what the built-in engine takes the sounds of a party for, in kana: wrong in every third or fourth sound. It
// goes from the listener to the screen of who looks, past the edge: nothing is judged by it and nothing keeps it.
type Rough struct {
	V     int         `json:"v"`
	Call  call.ID     `json:"call"`
	Party call.Party  `json:"party"`
	AtMS  call.Millis `json:"at_ms"` // how far it was heard
	Kana  string      `json:"kana"`
}

// PublishLook tells the listener of a call that somebody looks.
func (l *Link) PublishLook(id call.ID) error {
	return l.publish("rough."+string(id)+".look", Look{V: Version, Call: id})
}

// SubscribeLook tells when somebody looks at a call.
func (l *Link) SubscribeLook(id call.ID, handle func(Look)) (*Subscription, error) {
	return subscribe(l, "rough."+string(id)+".look", "", func(k Look, _ *nats.Msg) { handle(k) })
}

// PublishRough sends a piece of a call's rough reading to those who look.
func (l *Link) PublishRough(r Rough) error { return l.publish("rough."+string(r.Call), r) }

// SubscribeRough gives the rough reading of a call while somebody looks.
func (l *Link) SubscribeRough(id call.ID, handle func(Rough)) (*Subscription, error) {
	return subscribe(l, "rough."+string(id), "", func(r Rough, _ *nats.Msg) { handle(r) })
}
