package phone

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/audio"
)

// DialOptions say whom to call, as whom, and with which sound.
type DialOptions struct {
	Sound
	To       string            // sip:number@host:port
	Proxy    string            // host:port to send to, when it is not the To's
	From     string            // number or whole sip: URI of the caller; default the phone's user
	Display  string            // display name of From
	Identity string            // P-Asserted-Identity (RFC 3325): number or sip: URI
	Privacy  bool              // Privacy: id and an anonymous From (RFC 3323)
	NoOffer  bool              // INVITE without SDP; the offer comes in the 2xx
	Headers  map[string]string // further headers
}

// Dial sends the INVITE and returns; Answered, Ended and Wait tell how it goes. The end of ctx before the answer
// cancels the call.
func (p *Phone) Dial(ctx context.Context, o DialOptions) (*Call, error) {
	var to sip.Uri
	if err := sip.ParseUri(o.To, &to); err != nil || to.Host == "" {
		return nil, fmt.Errorf("%q is no SIP address like sip:0312345678@127.0.0.1:5060", o.To)
	}
	c := p.newCall("outgoing", sip.GenerateTagN(24), o.Sound)
	if err := c.openLine(); err != nil {
		return nil, err
	}
	invite, err := c.invitation(to, o)
	if err != nil {
		c.line.close()
		return nil, err
	}
	c.running.Add(1)
	defer c.running.Done()
	p.add(c)
	tx, err := p.transactions.Request(context.WithoutCancel(ctx), invite)
	if err != nil {
		c.end("us", "not sent")
		return nil, fmt.Errorf("send INVITE: %w", err)
	}
	c.note("invite sent", "")
	tx.OnRetransmission(func(res *sip.Response) {
		if res.IsSuccess() {
			c.ackAgain()
		}
	})
	c.runLine()
	c.running.Go(func() { c.await(ctx, invite, tx) })
	return c, nil
}

// invitation makes the INVITE.
func (c *Call) invitation(to sip.Uri, o DialOptions) (*sip.Request, error) {
	p := c.phone
	from, err := p.identity(o.From)
	if err != nil {
		return nil, err
	}
	display := o.Display
	if o.Privacy {
		from, display = sip.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}, "Anonymous"
	}
	c.local = sip.FromHeader{DisplayName: display, Address: from}
	c.local.Params.Add("tag", sip.GenerateTagN(16))
	c.remote = sip.ToHeader{Address: to}
	c.target, c.cseq, c.version = to, 1, 1
	var body []byte
	if !o.NoOffer {
		body = c.offer("sendrecv").write(c.version)
	}
	req := c.inDialogLocked(sip.INVITE, c.cseq, body)
	if o.Proxy != "" {
		req.SetDestination(o.Proxy)
	}
	if o.Identity != "" {
		id, err := p.identity(o.Identity)
		if err != nil {
			return nil, err
		}
		req.AppendHeader(sip.NewHeader("P-Asserted-Identity", "<"+id.String()+">"))
	}
	if o.Privacy {
		req.AppendHeader(sip.NewHeader("Privacy", "id"))
	}
	for k, v := range o.Headers {
		req.AppendHeader(sip.NewHeader(k, v))
	}
	return req, nil
}

// identity makes a SIP address of a number.
func (p *Phone) identity(number string) (sip.Uri, error) {
	if number == "" {
		number = p.config.User
	}
	if !strings.HasPrefix(number, "sip:") {
		return sip.Uri{Scheme: "sip", User: number, Host: p.addr.Addr().String()}, nil
	}
	var u sip.Uri
	if err := sip.ParseUri(number, &u); err != nil {
		return u, fmt.Errorf("%q is no SIP address", number)
	}
	return u, nil
}

func (c *Call) offer(direction string) session {
	return session{addr: c.line.addr(), codecs: []audio.Codec{c.codec}, events: eventType, direction: direction}
}

// await follows the INVITE to its final response.
func (c *Call) await(ctx context.Context, invite *sip.Request, tx *sip.ClientTx) {
	giveUp, heard, wanted := ctx.Done(), false, false
	for {
		select {
		case res := <-tx.Responses():
			if res.IsProvisional() {
				c.provisional(res)
				if heard = true; wanted {
					wanted = false
					c.running.Go(func() { c.cancel(invite) })
				}
				continue
			}
			c.final(res)
			return
		case <-tx.Done():
			c.mu.Lock()
			c.report.Error = fmt.Sprintf("INVITE was not answered: %v", tx.Err())
			c.mu.Unlock()
			c.end("us", "no answer")
			return
		case <-giveUp:
			giveUp = nil
			if wanted = !heard; heard { // no CANCEL before a provisional response (RFC 3261 §9.1)
				c.running.Go(func() { c.cancel(invite) })
			}
		case <-c.phone.closed:
			return
		}
	}
}

func (c *Call) provisional(res *sip.Response) {
	c.mu.Lock()
	c.report.Provisional = append(c.report.Provisional, res.StatusCode)
	c.noteLocked("provisional", strconv.Itoa(res.StatusCode))
	c.mu.Unlock()
	if s, err := parseSDP(res.Body()); err == nil { // early media
		c.agree(s, false)
	}
}

// final takes the final response to our INVITE; sipgo sends the ACK to a refusal, we the one to a 2xx.
func (c *Call) final(res *sip.Response) {
	if !res.IsSuccess() {
		c.refused(res)
		return
	}
	c.established(res)
	s, err := parseSDP(res.Body())
	if err == nil {
		c.agree(s, false)
	}
	first := c.answeredBy(res.StatusCode)
	c.acknowledge(1)
	c.mu.Lock()
	over, cancelled := c.over, c.cancelled
	c.mu.Unlock()
	if over || !first {
		return
	}
	c.talk()
	if cancelled { // the answer crossed our CANCEL
		c.running.Go(func() { _ = c.Hangup(context.Background()) })
	}
	if err != nil {
		c.note("no media", err.Error())
	}
}

func (c *Call) refused(res *sip.Response) {
	c.mu.Lock()
	c.report.Status, c.report.Phrase = res.StatusCode, res.Reason
	c.report.Result = "rejected"
	if res.StatusCode == 487 {
		c.report.Result = "cancelled"
	}
	if h := res.GetHeader("Reason"); h != nil {
		c.report.Reason = h.Value()
	}
	if h := res.GetHeader("Retry-After"); h != nil {
		c.report.RetryAfter = h.Value()
	}
	result := c.report.Result
	c.mu.Unlock()
	by := "them"
	if result == "cancelled" {
		by = "us"
	}
	c.end(by, result)
}

// cancel sends the CANCEL of our INVITE (RFC 3261 §9.1): the same Via, the same CSeq number.
func (c *Call) cancel(invite *sip.Request) {
	req := sip.NewRequest(sip.CANCEL, invite.Recipient)
	c.phone.outfit(req, "")
	req.RemoveHeader("Via")
	req.PrependHeader(invite.Via().Clone())
	for _, name := range []string{"From", "To", "Call-ID", "Route"} {
		sip.CopyHeaders(name, invite, req)
	}
	req.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.CANCEL})
	req.SetDestination(invite.Destination())
	req.SetBody(nil)
	c.mu.Lock()
	c.cancelled = true
	c.noteLocked("cancel sent", "")
	c.mu.Unlock()
	ctx, stop := context.WithTimeout(context.Background(), byeTime)
	defer stop()
	if _, err := c.phone.request(ctx, req, nil); err != nil {
		c.note("cancel not answered", err.Error())
	}
}
