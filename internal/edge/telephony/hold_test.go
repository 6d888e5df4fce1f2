package telephony

import (
	"context"
	"strings"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/edge/media"
	"commusafe/internal/edge/telephony/phonetest"
)

// holds sends a re-INVITE from one side, answers what comes out at the other, and gives both descriptions.
func holds(t *testing.T, from, to *phonetest.Dialog, fromPhone, toPhone *phonetest.Phone, offer, answer string) (passed, answered string) {
	t.Helper()
	from.Send("INVITE", offer)
	m := toPhone.Expect("INVITE")
	to.ReplyTo(m, 200, answer)
	toPhone.Expect("ACK")
	ok := fromPhone.Expect("200 INVITE")
	from.Send("ACK", "")
	return m.Body, ok.Body
}

func TestHoldAndResumePassThroughFromEitherSide(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	agent.Seq = 100
	type side struct {
		name             string
		from, to         *phonetest.Dialog
		fromTel, toTel   *phonetest.Phone
		fromSDP, toSDP   func(string) string
		party, otherSide call.Party
	}
	for _, x := range []side{
		{"caller", caller, agent, d.carrier, d.pbx, d.carrierSDP, d.pbxSDP, call.Caller, call.Agent},
		{"agent", agent, caller, d.pbx, d.carrier, d.pbxSDP, d.carrierSDP, call.Agent, call.Caller},
	} {
		t.Run(x.name, func(t *testing.T) {
			passed, answered := holds(t, x.from, x.to, x.fromTel, x.toTel, x.fromSDP("sendonly"), x.toSDP("recvonly"))
			if !strings.Contains(passed, "a=sendonly") || !strings.Contains(answered, "a=recvonly") {
				t.Errorf("hold: passed on\n%s\nanswered\n%s", passed, answered)
			}
			if e := d.awaitKind(s, Hold); e.Party != x.party {
				t.Errorf("event %+v", e)
			}
			if r := d.sound().last(x.party); r.Send || !r.Receive {
				t.Errorf("holder's media %+v", r)
			}
			if r := d.sound().last(x.otherSide); !r.Send || r.Receive {
				t.Errorf("held side's media %+v", r)
			}
			passed, answered = holds(t, x.from, x.to, x.fromTel, x.toTel, x.fromSDP("sendrecv"), x.toSDP("sendrecv"))
			if !strings.Contains(passed, "a=sendrecv") || !strings.Contains(answered, "a=sendrecv") {
				t.Errorf("resume: passed on\n%s\nanswered\n%s", passed, answered)
			}
			d.awaitKind(s, Resume)
			passed, answered = holds(t, x.from, x.to, x.fromTel, x.toTel, x.fromSDP("inactive"), x.toSDP("inactive"))
			if !strings.Contains(passed, "a=inactive") || !strings.Contains(answered, "a=inactive") {
				t.Errorf("inactive: passed on\n%s\nanswered\n%s", passed, answered)
			}
			d.awaitKind(s, Hold)
			holds(t, x.from, x.to, x.fromTel, x.toTel, x.fromSDP("sendrecv"), x.toSDP("sendrecv"))
			d.awaitKind(s, Resume)
		})
	}
}

func TestTheOldHoldByAddressZero(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	old := strings.Replace(d.carrierSDP("sendrecv"), "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0", 1)
	passed, answered := holds(t, caller, agent, d.carrier, d.pbx, old, d.pbxSDP("recvonly"))
	if !strings.Contains(passed, "a=sendonly") || strings.Contains(passed, "0.0.0.0") || !strings.Contains(answered, "a=recvonly") {
		t.Errorf("passed on\n%s\nanswered\n%s", passed, answered)
	}
	d.awaitKind(s, Hold)
	if r := d.sound().last(call.Caller); r.Send {
		t.Errorf("sound is sent to 0.0.0.0: %+v", r)
	}
}

func TestARefreshIsAnsweredWithoutTheOtherSide(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, _, _ := d.talk()
	for range 2 {
		caller.Send("INVITE", d.carrierSDP("sendrecv"))
		ok := d.carrier.Expect("200 INVITE")
		caller.Send("ACK", "")
		if !strings.Contains(ok.Body, "a=sendrecv") || !strings.Contains(ok.Body, " 1 IN IP4") {
			t.Errorf("answer, with the version it had:\n%s", ok.Body)
		}
	}
	d.pbx.Silent(3*testT1, "INVITE")
}

func TestAReinviteWithoutOfferGetsOurs(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	_, agent, _ := d.talk()
	agent.Seq = 1
	agent.Send("INVITE", "")
	ok := d.pbx.Expect("200 INVITE")
	if !strings.Contains(ok.Body, "m=audio 30002 RTP/AVP 0 8 101") {
		t.Errorf("offer:\n%s", ok.Body)
	}
	answer := strings.Replace(d.pbxSDP("sendrecv"), "41000", "41010", 1)
	agent.Send("ACK", answer)
	d.sound().await(t, call.Agent, func(r media.Remote) bool { return r.Addr.Port() == 41010 })
}

func TestGlareIsAnswered491(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	agent.Seq = 1
	caller.Send("INVITE", d.carrierSDP("sendonly"))
	ours := d.pbx.Expect("INVITE")
	agent.Send("INVITE", d.pbxSDP("sendonly")) // crosses ours
	d.pbx.Expect("491")
	agent.Raw(agent.Copy("ACK", ""))
	agent.ReplyTo(ours, 491, "") // and they say the same of ours
	d.carrier.Expect("491")
	caller.Raw(caller.Copy("ACK", ""))
	// Afterwards all is as before and the second try succeeds.
	holds(t, caller, agent, d.carrier, d.pbx, d.carrierSDP("sendonly"), d.pbxSDP("recvonly"))
	d.awaitKind(s, Hold)
}

func TestASideThatWontHoldIsHeldByUs(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	caller.Send("INVITE", d.carrierSDP("sendonly"))
	agent.ReplyTo(d.pbx.Expect("INVITE"), 488, "")
	if ok := d.carrier.Expect("200 INVITE"); !strings.Contains(ok.Body, "a=recvonly") {
		t.Errorf("answer:\n%s", ok.Body)
	}
	caller.Send("ACK", "")
	d.awaitKind(s, Hold)
}

func TestACallerHeldByADroppedAgentIsTakenBack(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	agent.Seq = 1
	holds(t, agent, caller, d.pbx, d.carrier, d.pbxSDP("sendonly"), d.carrierSDP("recvonly"))
	if err := s.DropAgent(context.Background()); err != nil {
		t.Fatal(err)
	}
	again := d.carrier.Expect("INVITE")
	if !strings.Contains(again.Body, "a=sendrecv") {
		t.Errorf("re-INVITE:\n%s", again.Body)
	}
	caller.ReplyTo(again, 200, d.carrierSDP("sendrecv"))
	d.carrier.Expect("ACK")
	d.sound().await(t, call.Caller, func(r media.Remote) bool { return r.Send && r.Receive })
}

func TestARefreshOfAHeldSideKeepsTheHold(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, agent, s := d.talk()
	agent.Seq = 1
	holds(t, agent, caller, d.pbx, d.carrier, d.pbxSDP("sendonly"), d.carrierSDP("recvonly"))
	caller.Send("INVITE", d.carrierSDP("sendrecv")) // what it always wanted
	if ok := d.carrier.Expect("200 INVITE"); !strings.Contains(ok.Body, "a=sendonly") {
		t.Errorf("answer:\n%s", ok.Body)
	}
	caller.Send("ACK", "")
	d.pbx.Silent(3*testT1, "INVITE")
	if e := d.awaitKind(s, Hold); e.Party != call.Agent {
		t.Errorf("event %+v", e)
	}
	if len(s.Events()) != 0 {
		t.Errorf("event %+v", <-s.Events())
	}
}

func TestMediaOnceRefusedStayListedInOffersOfOurs(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	video := "m=video 6000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
	caller := d.carrier.Invite(d.addr, phonetest.Invite{SDP: d.carrierSDP("sendrecv") + video})
	agent := d.pbx.Incoming()
	agent.Accept(d.pbxSDP("sendrecv"))
	if ok := caller.Talk(); !strings.Contains(ok.Body, "m=video 0 RTP/AVP 96") {
		t.Errorf("answer:\n%s", ok.Body)
	}
	agent.Seq = 1
	passed, _ := holds(t, agent, caller, d.pbx, d.carrier, d.pbxSDP("sendonly"), d.carrierSDP("recvonly"))
	if !strings.Contains(passed, "m=video 0 RTP/AVP 96") || !strings.Contains(passed, "m=audio 30000 RTP/AVP 0 101\r\n") {
		t.Errorf("our re-INVITE:\n%s", passed)
	}
}
