package media

import "encoding/binary"

// Static payload types besides the two G.711 laws (RFC 3551 §6).
const payloadComfortNoise = 13

// headerSize is the RTP header without contributing sources and extension, in octets (RFC 3550 §5.1).
const headerSize = 12

// A packet is an RTP packet taken apart; payload points into the datagram.
type packet struct {
	marker   bool
	typ      uint8 // payload type
	sequence uint16
	ts       uint32
	ssrc     uint32
	offset   int // of the payload in the datagram, at least headerSize
	payload  []byte
}

// parseRTP takes an RTP packet apart (RFC 3550 §5.1); ok is false for what is none.
//
//	 0                   1                   2                   3
//	|V=2|P|X|  CC   |M|     PT      |       sequence number         |
//	|                           timestamp                           |
//	|                             SSRC                              |
//	|                   CSRC × CC, extension when X                 |
func parseRTP(b []byte) (p packet, ok bool) {
	if len(b) < headerSize || b[0]>>6 != 2 {
		return p, false
	}
	p.offset = headerSize + 4*int(b[0]&0x0F)
	if b[0]&0x10 != 0 { // extension: 16 bits of profile, 16 bits of length in words (§5.3.1)
		if len(b) < p.offset+4 {
			return p, false
		}
		p.offset += 4 + 4*int(binary.BigEndian.Uint16(b[p.offset+2:]))
	}
	end := len(b)
	if b[0]&0x20 != 0 { // padding: the last octet counts the octets to be ignored, itself included
		end -= int(b[len(b)-1])
		if end == len(b) {
			return p, false
		}
	}
	if p.offset > end {
		return p, false
	}
	p.marker, p.typ = b[1]&0x80 != 0, b[1]&0x7F
	p.sequence = binary.BigEndian.Uint16(b[2:])
	p.ts = binary.BigEndian.Uint32(b[4:])
	p.ssrc = binary.BigEndian.Uint32(b[8:])
	p.payload = b[p.offset:end]
	return p, true
}

// putHeader writes a plain RTP header, without CSRC, extension and padding, into b[:headerSize].
func putHeader(b []byte, marker bool, typ uint8, sequence uint16, ts, ssrc uint32) {
	b[0], b[1] = 0x80, typ
	if marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], sequence)
	binary.BigEndian.PutUint32(b[4:], ts)
	binary.BigEndian.PutUint32(b[8:], ssrc)
}

// A telephoneEvent is the payload of RFC 4733 §2.3.
type telephoneEvent struct {
	code     uint8 // 0–9, 10 *, 11 #, 12–15 A–D
	end      bool
	duration uint16 // in timestamp units
}

func parseTelephoneEvent(b []byte) (telephoneEvent, bool) {
	if len(b) < 4 {
		return telephoneEvent{}, false
	}
	return telephoneEvent{code: b[0], end: b[1]&0x80 != 0, duration: binary.BigEndian.Uint16(b[2:])}, true
}

// digit gives the key of the event, 0 when it is no key (RFC 4733 §3.2).
func (e telephoneEvent) digit() byte {
	const keys = "0123456789*#ABCD"
	if int(e.code) >= len(keys) {
		return 0
	}
	return keys[e.code]
}
