package bus

import (
	"context"
	"log/slog"

	"github.com/nats-io/nats.go"

	"commusafe/internal/call"
)

// Queue groups: of several processes of a role one gets the message.
const (
	listenersGroup = "listeners"
	officesGroup   = "offices"
)

// PublishSound sends a batch. While the link is down it is lost at once: the relay and the recorder wait for nobody.
func (l *Link) PublishSound(s Sound) error {
	b, err := s.Encode(make([]byte, 0, soundHeader+len(s.Octets.Data)))
	if err != nil {
		return err
	}
	return l.conn.Publish(l.prefix+"sound."+string(s.Call)+"."+string(s.Party), b)
}

// SubscribeSound gives both parties' sound of a call. The handler keeps Octets.Data if it likes.
func (l *Link) SubscribeSound(id call.ID, handle func(Sound)) (*Subscription, error) {
	sub, err := l.conn.Subscribe(l.prefix+"sound."+string(id)+".*", func(m *nats.Msg) {
		s, err := DecodeSound(m.Data)
		if err != nil || s.Call != id {
			l.log.Warn("sound message can't be read", slog.String("call_id", string(id)), slog.Int("bytes", len(m.Data)))
			return
		}
		handle(s)
	})
	if err != nil {
		return nil, err
	}
	return &Subscription{sub}, nil
}

// RequestClaim offers a call to the listeners and waits for the one that takes it.
func (l *Link) RequestClaim(ctx context.Context, c Claim) (Claimed, error) {
	return request[Claimed](ctx, l, "hear.claim", c)
}

// ServeClaims takes calls. take gives false when this listener has no room.
func (l *Link) ServeClaims(take func(Claim) (Claimed, bool)) (*Subscription, error) {
	return serve(l, "hear.claim", listenersGroup, take)
}

// PublishHeard sends evidence to the call's owner.
func (l *Link) PublishHeard(h Heard) error { return l.publish("evidence."+string(h.Call), h) }

// SubscribeHeard gives the evidence of a call.
func (l *Link) SubscribeHeard(id call.ID, handle func(Heard)) (*Subscription, error) {
	return subscribe(l, "evidence."+string(id), "", func(h Heard, _ *nats.Msg) { handle(h) })
}

// PublishUpdate tells all offices of a live call.
func (l *Link) PublishUpdate(u Update) error { return l.publish("feed", u) }

// SubscribeUpdates gives the live updates of all edges.
func (l *Link) SubscribeUpdates(handle func(Update)) (*Subscription, error) {
	return subscribe(l, "feed", "", func(u Update, _ *nats.Msg) { handle(u) })
}

// OfferFolder hands a sealed folder to an office and waits for its acknowledgement.
func (l *Link) OfferFolder(ctx context.Context, o Offer) (Reply, error) {
	return request[Reply](ctx, l, "folder.offer", o)
}

// ServeOffers takes sealed folders in.
func (l *Link) ServeOffers(take func(Offer) Reply) (*Subscription, error) {
	return serve(l, "folder.offer", officesGroup, func(o Offer) (Reply, bool) { return take(o), true })
}

// RequestHistory asks an office what is known of a caller.
func (l *Link) RequestHistory(ctx context.Context, r HistoryRequest) (HistoryReply, error) {
	return request[HistoryReply](ctx, l, "history", r)
}

// ServeHistory answers what is known of callers.
func (l *Link) ServeHistory(get func(HistoryRequest) HistoryReply) (*Subscription, error) {
	return serve(l, "history", officesGroup, func(r HistoryRequest) (HistoryReply, bool) { return get(r), true })
}

// Command asks the edge that owns a call.
func (l *Link) Command(ctx context.Context, edge string, c CommandRequest) (Reply, error) {
	return request[Reply](ctx, l, "command."+edge, c)
}

// ServeCommands answers the commands for an edge, each by itself: one that waits for its call holds no other. do is called by several
// goroutines at once.
func (l *Link) ServeCommands(edge string, do func(CommandRequest) Reply) (*Subscription, error) {
	return serveEach(l, "command."+edge, do)
}

// PublishSettings sends a new snapshot to all.
func (l *Link) PublishSettings(s Settings) error { return l.publish("settings", s) }

// SubscribeSettings gives every new snapshot.
func (l *Link) SubscribeSettings(handle func(Settings)) (*Subscription, error) {
	return subscribe(l, "settings", "", func(s Settings, _ *nats.Msg) { handle(s) })
}

// RequestSettings asks an office for the snapshot in force.
func (l *Link) RequestSettings(ctx context.Context) (Settings, error) {
	return request[Settings](ctx, l, "settings.get", Reply{V: Version})
}

// ServeSettings answers requests for the snapshot in force.
func (l *Link) ServeSettings(get func() Settings) (*Subscription, error) {
	return serve(l, "settings.get", officesGroup, func(Reply) (Settings, bool) { return get(), true })
}

// PublishHealth says how a process is.
func (l *Link) PublishHealth(h Health) error { return l.publish("health."+h.Role+"."+h.Machine, h) }

// SubscribeHealth gives what all processes say of themselves.
func (l *Link) SubscribeHealth(handle func(Health)) (*Subscription, error) {
	return subscribe(l, "health.>", "", func(h Health, _ *nats.Msg) { handle(h) })
}
