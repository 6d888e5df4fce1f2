package media

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"commusafe/internal/call"
)

// A Pair is the media of one call: a leg for each party, the relay between them, what is played, who listens.
// All methods may be called from any goroutine, and none but Play and Loop waits.
type Pair struct {
	engine *Engine
	worker *worker
	began  time.Time
	events chan Event

	mu         sync.Mutex // guards what follows and both legs
	caller     leg
	agent      leg
	closed     bool
	prompts    uint32
	eventsLost uint64
}

func (p *Pair) now() time.Duration { return time.Since(p.began) }

func (p *Pair) leg(party call.Party) *leg {
	if party == call.Agent {
		return &p.agent
	}
	return &p.caller
}

// Local gives the address at which party is to send, for SDP.
func (p *Pair) Local(party call.Party) netip.AddrPort {
	p.mu.Lock()
	defer p.mu.Unlock()
	return netip.AddrPortFrom(p.engine.config.Advertise, p.leg(party).rtp.port)
}

// SetRemote takes over what SDP says of party's media, at first and at each re-INVITE. A new address opens the latch.
func (p *Pair) SetRemote(party call.Party, r Remote) {
	r.Addr = netip.AddrPortFrom(r.Addr.Addr().Unmap(), r.Addr.Port())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leg(party).agree(r, p.now())
}

// Hear sets what party hears when nothing is played to it. A new pair relays.
func (p *Pair) Hear(party call.Party, f Feed) {
	p.mu.Lock()
	l := p.leg(party)
	l.feed = f
	p.mu.Unlock()
	if f == Silence {
		p.worker.pace(l)
	}
}

// Reaches tells whether packets may go to party: not before SDP has said where to, and not while it holds.
func (p *Pair) Reaches(party call.Party) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.closed && p.leg(party).canSend()
}

// Renew gives party a new port, an empty latch and a new outgoing stream, for a new leg of that party. What the
// other party hears stays one stream, taps go on, the old port rests. What was played to party ends with ErrReplaced.
func (p *Pair) Renew(party call.Party) error {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return ErrClosed
	}
	rtp, rtcp, err := p.engine.ports.take()
	if err != nil {
		return err
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		p.worker.rest(rtp, rtcp)
		return ErrClosed
	}
	l := p.leg(party)
	l.stop(ErrReplaced)
	oldRTP, oldRTCP := l.rtp, l.rtcp
	oldRTP.leg.Store(nil)
	oldRTCP.leg.Store(nil)
	l.begin(rtp, rtcp, p.now())
	p.mu.Unlock()
	p.worker.rest(oldRTP, oldRTCP)
	return p.worker.watch(rtp, rtcp)
}

// begin starts a leg afresh on its ports; counters, taps and the feed go on.
func (l *leg) begin(rtp, rtcp *socket, at time.Duration) {
	l.rtp, l.rtcp = rtp, rtcp
	l.remote, l.agreed, l.latched, l.confirmed, l.reachable = Remote{}, false, false, false, false
	l.incoming, l.placer, l.event.known = reception{}, placer{}, false
	l.out, l.pacing = newStream(at), false
	rtp.leg.Store(l)
	rtcp.leg.Store(l)
}

// Events tells what happens to the media. The channel is never closed; it holds 64 events, further ones are counted
// in PairStats and lost.
func (p *Pair) Events() <-chan Event { return p.events }

// Tap gives a copy of what party sends from now on. depth is how much of it waits for a slow reader.
func (p *Pair) Tap(party call.Party, depth time.Duration) *Tap {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.leg(party)
	t := newTap(p, l, depth)
	if p.closed {
		t.end(p.now())
		return t
	}
	l.taps = append(slices.Clip(l.taps), t)
	return t
}

// Stats gives the account so far.
func (p *Pair) Stats() PairStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return PairStats{Caller: p.caller.stats, Agent: p.agent.stats, EventsLost: p.eventsLost}
}

// Close ends the call's media: what is played stops with ErrClosed, taps end after what they hold, ports rest.
// Closing twice is fine.
func (p *Pair) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	var ports []*socket
	for _, l := range []*leg{&p.caller, &p.agent} {
		l.stop(ErrClosed)
		for _, t := range l.taps {
			t.end(p.now())
		}
		l.rtp.leg.Store(nil)
		l.rtcp.leg.Store(nil)
		ports = append(ports, l.rtp, l.rtcp)
	}
	p.mu.Unlock()
	p.worker.leave(p)
	p.worker.rest(ports...)
}

// String gives the chain of sound of both directions as one line.
func (p *Pair) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.caller.chain() + " | " + p.agent.chain()
}

// chain tells how the party of l comes to be heard by the other.
func (l *leg) chain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s(%s) -> ", l.party, l.describe())
	if n := len(l.taps); n > 0 {
		fmt.Fprintf(&b, "tap x%d -> ", n)
	}
	o := l.other
	switch {
	case o.playing != nil && o.playing.loop:
		fmt.Fprintf(&b, "X loop(%s)", o.playing.codec)
	case o.playing != nil:
		fmt.Fprintf(&b, "X prompt(%s)", o.playing.codec)
	case o.feed == Silence:
		b.WriteString("X silence")
	default:
		b.WriteString("relay")
		if l.agreed && o.agreed && l.remote.Codec != o.remote.Codec {
			fmt.Fprintf(&b, " -> transcode(%s, %s)", l.remote.Codec, o.remote.Codec)
		}
	}
	fmt.Fprintf(&b, " -> %s(%s)", o.party, o.describe())
	return b.String()
}

// describe names codec, DTMF and state of a leg, without any address.
func (l *leg) describe() string {
	if !l.agreed {
		return "no media"
	}
	s := l.remote.Codec.String()
	if l.remote.DTMF != 0 {
		s += fmt.Sprintf("+dtmf/%d", l.remote.DTMF)
	}
	if l.latched {
		s += " latched"
	}
	switch {
	case !l.remote.Send && !l.remote.Receive:
		s += " inactive"
	case !l.remote.Send:
		s += " not sent to"
	case !l.remote.Receive:
		s += " held"
	}
	return s
}
