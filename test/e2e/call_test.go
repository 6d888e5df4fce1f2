package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/edge/telephony"
)

// What is heard from whom, in Hz.
const (
	callerTone       = 440
	agentTone        = 880
	announcementTone = 1200
	botTone          = 600
)

func heardBy(p *softphone) []stretch {
	return p.heard().tones(callerTone, agentTone, announcementTone, botTone)
}

// enough checks that a tone was heard for about as long as it should.
func enough(t *testing.T, p *softphone, hz int, least time.Duration) {
	t.Helper()
	if list := heardBy(p); total(list, hz) < least {
		t.Errorf("%s heard %d Hz for %s, less than %s: %s", p.name, hz, total(list, hz), least, text(list))
	}
}

// dial has the caller's phone call the product and gives the session when both legs are up.
func dial(t *testing.T, caller *softphone, p *product) *telephony.Session {
	t.Helper()
	caller.do("dial", "sip:"+calledNumber+"@"+p.addr.String())
	s := <-p.calls
	wait(t, s, telephony.LegUp)
	wait(t, s, telephony.LegUp)
	return s
}

func TestTwoTelephonesTalk(t *testing.T) {
	caller, agent := startPhone(t, "caller", callerTone, false), startPhone(t, "agent", agentTone, true)
	p := openProduct(t, agent.sip, connect)
	s := dial(t, caller, p)
	pass(2 * time.Second)
	caller.do("hangup", "")
	agent.await("CALL_CLOSED")
	<-s.Ended()
	if r := s.Reason(); r.By != call.ByCaller {
		t.Errorf("ended %+v", r)
	}
	enough(t, caller, agentTone, 1500*time.Millisecond)
	enough(t, agent, callerTone, 1500*time.Millisecond)
}

func TestACallIsCut(t *testing.T) {
	caller, agent := startPhone(t, "caller", callerTone, false), startPhone(t, "agent", agentTone, true)
	p := openProduct(t, agent.sip, connect)
	s := dial(t, caller, p)
	pass(time.Second)
	began := time.Now()
	if err := s.End(context.Background(), call.EndReason{By: call.ByPolicy, Why: "cut"}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("the cut took %s", took)
	}
	caller.await("CALL_CLOSED")
	agent.await("CALL_CLOSED")
	if a, b := caller.byes(), agent.byes(); a != 1 || b != 1 {
		t.Errorf("%d BYEs to the caller, %d to the agent", a, b)
	}
}

func TestAnAnnouncementTakesTheAgentsPlaceWithoutAGap(t *testing.T) {
	caller, agent := startPhone(t, "caller", callerTone, false), startPhone(t, "agent", agentTone, true)
	p := openProduct(t, agent.sip, connect)
	s := dial(t, caller, p)
	pass(2 * time.Second)
	go func() { _ = s.DropAgent(context.Background()) }()
	played, err := s.Media().Play(context.Background(), call.Caller, audio.PCMU, tone(announcementTone, 2*time.Second))
	if err != nil {
		t.Fatalf("play: %+v %v", played, err)
	}
	agent.await("CALL_CLOSED")
	if err := s.End(context.Background(), call.EndReason{By: call.ByPolicy, Why: "cut"}); err != nil {
		t.Fatal(err)
	}
	caller.await("CALL_CLOSED")
	enough(t, caller, agentTone, 1500*time.Millisecond)
	enough(t, caller, announcementTone, 1800*time.Millisecond)
	if list := heardBy(caller); gap(list, agentTone, announcementTone) > 60*time.Millisecond {
		t.Errorf("the caller heard a gap of %s: %s", gap(list, agentTone, announcementTone), text(list))
	}
	if caller.requests("INVITE") != 0 {
		t.Error("the caller got a re-INVITE")
	}
}

func TestTheVoicebotComesFirstThenTheAgent(t *testing.T) {
	caller, agent := startPhone(t, "caller", callerTone, false), startPhone(t, "agent", agentTone, true)
	p := openProduct(t, agent.sip, func(ctx context.Context, s *telephony.Session) {
		if s.Answer(ctx) != nil {
			return
		}
		if _, err := s.Media().Play(ctx, call.Caller, audio.PCMU, tone(botTone, 1500*time.Millisecond)); err != nil {
			t.Errorf("play: %v", err)
		}
		connect(ctx, s)
	})
	s := dial(t, caller, p)
	pass(1500 * time.Millisecond)
	caller.do("hangup", "")
	agent.await("CALL_CLOSED")
	<-s.Ended()
	enough(t, caller, botTone, 1300*time.Millisecond)
	enough(t, caller, agentTone, time.Second)
	enough(t, agent, callerTone, time.Second)
	if n := caller.requests("INVITE"); n != 0 {
		t.Errorf("the caller got %d re-INVITEs", n)
	}
}

func TestTheCallerHoldsAndResumes(t *testing.T) {
	caller, agent := startPhone(t, "caller", callerTone, false), startPhone(t, "agent", agentTone, true)
	p := openProduct(t, agent.sip, connect)
	s := dial(t, caller, p)
	pass(time.Second)
	caller.do("hold", "")
	if e := wait(t, s, telephony.Hold); e.Party != call.Caller {
		t.Errorf("event %+v", e)
	}
	pass(500 * time.Millisecond)
	caller.do("resume", "")
	wait(t, s, telephony.Resume)
	pass(time.Second)
	caller.do("hangup", "")
	agent.await("CALL_CLOSED")
	<-s.Ended()
	if n := agent.requests("INVITE"); n != 3 {
		t.Errorf("the agent got %d INVITEs, want the call, hold and resume", n)
	}
	said := agent.said()
	if !strings.Contains(said, "a=sendonly") || !strings.Contains(said, "a=recvonly") {
		t.Error("the hold did not go through as sendonly and recvonly")
	}
	// A baresip records nothing after its first re-INVITE, not even from another baresip: hold_test.go has the sound.
}

func TestKeysGoBothWays(t *testing.T) {
	caller, agent := startPhone(t, "caller", callerTone, false), startPhone(t, "agent", agentTone, true)
	p := openProduct(t, agent.sip, connect)
	s := dial(t, caller, p)
	pass(500 * time.Millisecond)
	for _, k := range []struct {
		from, to *softphone
		party    call.Party
		key      string
	}{{caller, agent, call.Caller, "5"}, {agent, caller, call.Agent, "9"}} {
		k.from.do("sndcode", k.key)
		if e := wait(t, s, telephony.DTMF); e.Detail != k.key || e.Party != k.party {
			t.Errorf("event %+v", e)
		}
		if got := k.to.await("CALL_DTMF_START"); got != k.key {
			t.Errorf("the %s's key %s arrived as %q", k.party, k.key, got)
		}
		k.from.do("sndcode", "\x04") // key up
	}
	caller.do("hangup", "")
	agent.await("CALL_CLOSED")
	<-s.Ended()
}
