package telephony

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/audio"
)

// A Config says where calls come from and where they go. It is read once, by New.
type Config struct {
	// Listen are the sockets of ours, "udp:192.0.2.1:5060" or "tcp:192.0.2.1:5060". Requests over UDP leave from them.
	Listen []string
	// Advertise is the address written into Via, Contact and SDP. Unset: that of the socket.
	Advertise netip.Addr
	Trunks    []Trunk
	PBX       []PBX // tried in this order

	Drain         time.Duration // how long Run lets calls go on after its context ended; default 5 min
	AnswerTimeout time.Duration // how long a PBX may ring; default 3 min (RFC 3261 §13.3.1.1 expects that of proxies)
	TryTimeout    time.Duration // how long a PBX may say nothing at all before the next one is tried; default 4 s
	RetryAfter    time.Duration // what a 503 tells the trunk; default 30 s
	EndTimeout    time.Duration // how long the end of a call waits for answers; default 5 s
	MaxCalls      int           // more at once are answered 503; 0: no limit

	MinSessionExpires time.Duration // shortest session timer taken (RFC 4028 §4); default 90 s

	T1, T2 time.Duration // RFC 3261 §17.1.1.1 for retransmitted 2xx; default 500 ms and 4 s
}

// A Trunk is a carrier that calls come from.
type Trunk struct {
	Name  string
	Peers []netip.Prefix // who is believed to be this trunk
	// CalledFrom is where the called number stands: "r-uri" (default), "to" or "p-called-party-id" (RFC 7315 §4.2).
	CalledFrom string
	Codecs     []audio.Codec // allowed, in the order we offer them; default PCMU, PCMA
	RefuseCode int           // status of a refusal that names none; 0: 608 (RFC 8688)
	// TrustIdentity takes P-Asserted-Identity from this trunk (RFC 3325 §4).
	TrustIdentity bool
}

// A PBX is where agents are.
type PBX struct {
	Name      string
	Target    string         // "sip:192.0.2.9:5060;transport=udp"
	Peers     []netip.Prefix // who may send requests in calls with it; the target's own address is added
	Advertise netip.Addr     // in place of Config.Advertise, where the PBX sees us under another address
}

// Places of the called number.
const (
	calledFromURI    = "r-uri"
	calledFromTo     = "to"
	calledFromPCalls = "p-called-party-id"
)

// withDefaults fills what was left out.
func (c Config) withDefaults() Config {
	orDefault(&c.Drain, 5*time.Minute)
	orDefault(&c.AnswerTimeout, 3*time.Minute)
	orDefault(&c.TryTimeout, 4*time.Second)
	orDefault(&c.RetryAfter, 30*time.Second)
	orDefault(&c.EndTimeout, 5*time.Second)
	orDefault(&c.MinSessionExpires, 90*time.Second)
	orDefault(&c.T1, 500*time.Millisecond)
	orDefault(&c.T2, 4*time.Second)
	c.Trunks = slices.Clone(c.Trunks)
	for i := range c.Trunks {
		if len(c.Trunks[i].Codecs) == 0 {
			c.Trunks[i].Codecs = []audio.Codec{audio.PCMU, audio.PCMA}
		}
		if c.Trunks[i].CalledFrom == "" {
			c.Trunks[i].CalledFrom = calledFromURI
		}
		if c.Trunks[i].RefuseCode == 0 {
			c.Trunks[i].RefuseCode = statusRejected
		}
	}
	return c
}

func orDefault(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

// Check gives a sentence for the first thing that can't work.
func (c Config) Check() error { return c.withDefaults().check() }

// check gives a sentence for the first thing that can't work.
func (c Config) check() error {
	if len(c.Listen) == 0 || len(c.Trunks) == 0 || len(c.PBX) == 0 {
		return fmt.Errorf("telephony needs at least one listen address, one trunk and one PBX")
	}
	for _, t := range c.Trunks {
		if len(t.Peers) == 0 {
			return fmt.Errorf("trunk %q has no peers, so no call could come from it", t.Name)
		}
		if !slices.Contains([]string{calledFromURI, calledFromTo, calledFromPCalls}, t.CalledFrom) {
			return fmt.Errorf("trunk %q: called_from %q is none of r-uri, to, p-called-party-id", t.Name, t.CalledFrom)
		}
		if t.RefuseCode < 400 || t.RefuseCode > 699 {
			return fmt.Errorf("trunk %q: refuse_code %d is not a SIP failure (400–699)", t.Name, t.RefuseCode)
		}
	}
	for _, p := range c.PBX {
		uri, err := p.target()
		if err != nil {
			return err
		}
		if _, err := netip.ParseAddr(hostOf(uri)); err != nil && len(p.Peers) == 0 {
			return fmt.Errorf("PBX %q is reached by name, so its peers must be listed: nothing else is let in", p.Name)
		}
		network := strings.ToLower(transportOf(uri))
		if !slices.ContainsFunc(c.Listen, func(l string) bool { return strings.HasPrefix(l, network+":") }) {
			return fmt.Errorf("PBX %q is reached over %s, but no listen address is %s", p.Name, network, network)
		}
	}
	return nil
}

// target reads the PBX's URI.
func (p PBX) target() (sip.Uri, error) {
	var uri sip.Uri
	if err := sip.ParseUri(p.Target, &uri); err != nil || uri.Scheme != "sip" || uri.Host == "" {
		return uri, fmt.Errorf("PBX %q: target %q is not a SIP address like sip:192.0.2.9:5060;transport=udp", p.Name, p.Target)
	}
	switch strings.ToLower(uri.UriParams.GetOr("transport", "udp")) {
	case "udp", "tcp":
		return uri, nil
	}
	return uri, fmt.Errorf("PBX %q: target %q: transport is neither udp nor tcp", p.Name, p.Target)
}

// hostOf gives a URI's host, an address of IPv6 without its brackets.
func hostOf(uri sip.Uri) string { return strings.Trim(uri.Host, "[]") }

// transportOf gives "UDP" or "TCP" as Via writes it.
func transportOf(uri sip.Uri) string {
	return strings.ToUpper(uri.UriParams.GetOr("transport", "udp"))
}
