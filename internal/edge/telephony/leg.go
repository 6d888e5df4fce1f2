package telephony

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// A legState is how far a leg has come.
type legState uint8

const (
	legTrying   legState = iota // INVITE received or sent, no final response
	legAnswered                 // 2xx sent or received
	legGone                     // nothing more is sent or expected
)

// A leg is one SIP dialog of a call (RFC 3261 §12). All fields but the four of key belong to the call's actor.
type leg struct {
	call                        *Session
	party                       call.Party
	callID, localTag, remoteTag string
	state                       legState

	ours, theirs   nameAddr // From and To of our requests
	target         sip.Uri  // where requests go: the peer's Contact
	routes         []string // route set, in order of our requests
	seq, remoteSeq uint32   // last CSeq of ours and of theirs
	transport      string   // UDP or TCP
	local          netip.AddrPort
	host           string // our address as the peer is told
	port           int
	advertised     bool   // host was configured: media are told it too
	source         string // peer's end of the TCP connection the leg came by

	us, them    description // last of ours and of theirs that was agreed
	wants       direction   // what the peer asked for when it last offered
	codec       audio.Codec
	sdpSession  uint64
	sdpVersion  uint64
	sdpLast     string
	awaitAnswer bool // our 2xx carried an offer; the ACK brings the answer
	byeSent     bool
	reinviteOut bool // a re-INVITE of ours is under way
	reinviteIn  bool // one of theirs is
	invite      *sip.Request
	server      *sip.ServerTx // transaction of the INVITE we answer
	final       *sip.Response // our 2xx, repeated by finalTx until its ACK
	finalTx     *sip.ServerTx
	acked       bool
	byeOnAck    func()
	provisional bool // something came for our INVITE
	cancelled   bool // we want our INVITE cancelled
	ack         *sip.Request
	resend      *time.Timer
	ring        *time.Timer // ends the wait for an answer
	timer       sessionTimer
	refresh     *time.Timer // sends the next refresh of ours
	expiry      *time.Timer // ends a session that was not refreshed
}

func (l *leg) key() dialogKey { return dialogKey{l.callID, l.localTag, l.remoteTag} }

// request builds the next request in the leg's dialog (RFC 3261 §12.2.1.1). An ACK takes the CSeq of the INVITE.
func (l *leg) request(method sip.RequestMethod) *sip.Request {
	if method != sip.ACK {
		l.seq++
	}
	req := l.bare(method, l.target, l.seq)
	for _, r := range l.routes {
		req.AppendHeader(sip.NewHeader("Route", r))
	}
	l.aim(req)
	return req
}

// bare builds a request of the leg without a route.
func (l *leg) bare(method sip.RequestMethod, to sip.Uri, seq uint32) *sip.Request {
	req := sip.NewRequest(method, to)
	via := &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: l.wire(), Host: l.host, Port: l.port}
	via.Params.Add("branch", sip.GenerateBranch())
	via.Params.Add("rport", "")
	forwards := sip.MaxForwardsHeader(70)
	callID := sip.CallIDHeader(l.callID)
	req.AppendHeader(via)
	req.AppendHeader(&forwards)
	req.AppendHeader(&sip.FromHeader{DisplayName: l.ours.display, Address: l.ours.uri, Params: tagParam(l.localTag)})
	req.AppendHeader(&sip.ToHeader{DisplayName: l.theirs.display, Address: l.theirs.uri, Params: tagParam(l.remoteTag)})
	req.AppendHeader(&callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: method})
	if method == sip.INVITE || method == sip.ACK {
		req.AppendHeader(l.contact())
	}
	req.SetBody(nil)
	return req
}

// A nameAddr is a display name and an address, as From and To have them.
type nameAddr struct {
	display string
	uri     sip.Uri
}

// nameOf keeps what may be written again.
func nameOf(display string, uri *sip.Uri) nameAddr {
	return nameAddr{oneLine(display, 128), *uri.Clone()}
}

func tagParam(tag string) sip.HeaderParams {
	params := sip.NewParams()
	if tag != "" {
		params.Add("tag", tag)
	}
	return params
}

// wire is the transport of the leg's requests: that of the peer's Contact where it names one.
func (l *leg) wire() string {
	if t, ok := l.target.UriParams.Get("transport"); ok && strings.EqualFold(t, "tcp") {
		return "TCP"
	}
	return l.transport
}

// aim sets the socket a request leaves from and, over TCP, the connection that is there.
func (l *leg) aim(req *sip.Request) {
	req.SetTransport(l.wire())
	if l.wire() == "UDP" {
		if l.local.IsValid() {
			req.Laddr = sip.Addr{IP: net.IP(l.local.Addr().AsSlice()), Port: int(l.local.Port())}
		}
		if len(l.routes) > 0 {
			req.SetDestination(routeHop(l.routes[0]))
		}
		return
	}
	if l.source != "" && l.call.server.stack.alive("tcp", l.source) {
		req.SetDestination(l.source)
	} else if len(l.routes) > 0 {
		req.SetDestination(routeHop(l.routes[0]))
	}
}

// routeHop gives host and port of a Route value.
func routeHop(route string) string {
	var uri sip.Uri
	if _, err := sip.ParseAddressValue(route, &uri, &sip.HeaderParams{}); err != nil {
		return ""
	}
	port := uri.Port
	if port == 0 {
		port = sip.DefaultUdpPort
	}
	return net.JoinHostPort(hostOf(uri), strconv.Itoa(port))
}

// contact is where the peer reaches us in this dialog.
func (l *leg) contact() *sip.ContactHeader {
	c := &sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: "commusafe", Host: l.host, Port: l.port}}
	if l.wire() == "TCP" {
		c.Address.UriParams.Add("transport", "tcp")
		if p := l.call.server.stack.tcpPort(); p != 0 {
			c.Address.Port = p
		}
	}
	return c
}

// learn takes target and, the first time, route set from the other side's message (RFC 3261 §12.1, §12.2).
func (l *leg) learn(contact *sip.ContactHeader) {
	if contact != nil && !contact.Address.Wildcard && contact.Address.Scheme == "sip" && contact.Address.Host != "" {
		l.target = *contact.Address.Clone()
		l.target.Headers = nil
	}
}

// recordRoutes gives the values of Record-Route in order.
func recordRoutes(m sip.Message) []string {
	var list []string
	for _, h := range m.GetHeaders("record-route") {
		list = append(list, h.Value())
	}
	return list
}

// body prints our description d for this leg; its version counts up when anything changed (RFC 3264 §8).
func (l *leg) body(d description) []byte {
	if text := string(d.print(0, 0)); text != l.sdpLast {
		l.sdpLast = text
		l.sdpVersion++
	}
	l.us = d
	return d.print(l.sdpSession, l.sdpVersion)
}

// withSDP puts a description into a message.
func withSDP(m sip.Message, body []byte) {
	m.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	m.SetBody(body)
}

// after runs f on the actor when d has passed.
func (s *Session) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { s.mail.post(f) })
}
