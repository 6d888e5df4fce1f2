package phone

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/audio"
)

// AnswerOptions say how an incoming call is taken.
type AnswerOptions struct {
	Sound
	Ring   bool          // send 180 Ringing at once
	After  time.Duration // answer so long after the INVITE
	Reject int           // refuse with this status instead of answering
}

func newIncoming(p *Phone, req *sip.Request, tx *sip.ServerTx) *Call {
	c := p.newCall("incoming", req.CallID().Value(), Sound{})
	own := sip.GenerateTagN(16)
	req = req.Clone()               // sipgo reads the original when it answers 100 by itself
	req.To().Params.Add("tag", own) // every response carries it
	c.invite, c.tx = req, tx
	c.local = sip.FromHeader{DisplayName: req.To().DisplayName, Address: req.To().Address, Params: req.To().Params.Clone()}
	c.remote = sip.ToHeader{DisplayName: req.From().DisplayName, Address: req.From().Address, Params: req.From().Params.Clone()}
	if h := req.Contact(); h != nil {
		c.target = h.Address
	}
	for _, h := range req.GetHeaders("Record-Route") {
		if r, ok := h.(*sip.RecordRouteHeader); ok {
			c.routes = append(c.routes, r.Address)
		}
	}
	for _, name := range []string{"From", "To", "P-Asserted-Identity", "Privacy", "X-Commusafe-Call-Id", "X-Commusafe-Summary", "Priority"} {
		if h := req.GetHeader(name); h != nil {
			c.report.Asked = append(c.report.Asked, name+": "+h.Value())
		}
	}
	c.noteLocked("invite received", "")
	return c
}

// Accept waits for a call and takes it as told; it returns as soon as the call came. Answered tells when it is up.
func (p *Phone) Accept(ctx context.Context, o AnswerOptions) (*Call, error) {
	select {
	case c := <-p.incoming:
		if err := c.take(o); err != nil {
			return nil, err
		}
		return c, nil
	case <-p.closed:
		return nil, errors.New("phone closed")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// take begins to serve an incoming call.
func (c *Call) take(o AnswerOptions) error {
	c.sound, c.codec = o.Sound, o.Codec
	if o.Reject != 0 {
		c.reject(o.Reject)
		return nil
	}
	c.mu.Lock()
	over := c.over
	if over {
		c.mu.Unlock()
		return nil
	}
	err := c.openLine()
	c.running.Add(1)
	defer c.running.Done()
	c.mu.Unlock()
	if err != nil {
		c.reject(500)
		return err
	}
	if o.Ring {
		c.note("ringing", "")
		c.phone.respond(c.tx, sip.NewResponseFromRequest(c.invite, 180, "Ringing", nil))
	}
	c.running.Go(func() { c.answerAfter(o.After) })
	return nil
}

func (c *Call) reject(status int) {
	c.mu.Lock()
	c.report.Result, c.report.Status = "rejected", status
	c.mu.Unlock()
	if c.end("us", "rejected") {
		c.phone.respond(c.tx, sip.NewResponseFromRequest(c.invite, status, phrase(status), nil))
	}
}

func phrase(status int) string {
	switch status {
	case 404:
		return "Not Found"
	case 480:
		return "Temporarily Unavailable"
	case 486:
		return "Busy Here"
	case 500:
		return "Server Internal Error"
	case 503:
		return "Service Unavailable"
	case 603:
		return "Decline"
	}
	return "Rejected"
}

// answerAfter waits, answers, and repeats the answer until it is acknowledged.
func (c *Call) answerAfter(d time.Duration) {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-c.ended:
		return
	}
	body, err := c.respondTo(c.invite.Body())
	if err != nil {
		c.note("offer not understood", err.Error())
		c.reject(488)
		return
	}
	c.runLine()
	res := c.success(c.invite, body)
	if !c.confirm(c.tx, res) {
		return
	}
	c.up(200)
}

// success makes a 200 with our Contact and SDP.
func (c *Call) success(req *sip.Request, body []byte) *sip.Response {
	res := sip.NewResponseFromRequest(req, 200, "OK", body)
	res.AppendHeader(c.phone.contact())
	if body != nil {
		typ := sdpType
		res.AppendHeader(&typ)
	}
	return res
}

// confirm sends a 2xx at 0, 0.5, 1.5, 3.5 … s until its ACK comes (RFC 3261 §13.3.1.4); false when none came in 32 s.
func (c *Call) confirm(tx *sip.ServerTx, res *sip.Response) bool {
	confirmed := make(chan struct{})
	c.mu.Lock()
	c.confirmed, c.accepted = confirmed, true
	c.mu.Unlock()
	c.phone.respond(tx, res)
	again := sip.T1
	timer := time.NewTimer(again)
	defer timer.Stop()
	for total := again; ; total += again {
		select {
		case <-confirmed:
			return true
		case <-c.ended:
			return false
		case <-timer.C:
		}
		if total >= 64*sip.T1 {
			c.note("no ack", strconv.Itoa(res.StatusCode))
			c.end("us", "no ack")
			return false
		}
		if err := c.phone.transport.WriteMsg(res); err != nil {
			c.note("not sent", "200: "+err.Error())
		}
		again = min(2*again, sip.T2)
		timer.Reset(again)
	}
}

// respondTo makes our SDP to an offer, or our own offer when there was none.
func (c *Call) respondTo(offer []byte) ([]byte, error) {
	c.mu.Lock()
	c.version++
	version, hold := c.version, c.hold
	c.mu.Unlock()
	direction := "sendrecv"
	if hold {
		direction = "sendonly"
	}
	if len(offer) == 0 {
		return c.offer(direction).write(version), nil
	}
	s, err := parseSDP(offer)
	if err != nil {
		return nil, err
	}
	if len(s.codecs) == 0 {
		return nil, errors.New("no codec of ours is offered")
	}
	mine := c.agree(s, true)
	return mine.write(version), nil
}

// agree takes over the other side's SDP and gives ours; as an answer when theirs was the offer.
func (c *Call) agree(s session, theirs bool) session {
	c.mu.Lock()
	codec, hold := c.codec, c.hold
	if len(s.codecs) > 0 {
		codec = s.codecs[0]
		for _, o := range s.codecs {
			if o == c.codec {
				codec = o
			}
		}
		c.codec = codec
	}
	c.mu.Unlock()
	direction := mirrored(s.direction, !hold)
	mine := session{addr: c.line.addr(), codecs: []audio.Codec{codec}, direction: direction}
	if s.events != 0 {
		mine.events = eventType
		if theirs {
			mine.events = s.events
		}
	}
	c.line.agree(s, mine, hold)
	return mine
}

// onCancelled is called when the caller gave up; sipgo answers 200 and 487.
func (c *Call) onCancelled() {
	c.mu.Lock()
	if !c.over && c.report.AnsweredMS < 0 {
		c.report.Result, c.report.Status = "cancelled", 487
		c.noteLocked("cancel received", "")
	}
	c.mu.Unlock()
	c.end("them", "cancel")
}

// giveUp ends a call that was not answered yet.
func (c *Call) giveUp() error {
	if c.invite != nil {
		c.reject(480)
		return nil
	}
	return fmt.Errorf("the call is not answered: end the context given to Dial to cancel it")
}
