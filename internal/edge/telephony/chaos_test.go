package telephony

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/edge/telephony/phonetest"
)

// TestNoOrderOfMessagesLeavesACallBehind lets both sides and the guard do things in any order, each without waiting for
// the others. Whatever comes of it, the call can be ended, and no dialog gets two BYEs of ours.
func TestNoOrderOfMessagesLeavesACallBehind(t *testing.T) {
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			d := openDesk(t, setting{serve: func(_ context.Context, s *Session) { <-s.Ended() }})
			c := &chaos{d: d, rand: rand.New(rand.NewPCG(seed, 1)), caller: d.carrier.Invite(d.addr, phonetest.Invite{})}
			c.caller.Expect("100")
			c.s = <-d.calls
			for range 40 {
				c.step()
				<-time.After(time.Duration(c.rand.IntN(int(testT1 / 2)))) // some things meet, others follow each other
			}
			if testing.Verbose() {
				t.Logf("%d agent legs, answered after %s, ended %+v", len(c.agents), c.s.answered, c.s.Reason())
			}
			go func() { _ = c.s.End(context.Background(), call.EndReason{By: call.ByPolicy, Why: "cut"}) }()
			d.awaitEnd(c.s)
			for name, p := range map[string]*phonetest.Phone{"caller": d.carrier, "agent": d.pbx} {
				seen := map[string]bool{}
				for m, ok := p.Poll("BYE"); ok; m, ok = p.Poll("BYE") {
					key := m.Get("Call-ID") + m.Tag("To")
					if seen[key] {
						t.Errorf("a second BYE to the %s:\n%s", name, m.Raw)
					}
					seen[key] = true
				}
			}
		})
	}
}

// A chaos is a call to which anything happens.
type chaos struct {
	d      *desk
	rand   *rand.Rand
	s      *Session
	caller *phonetest.Dialog
	agents []*phonetest.Dialog
}

func (c *chaos) step() {
	switch c.rand.IntN(4) {
	case 0:
		c.callerDoes()
	case 1:
		c.guardDoes()
	default:
		c.agentDoes()
	}
	directions := []string{"sendrecv", "sendonly", "recvonly", "inactive"}
	for phone, dialog := range map[*phonetest.Phone]*phonetest.Dialog{c.d.carrier: c.caller, c.d.pbx: c.lastAgent()} {
		if m, ok := phone.Poll("INVITE"); ok && m.Tag("To") != "" && dialog != nil {
			status := []int{200, 200, 491, 488, 481}[c.rand.IntN(5)]
			body := ""
			if status == 200 {
				body = c.d.pbxSDP(directions[c.rand.IntN(4)])
			}
			dialog.ReplyTo(m, status, body)
		} else if ok && phone == c.d.pbx {
			c.agents = append(c.agents, c.d.pbx.Called(m))
		}
		if m, ok := phone.Poll("CANCEL"); ok && dialog != nil {
			dialog.ReplyTo(m, 200, "")
			dialog.Reply(487, "")
		}
	}
}

func (c *chaos) lastAgent() *phonetest.Dialog {
	if len(c.agents) == 0 {
		return nil
	}
	return c.agents[len(c.agents)-1]
}

func (c *chaos) callerDoes() {
	if m, ok := c.d.carrier.Poll("200 INVITE"); ok {
		c.caller.Learn(m)
		if c.rand.IntN(4) > 0 {
			c.caller.Send("ACK", "")
		}
	}
	switch c.rand.IntN(8) {
	case 0:
		c.caller.Send("INVITE", c.d.carrierSDP([]string{"sendonly", "sendrecv", "inactive"}[c.rand.IntN(3)]))
	case 1:
		c.caller.Send("INVITE", "")
	case 2:
		c.caller.Send("ACK", c.d.carrierSDP("sendrecv"))
	case 3:
		c.caller.Send("OPTIONS", "")
	case 4:
		if c.rand.IntN(4) == 0 {
			c.caller.Send("BYE", "")
		}
	}
}

func (c *chaos) guardDoes() {
	do := []func(context.Context) error{c.s.Connect, c.s.Answer, c.s.DropAgent, c.s.Connect}[c.rand.IntN(4)]
	ctx, cancel := context.WithTimeout(context.Background(), testT1/4)
	if c.rand.IntN(2) == 0 {
		ctx, cancel = context.WithTimeout(context.Background(), 10*testT1)
	}
	c.d.server.running.Go(func() {
		defer cancel()
		_ = do(ctx) // any error is fine
	})
}

func (c *chaos) agentDoes() {
	a := c.lastAgent()
	if a == nil {
		return
	}
	switch c.rand.IntN(9) {
	case 0:
		a.Reply(180, "")
	case 1:
		a.Reply(183, c.d.pbxSDP("sendrecv"))
	case 2, 3:
		a.Reply(200, c.d.pbxSDP("sendrecv"))
	case 4:
		a.Reply([]int{486, 503, 302}[c.rand.IntN(3)], "")
	case 5:
		a.SetLocalTag(phonetest.Token())
	case 6:
		a.Send("INVITE", c.d.pbxSDP("sendonly"))
	case 7:
		a.Send("ACK", "")
	case 8:
		if c.rand.IntN(4) == 0 {
			a.Send("BYE", "")
		}
	}
}
