package telephony

import (
	"strings"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/edge/telephony/phonetest"
)

// timed opens a desk that takes session timers of seconds, and a call whose INVITE has these lines.
func timed(t *testing.T, lines ...string) (d *desk, caller, agent *phonetest.Dialog, ok phonetest.Message) {
	t.Helper()
	d = openDesk(t, setting{config: func(c *Config) { c.MinSessionExpires = time.Second }})
	caller = d.carrier.Invite(d.addr, phonetest.Invite{Headers: lines})
	agent = d.pbx.Incoming()
	agent.Accept(d.pbxSDP("sendrecv"))
	return d, caller, agent, caller.Talk()
}

func TestASessionThatItsPeerDoesNotRefreshEnds(t *testing.T) {
	t.Parallel()
	d, caller, _, ok := timed(t, "Supported: 100rel, timer", "Session-Expires: 2")
	if ok.Get("Session-Expires") != "2;refresher=uac" || ok.Get("Require") != "timer" {
		t.Errorf("answer:\n%s", ok.Raw)
	}
	began := time.Now()
	d.carrier.Silent(time.Second, "BYE")
	caller.Send("INVITE", d.carrierSDP("sendrecv"), "Supported: timer", "Session-Expires: 2;refresher=uac")
	if ok := d.carrier.Expect("200 INVITE"); ok.Get("Session-Expires") != "2;refresher=uac" {
		t.Errorf("answer to the refresh:\n%s", ok.Raw)
	}
	caller.Send("ACK", "")
	d.carrier.Expect("BYE")
	if took := time.Since(began); took < 2*time.Second {
		t.Errorf("the call ended %s after the answer, though it was refreshed", took)
	}
	if r := d.awaitEnd(<-d.calls); r.By != call.BySystem || r.Why != "session_timer" {
		t.Errorf("ended %+v", r)
	}
}

func TestWeRefreshWhereThePeerWantsThat(t *testing.T) {
	t.Parallel()
	d, caller, _, ok := timed(t, "k: timer", "x: 2;refresher=uas")
	if ok.Get("Session-Expires") != "2;refresher=uas" || ok.Get("Require") != "timer" {
		t.Errorf("answer:\n%s", ok.Raw)
	}
	for range 2 {
		m := d.carrier.Expect("INVITE")
		if m.Get("Session-Expires") != "2;refresher=uac" || !strings.Contains(m.Body, " 1 IN IP4") || !strings.Contains(m.Body, "a=sendrecv") {
			t.Errorf("refresh, with the version that it had:\n%s", m.Raw)
		}
		caller.ReplyTo(m, 200, d.carrierSDP("sendrecv"), "Session-Expires: 2;refresher=uac", "Require: timer")
		d.carrier.Expect("ACK")
	}
	caller.ReplyTo(d.carrier.Expect("INVITE"), 481, "")
	d.carrier.Expect("ACK")
	if r := d.awaitEnd(<-d.calls); r.Why != "session_timer" {
		t.Errorf("ended %+v", r)
	}
}

func TestATimerThatOnlyAProxyWantsIsOurs(t *testing.T) {
	t.Parallel()
	d, _, _, ok := timed(t, "Session-Expires: 2")
	if ok.Get("Session-Expires") != "2;refresher=uas" || ok.Get("Require") != "" {
		t.Errorf("answer:\n%s", ok.Raw)
	}
	d.carrier.Expect("INVITE")
}

func TestAnIntervalThatIsTooShortIsAnswered422(t *testing.T) {
	t.Parallel()
	d := openDesk(t, setting{})
	caller := d.carrier.Invite(d.addr, phonetest.Invite{Headers: []string{"Supported: timer", "Session-Expires: 60"}})
	if m := caller.Expect("422"); m.Get("Min-SE") != "90" {
		t.Errorf("answer:\n%s", m.Raw)
	}
	required := d.carrier.Invite(d.addr, phonetest.Invite{Headers: []string{"Require: timer", "Session-Expires: 1800"}})
	required.Expect("100")
	agent := d.pbx.Incoming()
	if agent.Request.Get("Session-Expires") != "" {
		t.Errorf("the PBX is offered a timer:\n%s", agent.Request.Raw)
	}
}

// standStill lets the server read nothing and the call do nothing for a time, as a paused machine does; meanwhile is done in it. What has
// come due is done first when it goes on, what has come on the line after it.
func (d *desk) standStill(s *Session, long time.Duration, meanwhile func()) {
	d.t.Helper()
	still, goOn := make(chan struct{}), make(chan struct{})
	s.mail.post(func() { close(still); <-goOn; time.Sleep(10 * time.Millisecond) })
	<-still
	d.server.stack.mu.Lock()
	meanwhile()
	time.Sleep(long)
	close(goOn)
	d.server.stack.mu.Unlock()
}

// A session whose refresh comes while this machine stands still lives on, be it the peer's refresh or ours.
func TestASessionOutlivesAStandstill(t *testing.T) {
	t.Parallel()
	for name, refresher := range map[string]string{"the peer's": "uac", "ours": "uas"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, caller, _, _ := timed(t, "Supported: timer", "Session-Expires: 3;refresher="+refresher)
			d.standStill(<-d.calls, 3*time.Second, func() {
				if refresher == "uac" {
					caller.Send("INVITE", d.carrierSDP("sendrecv"), "Supported: timer", "Session-Expires: 3;refresher=uac")
				}
			})
			if refresher == "uac" {
				d.carrier.Expect("200 INVITE")
				caller.Send("ACK", "")
			} else {
				m := d.carrier.Expect("INVITE")
				caller.ReplyTo(m, 200, d.carrierSDP("sendrecv"), "Session-Expires: 3;refresher=uac", "Require: timer")
				d.carrier.Expect("ACK")
			}
			d.carrier.Silent(time.Second, "BYE")
		})
	}
}

// A refresh that can't be sent, because the connection to the peer is gone for a moment, is sent again; it does not end the session.
func TestARefreshThatCantBeSentIsSentAgain(t *testing.T) {
	t.Parallel()
	d, caller, _, _ := timed(t, "Supported: timer", "Session-Expires: 6;refresher=uas")
	away := func(yes bool) {
		d.server.stack.mu.Lock()
		defer d.server.stack.mu.Unlock()
		d.server.stack.closed = yes
	}
	time.Sleep(200 * time.Millisecond) // for the ACK
	away(true)
	time.Sleep(3000 * time.Millisecond) // half of the session's time is when it is refreshed
	away(false)
	m := d.carrier.Expect("INVITE")
	caller.ReplyTo(m, 200, d.carrierSDP("sendrecv"), "Session-Expires: 6;refresher=uac", "Require: timer")
	d.carrier.Expect("ACK")
}
