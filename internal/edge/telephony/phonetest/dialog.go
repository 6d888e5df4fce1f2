package phonetest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
)

// An Invite says what differs from an ordinary call in the INVITE of a fake carrier.
type Invite struct {
	URI     string   // request URI; default sip:0312345678@<server>
	From    string   // name-addr without tag; default "<sip:09011112222@carrier.example>"
	To      string   // name-addr; default <URI>
	Headers []string // further lines, without line end
	SDP     string   // "none": no body; default PCMU and telephone-event at the phone's own address, port 40000
}

// A Dialog is one side of a SIP dialog, driven by a test.
type Dialog struct {
	p                 *Phone
	CallID            string
	local, remote     string // name-addr with tag
	target            string // request URI of what is sent
	peer              netip.AddrPort
	Seq               int
	branch            string
	Request, Response Message // the INVITE, when it came; the last response, when it was sent
}

// Token gives a random word for tags, branches and Call-IDs.
func Token() string { return fmt.Sprintf("%x", rand.Uint64()) }

// Invite sends an INVITE and gives the dialog it is to become.
func (p *Phone) Invite(server netip.AddrPort, o Invite) *Dialog {
	p.t.Helper()
	if o.URI == "" {
		o.URI = "sip:0312345678@" + server.String()
	}
	if o.From == "" {
		o.From = "<sip:09011112222@carrier.example>"
	}
	if o.To == "" {
		o.To = "<" + o.URI + ">"
	}
	switch o.SDP {
	case "":
		o.SDP = SDP(netip.AddrPortFrom(p.addr.Addr(), 40000), "sendrecv", 0, 101)
	case "none":
		o.SDP = ""
	}
	d := &Dialog{p: p, CallID: Token() + "@phonetest", local: o.From + ";tag=" + Token(), remote: o.To, target: o.URI, peer: server}
	d.Send("INVITE", o.SDP, o.Headers...)
	return d
}

// Send sends the dialog's next request: ACK with the INVITE's CSeq, CANCEL with its CSeq and branch, others with the next one.
func (d *Dialog) Send(method, body string, headers ...string) {
	d.p.t.Helper()
	switch method {
	case "ACK":
		d.branch = "z9hG4bK" + Token()
	case "CANCEL":
	default:
		d.Seq++
		d.branch = "z9hG4bK" + Token()
	}
	d.Raw(d.text(method, body, headers...))
}

// Raw sends text to the other side of the dialog.
func (d *Dialog) Raw(text string) { d.p.t.Helper(); d.p.Send(d.peer, text) }

// text builds a request with the dialog's present CSeq and branch.
func (d *Dialog) text(method, body string, headers ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n",
		method, d.target, d.p.network, d.p.addr, d.branch, d.local, d.remote, d.CallID, d.Seq, method)
	fmt.Fprintf(&b, "Contact: <sip:phone@%s%s>\r\n", d.p.addr, d.p.param())
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	writeBody(&b, body)
	return b.String()
}

// Copy gives the text of the last request once more, for tests that repeat it.
func (d *Dialog) Copy(method, body string, headers ...string) string {
	return d.text(method, body, headers...)
}

func (p *Phone) param() string {
	if p.network == "TCP" {
		return ";transport=tcp"
	}
	return ""
}

func writeBody(b *strings.Builder, body string) {
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(b, "Content-Length: %d\r\n\r\n%s", len(body), body)
}

// Expect waits for a message; a 2xx or 18x to our INVITE makes or completes the dialog.
func (d *Dialog) Expect(what string) Message {
	d.p.t.Helper()
	m := d.p.Expect(what)
	d.Learn(m)
	return m
}

// Learn takes tag and target from an 18x or 2xx to our INVITE.
func (d *Dialog) Learn(m Message) {
	if m.Status() > 100 && m.Status() < 300 && m.Method() == "INVITE" && m.Get("Call-ID") == d.CallID {
		d.remote = m.Get("To")
		if uri := m.URI("Contact"); uri != "" {
			d.target = uri
		}
	}
}

// Talk brings an INVITE of ours to a call: 200 is waited for and acknowledged.
func (d *Dialog) Talk() Message {
	d.p.t.Helper()
	m := d.Expect("200 INVITE")
	d.Send("ACK", "")
	return m
}

// Incoming waits for an INVITE and gives its dialog from the called side.
func (p *Phone) Incoming() *Dialog {
	p.t.Helper()
	return p.Called(p.Expect("INVITE"))
}

// Called gives the dialog of an INVITE from the called side.
func (p *Phone) Called(m Message) *Dialog {
	return &Dialog{p: p, CallID: m.Get("Call-ID"), local: m.Get("To") + ";tag=" + Token(), remote: m.Get("From"),
		target: m.URI("Contact"), peer: m.From, Request: m}
}

// Reply answers the INVITE of an incoming call.
func (d *Dialog) Reply(status int, body string, headers ...string) {
	d.p.t.Helper()
	d.Response = Parse(d.reply(d.Request, status, body, headers...), netip.AddrPort{})
	d.Raw(d.Response.Raw)
}

// ReplyTo answers a request in the dialog.
func (d *Dialog) ReplyTo(m Message, status int, body string, headers ...string) {
	d.p.t.Helper()
	d.p.Send(m.From, d.reply(m, status, body, headers...))
}

func (d *Dialog) reply(m Message, status int, body string, headers ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d Phonetest\r\n", status)
	for _, v := range m.All("Via") {
		b.WriteString("Via: " + v + "\r\n")
	}
	to := m.Get("To")
	if m.Tag("To") == "" && status > 100 {
		to = d.local
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:phone@%s%s>\r\n",
		m.Get("From"), to, m.Get("Call-ID"), m.Get("CSeq"), d.p.addr, d.p.param())
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	writeBody(&b, body)
	return b.String()
}

// Accept answers an incoming call with 200 and waits for the ACK.
func (d *Dialog) Accept(sdp string) Message {
	d.p.t.Helper()
	d.Reply(200, sdp)
	return d.p.Expect("ACK")
}

// Local is the phone's own name-addr in the dialog, with its tag; SetLocalTag changes it, as a fork would.
func (d *Dialog) SetLocalTag(tag string) {
	base, _, _ := strings.Cut(d.local, ";tag=")
	d.local = base + ";tag=" + tag
}
