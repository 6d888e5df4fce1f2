package telephony

import (
	"log/slog"
	"time"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
)

// finish ends the call for the first reason that comes: every leg gets its BYE, CANCEL or final response once.
func (s *Session) finish(r call.EndReason) {
	if s.over() {
		return
	}
	s.reason.Store(&r)
	s.replyConnect(&EndedError{r})
	s.limit = s.after(s.server.cfg.EndTimeout, s.close)
	s.endCaller(r)
	if s.agent != nil {
		s.endAgent(s.agent, r)
	}
	s.checkOver()
}

// endCaller ends the caller's leg in the way its state asks for.
func (s *Session) endCaller(r call.EndReason) {
	l := s.caller
	switch {
	case l.state == legGone:
	case l.state == legTrying:
		res := response(l.invite, s.finalStatus(r))
		if h := reasonHeader(r); h != "" {
			res.AppendHeader(sip.NewHeader("Reason", h))
		}
		if res.StatusCode == 503 {
			res.AppendHeader(s.server.retryAfter())
		}
		_ = s.toCaller(res) // a CANCEL that came first has ended the leg as well
		s.gone(l)
	case !l.acked:
		// RFC 3261 §15: no BYE before the ACK of our 2xx or the end of waiting for it.
		l.byeOnAck = func() { s.bye(l, r) }
		s.after(s.server.cfg.EndTimeout/2, func() { l.acked = true; stop(l.resend); s.bye(l, r) })
	default:
		s.bye(l, r)
	}
}

// finalStatus is what a caller without an answer is told.
func (s *Session) finalStatus(r call.EndReason) int {
	switch {
	case r.Status >= 300 && r.Status <= 699:
		return r.Status
	case r.Why == "drain":
		return 503
	case r.Why == "cut" || r.Why == "refused":
		return s.trunk.RefuseCode
	}
	return 480
}

// endAgent ends the agent's leg in the way its state asks for.
func (s *Session) endAgent(l *leg, r call.EndReason) {
	switch l.state {
	case legTrying:
		s.giveUp(l)
	case legAnswered:
		s.bye(l, r)
	case legGone:
	}
}

// giveUp cancels our INVITE as soon as that is allowed. What still answers is acknowledged and said goodbye to.
func (s *Session) giveUp(l *leg) {
	if l.state != legTrying || l.cancelled {
		return
	}
	l.cancelled = true
	if s.agent == l {
		s.agent = nil
	}
	if l.provisional {
		s.sendCancel(l)
	}
	s.after(64*s.server.cfg.T1, func() {
		if l.state == legTrying {
			s.gone(l)
		}
	})
}

// sendCancel sends CANCEL for the leg's INVITE (RFC 3261 §9.1): the same Via, URI, From, To, Call-ID and CSeq number.
func (s *Session) sendCancel(l *leg) {
	req := l.bare(sip.CANCEL, l.invite.Recipient, l.invite.CSeq().SeqNo)
	req.ReplaceHeader(l.invite.Via().Clone())
	if h := reasonHeader(s.Reason()); h != "" {
		req.AppendHeader(sip.NewHeader("Reason", h))
	}
	l.aim(req)
	s.transact(req, func(*sip.Response, error) {}) // the INVITE's own response ends the leg
}

// bye ends an answered leg, once.
func (s *Session) bye(l *leg, r call.EndReason) {
	if l.state != legAnswered || l.byeSent {
		return
	}
	l.byeSent = true
	req := l.request(sip.BYE)
	if h := reasonHeader(r); h != "" {
		req.AppendHeader(sip.NewHeader("Reason", h))
	}
	s.transact(req, func(res *sip.Response, err error) {
		if err != nil || !res.IsProvisional() {
			s.gone(l)
		}
	})
}

// dropAgent ends the agent's leg only.
func (s *Session) dropAgent(why error) {
	l := s.agent
	if l == nil || s.over() {
		return
	}
	s.agent = nil
	s.endAgent(l, call.EndReason{})
	s.replyConnect(why)
	s.unhold()
}

// onBye answers a BYE 200, also when ours is under way, and ends the call of a leg that was in use (RFC 3261 §15.1.2).
func (s *Session) onBye(l *leg, req *sip.Request, tx *sip.ServerTx) {
	_ = tx.Respond(response(req, 200)) // lost ones are sent again by the transaction
	current := l == s.caller || l == s.agent
	if l.state == legTrying && l == s.caller { // BYE in an early dialog: the INVITE needs its final response
		_ = s.toCaller(response(l.invite, 487))
	}
	ours, dismissed := l.byeSent, l == s.agent && l == s.dismissed
	by := call.ByCaller
	if l.party == call.Agent {
		by = call.ByAgent
	}
	s.gone(l)
	switch {
	case ours:
	case dismissed:
		s.unhold()
	case current:
		s.finish(call.EndReason{By: by, Why: "hangup", Status: 200})
	}
}

// checkOver closes the call when its end was begun and nothing is left of it.
func (s *Session) checkOver() {
	if s.over() && len(s.live) == 0 {
		s.close()
	}
}

// close makes the end known: media, events, context, log. Legs that did not answer are still waited for by the actor.
func (s *Session) close() {
	if s.closed {
		return
	}
	r := s.Reason()
	s.tell(Ended, "", r.Why)
	s.closed = true
	stop(s.limit)
	s.sound.Close()
	s.server.table.removeCall(s)
	s.account(r)
	close(s.events)
	s.cancel(r)
	close(s.ended)
}

// account is the one line that the log keeps of a call.
func (s *Session) account(r call.EndReason) {
	s.log.Info("call ended",
		slog.String("by", string(r.By)), slog.String("why", r.Why), slog.Int("status", r.Status),
		slog.Duration("lasted", time.Since(s.began).Round(time.Millisecond)),
		slog.Duration("answered_after", s.answered.Round(time.Millisecond)),
		slog.Int("agent_legs", s.agents), slog.Uint64("events_lost", s.lost.Load()))
}
