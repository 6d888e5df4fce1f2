package bus

import (
	"context"

	"github.com/nats-io/nats.go"

	"commusafe/internal/call"
)

// Engines of full recognition are processes of their own. The listener that claimed a call offers it to one process of
// each configured engine; that process hears the call's sound like any listener and sends its evidence to the claimer,
// which sends it on to the edge. So the edge's claims know nothing of engines.

const wordsGroup = "words"

// RequestWords offers a call to the processes of an engine and waits for the one that takes it.
func (l *Link) RequestWords(ctx context.Context, engine string, c Claim) (Claimed, error) {
	return request[Claimed](ctx, l, "hear.words."+engine, c)
}

// ServeWords takes calls for an engine. take gives false when this process has no room.
func (l *Link) ServeWords(engine string, take func(Claim) (Claimed, bool)) (*Subscription, error) {
	return serve(l, "hear.words."+engine, wordsGroup, take)
}

// PublishWords sends an engine's evidence to the listener that claimed the call.
func (l *Link) PublishWords(h Heard) error { return l.publish("words."+string(h.Call), h) }

// SubscribeWords gives the evidence of all engines that hear a call.
func (l *Link) SubscribeWords(id call.ID, handle func(Heard)) (*Subscription, error) {
	return subscribe(l, "words."+string(id), "", func(h Heard, _ *nats.Msg) { handle(h) })
}

// A Kept says that a process which took a call late has been sent all sound that was kept for it.
type Kept struct {
	V        int     `json:"v"`
	Call     call.ID `json:"call"`
	Listener string  `json:"listener"` // whom it is for
}

// PublishKept tells an engine's process that the kept sound has been sent.
func (l *Link) PublishKept(k Kept) error { return l.publish("words."+string(k.Call)+".kept", k) }

// SubscribeKept gives such news of a call.
func (l *Link) SubscribeKept(id call.ID, handle func(Kept)) (*Subscription, error) {
	return subscribe(l, "words."+string(id)+".kept", "", func(k Kept, _ *nats.Msg) { handle(k) })
}

// PublishWordsHas tells the processes of an engine which of them has a call, for the listener that claimed it.
func (l *Link) PublishWordsHas(engine string, h Has) error {
	return l.publish("words."+string(h.Call)+".has."+engine, h)
}

// SubscribeWordsHas gives such news of a call.
func (l *Link) SubscribeWordsHas(engine string, id call.ID, handle func(Has)) (*Subscription, error) {
	return subscribe(l, "words."+string(id)+".has."+engine, "", func(h Has, _ *nats.Msg) { handle(h) })
}
