package phone

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"commusafe/internal/audio"
)

const (
	frame       = 20 * time.Millisecond
	frameOctets = 20 * audio.SamplesPerMS
)

// A line is the RTP of a call (RFC 3550): it speaks what it is given and keeps what it hears.
type line struct {
	conn    *net.UDPConn       // nil when the RTP is elsewhere
	at      netip.AddrPort     // what the SDP names
	began   time.Time          // of the call
	onHeard func(audio.Octets) // called by hear, in order of arrival
	onDigit func(digit byte)

	mu       sync.Mutex // guards what follows
	to       netip.AddrPort
	codec    audio.Codec
	events   uint8 // payload type of keys sent
	eventsIn uint8 // payload type of keys heard
	sending  bool  // RTP may go out
	hearing  bool  // RTP is expected: gaps count
	held     bool  // we hold: what is being said waits
	speech   *speech
	keys     []byte // to be sent
	media    Media
	in       inward
}

// speech is what is being said.
type speech struct {
	codec  audio.Codec
	octets []byte
	next   int
	done   chan struct{} // closed when all was said or something else took its place
}

// newLine opens a port on host, or only names elsewhere when that is given.
func newLine(host netip.Addr, elsewhere netip.AddrPort, began time.Time) (*line, error) {
	l := &line{at: elsewhere, began: began}
	l.media.FirstHeardMS = -1
	if elsewhere.IsValid() {
		return l, nil
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
	if err != nil {
		return nil, fmt.Errorf("open RTP port: %w", err)
	}
	_ = conn.SetReadBuffer(256 << 10)
	l.conn, l.at = conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return l, nil
}

func (l *line) addr() netip.AddrPort { return l.at }

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// agree takes over the other side's SDP and ours. While we hold, only silence is sent.
func (l *line) agree(remote, mine session, hold bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	codec, direction := mine.codecs[0], mine.direction
	l.to, l.codec, l.events, l.eventsIn, l.held = remote.addr, codec, remote.events, mine.events, hold
	l.sending = (direction == "sendrecv" || direction == "sendonly") && !remote.addr.Addr().IsUnspecified()
	hearing := direction == "sendrecv" || direction == "recvonly"
	if !hearing || !l.hearing {
		l.in.last = time.Time{} // hold is no gap
	}
	l.hearing = hearing
	l.media.Codec = codec.String()
}

// say begins to speak octets, in place of what is being said.
func (l *line) say(codec audio.Codec, octets []byte) *speech {
	s := &speech{codec: codec, octets: octets, done: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hush()
	l.speech = s
	return s
}

func (l *line) hush() {
	if l.speech != nil {
		close(l.speech.done)
		l.speech = nil
	}
}

func (l *line) press(keys string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys = append(l.keys, keys...)
}

// speak sends a packet each 20 ms, silence when there is nothing to say, until stop is closed.
func (l *line) speak(stop <-chan struct{}) {
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	out := &outward{ssrc: rand.Uint32(), sequence: uint16(rand.Uint32()), ts: rand.Uint32(), marker: true}
	begun, sent := time.Now(), 0
	for {
		select {
		case <-stop:
			l.mu.Lock()
			l.hush()
			l.mu.Unlock()
			return
		case <-ticker.C:
		}
		for due := int(time.Since(begun) / frame); sent <= due; sent++ {
			l.step(out)
		}
	}
}

// An outward is the stream a phone sends.
type outward struct {
	ssrc, ts uint32
	sequence uint16
	marker   bool
	b        []byte
	// the key being sent
	key      byte
	keyTS    uint32
	keyFrame int
}

// step sends one packet, or three for a key's end, and moves the timestamp on.
func (l *line) step(o *outward) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { o.ts += frameOctets }()
	if !l.sending {
		o.marker = true
		return
	}
	if o.keyFrame == 0 && len(l.keys) > 0 && l.events != 0 {
		o.key, o.keyTS, l.keys = l.keys[0], o.ts, l.keys[1:]
		o.keyFrame = 1
	}
	if o.keyFrame > 0 && l.stepKey(o) {
		return
	}
	o.b = append(o.b[:0], make([]byte, 12)...)
	if s := l.speech; s != nil && !l.held {
		n := min(frameOctets, len(s.octets)-s.next)
		o.b = s.codec.Transcode(o.b, s.octets[s.next:s.next+n], l.codec)
		s.next += n
		if s.next >= len(s.octets) {
			l.hush()
		}
	}
	for len(o.b) < 12+frameOctets {
		o.b = append(o.b, l.codec.Silence())
	}
	l.write(o, uint8(l.codec), o.ts)
}

// keyFrames is how long a key is pressed, in packets: 100 ms.
const keyFrames = 5

// stepKey sends the next packet of a key; the last is sent three times (RFC 4733 §2.5.1.4). Between keys are 40 ms of
// sound: false then.
func (l *line) stepKey(o *outward) bool {
	if o.keyFrame > keyFrames {
		o.keyFrame++
		if o.keyFrame > keyFrames+2 {
			o.keyFrame = 0
		}
		return false
	}
	o.marker = o.keyFrame == 1
	times, end := 1, byte(10)
	if o.keyFrame == keyFrames {
		times, end = 3, 0x80|10
	}
	for range times {
		o.b = append(o.b[:0], make([]byte, 16)...)
		o.b[12], o.b[13] = keyCode(o.key), end
		binary.BigEndian.PutUint16(o.b[14:], uint16(o.keyFrame*frameOctets))
		l.write(o, l.events, o.keyTS)
	}
	o.keyFrame++
	return true
}

func (l *line) write(o *outward, typ uint8, ts uint32) {
	o.b[0], o.b[1] = 0x80, typ
	if o.marker {
		o.b[1] |= 0x80
		o.marker = false
	}
	binary.BigEndian.PutUint16(o.b[2:], o.sequence)
	binary.BigEndian.PutUint32(o.b[4:], ts)
	binary.BigEndian.PutUint32(o.b[8:], o.ssrc)
	o.sequence++
	if _, err := l.conn.WriteToUDPAddrPort(o.b, l.to); err == nil || !errors.Is(err, net.ErrClosed) {
		l.media.Sent++
	}
}
