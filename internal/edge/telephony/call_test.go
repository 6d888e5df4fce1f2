package telephony

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/edge/media"
	"commusafe/internal/edge/telephony/phonetest"
)

func TestACallIsCarriedFromTrunkToPBXAndBack(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{Headers: []string{"P-Asserted-Identity: <sip:0311112222@carrier.example>", "Diversion: <sip:0355556666@carrier.example>;reason=no-answer", "X-Secret: 1"}})
	caller.Expect("100")
	agent := d.pbx.Incoming()
	in := agent.Request
	s := <-d.calls
	if got := in.Get("X-Commusafe-Call-Id"); got != string(s.Incoming().ID) {
		t.Errorf("the PBX got call id %q, want %q", got, s.Incoming().ID)
	}
	if in.From != d.addr {
		t.Errorf("the INVITE came from %s, we listen on %s", in.From, d.addr)
	}
	if !strings.HasPrefix(in.Start, "INVITE sip:0312345678@"+d.pbx.Addr().String()) {
		t.Errorf("start line %q", in.Start)
	}
	if in.Get("Diversion") == "" || in.Get("P-Asserted-Identity") == "" || in.Get("X-Secret") != "" {
		t.Errorf("headers passed on:\n%s", in.Raw)
	}
	if in.URI("From") != "sip:0311112222@127.0.0.1" {
		t.Errorf("From %q", in.Get("From"))
	}
	if in.Get("Max-Forwards") != "69" {
		t.Errorf("Max-Forwards %q", in.Get("Max-Forwards"))
	}
	agent.Reply(180, "")
	if m := caller.Expect("180"); m.Body != "" || m.Tag("To") == "" {
		t.Errorf("ringing:\n%s", m.Raw)
	}
	d.awaitKind(s, Ringing)
	if ack := agent.Accept(d.pbxSDP("sendrecv")); ack.From != d.addr {
		t.Errorf("the ACK came from %s", ack.From)
	}
	ok := caller.Talk()
	if !strings.Contains(ok.Body, "m=audio 30000 RTP/AVP 0 101") || !strings.Contains(ok.Body, "a=sendrecv") {
		t.Errorf("answer:\n%s", ok.Body)
	}
	want := media.Remote{Addr: netip.MustParseAddrPort("127.0.0.1:41000"), Codec: audio.PCMU, DTMF: 101, Send: true, Receive: true}
	if got := d.sound().last(call.Agent); got != want {
		t.Errorf("agent's media %+v", got)
	}
	caller.Send("BYE", "")
	caller.Expect("200 BYE")
	bye := d.pbx.Expect("BYE")
	if bye.From != d.addr || bye.Get("Reason") != "" {
		t.Errorf("BYE:\n%s", bye.Raw)
	}
	agent.ReplyTo(bye, 200, "")
	if r := d.awaitEnd(s); r != (call.EndReason{By: call.ByCaller, Why: "hangup", Status: 200}) {
		t.Errorf("ended %+v", r)
	}
	if n := d.pbx.Count("BYE"); n != 1 {
		t.Errorf("%d BYEs to the PBX", n)
	}
	if f := d.sound(); f.closed != 1 {
		t.Errorf("media closed %d times", f.closed)
	}
}

func TestACutSendsOneByeToEachSideWithAReason(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	ended := make(chan error, 2)
	for range 2 { // two judgements cross
		go func() {
			ended <- s.End(context.Background(), call.EndReason{By: call.ByPolicy, Why: "cut"})
		}()
	}
	for dialog, phone := range map[*phonetest.Dialog]*phonetest.Phone{caller: d.carrier, agent: d.pbx} {
		bye := phone.Expect("BYE")
		if !strings.Contains(bye.Get("Reason"), "Q.850;cause=21") || bye.From != d.addr {
			t.Errorf("BYE:\n%s", bye.Raw)
		}
		dialog.ReplyTo(bye, 200, "")
	}
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if r := s.Reason(); r.By != call.ByPolicy || r.Why != "cut" {
		t.Errorf("ended %+v", r)
	}
	d.carrier.Silent(3*testT1, "BYE")
	if a, b := d.carrier.Count("BYE"), d.pbx.Count("BYE"); a != 1 || b != 1 {
		t.Errorf("%d and %d BYEs", a, b)
	}
}

func TestTheAgentHangsUp(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	agent.Seq = 7
	agent.Send("BYE", "")
	agent.Expect("200 BYE")
	caller.ReplyTo(d.carrier.Expect("BYE"), 200, "")
	if r := d.awaitEnd(s); r.By != call.ByAgent {
		t.Errorf("ended %+v", r)
	}
}

// An agent who was dismissed may hang up first: the caller stays, and another agent can be called.
func TestADismissedAgentHangsUp(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	s.Dismiss()
	agent.Seq = 7
	agent.Send("BYE", "")
	agent.Expect("200 BYE")
	if e := d.awaitKind(s, LegGone); e.Party != call.Agent {
		t.Errorf("event %+v", e)
	}
	if err := s.DropAgent(context.Background()); err != nil {
		t.Error(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Connect(context.Background()) }()
	second := d.pbx.Incoming()
	second.Accept(d.pbxSDP("sendrecv"))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	second.Seq = 7
	second.Send("BYE", "") // this one was not
	second.Expect("200 BYE")
	caller.ReplyTo(d.carrier.Expect("BYE"), 200, "")
	if r := d.awaitEnd(s); r.By != call.ByAgent {
		t.Errorf("ended %+v", r)
	}
}

// A call for the trained team rings there, whatever number was dialled; what isn't an extension doesn't get into the URI.
func TestACallForTheTeamRingsThere(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{admit: refusing(call.Admission{Verdict: call.Accept, Team: "8*00@evil>"})})
	_, agent, s := d.talk()
	if line, _, _ := strings.Cut(agent.Request.Raw, "\r\n"); line != "INVITE sip:8*00evil@"+d.pbx.Addr().String()+";transport=udp SIP/2.0" {
		t.Errorf("%q", line)
	}
	if !strings.Contains(agent.Request.Raw, "<sip:8*00evil@") {
		t.Errorf("To:\n%s", agent.Request.Raw)
	}
	agent.Send("BYE", "")
	agent.Expect("200 BYE")
	d.carrier.Expect("BYE")
	d.awaitEnd(s)
}

func TestCrossingByesAreBothAnswered(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	go func() { _ = s.End(context.Background(), call.EndReason{By: call.ByPolicy, Why: "cut"}) }()
	ours, theirs := d.carrier.Expect("BYE"), d.pbx.Expect("BYE")
	caller.Send("BYE", "")
	agent.Send("BYE", "")
	caller.Expect("200 BYE")
	agent.Expect("200 BYE")
	caller.ReplyTo(ours, 200, "")
	agent.ReplyTo(theirs, 200, "")
	d.awaitEnd(s)
	caller.Send("BYE", "") // another one, late
	caller.Expect("200 BYE")
	if a, b := d.carrier.Count("BYE"), d.pbx.Count("BYE"); a != 1 || b != 1 {
		t.Errorf("%d and %d BYEs", a, b)
	}
}

func TestEarlyMediaIsPassedOn(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	agent := d.pbx.Incoming()
	agent.Reply(183, d.pbxSDP("sendrecv"))
	early := caller.Expect("183")
	if !strings.Contains(early.Body, "m=audio 30000") {
		t.Errorf("early media:\n%s", early.Raw)
	}
	if r := d.sound().last(call.Agent); r.Addr.Port() != 41000 {
		t.Errorf("agent's media %+v", r)
	}
	agent.Accept("") // the description came already
	if ok := caller.Talk(); ok.Body != early.Body {
		t.Errorf("the answer differs from early media:\n%s", ok.Body)
	}
}

func TestTheVoicebotComesFirstAndTheAgentIsJoinedWithoutReinvite(t *testing.T) {
	t.Parallel()
	connect := make(chan struct{})
	d := openDesk(t, setting{serve: func(ctx context.Context, s *Session) {
		if err := s.Answer(ctx); err != nil {
			t.Errorf("answer: %v", err)
		}
		<-connect
		s.Introduce("ref=00c0de;priority=1;\r\nX-Evil: 1;名前=yes", true)
		if err := s.Connect(ctx); err != nil {
			t.Errorf("connect: %v", err)
		}
		<-s.Ended()
	}})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	caller.Talk()
	if d.pbx.Count("INVITE") != 0 {
		t.Error("the PBX was called before the voicebot had ended")
	}
	close(connect)
	agent := d.pbx.Incoming()
	if got := agent.Request.Get("X-Commusafe-Summary"); got != "ref=00c0de;priority=1;X-Evil: 1;=yes" || agent.Request.Get("X-Evil") != "" {
		t.Errorf("the PBX was told %q, X-Evil %q", got, agent.Request.Get("X-Evil"))
	}
	if got := agent.Request.Get("Priority"); got != "urgent" {
		t.Errorf("priority %q", got)
	}
	agent.Accept(d.pbxSDP("sendrecv"))
	d.carrier.Silent(5*testT1, "INVITE")
	caller.Send("BYE", "")
	d.pbx.Expect("BYE")
}

// A call that no voicebot has answered goes to the PBX without a summary.
func TestAnOrdinaryCallHasNoSummary(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	d.carrier.Invite(d.addr, phonetest.Invite{Headers: []string{"X-Commusafe-Summary: ref=forged;priority=1", "Priority: emergency"}})
	agent := d.pbx.Incoming()
	if got := agent.Request.Get("X-Commusafe-Summary") + agent.Request.Get("Priority"); got != "" {
		t.Errorf("the PBX was told %q", got)
	}
	agent.Accept(d.pbxSDP("sendrecv"))
}

func TestAnAgentIsDroppedAndAnotherJoined(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	if err := s.DropAgent(context.Background()); err != nil {
		t.Fatal(err)
	}
	agent.ReplyTo(d.pbx.Expect("BYE"), 200, "")
	if e := d.awaitKind(s, LegGone); e.Party != call.Agent {
		t.Errorf("event %+v", e)
	}
	done := make(chan error, 1)
	go func() { done <- s.Connect(context.Background()) }()
	second := d.pbx.Incoming()
	if !strings.Contains(second.Request.Body, "m=audio 30004 ") {
		t.Errorf("the second agent leg has no port of its own:\n%s", second.Request.Body)
	}
	second.Accept(d.pbxSDP("sendrecv"))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := d.carrier.Count("BYE") + d.carrier.Count("INVITE"); n != 0 {
		t.Errorf("the caller noticed: %d requests", n)
	}
	if err := s.Connect(context.Background()); !errors.Is(err, ErrConnected) {
		t.Errorf("a second agent at once: %v", err)
	}
	caller.Send("BYE", "")
	second.ReplyTo(d.pbx.Expect("BYE"), 200, "")
	d.awaitEnd(s)
}

func TestTheWholeCallOverTCP(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{carrier: phonetest.TCP(t), pbx: phonetest.TCP(t)})
	d.addr = d.server.Addr("tcp", 0)
	caller, agent, s := d.talk()
	if via := agent.Request.Get("Via"); !strings.HasPrefix(via, "SIP/2.0/TCP "+d.addr.String()) {
		t.Errorf("Via %q", via)
	}
	if uri := agent.Request.URI("Contact"); !strings.Contains(uri, d.addr.String()+";transport=tcp") {
		t.Errorf("Contact %q", uri)
	}
	go func() { _ = s.End(context.Background(), call.EndReason{By: call.ByPolicy, Why: "cut"}) }()
	caller.ReplyTo(d.carrier.Expect("BYE"), 200, "")
	agent.ReplyTo(d.pbx.Expect("BYE"), 200, "")
	d.awaitEnd(s)
}

func TestALateOfferIsAnsweredInTheACK(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{SDP: "none"})
	d.pbx.Incoming().Accept(d.pbxSDP("sendrecv"))
	offer := caller.Expect("200 INVITE")
	if !strings.Contains(offer.Body, "m=audio 30000 RTP/AVP 0 8 101") {
		t.Errorf("offer:\n%s", offer.Body)
	}
	caller.Send("ACK", phonetest.SDP(netip.MustParseAddrPort("127.0.0.1:40002"), "sendrecv", 8))
	<-d.calls
	d.sound().await(t, call.Caller, func(r media.Remote) bool { return r.Addr.Port() == 40002 && r.Codec == audio.PCMA })
}

func TestWhatIsAdvertisedStandsInSIPAndSDP(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{config: func(c *Config) {
		c.PBX[0].Advertise = netip.MustParseAddr("127.0.0.8")
		c.Listen[0] = "udp:0.0.0.0:0"
	}})
	d.addr = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), d.addr.Port())
	_, agent, _ := d.talk()
	in := agent.Request
	if !strings.Contains(in.Get("Via"), "127.0.0.8:") || !strings.Contains(in.URI("Contact"), "127.0.0.8:") || !strings.Contains(in.Body, "c=IN IP4 127.0.0.8") {
		t.Errorf("INVITE:\n%s", in.Raw)
	}
	if in.From.Port() != d.addr.Port() {
		t.Errorf("the INVITE came from port %d", in.From.Port())
	}
}

// BenchmarkCut measures a call from the INVITE to the BYEs that a cut sends: in-to-out is the delay that the
// product adds to the INVITE, cut-to-wire the time from End to the later of both BYEs, each at the worst percent.
func BenchmarkCut(b *testing.B) {
	d := openDesk(b, setting{})
	var setup, cut []time.Duration
	for b.Loop() {
		began := time.Now()
		caller := d.carrier.Invite(d.addr, phonetest.Invite{})
		agent := d.pbx.Incoming()
		setup = append(setup, time.Since(began))
		agent.Accept(d.pbxSDP("sendrecv"))
		caller.Talk()
		s := <-d.calls
		d.awaitKind(s, LegUp)
		d.awaitKind(s, LegUp)
		began = time.Now()
		go func() { _ = s.End(context.Background(), call.EndReason{By: call.ByPolicy, Why: "cut"}) }()
		one, other := d.carrier.Expect("BYE"), d.pbx.Expect("BYE")
		cut = append(cut, time.Since(began))
		caller.ReplyTo(one, 200, "")
		agent.ReplyTo(other, 200, "")
		d.awaitEnd(s)
	}
	for name, list := range map[string][]time.Duration{"in-to-out-p99-ms": setup, "cut-to-wire-p99-ms": cut} {
		slices.Sort(list)
		b.ReportMetric(float64(list[len(list)*99/100].Microseconds())/1000, name)
	}
}

// A header that is too long to pass on is left out: half of one is none, and a PBX may refuse the call for it.
func TestAHeaderThatIsTooLongIsNotCutInHalf(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	history := strings.TrimSuffix(strings.Repeat("<sip:0355556666@carrier.example>;index=1,", 40), ",")
	d.carrier.Invite(d.addr, phonetest.Invite{Headers: []string{"History-Info: " + history, "Diversion: <sip:0355556666@carrier.example>"}})
	in := d.pbx.Incoming().Request
	if got := in.Get("History-Info"); got != "" || in.Get("Diversion") == "" {
		t.Errorf("History-Info of %d octets passed on as one of %d", len(history), len(got))
	}
}

// A trunk and a PBX with IPv6 addresses are a trunk and a PBX.
func TestTheWholeCallOverIPv6(t *testing.T) {
	t.Parallel()
	carrier, pbx := phonetest.UDPAt(t, "[::1]:0"), phonetest.UDPAt(t, "[::1]:0")
	d := openDesk(t, setting{carrier: carrier, pbx: pbx, config: func(c *Config) {
		c.Listen = []string{"udp:127.0.0.1:0", "udp:[::1]:0"}
		c.Trunks[0].Peers = []netip.Prefix{netip.PrefixFrom(carrier.Addr().Addr(), 128)}
		c.PBX[0].Target = "sip:" + pbx.Addr().String()
	}})
	d.addr = d.server.Addr("udp", 1)
	caller, agent, s := d.talk()
	if in := agent.Request; in.From != d.addr {
		t.Errorf("the INVITE came from %s, we listen on %s", in.From, d.addr)
	}
	caller.Send("INVITE", d.carrierSDP("sendonly"))
	agent.ReplyTo(d.pbx.Expect("INVITE"), 200, d.pbxSDP("recvonly"))
	d.carrier.Expect("200 INVITE")
	caller.Send("ACK", "")
	agent.Send("BYE", "")
	caller.ReplyTo(d.carrier.Expect("BYE"), 200, "")
	if r := d.awaitEnd(s); r.By != call.ByAgent {
		t.Errorf("ended %+v", r)
	}
}

// Where a PBX and a trunk share an address of IPv6, the PBX's own port decides, too.
func TestAPBXWithAnIPv6AddressIsKnown(t *testing.T) {
	t.Parallel()
	a := newAccessList(Config{Trunks: []Trunk{{Name: "t", Peers: []netip.Prefix{netip.MustParsePrefix("2001:db8::/64")}}}, PBX: []PBX{{Name: "p", Target: "sip:[2001:db8::5]:5070"}, {Name: "q", Target: "sip:[2001:db8:1::5]"}}})
	if _, ok := a.trunk(netip.MustParseAddrPort("[2001:db8::5]:5070")); ok {
		t.Error("a call from the PBX is taken for one from the trunk")
	}
	if !a.known(netip.MustParseAddr("2001:db8:1::5")) {
		t.Error("what the PBX answers is dropped")
	}
}
