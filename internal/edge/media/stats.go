package media

import (
	"sync/atomic"
	"time"
)

// PartyStats counts one party's media since the pair was opened, over all its legs.
type PartyStats struct {
	PacketsIn, BytesIn   uint64 // accepted from the party; bytes are payload octets
	PacketsOut, BytesOut uint64 // sent to the party
	Lost                 uint64 // by sequence number, duplicates and late ones taken off (RFC 3550 appendix A.3)
	Late                 uint64 // came after a later one
	Duplicates           uint64
	Strangers            uint64        // from another address than the latched one, or no RTP of a negotiated type before it
	Unknown              uint64        // from the right address, of a payload type that is not carried
	ComfortNoise         uint64        // payload type 13, taken as a sign of life and not relayed
	Withheld             uint64        // accepted, but not passed on: prompt, silence, hold, no address yet
	SendErrors           uint64        // refused by the kernel, the receiver is gone
	SSRCChanges          uint64        // of the party's own stream
	Placed               uint64        // times its sound was placed anew on call time
	Jitter               time.Duration // interarrival jitter (RFC 3550 §6.4.1)
	RTCPIn               uint64
}

// PairStats is the account of one call's media.
type PairStats struct {
	Caller, Agent PartyStats
	EventsLost    uint64 // events nobody had room for
}

// EngineStats is the account of an Engine since its start; Calls, Resting and Paced are of this moment.
type EngineStats struct {
	Calls      int
	Resting    int // ports of ended calls still bound
	Paced      int // parties who hear a prompt or silence of our making
	PacketsIn  uint64
	PacketsOut uint64
	Dropped    uint64 // came in and did not go out: strangers, malformed, withheld
	Drained    uint64 // came to a port whose call is over
	SendErrors uint64
}

// counters are a worker's sums, written by it and read by Stats.
type counters struct {
	in, out, dropped, drained, sendErrors atomic.Uint64
}

// reception follows the sequence numbers of one source (RFC 3550 appendix A.1 and A.3, §6.4.1).
type reception struct {
	known    bool
	ssrc     uint32
	max      uint16
	seen     uint64 // bit n: max-n was received, to tell duplicates from late ones
	transit  int64
	jitter   int64 // in 1/16 samples
	previous bool  // transit is set
}

// arrive counts a packet in and tells whether it is a duplicate.
func (r *reception) arrive(s *PartyStats, p *packet, at time.Duration) (duplicate bool) {
	if !r.known || r.ssrc != p.ssrc {
		if r.known {
			s.SSRCChanges++
		}
		*r = reception{known: true, ssrc: p.ssrc, max: p.sequence, seen: 1}
		return false
	}
	switch ahead := int(int16(p.sequence - r.max)); {
	case ahead > maxDropout || ahead < -maxMisorder: // the source started anew
		r.max, r.seen, r.previous = p.sequence, 1, false
	case ahead > 0:
		s.Lost += uint64(ahead - 1)
		r.seen = r.seen<<uint(ahead) | 1
		r.max = p.sequence
	case ahead > -64 && r.seen>>uint(-ahead)&1 == 1:
		s.Duplicates++
		return true
	default:
		r.seen |= 1 << uint(-ahead)
		s.Late++
		if s.Lost > 0 {
			s.Lost--
		}
	}
	r.measure(s, p, at)
	return false
}

func (r *reception) measure(s *PartyStats, p *packet, at time.Duration) {
	transit := samples(at) - int64(p.ts)
	if d := abs(int64(int32(transit - r.transit))); r.previous {
		r.jitter += d - (r.jitter+8)>>4
		s.Jitter = time.Duration(r.jitter>>4) * time.Second / 8000
	}
	r.transit, r.previous = transit, true
}
