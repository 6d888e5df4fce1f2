package media

import (
	"math/rand/v2"
	"time"

	"commusafe/internal/audio"
)

// Limits beyond which a source is taken to have started anew (RFC 3550 appendix A.1).
const (
	maxDropout  = 3000 // packets
	maxMisorder = 100  // packets
	maxSkew     = audio.SampleRate
)

// A source names what feeds a stream: a relayed SSRC, a prompt, silence.
type source struct {
	kind sourceKind
	id   uint32
}

type sourceKind uint8

const (
	fromNobody sourceKind = iota
	fromParty
	fromPrompt
	fromSilence
)

// A stream is what one party hears: one SSRC with continuous sequence numbers and timestamps, whatever feeds it.
// Loss and reordering of a relayed source stay visible, so that the far end's jitter buffer sees the truth.
type stream struct {
	ssrc     uint32
	epoch    time.Duration // call time of firstTS
	firstTS  uint32
	begun    bool
	from     source
	sequence uint16 // highest sent
	ts       uint32 // highest sent
	length   uint32 // of the packet with ts, in samples
	// of a relayed source: what is added to its numbers, and the first and highest sequence number since the binding
	addSequence         uint16
	addTS               uint32
	firstSeq, sourceSeq uint16
	young               int // packets since the binding, as far as it matters
}

func newStream(at time.Duration) stream {
	return stream{ssrc: rand.Uint32(), epoch: at, firstTS: rand.Uint32(), sequence: uint16(rand.Uint32())}
}

// clock is the timestamp that belongs to the moment at.
func (s *stream) clock(at time.Duration) uint32 { return s.firstTS + uint32(samples(at-s.epoch)) }

// samples gives the whole samples in d.
func samples(d time.Duration) int64 { return int64(d) * audio.SampleRate / int64(time.Second) }

// fresh is the timestamp with which a new source begins at the moment at: real time, but never over the last packet.
func (s *stream) fresh(at time.Duration) uint32 {
	now, after := s.clock(at), s.ts+s.length
	if s.begun && int32(after-now) > 0 {
		return after
	}
	return now
}

// next gives the numbers of a packet of our own making of n samples; first tells of a switch.
func (s *stream) next(from source, at time.Duration, n int) (sequence uint16, ts uint32, first bool) {
	first = !s.begun || s.from != from
	ts = s.ts + s.length
	if late := int32(s.clock(at) - ts); first || late > maxPromptLag || late < -maxPromptLag {
		ts = s.fresh(at)
	}
	s.begun, s.from = true, from
	s.sequence++
	s.ts, s.length = ts, uint32(n)
	return s.sequence, ts, first
}

// maxPromptLag is how far a prompt's timestamps may be from real time before they are set to it: 100 ms in samples.
const maxPromptLag = 100 * audio.SamplesPerMS

// pass gives the numbers of a relayed packet of n samples (0 for a telephone event, whose timestamp stands still);
// ok is false for one from before the switch.
func (s *stream) pass(p *packet, at time.Duration, n int) (sequence uint16, ts uint32, first, ok bool) {
	from := source{fromParty, p.ssrc}
	if ahead := int16(p.sequence - s.sourceSeq); !s.begun || s.from != from || ahead > maxDropout || ahead < -maxMisorder {
		first = true
	} else if skew := int32(p.ts + s.addTS - s.clock(at)); n > 0 && (skew > maxSkew || skew < -maxSkew) {
		first = true
	}
	if first {
		s.addSequence, s.addTS = s.sequence+1-p.sequence, s.fresh(at)-p.ts
		s.firstSeq, s.sourceSeq, s.young = p.sequence, p.sequence, 0
		s.begun, s.from = true, from
		s.ts, s.length = p.ts+s.addTS, 0
	} else if s.young < maxMisorder && int16(p.sequence-s.firstSeq) < 0 {
		return 0, 0, false, false
	}
	s.young = min(s.young+1, maxMisorder)
	sequence, ts = p.sequence+s.addSequence, p.ts+s.addTS
	if int16(p.sequence-s.sourceSeq) >= 0 {
		s.sourceSeq, s.sequence = p.sequence, sequence
	}
	if int32(ts-s.ts) >= 0 {
		s.ts, s.length = ts, uint32(n)
	}
	return sequence, ts, first, true
}

// interrupt makes the next relayed packet count as a switch: what came between was not passed on.
func (s *stream) interrupt() { s.from = source{} }
