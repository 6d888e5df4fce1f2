package phone

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"commusafe/internal/audio"
)

// eventType is the payload type the phone offers for telephone events (RFC 4733).
const eventType = 101

// A session is the audio line of an SDP body (RFC 8866), as far as a phone needs it.
type session struct {
	addr      netip.AddrPort
	codecs    []audio.Codec
	events    uint8  // payload type of telephone events, 0 none
	direction string // sendrecv, sendonly, recvonly, inactive
}

func parseSDP(body []byte) (session, error) {
	s := session{direction: "sendrecv"}
	var host netip.Addr
	var port uint16
	inAudio := false
	for line := range strings.Lines(string(body)) {
		kind, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		if !ok {
			continue
		}
		f := strings.Fields(value)
		switch {
		case kind == "m":
			inAudio = len(f) > 3 && f[0] == "audio" && port == 0
			if !inAudio {
				continue
			}
			n, err := strconv.ParseUint(f[1], 10, 16)
			if err != nil {
				return s, fmt.Errorf("SDP has an unreadable port %q", f[1])
			}
			port = uint16(n)
			for _, t := range f[3:] {
				if t == "0" || t == "8" {
					s.codecs = append(s.codecs, audio.Codec(t[0]-'0'))
				}
			}
		case kind == "c" && len(f) == 3 && (inAudio || port == 0):
			host, _ = netip.ParseAddr(f[2])
		case kind == "a" && (inAudio || port == 0):
			s.attribute(value)
		}
	}
	if port == 0 || !host.IsValid() {
		return s, errors.New("SDP has no audio with an address")
	}
	s.addr = netip.AddrPortFrom(host, port)
	return s, nil
}

func (s *session) attribute(value string) {
	switch value {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		s.direction = value
	}
	if rest, ok := strings.CutPrefix(value, "rtpmap:"); ok {
		typ, name, _ := strings.Cut(rest, " ")
		if n, err := strconv.ParseUint(typ, 10, 7); err == nil && strings.EqualFold(name, "telephone-event/8000") {
			s.events = uint8(n)
		}
	}
}

// write makes the body; version goes up with each change (RFC 3264 §8).
func (s session) write(version int) []byte {
	var b strings.Builder
	family := "IP4"
	if s.addr.Addr().Is6() {
		family = "IP6"
	}
	fmt.Fprintf(&b, "v=0\r\no=phone 1 %d IN %s %s\r\ns=-\r\nc=IN %[2]s %[3]s\r\nt=0 0\r\n", version, family, s.addr.Addr())
	fmt.Fprintf(&b, "m=audio %d RTP/AVP", s.addr.Port())
	for _, c := range s.codecs {
		fmt.Fprintf(&b, " %d", uint8(c))
	}
	if s.events != 0 {
		fmt.Fprintf(&b, " %d", s.events)
	}
	b.WriteString("\r\n")
	for _, c := range s.codecs {
		fmt.Fprintf(&b, "a=rtpmap:%d %s/8000\r\n", uint8(c), c)
	}
	if s.events != 0 {
		fmt.Fprintf(&b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%[1]d 0-15\r\n", s.events)
	}
	fmt.Fprintf(&b, "a=ptime:20\r\na=%s\r\n", s.direction)
	return []byte(b.String())
}

// mirrored is the direction of an answer (RFC 3264 §6.1), when we want to send only if sending.
func mirrored(offer string, sending bool) string {
	switch offer {
	case "sendonly":
		return "recvonly"
	case "recvonly":
		return "sendonly"
	case "inactive":
		return "inactive"
	}
	if !sending {
		return "sendonly" // we hold
	}
	return "sendrecv"
}
