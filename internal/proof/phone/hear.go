package phone

import (
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"time"

	"commusafe/internal/audio"
)

const keys = "0123456789*#ABCD"

func keyCode(key byte) byte { return byte(max(0, strings.IndexByte(keys, key))) }

// An inward is the stream a phone hears, and its recording.
type inward struct {
	known    bool
	ssrc     uint32
	sequence uint16
	ts       uint32
	place    int64 // of ts, in samples since the recording's beginning
	last     time.Time
	event    uint32 // timestamp of the last key
	pressed  bool
	from     time.Time // the recording's beginning
	sound    []byte    // in codec law
	law      audio.Codec
}

// recordMax bounds a recording in memory: four hours.
const recordMax = 4 * 3600 * audio.SampleRate

// hear reads packets until the port is closed.
func (l *line) hear() {
	b := make([]byte, 2048)
	for {
		n, _, err := l.conn.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error: the other side is not there yet, or no more
		}
		o, digit := l.take(b[:n], time.Now())
		if digit != 0 && l.onDigit != nil {
			l.onDigit(digit)
		}
		if len(o.Data) > 0 && l.onHeard != nil {
			l.onHeard(o)
		}
	}
}

// take counts a packet and puts it where its timestamp says.
func (l *line) take(b []byte, now time.Time) (o audio.Octets, digit byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(b) < 12 || b[0]>>6 != 2 || b[0]&0x3F != 0 { // the product sends no CSRC, extension or padding
		l.media.Strange++
		return o, 0
	}
	typ, sequence := b[1]&0x7F, binary.BigEndian.Uint16(b[2:])
	ts, ssrc, payload := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), b[12:]
	isKey := l.eventsIn != 0 && typ == l.eventsIn
	if typ != uint8(audio.PCMU) && typ != uint8(audio.PCMA) && !isKey {
		l.media.Strange++
		return o, 0
	}
	fresh := l.in.follow(&l.media, ssrc, sequence, now, l.hearing)
	if l.media.FirstHeardMS < 0 {
		l.media.FirstHeardMS = now.Sub(l.began).Milliseconds()
		l.in.from, l.in.law = now, l.codec
		l.media.RecordFromMS = l.media.FirstHeardMS
	}
	if isKey {
		return o, l.in.key(&l.media, payload, ts)
	}
	l.in.record(&l.media, audio.Codec(typ), payload, ts, now, fresh)
	return audio.Octets{Sample: now.Sub(l.began).Milliseconds() * audio.SamplesPerMS, Codec: audio.Codec(typ), Data: append([]byte(nil), payload...)}, 0
}

// follow keeps the sequence numbers and the longest gap; fresh tells of a new source.
func (in *inward) follow(m *Media, ssrc uint32, sequence uint16, now time.Time, hearing bool) (fresh bool) {
	m.Received++
	if hearing && !in.last.IsZero() {
		m.MaxGapMS = max(m.MaxGapMS, float64(now.Sub(in.last).Microseconds())/1000)
	}
	if hearing {
		in.last = now
	}
	if !in.known || ssrc != in.ssrc {
		if in.known {
			m.SSRCChanges++
		}
		in.known, in.ssrc, in.sequence = true, ssrc, sequence
		return true
	}
	if ahead := int16(sequence - in.sequence); ahead > 0 {
		m.Lost += int(ahead) - 1
		in.sequence = sequence
	} else if ahead < 0 && m.Lost > 0 {
		m.Lost--
	}
	return false
}

func (in *inward) key(m *Media, payload []byte, ts uint32) byte {
	if len(payload) < 4 || int(payload[0]) >= len(keys) || in.pressed && in.event == ts {
		return 0
	}
	in.pressed, in.event = true, ts
	m.Digits += string(keys[payload[0]])
	return keys[payload[0]]
}

// record writes octets at their place; what never comes stays silence.
func (in *inward) record(m *Media, codec audio.Codec, octets []byte, ts uint32, now time.Time, fresh bool) {
	arrival := int64(now.Sub(in.from)) * audio.SampleRate / int64(time.Second)
	place := in.place + int64(int32(ts-in.ts))
	if off := arrival - place; fresh || off > audio.SampleRate || off < -audio.SampleRate {
		place = arrival
	} else {
		m.MaxTSOffMS = max(m.MaxTSOffMS, float64(max(off, -off))/audio.SamplesPerMS)
	}
	in.ts, in.place = ts, place
	end := place + int64(len(octets))
	if place < 0 || end > recordMax {
		return
	}
	for int64(len(in.sound)) < end {
		in.sound = append(in.sound, in.law.Silence())
	}
	codec.Transcode(in.sound[:place], octets, in.law)
	m.RecordedMS = int64(len(in.sound)) / audio.SamplesPerMS
}
