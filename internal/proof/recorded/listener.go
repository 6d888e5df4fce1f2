package recorded

import (
	"context"
	"sync"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
)

// A Listener stands in for the hearing wing: whatever call it is given, it finds in it what was found in the recorded
// one, when the call's sound has come as far as it had come then.
type Listener struct {
	Call *Call
	Link *bus.Link
	Name string
}

// Engine is what a Listener says it hears with.
const Engine = "recorded/1"

// Run takes calls until ctx ends.
func (l *Listener) Run(ctx context.Context) error {
	var mu sync.Mutex // guards calls
	calls := map[call.ID]*bus.Subscription{}
	claims, err := l.Link.ServeClaims(func(c bus.Claim) (bus.Claimed, bool) {
		mu.Lock()
		defer mu.Unlock()
		if calls[c.Call] != nil || ctx.Err() != nil {
			return bus.Claimed{}, false
		}
		f := follower{l: l, id: c.Call, heard: map[call.Party]call.Millis{}, ended: map[call.Party]bool{}}
		sub, err := l.Link.SubscribeSound(c.Call, f.sound)
		if err != nil {
			return bus.Claimed{}, false
		}
		calls[c.Call] = sub
		return bus.Claimed{V: bus.Version, Listener: l.Name, Engine: Engine}, true
	})
	if err != nil {
		return err
	}
	<-ctx.Done()
	claims.Stop()
	mu.Lock()
	defer mu.Unlock()
	for _, sub := range calls {
		sub.Stop()
	}
	return nil
}

// A follower is one claimed call; all its work is done in the subscription's handler, one message at a time.
type follower struct {
	l     *Listener
	id    call.ID
	next  int // evidence that comes next
	heard map[call.Party]call.Millis
	ended map[call.Party]bool
}

func (f *follower) sound(s bus.Sound) {
	f.heard[s.Party] = max(f.heard[s.Party], call.Millis(s.Octets.End()/audio.SamplesPerMS))
	f.ended[s.Party] = f.ended[s.Party] || s.End
	done := f.ended[call.Caller] && f.ended[call.Agent]
	h := bus.Heard{V: bus.Version, Call: f.id, Listener: f.l.Name, Done: done, CallerMS: f.heard[call.Caller], AgentMS: f.heard[call.Agent]}
	now := max(h.CallerMS, h.AgentMS)
	for ; f.next < len(f.l.Call.Evidence) && (done || f.l.Call.Evidence[f.next].AtMS <= now); f.next++ {
		h.Items = append(h.Items, bus.Item{Item: f.l.Call.Evidence[f.next].Item})
	}
	_ = f.l.Link.PublishHeard(h) // while the link is down nobody hears it; a real listener's lease ends then
}
