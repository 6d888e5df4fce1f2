package telephony

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/edge/media"
	"commusafe/internal/edge/telephony/phonetest"
)

func TestAFailureOfThePBXIsPassedToTheCaller(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{486: 486, 404: 404, 407: 502, 603: 603, 302: 480} {
		failed := make(chan error, 1)
		d := openDesk(t, setting{serve: func(ctx context.Context, s *Session) { failed <- s.Connect(ctx) }})
		caller := d.carrier.Invite(d.addr, phonetest.Invite{})
		agent := d.pbx.Incoming()
		agent.Reply(status, "")
		d.pbx.Expect("ACK")
		caller.Expect("100")
		if m := caller.Expect(itoa(want)); m.Method() != "INVITE" {
			t.Errorf("%d became %s", status, m.Start)
		}
		caller.Raw(strings.Replace(caller.Copy("ACK", ""), "INVITE", "ACK", 1))
		var ce *ConnectError
		if err := <-failed; !errors.As(err, &ce) || ce.Status != want || !ce.Passed {
			t.Errorf("%d: connect gave %v", status, err)
		}
	}
}

func TestASilentPBXIsLeftForTheNext(t *testing.T) {
	t.Parallel()
	dead := phonetest.UDP(t)
	d := openDesk(t, setting{config: func(c *Config) {
		c.PBX = append([]PBX{{Name: "dead", Target: "sip:" + dead.Addr().String()}}, c.PBX...)
		c.TryTimeout = 5 * testT1
	}})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	first := dead.Incoming()
	agent := d.pbx.Incoming()
	agent.Accept(d.pbxSDP("sendrecv"))
	caller.Talk()
	first.Reply(200, phonetest.SDP(netip.MustParseAddrPort("127.0.0.1:42000"), "sendrecv", 0)) // it wakes up too late
	dead.Expect("ACK")
	dead.Expect("BYE")
	if d.pbx.Count("BYE") != 0 {
		t.Error("the agent in use got a BYE")
	}
}

func TestWithoutAnyPBXTheTrunkIsSentElsewhere(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{config: func(c *Config) { c.TryTimeout = 5 * testT1 }})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	if m := caller.Expect("503"); m.Get("Retry-After") == "" {
		t.Errorf("no Retry-After:\n%s", m.Raw)
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{config: func(c *Config) { c.AnswerTimeout = 10 * testT1 }})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	agent := d.pbx.Incoming()
	agent.Reply(180, "")
	cancel := d.pbx.Expect("CANCEL")
	agent.ReplyTo(cancel, 200, "")
	agent.Reply(487, "")
	caller.Expect("480")
	if r := d.awaitEnd(<-d.calls); r.Why != "no_answer" {
		t.Errorf("ended %+v", r)
	}
}

func TestAPanickingGuardLeavesTheCallRelayed(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{serve: func(context.Context, *Session) { panic("guard") }})
	_, agent, s := d.talk()
	select {
	case <-s.Ended():
		t.Fatal("the call ended with its guard")
	case <-time.After(5 * testT1):
	}
	agent.Send("BYE", "")
	d.awaitEnd(s)
}

func TestAServeThatReturnsEndsTheCall(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{serve: func(ctx context.Context, s *Session) { _ = s.Connect(ctx) }})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	agent := d.pbx.Incoming()
	agent.Accept(d.pbxSDP("sendrecv"))
	caller.Talk()
	agent.ReplyTo(d.pbx.Expect("BYE"), 200, "")
	caller.ReplyTo(d.carrier.Expect("BYE"), 200, "")
	d.awaitEnd(<-d.calls)
}

func TestALegWithoutRTPEndsTheCall(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	_, _, s := d.talk()
	d.sound().events <- media.Event{Kind: media.DTMF, Party: call.Caller, Digit: '5'}
	if e := d.awaitKind(s, DTMF); e.Detail != "5" || e.Party != call.Caller {
		t.Errorf("event %+v", e)
	}
	d.sound().events <- media.Event{Kind: media.Timeout, Party: call.Caller}
	if bye := d.carrier.Expect("BYE"); !strings.Contains(bye.Get("Reason"), "cause=102") {
		t.Errorf("BYE:\n%s", bye.Raw)
	}
	d.pbx.Expect("BYE")
	if r := d.awaitEnd(s); r.Why != "rtp_timeout" { // nobody answers the BYEs: EndTimeout
		t.Errorf("ended %+v", r)
	}
}

func TestAPanicWhileACallIsOpenedIsAnswered500(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{media: func(n int) error {
		if n == 1 {
			panic("media")
		}
		return nil
	}})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	caller.Expect("500 INVITE")
	caller.Raw(caller.Copy("ACK", ""))
	d.talk()
}

func TestWithoutMediaTheTrunkIsSentElsewhere(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{media: func(int) error { return media.ErrNoPorts }})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	if m := caller.Expect("503 INVITE"); m.Get("Retry-After") == "" {
		t.Errorf("no Retry-After:\n%s", m.Raw)
	}
}

func TestAnAgentWithoutACommonCodecIsLetGo(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	agent := d.pbx.Incoming()
	agent.Accept(strings.Replace(d.pbxSDP("sendrecv"), "RTP/AVP 0 101", "RTP/AVP 18", 1))
	d.pbx.Expect("BYE")
	caller.Expect("488")
}
