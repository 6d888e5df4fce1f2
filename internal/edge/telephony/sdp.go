package telephony

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"commusafe/internal/audio"
)

// A direction is which way sound goes as the writer of a description sees it (RFC 3264 §5.1).
type direction uint8

// The four directions as sets of sending and receiving.
const (
	inactive direction = 0
	sendonly direction = 1
	recvonly direction = 2
	sendrecv direction = 3
)

// String gives the SDP attribute.
func (d direction) String() string {
	return [...]string{"inactive", "sendonly", "recvonly", "sendrecv"}[d&sendrecv]
}

// reversed is the same flow of sound seen from the other end.
func (d direction) reversed() direction { return d>>1&1 | d<<1&2 }

// parseDirection knows the four attributes.
func parseDirection(s string) (direction, bool) {
	for _, d := range []direction{inactive, sendonly, recvonly, sendrecv} {
		if s == d.String() {
			return d, true
		}
	}
	return 0, false
}

// Limits of a description that is read at all.
const (
	maxSDPOctets = 16 << 10
	maxSDPMedia  = 16
)

var (
	errSDP      = errors.New("session description can't be read")
	errNoAudio  = errors.New("session description has no RTP/AVP audio")
	errNoCommon = errors.New("session description has no codec that is allowed")
)

// A description is one party's audio as SDP says it (RFC 8866, RFC 3264). Other media are kept only so that
// an answer can refuse each of them in its place.
type description struct {
	addr   netip.AddrPort // where RTP is wanted; port 0: no audio
	codecs []audio.Codec  // in the writer's order
	dtmf   uint8          // payload type of telephone-event/8000 (RFC 4733), 0: none
	dir    direction
	before []string // media lines before the audio, refused: "video 0 RTP/AVP 96"
	after  []string // media lines after it
}

// wish is the direction with the old form of hold, a connection address of 0.0.0.0, taken into account (RFC 3264 §8.4).
func (d description) wish() direction {
	if d.addr.Port() == 0 {
		return inactive
	}
	if d.addr.Addr().IsUnspecified() {
		return d.dir &^ recvonly
	}
	return d.dir
}

// choose gives the first codec of the description which is allowed.
func (d description) choose(allowed []audio.Codec) (audio.Codec, bool) {
	for _, c := range d.codecs {
		if slices.Contains(allowed, c) {
			return c, true
		}
	}
	return 0, false
}

// answer gives the description that accepts d with one codec at our address (RFC 3264 §6).
func (d description) answer(addr netip.AddrPort, codec audio.Codec, dir direction) description {
	if d.addr.Port() == 0 {
		addr = netip.AddrPortFrom(addr.Addr(), 0)
	}
	return description{addr: addr, codecs: []audio.Codec{codec}, dtmf: d.dtmf, dir: dir, before: d.before, after: d.after}
}

// print writes the description as an SDP body; session and version are those of its o= line.
func (d description) print(session, version uint64) []byte {
	family := "IP4"
	if d.addr.Addr().Is6() {
		family = "IP6"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "v=0\r\no=commusafe %d %d IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n",
		session, version, family, d.addr.Addr(), family, d.addr.Addr())
	for _, m := range d.before {
		fmt.Fprintf(&b, "m=%s\r\n", m)
	}
	fmt.Fprintf(&b, "m=audio %d RTP/AVP", d.addr.Port())
	for _, c := range d.codecs {
		fmt.Fprintf(&b, " %d", uint8(c))
	}
	if d.dtmf != 0 {
		fmt.Fprintf(&b, " %d", d.dtmf)
	}
	b.WriteString("\r\n")
	for _, c := range d.codecs {
		fmt.Fprintf(&b, "a=rtpmap:%d %s/8000\r\n", uint8(c), c)
	}
	if d.dtmf != 0 {
		fmt.Fprintf(&b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", d.dtmf, d.dtmf)
	}
	fmt.Fprintf(&b, "a=ptime:20\r\na=%s\r\n", d.dir)
	for _, m := range d.after {
		fmt.Fprintf(&b, "m=%s\r\n", m)
	}
	return []byte(b.String())
}

// parseSDP reads a body: the first audio over RTP/AVP counts, everything else is noted as refused.
func parseSDP(body []byte) (description, error) {
	if len(body) > maxSDPOctets || !strings.HasPrefix(string(body), "v=0") {
		return description{}, errSDP
	}
	r := sdpReader{d: description{dir: sendrecv}}
	for line := range strings.SplitSeq(string(body), "\n") {
		line = strings.TrimRight(line, "\r")
		if line == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' {
			return description{}, errSDP
		}
		if err := r.line(line[0], line[2:]); err != nil {
			return description{}, err
		}
	}
	return r.done()
}

// An sdpReader keeps what is known between lines.
type sdpReader struct {
	d       description
	media   int // media lines seen
	found   bool
	inAudio bool
	port    uint16
	addr    netip.Addr // session level, then that of our audio
	formats []string
}

func (r *sdpReader) line(kind byte, value string) error {
	switch kind {
	case 'm':
		return r.mediaLine(value)
	case 'c':
		if r.media > 0 && !r.inAudio {
			return nil
		}
		addr, err := connectionAddr(value)
		if err != nil {
			return err
		}
		r.addr = addr
	case 'a':
		if r.media == 0 || r.inAudio {
			r.attribute(value)
		}
	}
	return nil
}

func (r *sdpReader) mediaLine(value string) error {
	f := strings.Fields(value)
	if r.media++; len(f) < 4 || r.media > maxSDPMedia {
		return errSDP
	}
	port, err := strconv.ParseUint(strings.SplitN(f[1], "/", 2)[0], 10, 16)
	if err != nil {
		return errSDP
	}
	r.inAudio = !r.found && f[0] == "audio" && f[2] == "RTP/AVP"
	switch {
	case r.inAudio:
		r.found, r.port, r.formats = true, uint16(port), f[3:]
	case r.found:
		r.d.after = append(r.d.after, strings.Join([]string{f[0], "0", f[2], f[3]}, " "))
	default:
		r.d.before = append(r.d.before, strings.Join([]string{f[0], "0", f[2], f[3]}, " "))
	}
	return nil
}

func (r *sdpReader) attribute(value string) {
	if dir, ok := parseDirection(value); ok {
		r.d.dir = dir
		return
	}
	rest, ok := strings.CutPrefix(value, "rtpmap:")
	if !ok || !r.inAudio {
		return
	}
	pt, name, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseUint(pt, 10, 7)
	if err == nil && n >= 96 && r.d.dtmf == 0 && slices.Contains(r.formats, pt) && strings.EqualFold(strings.TrimSpace(name), "telephone-event/8000") {
		r.d.dtmf = uint8(n)
	}
}

func (r *sdpReader) done() (description, error) {
	if !r.found {
		return description{}, errNoAudio
	}
	if !r.addr.IsValid() {
		return description{}, errSDP
	}
	r.d.addr = netip.AddrPortFrom(r.addr, r.port)
	for _, f := range r.formats {
		for _, c := range []audio.Codec{audio.PCMU, audio.PCMA} {
			if f == strconv.Itoa(int(c)) && !slices.Contains(r.d.codecs, c) {
				r.d.codecs = append(r.d.codecs, c)
			}
		}
	}
	if len(r.d.codecs) == 0 {
		return description{}, errNoCommon
	}
	return r.d, nil
}

// connectionAddr reads "IN IP4 192.0.2.1"; names are not looked up.
func connectionAddr(value string) (netip.Addr, error) {
	f := strings.Fields(value)
	if len(f) != 3 || f[0] != "IN" {
		return netip.Addr{}, errSDP
	}
	host, _, _ := strings.Cut(f[2], "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" || addr.Is4() != (f[1] == "IP4") || addr.Is4In6() {
		return netip.Addr{}, errSDP
	}
	return addr, nil
}
