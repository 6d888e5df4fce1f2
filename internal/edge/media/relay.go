package media

import (
	"net/netip"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// receive carries one datagram from its socket as far as it may go. Called by the pair's worker with mu held.
func (p *Pair) receive(l *leg, b []byte, from netip.AddrPort, at time.Duration) {
	k, ok := parseRTP(b)
	if !ok || !l.admit(&k, from, at) {
		l.stats.Strangers++
		p.worker.count.dropped.Add(1)
		return
	}
	l.heard, l.silent = at, false
	if l.incoming.arrive(&l.stats, &k, at) {
		p.worker.count.dropped.Add(1)
		return
	}
	l.stats.PacketsIn++
	l.stats.BytesIn += uint64(len(k.payload))
	switch {
	case isG711(k.typ) && len(k.payload) > 0:
		p.voice(l, b, &k, at)
	case l.remote.DTMF != 0 && k.typ == l.remote.DTMF:
		p.telephoneEvent(l, b, &k, at)
	case k.typ == payloadComfortNoise:
		l.stats.ComfortNoise++
		l.other.out.interrupt()
		p.withhold(l)
	default:
		l.stats.Unknown++
		p.mismatch(l, at)
		p.worker.count.dropped.Add(1)
	}
}

// voice copies a packet of sound to the taps and passes it to the other party.
func (p *Pair) voice(l *leg, b []byte, k *packet, at time.Duration) {
	codec := audio.Codec(k.typ)
	if codec != l.remote.Codec {
		p.mismatch(l, at)
	}
	sample, anew := l.placer.place(k, at)
	if anew {
		l.stats.Placed++
	}
	for _, t := range l.taps {
		t.push(sample, codec, k.payload)
	}
	o := l.other
	if o.feed != Relay || o.playing != nil || !o.canSend() {
		p.withhold(l)
		return
	}
	sequence, ts, first, ok := o.out.pass(k, at, len(k.payload))
	if !ok {
		p.withhold(l)
		return
	}
	if codec != o.remote.Codec {
		codec.Transcode(k.payload[:0], k.payload, o.remote.Codec)
	}
	p.send(o, b, k, first || k.marker, uint8(o.remote.Codec), sequence, ts)
}

// telephoneEvent tells a key once, whatever number of packets carries it (RFC 4733 §2.5.1), and passes the packets
// on under the other party's payload type.
func (p *Pair) telephoneEvent(l *leg, b []byte, k *packet, at time.Duration) {
	e, ok := parseTelephoneEvent(k.payload)
	if !ok {
		p.withhold(l)
		return
	}
	if v := &l.event; !v.known || v.ssrc != k.ssrc || int32(k.ts-v.ts) > 0 {
		v.known, v.ssrc, v.ts = true, k.ssrc, k.ts
		if d := e.digit(); d != 0 {
			p.tell(Event{At: call.At(at), Party: l.party, Kind: DTMF, Digit: d})
		}
	}
	o := l.other
	if o.feed != Relay || o.playing != nil || !o.canSend() {
		p.withhold(l)
		return
	}
	if o.remote.DTMF == 0 {
		o.out.interrupt()
		p.withhold(l)
		return
	}
	sequence, ts, first, ok := o.out.pass(k, at, 0)
	if !ok {
		p.withhold(l)
		return
	}
	p.send(o, b, k, first || k.marker, o.remote.DTMF, sequence, ts)
}

// send writes a new header right before the payload, in the datagram that came, and sends it to the party of o.
func (p *Pair) send(o *leg, b []byte, k *packet, marker bool, typ uint8, sequence uint16, ts uint32) {
	out := b[k.offset-headerSize : k.offset+len(k.payload)]
	putHeader(out, marker, typ, sequence, ts, o.out.ssrc)
	p.emit(o, out)
}

// emit sends a finished packet. A receiver that is gone (ECONNREFUSED) is counted and nothing more.
func (p *Pair) emit(o *leg, out []byte) {
	if errno := o.rtp.send(out, &o.to); errno != 0 {
		o.stats.SendErrors++
		p.worker.count.sendErrors.Add(1)
		return
	}
	o.stats.PacketsOut++
	o.stats.BytesOut += uint64(len(out) - headerSize)
	p.worker.count.out.Add(1)
}

func (p *Pair) withhold(l *leg) {
	l.stats.Withheld++
	p.worker.count.dropped.Add(1)
}

func (p *Pair) mismatch(l *leg, at time.Duration) {
	if !l.mismatched {
		l.mismatched = true
		p.tell(Event{At: call.At(at), Party: l.party, Kind: CodecMismatch})
	}
}

// tell hands an event to the owner of the call, or counts it lost.
func (p *Pair) tell(e Event) {
	select {
	case p.events <- e:
	default:
		p.eventsLost++
	}
}
