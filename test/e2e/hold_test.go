package e2e

import (
	"context"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/proof/phone"
)

// heardFor tells how long a tone stands in what a phone of ours recorded.
func heardFor(c *phone.Call, hz int) time.Duration {
	codec, octets := c.Recording()
	r := recording{rate: audio.SampleRate, samples: codec.Decode(nil, octets)}
	return total(r.tones(callerTone, agentTone, announcementTone, botTone), hz)
}

// A caller's telephone of ours holds and resumes a call with a baresip agent: it hears nothing while it holds, and the
// agent again afterwards.
func TestSoundComesBackAfterAHold(t *testing.T) {
	c := openCentre(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	call, err := c.machine.caller.Dial(ctx, phone.DialOptions{Sound: phone.Sound{Codec: audio.PCMU, Say: tone(callerTone, time.Minute), SayIn: audio.PCMU},
		To: "sip:" + calledNumber + "@" + c.sip, From: callerNumber})
	if err != nil {
		t.Fatal(err)
	}
	c.until("the caller hears the agent", func() bool { return heardFor(call, agentTone) >= time.Second })
	if err := call.Hold(ctx); err != nil {
		t.Fatal(err)
	}
	pass(200 * time.Millisecond) // what was under way
	before, heard := call.Report().Media.Received, heardFor(call, agentTone)
	pass(time.Second)
	if n := call.Report().Media.Received - before; n > 5 {
		t.Errorf("%d packets came to a caller who holds", n)
	}
	if err := call.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	c.until("the caller hears the agent again", func() bool { return heardFor(call, agentTone) >= heard+time.Second })
	if err := call.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
	c.agent.await("CALL_CLOSED")
	if n := c.agent.requests("INVITE"); n != 3 {
		t.Errorf("the agent got %d INVITEs, want the call, hold and resume", n)
	}
	says(t, c.journal(), `"what":"hold"`, `"what":"resume"`)
}

// A baresip caller holds and resumes a call with an agent's telephone of ours, which hears him again afterwards. A
// baresip that holds sends nothing.
func TestTheAgentHearsACallerWhoResumes(t *testing.T) {
	caller := startPhoneAs(t, "caller", callerNumber, callerTone, false)
	m := newMachine(t)
	m.start()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	caller.do("dial", "sip:"+calledNumber+"@"+m.sip)
	agent, err := m.desk.Accept(ctx, phone.AnswerOptions{Sound: phone.Sound{Codec: audio.PCMU, Say: tone(agentTone, time.Minute), SayIn: audio.PCMU}})
	if err != nil {
		t.Fatal(err)
	}
	m.until("the agent hears the caller", func() bool { return heardFor(agent, callerTone) >= time.Second })
	caller.do("hold", "")
	m.until("the agent is told of the hold", func() bool { return agent.Report().Reinvites == 1 })
	held := heardFor(agent, callerTone)
	caller.do("resume", "")
	m.until("the agent hears the caller again", func() bool { return heardFor(agent, callerTone) >= held+time.Second })
	caller.do("hangup", "")
	if r, err := agent.Wait(ctx); err != nil || r.Reinvites != 2 || r.Media.SSRCChanges > 0 || r.Media.Lost > 0 {
		t.Errorf("%d re-INVITEs, %+v, %v", r.Reinvites, r.Media, err)
	}
}
