package telephony

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/edge/telephony/phonetest"
)

func TestLostMessagesAreMadeUpFor(t *testing.T) {
	t.Parallel()
	t.Run("200 to the caller", func(t *testing.T) {
		d := openDesk(t, setting{})
		d.carrier.LoseFirst(2, "200 INVITE")
		_, _, s := d.talk()
		if s.over() {
			t.Error("the call ended")
		}
	})
	t.Run("INVITE to the PBX", func(t *testing.T) {
		d := openDesk(t, setting{})
		d.pbx.LoseFirst(2, "INVITE")
		d.talk()
	})
	t.Run("ACK to the PBX", func(t *testing.T) {
		d := openDesk(t, setting{})
		d.pbx.LoseFirst(1, "ACK")
		d.carrier.Invite(d.addr, phonetest.Invite{})
		agent := d.pbx.Incoming()
		agent.Reply(200, d.pbxSDP("sendrecv"))
		d.carrier.Expect("200 INVITE")
		agent.Raw(agent.Response.Raw) // repeated, since no ACK came
		if ack := d.pbx.Expect("ACK"); ack.Seq() != agent.Request.Seq() {
			t.Errorf("ACK:\n%s", ack.Raw)
		}
	})
	t.Run("BYE to the PBX", func(t *testing.T) {
		d := openDesk(t, setting{})
		caller, agent, s := d.talk()
		d.pbx.LoseFirst(2, "BYE")
		caller.Send("BYE", "")
		agent.ReplyTo(d.pbx.Expect("BYE"), 200, "")
		d.awaitEnd(s)
	})
	t.Run("the caller's ACK of a refusal", func(t *testing.T) {
		d := openDesk(t, setting{admit: refusing(call.Admission{Verdict: call.Refuse})})
		d.carrier.KeepCopies()
		caller := d.carrier.Invite(d.addr, phonetest.Invite{})
		caller.Expect("608")
		caller.Expect("608")
		caller.Raw(caller.Copy("ACK", ""))
	})
}

func TestARepeatedInviteMakesOneCall(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	d.carrier.KeepCopies()
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	again := caller.Copy("INVITE", d.carrierSDP("sendrecv"))
	for range 3 {
		caller.Raw(again)
	}
	agent := d.pbx.Incoming()
	caller.Raw(again)
	agent.Accept(d.pbxSDP("sendrecv"))
	caller.Talk()
	d.pbx.Silent(3*testT1, "INVITE")
	if len(d.calls) != 1 {
		t.Errorf("%d calls", len(d.calls))
	}
}

func TestTheSameInviteByAnotherWayIsALoop(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	d.pbx.Incoming()
	caller.Raw(strings.Replace(caller.Copy("INVITE", d.carrierSDP("sendrecv")), "branch=z9hG4bK", "branch=z9hG4bKother", 1))
	d.carrier.Expect("482")
	s := <-d.calls
	d.carrier.Invite(d.addr, phonetest.Invite{Headers: []string{"X-Commusafe-Call-Id: " + string(s.Incoming().ID)}})
	d.carrier.Expect("482")
}

func TestWithoutAnACKTheCallEnds(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	d.carrier.KeepCopies()
	began := time.Now()
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	agent := d.pbx.Incoming()
	agent.Accept(d.pbxSDP("sendrecv"))
	caller.Expect("200 INVITE")
	bye := d.carrier.Expect("BYE")
	if took := time.Since(began); took < 60*testT1 {
		t.Errorf("BYE after %s, 64*T1 is %s", took, 64*testT1)
	}
	if n := d.carrier.Copies("200 INVITE"); n < 8 || n > 13 { // T1, 2T1, 4T1, 8T1, then every 8T1
		t.Errorf("the 200 was sent %d times", n)
	}
	caller.ReplyTo(bye, 200, "")
	agent.ReplyTo(d.pbx.Expect("BYE"), 200, "")
	if r := d.awaitEnd(<-d.calls); r.Why != "no_ack" {
		t.Errorf("ended %+v", r)
	}
}

func TestACancelEndsTheCallWhereverItMeetsIt(t *testing.T) {
	t.Parallel()
	for _, ringing := range []bool{false, true} {
		t.Run(fmt.Sprintf("ringing=%v", ringing), func(t *testing.T) {
			d := openDesk(t, setting{})
			caller := d.carrier.Invite(d.addr, phonetest.Invite{})
			agent := d.pbx.Incoming()
			tag := ""
			if ringing {
				agent.Reply(180, "")
				tag = caller.Expect("180").Tag("To")
			}
			cancel := strings.Replace(caller.Copy("CANCEL", ""), ";tag="+tag, "", 1)
			if tag == "" {
				cancel = caller.Copy("CANCEL", "")
			}
			caller.Raw(cancelFor(caller, cancel))
			caller.Expect("200 CANCEL")
			m := caller.Expect("487")
			if ringing && m.Tag("To") != tag {
				t.Errorf("487 has To tag %q, 180 had %q", m.Tag("To"), tag)
			}
			if !ringing {
				d.pbx.Silent(2*testT1, "CANCEL") // not before a provisional response
				agent.Reply(180, "")
			}
			c := d.pbx.Expect("CANCEL")
			if c.Get("Via") != agent.Request.Get("Via") || c.Seq() != agent.Request.Seq() {
				t.Errorf("CANCEL does not match the INVITE:\n%s", c.Raw)
			}
			agent.ReplyTo(c, 200, "")
			agent.Reply(487, "")
			d.pbx.Expect("ACK")
			if r := d.awaitEnd(<-d.calls); r.By != call.ByCaller || r.Why != "cancelled" {
				t.Errorf("ended %+v", r)
			}
		})
	}
}

// cancelFor gives the CANCEL the request URI of its INVITE, which a dialog with early responses has left.
func cancelFor(d *phonetest.Dialog, text string) string {
	_, rest, _ := strings.Cut(text, "\r\n")
	return "CANCEL sip:0312345678@127.0.0.1 SIP/2.0\r\n" + rest
}

func TestACancelThatCrossesThePBXsAnswer(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	agent := d.pbx.Incoming()
	agent.Reply(180, "")
	d.pbx.Lose(func(m phonetest.Message) bool { return m.Is("CANCEL") })
	caller.Raw(cancelFor(caller, caller.Copy("CANCEL", "")))
	caller.Expect("487")
	agent.Accept(d.pbxSDP("sendrecv")) // it had answered before the CANCEL came
	agent.ReplyTo(d.pbx.Expect("BYE"), 200, "")
	d.awaitEnd(<-d.calls)
	if d.carrier.Count("200 INVITE") != 0 {
		t.Error("the caller was answered")
	}
}

func TestACancelAfterTheAnswerChangesNothing(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	cancel := caller.Copy("CANCEL", "")
	d.pbx.Incoming().Accept(d.pbxSDP("sendrecv"))
	caller.Expect("200 INVITE")
	caller.Raw(cancel)
	caller.Expect("200 CANCEL")
	caller.Send("ACK", "")
	s := <-d.calls
	d.pbx.Silent(3*testT1, "BYE")
	if s.over() {
		t.Error("the call ended")
	}
}

func TestASecondForkIsAcknowledgedAndEnded(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	agent := d.pbx.Incoming()
	agent.Accept(d.pbxSDP("sendrecv"))
	caller.Talk()
	first := agent.Response.Tag("To")
	agent.SetLocalTag("fork")
	agent.Reply(200, d.pbxSDP("sendrecv"))
	ack, bye := d.pbx.Expect("ACK"), d.pbx.Expect("BYE")
	if ack.Tag("To") != "fork" || bye.Tag("To") != "fork" || bye.Seq() <= ack.Seq() {
		t.Errorf("ACK\n%s\nBYE\n%s", ack.Raw, bye.Raw)
	}
	agent.ReplyTo(bye, 200, "")
	agent.SetLocalTag(first)
	s := <-d.calls
	if s.over() {
		t.Error("the call ended with its fork")
	}
	go func() { _ = s.End(context.Background(), call.EndReason{By: call.ByPolicy, Why: "cut"}) }()
	if bye := d.pbx.Expect("BYE"); bye.Tag("To") != first {
		t.Errorf("BYE of the first dialog:\n%s", bye.Raw)
	}
}

func TestA180After200AndAByeBeforeTheAckAreTaken(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	agent := d.pbx.Incoming()
	agent.Reply(200, d.pbxSDP("sendrecv"))
	agent.Reply(180, "")
	d.pbx.Expect("ACK")
	caller.Expect("200 INVITE")
	caller.Send("BYE", "") // its ACK was overtaken
	caller.Expect("200 BYE")
	agent.ReplyTo(d.pbx.Expect("BYE"), 200, "")
	if r := d.awaitEnd(<-d.calls); r.By != call.ByCaller {
		t.Errorf("ended %+v", r)
	}
}

func TestACutWaitsForTheAck(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{})
	agent := d.pbx.Incoming()
	agent.Accept(d.pbxSDP("sendrecv"))
	caller.Expect("200 INVITE")
	s := <-d.calls
	go func() { _ = s.End(context.Background(), call.EndReason{By: call.ByPolicy, Why: "cut"}) }()
	agent.ReplyTo(d.pbx.Expect("BYE"), 200, "")
	d.carrier.Silent(5*testT1, "BYE") // RFC 3261 §15: not before the ACK
	caller.Send("ACK", "")
	caller.ReplyTo(d.carrier.Expect("BYE"), 200, "")
	d.awaitEnd(s)
}

func TestOldAndUnknownRequestsInDialogs(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller, _, _ := d.talk()
	caller.Seq = -1
	caller.Send("BYE", "") // CSeq 0, below the INVITE's
	d.carrier.Expect("500 BYE")
	caller.CallID = "somebody-elses"
	caller.Send("BYE", "")
	d.carrier.Expect("481 BYE")
	caller.Send("INVITE", d.carrierSDP("sendrecv"))
	d.carrier.Expect("481 INVITE")
}
