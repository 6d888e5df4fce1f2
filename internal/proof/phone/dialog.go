package phone

import (
	"context"
	"net"
	"time"

	"github.com/emiago/sipgo/sip"
)

// sdpType is the body a phone sends.
const sdpType = sip.ContentTypeHeader("application/sdp")

// contact is where the phone is reached.
func (p *Phone) contact() *sip.ContactHeader {
	return &sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: p.config.User, Host: p.addr.Addr().String(), Port: int(p.addr.Port())}}
}

// outfit gives a request what every one needs to leave from the phone's own port.
func (p *Phone) outfit(req *sip.Request, branch string) {
	via := &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: p.addr.Addr().String(), Port: int(p.addr.Port())}
	via.Params.Add("branch", branch)
	via.Params.Add("rport", "")
	req.PrependHeader(via)
	forwards := sip.MaxForwardsHeader(70)
	req.AppendHeader(&forwards)
	req.AppendHeader(sip.NewHeader("User-Agent", "commusafe phone"))
	req.Laddr = sip.Addr{IP: net.IP(p.addr.Addr().AsSlice()), Port: int(p.addr.Port())}
	req.SetTransport("UDP")
}

// inDialog makes a request of the call's dialog (RFC 3261 §12.2.1.1); the caller holds mu.
func (c *Call) inDialogLocked(method sip.RequestMethod, cseq uint32, body []byte) *sip.Request {
	req := sip.NewRequest(method, c.target)
	c.phone.outfit(req, sip.GenerateBranchN(16))
	from, to, id := c.local, c.remote, sip.CallIDHeader(c.id)
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: cseq, MethodName: method})
	for _, r := range c.routes {
		req.AppendHeader(&sip.RouteHeader{Address: r})
	}
	if method == sip.INVITE {
		req.AppendHeader(c.phone.contact())
	}
	if body != nil {
		typ := sdpType
		req.AppendHeader(&typ)
	}
	req.SetBody(body)
	if len(c.routes) == 0 {
		req.SetDestination(c.target.HostPort())
	} else {
		req.SetDestination(c.routes[0].HostPort())
	}
	return req
}

// established takes the dialog's remote side from a 2xx to our INVITE.
func (c *Call) established(res *sip.Response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to := res.To(); to != nil {
		c.remote = *to
	}
	if contact := res.Contact(); contact != nil {
		c.target = contact.Address
	}
	c.routes = nil
	for _, h := range res.GetHeaders("Record-Route") {
		if r, ok := h.(*sip.RecordRouteHeader); ok {
			c.routes = append([]sip.Uri{r.Address}, c.routes...) // reversed for the one who called (§12.1.2)
		}
	}
}

// acknowledge sends the ACK to a 2xx (RFC 3261 §13.2.2.4).
func (c *Call) acknowledge(cseq uint32) {
	c.mu.Lock()
	ack := c.inDialogLocked(sip.ACK, cseq, nil)
	c.lastACK = ack
	c.mu.Unlock()
	c.write(ack)
}

// ackAgain answers a 2xx that came again.
func (c *Call) ackAgain() {
	c.mu.Lock()
	ack := c.lastACK
	c.mu.Unlock()
	if ack != nil {
		c.write(ack)
	}
}

func (c *Call) write(req *sip.Request) {
	if err := c.phone.transport.WriteMsg(req); err != nil {
		c.note("not sent", string(req.Method)+": "+err.Error())
	}
}

// byeTime is how long an answer to a BYE or CANCEL is waited for.
const byeTime = 4 * time.Second

// Hangup ends the call: BYE when it was answered, CANCEL or a refusal before. It returns when the other side agreed,
// or did not answer in four seconds.
func (c *Call) Hangup(ctx context.Context) error {
	c.mu.Lock()
	accepted := c.accepted
	c.mu.Unlock()
	select {
	case <-c.answered:
	default:
		if !accepted {
			return c.giveUp()
		}
		select { // no BYE before the ACK of our 2xx (RFC 3261 §15)
		case <-c.answered:
		case <-c.ended:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return nil
	}
	c.cseq++
	bye := c.inDialogLocked(sip.BYE, c.cseq, nil)
	c.noteLocked("bye sent", "")
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, byeTime)
	defer cancel()
	defer c.end("us", "bye")
	res, err := c.phone.request(ctx, bye, nil)
	if err != nil {
		return err
	}
	c.note("bye answered", res.StartLine())
	return nil
}

// onRequest handles what comes within the dialog.
func (c *Call) onRequest(req *sip.Request, tx *sip.ServerTx) {
	answer := func(code int, phrase string) {
		c.phone.respond(tx, sip.NewResponseFromRequest(req, code, phrase, nil))
	}
	switch req.Method {
	case sip.BYE:
		c.onBye(req)
		answer(200, "OK")
		c.end("them", "bye")
	case sip.INVITE, sip.UPDATE:
		c.onReinvite(req, tx)
	case sip.INFO, sip.OPTIONS, sip.NOTIFY, sip.MESSAGE, sip.PRACK:
		c.note(string(req.Method)+" received", "")
		answer(200, "OK")
	case sip.CANCEL: // of a transaction that is over (RFC 3261 §9.2)
		answer(481, "Call/Transaction Does Not Exist")
	case sip.REFER:
		answer(603, "Decline")
	default:
		answer(405, "Method Not Allowed")
	}
}

func (c *Call) onBye(req *sip.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	if h := req.GetHeader("Reason"); h != nil {
		c.report.Reason = h.Value()
	}
	c.noteLocked("bye received", c.report.Reason)
}

// onAck takes the ACK to a 2xx of ours.
func (c *Call) onAck(req *sip.Request) {
	c.mu.Lock()
	confirmed := c.confirmed
	c.confirmed = nil
	c.mu.Unlock()
	if confirmed == nil {
		return
	}
	if body := req.Body(); len(body) > 0 { // the answer to an offer in our 2xx
		if s, err := parseSDP(body); err == nil {
			c.agree(s, false)
		}
	}
	close(confirmed)
}
