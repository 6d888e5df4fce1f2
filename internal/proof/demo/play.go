package demo

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/proof/phone"
)

// A played call: what both phones saw.
type played struct {
	script Script
	caller phone.Report
	agent  *phone.Report
	began  time.Time
	err    error
}

// phones are the two telephones of the demonstration: the carrier's side and the PBX's.
type phones struct {
	carrier, pbx *phone.Phone
	sip          netip.AddrPort
}

// play dials one call and waits for its end. claimed hands the agent's side of the next call over: agents answer in
// the order in which callers dial, so only one call is being set up at a time.
func (p *phones) play(ctx context.Context, s Script, begin func() (release func())) played {
	out := played{script: s, began: time.Now()}
	release := begin()
	opts := phone.DialOptions{Sound: phone.Sound{Codec: audio.PCMU, Say: s.Caller, SayIn: audio.PCMU}, To: fmt.Sprintf("sip:0355550100@%s", p.sip), From: s.From, Privacy: s.Withheld}
	if s.Withheld {
		opts.From = "anonymous"
	}
	dctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	agent := make(chan agentEnd, 1)
	if s.Agent != nil {
		go func() { agent <- p.answer(dctx, s) }()
	}
	c, err := p.carrier.Dial(dctx, opts)
	if err != nil {
		release()
		cancel()
		out.err = fmt.Errorf("dial: %w", err)
		return out
	}
	select {
	case <-c.Answered():
	case <-c.Ended():
	case <-time.After(20 * time.Second):
	}
	release()
	hctx, stop := context.WithCancel(dctx)
	defer stop()
	if s.Hangup > 0 {
		go c.Follow(hctx, phone.Script{Steps: s.Keys, HangupAfter: s.Hangup})
	}
	out.caller, out.err = c.Wait(dctx)
	if s.Agent != nil {
		select {
		case a := <-agent:
			out.agent, out.err = a.report, errors.Join(out.err, a.err)
		case <-time.After(10 * time.Second):
			out.err = errors.Join(out.err, errors.New("the agent's phone did not end"))
		}
	}
	return out
}

type agentEnd struct {
	report *phone.Report
	err    error
}

func (p *phones) answer(ctx context.Context, s Script) agentEnd {
	actx, cancel := context.WithTimeout(ctx, 25*time.Second)
	defer cancel()
	c, err := p.pbx.Accept(actx, phone.AnswerOptions{Sound: phone.Sound{Codec: audio.PCMU, Say: s.Agent, SayIn: audio.PCMU}, Ring: true, After: 300 * time.Millisecond})
	if err != nil {
		return agentEnd{err: fmt.Errorf("agent: %w", err)}
	}
	r, err := c.Wait(ctx)
	return agentEnd{report: &r, err: err}
}

func byeFromThem(r phone.Report) bool { return r.EndedBy == "them" && r.Why == "bye" }
