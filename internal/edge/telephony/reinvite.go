package telephony

import (
	"errors"
	"math/rand/v2"
	"strconv"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
)

// A reinvite is a re-INVITE of one side that waits for its response.
type reinvite struct {
	leg   *leg
	req   *sip.Request
	tx    *sip.ServerTx
	offer description // zero address: none came, we offer
}

// onReinvite takes a re-INVITE (RFC 3261 §14.2). A change of direction goes on to the other side as a re-INVITE of ours;
// everything else, a refresh, another address or codec, is settled on this leg alone.
func (s *Session) onReinvite(l *leg, req *sip.Request, tx *sip.ServerTx) {
	if f := s.untimely(l); f != nil {
		s.refuse(req, tx, f.status, f.header)
		return
	}
	if f := s.server.tooShort(req); f != nil {
		s.refuse(req, tx, f.status, f.header)
		return
	}
	l.learn(req.Contact())
	r := &reinvite{leg: l, req: req, tx: tx}
	if len(req.Body()) == 0 {
		s.accept(r, sendrecv)
		return
	}
	d, err := parseSDP(req.Body())
	if err != nil {
		s.refuse(req, tx, 488)
		return
	}
	if _, ok := d.choose(s.trunk.Codecs); !ok {
		s.refuse(req, tx, 488)
		return
	}
	r.offer = d
	other := s.other(l)
	if other == nil || other.state != legAnswered || other.byeSent || d.wish() == l.wants {
		s.accept(r, s.localDirection(other, d.wish()))
		return
	}
	if other.reinviteIn || other.reinviteOut {
		s.refuse(req, tx, 491)
		return
	}
	s.passOn(r, other)
}

// untimely tells why a re-INVITE can't be taken just now (RFC 3261 §14.2).
func (s *Session) untimely(l *leg) *fault {
	switch {
	case s.over() || l.byeSent:
		return &fault{status: 487}
	case l.reinviteOut:
		return &fault{status: 491}
	case l.state == legTrying || l.reinviteIn:
		return &fault{status: 500, header: sip.NewHeader("Retry-After", strconv.Itoa(rand.IntN(10)))}
	}
	return nil
}

// localDirection is our answer to a side that wants x without asking the other side again.
func (s *Session) localDirection(other *leg, x direction) direction {
	if other == nil {
		return x.reversed()
	}
	return between(x, other.wants)
}

// other gives the leg at the other side of the call.
func (s *Session) other(l *leg) *leg {
	switch l {
	case s.caller:
		return s.agent
	case s.agent:
		return s.caller
	}
	return nil
}

// passOn asks the other side first, so that the answer tells what it really does.
func (s *Session) passOn(r *reinvite, other *leg) {
	r.leg.reinviteIn = true
	s.reinvite(other, r.offer.wish(), func(status int) {
		r.leg.reinviteIn = false
		switch {
		case r.leg.state == legGone || s.over():
			s.refuse(r.req, r.tx, 487)
		case status == 491:
			s.refuse(r.req, r.tx, 491)
		case (status == 408 || status == 481) && other == s.other(r.leg):
			s.refuse(r.req, r.tx, status)
			s.gone(other)
			s.finish(call.EndReason{By: call.BySystem, Why: "failure", Status: status})
		case status < 300:
			s.accept(r, between(r.offer.wish(), other.them.wish()))
		default: // it won't hold; this side is held by us alone
			s.accept(r, r.offer.wish().reversed())
		}
	})
}

// between gives our direction toward one side that wants x while the other does y, both as they see it.
func between(x, y direction) direction {
	d := inactive
	if x&recvonly != 0 && y&sendonly != 0 {
		d |= sendonly
	}
	if x&sendonly != 0 && y&recvonly != 0 {
		d |= recvonly
	}
	return d
}

// accept answers a re-INVITE with our description in this direction; one without offer gets ours.
func (s *Session) accept(r *reinvite, dir direction) {
	l := r.leg
	res := response(r.req, 200, l.contact(), sip.NewHeader("Allow", allowed))
	if r.offer.addr.IsValid() {
		held := l.wants
		l.them, l.wants = r.offer, r.offer.wish()
		l.codec, _ = r.offer.choose(s.trunk.Codecs)
		withSDP(res, l.body(r.offer.answer(s.mediaAddr(l), l.codec, dir)))
		s.remote(l)
		s.tellHold(l, held, r.offer.wish())
	} else {
		d := l.us
		d.addr, d.codecs, d.dir = s.mediaAddr(l), s.trunk.Codecs, dir // media once refused stay listed (RFC 3264 §8)
		l.awaitAnswer = true
		withSDP(res, l.body(d))
	}
	s.agreeTimer(l, r.req, res)
	if err := r.tx.Respond(res); errors.Is(err, sip.ErrTransactionCanceled) {
		s.refuse(r.req, r.tx, 487) // what sipgo has said already stays the response to repeat
		return
	}
	s.repeat(l, r.tx, res)
}

// tellHold says when a party begins or stops to hold the other.
func (s *Session) tellHold(l *leg, was, is direction) {
	switch {
	case was == sendrecv && is != sendrecv:
		s.tell(Hold, l.party, is.String())
	case was != sendrecv && is == sendrecv:
		s.tell(Resume, l.party, "")
	}
}

// silence is what stands for no final response: 408 where the peer said nothing, 503 where it could not be reached, which ends no dialog
// (RFC 3261 §8.1.3.1, §12.2.1.2).
func silence(err error) int {
	if errors.Is(err, sip.ErrTransactionTimeout) {
		return 408
	}
	return 503
}

// reinvite offers our description in another direction to a leg and tells the final status; silence stands for none.
func (s *Session) reinvite(l *leg, dir direction, done func(status int)) {
	l.reinviteOut = true
	before := l.us
	req := l.request(sip.INVITE)
	offer := l.us
	offer.dir = dir
	l.keepTimer(req)
	withSDP(req, l.body(offer))
	var ack *sip.Request
	s.transact(req, func(res *sip.Response, err error) {
		switch {
		case err != nil:
			l.reinviteOut = false
			l.us = before
			done(silence(err))
		case res.IsProvisional():
		case res.IsSuccess() && ack != nil:
			_ = s.server.stack.send(ack.Clone()) // the copy of a 2xx: our ACK was lost
		case res.IsSuccess():
			l.reinviteOut = false
			l.learn(res.Contact())
			s.renewTimer(l, res)
			ack = l.ackFor(req)
			_ = s.server.stack.send(ack)
			if !s.takeAnswer(l, res) {
				done(488)
				return
			}
			done(res.StatusCode)
		default:
			l.reinviteOut = false
			l.us = before
			done(res.StatusCode)
		}
	})
}

// ackFor builds the ACK of the 2xx to one of our INVITEs, whatever was sent in between.
func (l *leg) ackFor(invite *sip.Request) *sip.Request {
	seq := l.seq
	l.seq = invite.CSeq().SeqNo
	ack := l.request(sip.ACK)
	l.seq = seq
	return ack
}

// unhold takes a caller back whom an agent held before that agent was dropped, so that it hears and is heard.
func (s *Session) unhold() {
	l := s.caller
	if l.state != legAnswered || l.us.dir == sendrecv || l.wants != sendrecv || l.reinviteOut || l.reinviteIn {
		return
	}
	s.reinvite(l, sendrecv, func(int) {})
}

// refuse answers a request in a dialog with a failure.
func (s *Session) refuse(req *sip.Request, tx *sip.ServerTx, status int, headers ...sip.Header) {
	_ = tx.Respond(response(req, status, headers...)) // lost ones are sent again by the transaction
}
