package media

import (
	"time"

	"commusafe/internal/audio"
)

// Limits of placement, in samples.
const (
	jumpLimit  = 200 * audio.SamplesPerMS // farther from arrival than this, a source is placed anew
	slipLimit  = 1 * audio.SamplesPerMS   // drift that is corrected
	slipWindow = 2 * audio.SampleRate     // over which the least delay is looked for
	earlyLimit = 1 * audio.SampleRate     // farther ahead of its arrival no packet is believed: it would hold up all that come after it
	paced      = 3                        // packets at a steady pace that tell a late source from a burst after a stall
)

// A placer puts a leg's packets on call time by their RTP timestamps. The first packet of a source stands at its
// arrival. After that, the least delay over two seconds is kept at zero by slips of one sample a packet, so that a
// sender's clock which runs 100 ppm wrong does not move the recording; jitter and loss move nothing.
type placer struct {
	known    bool
	ssrc     uint32
	ts       uint32 // highest
	sequence uint16
	extended int64 // ts without wrapping
	offset   int64 // place = extended timestamp + offset
	// the window of the drift measure
	since, least int64
	slip         int64 // samples still to correct
	// a source far from its arrival: how far, and since how many packets
	astray int64
	steady int
}

// place gives the first sample of the packet on call time, in samples; anew tells that the source was placed anew.
func (p *placer) place(k *packet, at time.Duration) (sample int64, anew bool) {
	now := samples(at)
	if !p.known || k.ssrc != p.ssrc {
		p.anchor(k, now)
		return now, true
	}
	ahead := int64(int32(k.ts - p.ts))
	jumped := abs(ahead-int64(int16(k.sequence-p.sequence))*int64(len(k.payload))) > jumpLimit
	sample = p.extended + ahead + p.offset
	if err := now - sample; abs(err) > jumpLimit {
		if ahead > 0 && (jumped || k.marker) || ahead < 0 && jumped || err < -earlyLimit || p.confirmed(err) {
			p.anchor(k, now)
			return now, true
		}
		return sample, false
	} else {
		p.steady = 0
		p.drift(err, now)
	}
	if ahead > 0 {
		p.ts, p.sequence, p.extended = k.ts, k.sequence, p.extended+ahead
	}
	return p.extended + int64(int32(k.ts-p.ts)) + p.offset, false
}

func (p *placer) anchor(k *packet, now int64) {
	*p = placer{known: true, ssrc: k.ssrc, ts: k.ts, sequence: k.sequence, extended: int64(k.ts), offset: now - int64(k.ts), since: now, least: jumpLimit}
}

// confirmed tells a source that went on after a pause without counting the time (its packets stay equally late)
// from a burst after a stall (each is less late than the one before).
func (p *placer) confirmed(err int64) bool {
	if p.steady == 0 || abs(err-p.astray) > 10*audio.SamplesPerMS*int64(p.steady) {
		p.astray, p.steady = err, 0
	}
	p.steady++
	return p.steady >= paced
}

// drift keeps the least delay at zero.
func (p *placer) drift(err, now int64) {
	switch {
	case p.slip > 0:
		p.slip--
		p.offset++
	case p.slip < 0:
		p.slip++
		p.offset--
	default:
		p.least = min(p.least, err)
		if now-p.since < slipWindow {
			return
		}
		if abs(p.least) >= slipLimit {
			p.slip = p.least
		}
	}
	p.since, p.least = now, jumpLimit
}

func abs(n int64) int64 { return max(n, -n) }
