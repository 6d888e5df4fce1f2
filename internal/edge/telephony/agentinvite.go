package telephony

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
)

// defaultDTMF is the payload type that we offer for telephone-event.
const defaultDTMF = 101

// newAgentLeg makes a leg toward a PBX; we are the UAC of its dialog.
func (s *Session) newAgentLeg(pbx PBX) *leg {
	uri, _ := pbx.target() // checked by New
	l := &leg{
		call: s, party: call.Agent, callID: string(call.NewID()), localTag: sip.GenerateTagN(16),
		transport: transportOf(uri), sdpSession: sdpID(), wants: sendrecv,
	}
	l.target = uri
	l.target.User = escapeUser(s.in.To)
	if s.admission.Team != "" {
		l.target.User = escapeUser(call.Number{Raw: s.admission.Team})
	}
	dst := net.JoinHostPort(hostOf(uri), strconv.Itoa(max(uri.Port, 1)))
	addr, err := netip.ParseAddr(hostOf(uri))
	if err != nil {
		addr = netip.IPv4Unspecified()
	}
	l.local, _ = s.server.stack.localFor(addr)
	l.port = int(l.local.Port())
	if p := s.server.stack.tcpPort(); l.transport == "TCP" && p != 0 {
		l.port = p
	}
	advertise := s.server.cfg.Advertise
	if pbx.Advertise.IsValid() {
		advertise = pbx.Advertise
	}
	l.advertised = advertise.IsValid()
	l.host = s.server.hostToward(l.local.Addr(), advertise, dst)
	to := sip.Uri{Scheme: "sip", User: l.target.User, Host: uri.Host}
	l.theirs = nameAddr{uri: to}
	l.ours = s.id.from(l.host)
	return l
}

// escapeUser writes a number as the user part of a SIP URI; foreign characters don't pass.
func escapeUser(n call.Number) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("+-_.*#", r) {
			return r
		}
		return -1
	}, n.Raw)
}

// from gives the From of the PBX's leg: the caller's number, or the kind of its absence as Japanese carriers write it.
func (id callerIdentity) from(host string) nameAddr {
	if id.number.Withheld == call.Shown {
		return nameAddr{id.display, sip.Uri{Scheme: "sip", User: escapeUser(id.number), Host: host}}
	}
	name := id.display
	if id.number.Withheld != call.Unspecified && named(name) == call.Shown {
		name = "" // who withholds his number is not named either
	}
	if name == "" {
		name = map[call.Withholding]string{call.Payphone: "Coin line/payphone", call.OutOfArea: "Unavailable"}[id.number.Withheld]
	}
	if name == "" {
		name = "Anonymous"
	}
	return nameAddr{name, sip.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}}
}

// inviteFor builds the INVITE to the PBX. Of the caller's headers only those of a list go along.
func (s *Session) inviteFor(l *leg) *sip.Request {
	req := l.request(sip.INVITE)
	if m := s.caller.invite.MaxForwards(); m != nil && m.Val() > 1 {
		left := sip.MaxForwardsHeader(min(m.Val(), 70) - 1)
		req.ReplaceHeader(&left)
	}
	req.AppendHeader(sip.NewHeader("Allow", allowed))
	req.AppendHeader(sip.NewHeader(headerCallID, string(s.in.ID)))
	s.about.add(req)
	passed := []string{"Privacy", "Diversion", "History-Info"}
	if s.trunk.TrustIdentity {
		passed = append(passed, "P-Asserted-Identity")
	}
	for _, name := range passed {
		for _, h := range s.caller.invite.GetHeaders(name) {
			if v := headerValue(h.Value()); len(v) <= maxHeader {
				req.AppendHeader(sip.NewHeader(name, v))
			}
		}
	}
	withSDP(req, l.body(s.offerToAgent(l)))
	return req
}

// headerCallID tells the PBX our call ID, for CTI.
const headerCallID = "X-Commusafe-Call-Id"

// headerSummary tells the PBX what the voicebot learned.
const headerSummary = "X-Commusafe-Summary"

// An introduction is what an agent's telephone can show before it is answered.
type introduction struct {
	about  string
	urgent bool
}

// add puts it on an INVITE.
func (i introduction) add(req *sip.Request) {
	about := strings.Map(func(r rune) rune {
		if r > 0x7e {
			return -1
		}
		return r
	}, headerValue(i.about))
	if about = about[:min(len(about), maxHeader)]; about != "" {
		req.AppendHeader(sip.NewHeader(headerSummary, about))
	}
	if i.urgent {
		req.AppendHeader(sip.NewHeader("Priority", "urgent"))
	}
}

// maxHeader bounds the values of headers that we pass on. Half a History-Info is none: a PBX may refuse the call for it, so longer ones stay.
const maxHeader = 1024

// headerValue makes one line of a foreign header's value.
func headerValue(v string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, v)
}

// offerToAgent offers the trunk's codecs, the caller's first, and telephone-event where the caller has it:
// a trunk without it carries keys in band, and so must the agent's leg.
func (s *Session) offerToAgent(l *leg) description {
	d := description{addr: s.mediaAddr(l), dir: sendrecv}
	if s.caller.them.addr.IsValid() {
		d.codecs = append(d.codecs, s.caller.codec)
		if s.caller.them.dtmf != 0 {
			d.dtmf = defaultDTMF
		}
		d.dir = s.caller.them.wish()
	} else {
		d.dtmf = defaultDTMF
	}
	for _, c := range s.trunk.Codecs {
		if !slices.Contains(d.codecs, c) {
			d.codecs = append(d.codecs, c)
		}
	}
	return d
}
