package media

import (
	"net/netip"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// A Remote is what SDP says of a party's media.
type Remote struct {
	Addr  netip.AddrPort
	Codec audio.Codec
	DTMF  uint8 // RFC 4733 payload type, 0 none
	// What WE may do toward that party: we send when Send; we expect packets when Receive (RFC 3264 §6.1).
	Send, Receive bool
}

// A Feed is what a party hears when nothing is played to it.
type Feed uint8

// The feeds.
const (
	Relay   Feed = iota // the other party
	Silence             // silence of our making, so that the far end sees a living stream
)

// A leg is the media of one party. All fields but the constants are guarded by Pair.mu.
type leg struct {
	pair  *Pair
	party call.Party
	other *leg

	rtp, rtcp *socket
	remote    Remote
	agreed    bool // remote is set

	latched    bool
	confirmed  bool // latched to the address of SDP
	source     netip.AddrPort
	to         endpoint // where packets for the party go
	reachable  bool     // to is set
	mismatched bool     // CodecMismatch was told

	heard    time.Duration // last accepted packet, or since when one is expected
	silent   bool          // Timeout was told
	incoming reception
	placer   placer
	event    struct {
		known    bool
		ssrc, ts uint32
	} // the last telephone event seen
	taps []*Tap

	out     stream
	feed    Feed
	playing *prompt
	due     time.Duration // call time of the next packet of our making
	pacing  bool          // due is set
	paced   bool          // in worker.paced; guarded by worker.mu

	stats PartyStats
}

// agree takes over what SDP says.
func (l *leg) agree(r Remote, at time.Duration) {
	if !l.agreed || r.Addr != l.remote.Addr {
		l.latched, l.confirmed, l.reachable = false, false, false
		if a := r.Addr.Addr(); a.IsValid() && r.Addr.Port() != 0 && !a.IsUnspecified() && (a.Is4() || l.pair.engine.v6) {
			l.to.set(r.Addr, l.pair.engine.v6)
			l.reachable = true
		}
	}
	if !l.agreed || r.Receive && !l.remote.Receive {
		l.heard, l.silent = at, false
	}
	l.remote, l.agreed, l.mismatched = r, true, false
}

// admit decides whether a packet comes from the party, and latches to the first valid source. The address of SDP
// goes before any other; another one is taken only while none is, for a party behind NAT (RFC 4961); what comes
// from elsewhere afterwards is somebody else's.
func (l *leg) admit(p *packet, from netip.AddrPort, at time.Duration) bool {
	if !l.agreed {
		return false
	}
	if l.latched && from == l.source {
		return true
	}
	told := from == l.remote.Addr
	if l.latched && (l.confirmed || !told) || !l.negotiated(p, told) {
		return false
	}
	l.latched, l.confirmed, l.source, l.reachable = true, told, from, true
	l.incoming.known, l.placer.known = false, false
	l.other.out.interrupt()
	l.to.set(from, l.pair.engine.v6)
	l.pair.tell(Event{At: call.At(at), Party: l.party, Kind: Latched})
	return true
}

// negotiated tells whether a payload type may open the latch. At the address of SDP either law does: a party that
// sends the wrong one is heard all the same.
func (l *leg) negotiated(p *packet, told bool) bool {
	switch {
	case p.typ == uint8(l.remote.Codec), p.typ == payloadComfortNoise:
		return true
	case l.remote.DTMF != 0 && p.typ == l.remote.DTMF:
		return true
	}
	return told && isG711(p.typ)
}

func isG711(typ uint8) bool { return typ == uint8(audio.PCMU) || typ == uint8(audio.PCMA) }

// canSend tells whether packets may go to the party.
func (l *leg) canSend() bool { return l.agreed && l.remote.Send && l.reachable }
