package telephony

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
)

// onInvite takes a new call: who sends it, what it offers, whether it is let in; then the call has its own goroutines.
func (s *Server) onInvite(req *sip.Request, tx *sip.ServerTx) {
	began := time.Now()
	trunk, f := s.mayCall(req)
	if f != nil {
		s.reject(req, tx, f)
		return
	}
	if f := s.tooShort(req); f != nil {
		s.reject(req, tx, f)
		return
	}
	c, f := s.newSession(req, tx, trunk, began)
	if f != nil {
		s.reject(req, tx, f)
		return
	}
	if !s.table.addCall(c) {
		s.reject(req, tx, &fault{status: 482})
		return
	}
	handedOver := false
	defer func() {
		if !handedOver { // refused, or something panicked
			c.dismiss()
		}
	}()
	handedOver = c.begin(tx)
}

// begin lets the call in or refuses it. It tells whether the call's goroutines have it now.
func (s *Session) begin(tx *sip.ServerTx) bool {
	if !tx.OnCancel(func(*sip.Request) { s.mail.post(s.callerCancelled) }) {
		s.mail.post(s.callerCancelled) // the CANCEL was faster than we
	}
	_ = tx.Respond(response(s.caller.invite, 100))
	s.log.Info("call began", slog.String("trunk", s.trunk.Name), slog.String("from", s.in.From.Masked()), slog.String("to", s.in.To.Masked()))
	s.admission = s.server.admission(s)
	if s.admission.Verdict == call.Refuse {
		s.refused()
		return false
	}
	var err error
	if s.sound, err = s.server.open(s.began); err != nil {
		s.log.Error("no media for a call", slog.Any("error", err))
		s.unable()
		return false
	}
	if !s.server.running.Go(s.run) {
		return false
	}
	s.server.running.Go(s.served)
	s.acksOf(s.caller, tx)
	return true
}

// mayCall tells whether the sender may open calls, and whether this one can be taken at all.
func (s *Server) mayCall(req *sip.Request) (Trunk, *fault) {
	from, err := netip.ParseAddrPort(req.Source())
	if err != nil {
		return Trunk{}, &fault{status: 403}
	}
	trunk, ok := s.list.trunk(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	switch {
	case !ok:
		return Trunk{}, &fault{status: 403, phrase: "Calls from the PBX are not carried"}
	case s.draining.Load() || s.cfg.MaxCalls > 0 && s.table.count() >= s.cfg.MaxCalls:
		return Trunk{}, &fault{status: 503, header: s.retryAfter()}
	}
	for _, h := range req.GetHeaders(headerCallID) {
		if s.table.has(call.ID(h.Value())) {
			return Trunk{}, &fault{status: 482} // our own call has come back to us
		}
	}
	return trunk, nil
}

// newSession makes the call of an INVITE.
func (s *Server) newSession(req *sip.Request, tx *sip.ServerTx, trunk Trunk, began time.Time) (*Session, *fault) {
	c := &Session{
		server: s, trunk: trunk, began: began, mail: newMailbox(), id: identityOf(req, trunk.TrustIdentity),
		events: make(chan Event, eventRoom), ended: make(chan struct{}), live: map[*leg]bool{},
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.caller = c.newCallerLeg(req, tx)
	c.caller.codec, c.caller.wants = trunk.Codecs[0], sendrecv
	if len(req.Body()) > 0 {
		d, err := parseSDP(req.Body())
		codec, ok := d.choose(trunk.Codecs)
		if err != nil || !ok || d.addr.Port() == 0 {
			return nil, &fault{status: 488}
		}
		c.caller.them, c.caller.codec, c.caller.wants = d, codec, d.wish()
	}
	c.enter(c.caller)
	c.in = call.Incoming{
		ID: call.NewID(), Began: began.UTC(), Direction: call.Inbound, Trunk: trunk.Name, From: c.id.number,
		To: calledOf(req, trunk.CalledFrom), Codec: c.caller.codec.String(), SIPCallID: c.caller.callID,
	}
	c.log = s.log.With(slog.String("call_id", string(c.in.ID)))
	return c, nil
}

// admission asks whether to let the call in. No answer in time, or a panic, lets it in.
func (s *Server) admission(c *Session) call.Admission {
	ctx, cancel := context.WithTimeout(c.ctx, admitTime)
	defer cancel()
	verdict := make(chan call.Admission, 1)
	s.running.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				c.log.Error("admission panicked, the call is let in", slog.String("panic", cleaned(fmt.Sprint(p))))
				verdict <- call.Admission{Verdict: call.Accept, Why: "admission failed"}
			}
		}()
		verdict <- s.admit(ctx, c.in)
	})
	select {
	case a := <-verdict:
		return a
	case <-ctx.Done():
		c.log.Warn("admission took too long, the call is let in")
		return call.Admission{Verdict: call.Accept, Why: "admission took too long"}
	}
}

// refused answers a call that is not let in. There is no actor and nothing to serve.
func (s *Session) refused() {
	status := s.admission.Status
	if status < 400 || status > 699 {
		status = s.trunk.RefuseCode
	}
	reason := sip.NewHeader("Reason", fmt.Sprintf(`SIP;cause=%d;text="%s"`, status, phrase(status)))
	_ = s.caller.server.Respond(response(s.caller.invite, status, reason)) // repeated by the transaction
	s.log.Info("call refused", slog.Int("status", status), slog.String("limit", s.admission.Limit))
}

// unable answers a call for which there is no media.
func (s *Session) unable() {
	_ = s.caller.server.Respond(response(s.caller.invite, 503, s.server.retryAfter()))
}

// dismiss forgets a call that never had an actor.
func (s *Session) dismiss() {
	s.mail.close()
	s.server.table.removeLeg(s.caller)
	s.server.table.removeCall(s)
	s.cancel(call.EndReason{By: call.ByPolicy, Why: "refused"})
	close(s.ended)
}

// served runs the ServeFunc. A guard that panics is gone, its call goes on relayed.
func (s *Session) served() {
	if s.guarded() {
		_ = s.End(context.Background(), call.EndReason{By: call.BySystem, Why: "served", Status: 480}) // no limit to exceed: EndTimeout bounds it
		return
	}
	if err := s.Connect(s.ctx); err != nil {
		s.log.Info("call without a guard was not connected", slog.Any("error", err))
	}
	<-s.ended
}

// guarded tells whether the ServeFunc returned by itself.
func (s *Session) guarded() (returned bool) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("guard of a call panicked, the call goes on unguarded",
				slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		}
	}()
	s.server.serve(s.ctx, s)
	return true
}

// onRequest takes a request in one of the call's dialogs (RFC 3261 §12.2.2).
func (s *Session) onRequest(l *leg, req *sip.Request, tx *sip.ServerTx) {
	if req.Method == sip.ACK {
		s.onAck(l, req)
		tx.Terminate()
		return
	}
	if req.CSeq().SeqNo < l.remoteSeq {
		s.refuse(req, tx, 500)
		return
	}
	l.remoteSeq = req.CSeq().SeqNo
	switch {
	case l.state == legGone && req.Method == sip.BYE:
		_ = tx.Respond(response(req, 200))
	case l.state == legGone:
		s.refuse(req, tx, 481)
	case req.Method == sip.BYE:
		s.onBye(l, req, tx)
	case req.Method == sip.INVITE:
		s.onReinvite(l, req, tx)
	default: // a CANCEL whose transaction is over
		s.refuse(req, tx, 481)
	}
}

// acksOf brings ACKs that sipgo matches to the INVITE's own transaction: those of peers which reuse its branch.
func (s *Session) acksOf(l *leg, tx *sip.ServerTx) {
	s.server.running.Go(func() {
		for {
			select {
			case ack := <-tx.Acks():
				s.mail.post(func() { s.onAck(l, ack) })
			case <-tx.Done():
				return
			}
		}
	})
}

// mediaAddr is where a leg's peer is to send RTP.
func (s *Session) mediaAddr(l *leg) netip.AddrPort {
	addr := s.sound.Local(l.party)
	if host, err := netip.ParseAddr(l.host); err == nil && (l.advertised || addr.Addr().IsUnspecified()) {
		return netip.AddrPortFrom(host, addr.Port())
	}
	return addr
}
