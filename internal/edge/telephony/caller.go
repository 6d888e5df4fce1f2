package telephony

import (
	"errors"
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
)

// newCallerLeg makes the leg of an INVITE from a trunk; it is the UAS of that dialog (RFC 3261 §12.1.1).
func (s *Session) newCallerLeg(req *sip.Request, tx *sip.ServerTx) *leg {
	l := &leg{
		call: s, party: call.Caller,
		callID: req.CallID().Value(), localTag: s.server.stack.tagFor(req), remoteTag: tagOf(req.From().Params),
		ours: nameOf(req.To().DisplayName, &req.To().Address), theirs: nameOf(req.From().DisplayName, &req.From().Address),
		remoteSeq: req.CSeq().SeqNo, transport: sip.NetworkToUpper(req.Transport()), routes: recordRoutes(req),
		server: tx, invite: req, sdpSession: sdpID(),
	}
	l.learn(req.Contact())
	if local, err := netip.ParseAddrPort(tx.Connection().LocalAddr().String()); err == nil {
		l.local, l.port = local, int(local.Port())
	}
	if l.transport == "TCP" {
		l.source = req.Source()
	}
	l.advertised = s.server.cfg.Advertise.IsValid()
	l.host = s.server.hostToward(l.local.Addr(), s.server.cfg.Advertise, req.Source())
	return l
}

// progress passes a provisional response on to a caller who has no answer yet.
func (s *Session) progress(status int, early bool) {
	l := s.caller
	if l.state != legTrying {
		return
	}
	var body []byte
	if early && l.them.addr.IsValid() {
		body = s.describeCaller()
		s.remote(l)
	}
	res := response(l.invite, status, l.contact())
	if body != nil {
		withSDP(res, body)
	}
	_ = s.toCaller(res) // a lost provisional response is made good by the next one
}

// describeCaller gives our description for the caller, the same in early media and in the answer (RFC 3264 §5):
// an answer to its offer, or the offer that its ACK will answer.
func (s *Session) describeCaller() []byte {
	l := s.caller
	addr := s.mediaAddr(l)
	if !l.them.addr.IsValid() {
		l.awaitAnswer = true
		return l.body(description{addr: addr, codecs: s.trunk.Codecs, dtmf: defaultDTMF, dir: sendrecv})
	}
	return l.body(l.them.answer(addr, l.codec, l.them.wish().reversed()))
}

// answer sends 200 to the caller and repeats it until the ACK (RFC 3261 §13.3.1.4).
func (s *Session) answer() error {
	l := s.caller
	switch {
	case s.over():
		return &EndedError{s.Reason()}
	case l.state != legTrying:
		return nil
	}
	res := response(l.invite, 200, l.contact(), sip.NewHeader("Allow", allowed))
	s.agreeTimer(l, l.invite, res)
	withSDP(res, s.describeCaller())
	if !l.awaitAnswer {
		s.remote(l)
	}
	if err := s.toCaller(res); err != nil {
		return err
	}
	l.state, s.answered = legAnswered, time.Since(s.began)
	s.repeat(l, l.server, res)
	s.tell(LegUp, call.Caller, l.codec.String())
	return nil
}

// toCaller responds to the INVITE. A CANCEL may have come first: then sipgo has sent 487, which stays the last word.
func (s *Session) toCaller(res *sip.Response) error {
	l := s.caller
	err := l.server.Respond(res)
	if errors.Is(err, sip.ErrTransactionCanceled) {
		_ = l.server.Respond(response(l.invite, 487)) // puts the response to repeat back
		s.callerCancelled()
		return &EndedError{s.Reason()}
	}
	return err
}

// callerCancelled ends a call whose caller gave up before the answer.
func (s *Session) callerCancelled() {
	if s.caller.state != legTrying {
		return
	}
	s.gone(s.caller)
	s.finish(call.EndReason{By: call.ByCaller, Why: "cancelled", Status: 487})
}

// repeat sends a 2xx again after T1, 2*T1 … T2 until its ACK comes; without one the call ends after 64*T1.
func (s *Session) repeat(l *leg, tx *sip.ServerTx, ok *sip.Response) {
	stop(l.resend)
	l.final, l.finalTx, l.acked = ok, tx, false
	wait, left := s.server.cfg.T1, 64*s.server.cfg.T1
	var again func()
	again = func() {
		if l.acked || l.state == legGone || l.final != ok {
			return
		}
		if left -= wait; left <= 0 {
			s.unacknowledged(l)
			return
		}
		_ = l.finalTx.Respond(ok)
		wait = min(2*wait, s.server.cfg.T2, left)
		l.resend = s.after(wait, again)
	}
	l.resend = s.after(wait, again)
}

// unacknowledged gives a leg up whose 2xx was never acknowledged (RFC 3261 §13.3.1.4).
func (s *Session) unacknowledged(l *leg) {
	l.acked = true
	if f := l.byeOnAck; f != nil {
		f()
		return
	}
	s.finish(call.EndReason{By: call.BySystem, Why: "no_ack"})
}

// onAck takes the ACK of a 2xx, and the answer where the 2xx carried our offer.
func (s *Session) onAck(l *leg, req *sip.Request) {
	if l.final == nil || l.acked || req.CSeq().SeqNo != l.final.CSeq().SeqNo {
		return
	}
	l.acked = true
	stop(l.resend)
	if l.awaitAnswer {
		l.awaitAnswer = false
		if !s.takeAnswer(l, req) && !s.over() {
			s.finish(call.EndReason{By: call.BySystem, Why: "no_common_codec"})
			return
		}
	}
	if f := l.byeOnAck; f != nil {
		l.byeOnAck = nil
		f()
	}
}

// takeAnswer reads the answer to an offer of ours.
func (s *Session) takeAnswer(l *leg, m sip.Message) bool {
	d, err := parseSDP(m.Body())
	if err != nil {
		return false
	}
	codec, ok := d.choose(l.us.codecs)
	if !ok || d.addr.Port() == 0 {
		return false
	}
	l.them, l.codec = d, codec
	s.remote(l)
	return true
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}
