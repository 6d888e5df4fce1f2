package phonetest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// A Message is one SIP message as it came, read without any SIP library: the judge must not share the judged one's errors.
type Message struct {
	Start   string
	Headers [][2]string
	Body    string
	From    netip.AddrPort // where it came from
	Raw     string
}

// Parse reads a message.
func Parse(raw string, from netip.AddrPort) Message {
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	m := Message{Start: lines[0], Body: body, From: from, Raw: raw}
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		m.Headers = append(m.Headers, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return m
}

// Status gives the status of a response, 0 for a request.
func (m Message) Status() int {
	rest, ok := strings.CutPrefix(m.Start, "SIP/2.0 ")
	if !ok {
		return 0
	}
	n, _ := strconv.Atoi(rest[:min(3, len(rest))]) // 0 where it is none
	return n
}

// Method gives the method of a request, or that of the request a response belongs to.
func (m Message) Method() string {
	if m.Status() == 0 {
		method, _, _ := strings.Cut(m.Start, " ")
		return method
	}
	_, method, _ := strings.Cut(m.Get("CSeq"), " ")
	return method
}

// Seq gives the number of CSeq.
func (m Message) Seq() int {
	n, _, _ := strings.Cut(m.Get("CSeq"), " ")
	seq, _ := strconv.Atoi(n) // 0 where there is none
	return seq
}

// Get gives the first header of this name, or "".
func (m Message) Get(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

// All gives the headers of this name.
func (m Message) All(name string) []string {
	var list []string
	for _, h := range m.Headers {
		if strings.EqualFold(h[0], name) {
			list = append(list, h[1])
		}
	}
	return list
}

// Is tells whether the message is what is asked for: "INVITE" a request, "200" a response, "200 BYE" one to a BYE.
func (m Message) Is(what string) bool {
	first, second, _ := strings.Cut(what, " ")
	if status, err := strconv.Atoi(first); err == nil {
		return m.Status() == status && (second == "" || m.Method() == second)
	}
	return m.Status() == 0 && m.Method() == first
}

// Tag gives the tag of From or To.
func (m Message) Tag(header string) string {
	_, rest, ok := strings.Cut(m.Get(header), ";tag=")
	if !ok {
		return ""
	}
	tag, _, _ := strings.Cut(rest, ";")
	return tag
}

// URI gives the address between the angle brackets of a header.
func (m Message) URI(header string) string {
	_, rest, _ := strings.Cut(m.Get(header), "<")
	uri, _, _ := strings.Cut(rest, ">")
	return uri
}

// SDP gives an audio description: codecs as payload types, direction as the attribute.
func SDP(addr netip.AddrPort, direction string, payloadTypes ...int) string {
	var formats, maps strings.Builder
	for _, pt := range payloadTypes {
		fmt.Fprintf(&formats, " %d", pt)
		switch pt {
		case 0:
			maps.WriteString("a=rtpmap:0 PCMU/8000\r\n")
		case 8:
			maps.WriteString("a=rtpmap:8 PCMA/8000\r\n")
		default:
			fmt.Fprintf(&maps, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", pt, pt)
		}
	}
	family := "IP4"
	if addr.Addr().Is6() {
		family = "IP6"
	}
	return fmt.Sprintf("v=0\r\no=phone 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio %d RTP/AVP%s\r\n%sa=%s\r\n",
		family, addr.Addr(), family, addr.Addr(), addr.Port(), formats.String(), maps.String(), direction)
}
