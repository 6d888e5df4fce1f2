package telephony

import (
	"log/slog"
	"slices"
	"strconv"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
)

// connect begins to dial the PBXs, the first one first.
func (s *Session) connect(reply func(error)) {
	switch {
	case s.over():
		reply(&EndedError{s.Reason()})
	case s.agent != nil:
		reply(ErrConnected)
	default:
		s.connected, s.pbx = reply, 0
		s.dial()
	}
}

// dial sends INVITE to the PBX whose turn it is.
func (s *Session) dial() {
	if s.agents++; s.agents > 1 {
		if err := s.sound.Renew(call.Agent); err != nil {
			s.log.Warn("no media for another agent leg", slog.Any("error", err))
			s.agentFailed(nil, 503, "failure")
			return
		}
	}
	l := s.newAgentLeg(s.server.cfg.PBX[s.pbx])
	s.agent = l
	s.enter(l)
	l.invite = s.inviteFor(l)
	s.transact(l.invite, func(res *sip.Response, err error) {
		if err != nil {
			s.agentSilent(l, err)
			return
		}
		s.onAgentResponse(l, res)
	})
	name := s.server.cfg.PBX[s.pbx].Name
	s.after(s.server.cfg.TryTimeout, func() {
		if l.state == legTrying && !l.provisional && !l.cancelled {
			s.log.Warn("PBX says nothing", slog.String("pbx", name))
			s.giveUp(l)
			s.agentFailed(l, 503, "unreachable")
		}
	})
	l.ring = s.after(s.server.cfg.AnswerTimeout, func() {
		if l.state == legTrying && !l.cancelled {
			s.giveUp(l)
			s.agentFailed(l, 480, "no_answer")
		}
	})
}

// onAgentResponse follows our INVITE. The first 2xx makes the dialog; others are copies of it or forks.
func (s *Session) onAgentResponse(l *leg, res *sip.Response) {
	tag := ""
	if res.To() != nil {
		tag = tagOf(res.To().Params)
	}
	switch {
	case res.StatusCode == 100 || res.IsProvisional() && l.state != legTrying:
		s.provisional(l)
	case res.IsProvisional():
		s.provisional(l)
		s.ringing(l, res)
	case res.IsSuccess() && l.ack != nil && tag == l.remoteTag:
		_ = s.server.stack.send(l.copyOfAck())
	case res.IsSuccess() && l.ack != nil:
		s.server.disown(l.invite, res)
	case res.IsSuccess():
		s.agentAnswered(l, res, tag)
	case l.state == legTrying:
		wanted := !l.cancelled
		s.gone(l)
		if wanted {
			s.agentFailed(l, res.StatusCode, "refused")
		}
	}
}

// provisional notes that the PBX has the INVITE: from now on it can be cancelled (RFC 3261 §9.1).
func (s *Session) provisional(l *leg) {
	first := !l.provisional
	l.provisional = true
	if first && l.cancelled && l.state == legTrying {
		s.sendCancel(l)
	}
}

// ringing passes 18x on, with early media where the PBX sends some.
func (s *Session) ringing(l *leg, res *sip.Response) {
	if l != s.agent || l.cancelled {
		return
	}
	l.ring.Reset(s.server.cfg.AnswerTimeout) // as proxies do with Timer C (RFC 3261 §16.7)
	early := isSDP(res) && len(res.Body()) > 0 && s.takeAnswer(l, res)
	s.tell(Ringing, call.Agent, strconv.Itoa(res.StatusCode))
	if res.StatusCode > 189 {
		return
	}
	s.progress(res.StatusCode, early)
}

// agentAnswered acknowledges the 2xx and joins the caller, or takes the dialog down that came too late.
func (s *Session) agentAnswered(l *leg, res *sip.Response, tag string) {
	l.establish(res, tag)
	s.server.table.addLeg(l)
	l.ack = l.request(sip.ACK)
	_ = s.server.stack.send(l.ack) // lost ones are sent again with the copy of the 2xx
	switch {
	case l.cancelled || l != s.agent || s.over():
		s.bye(l, s.Reason())
	case !s.agentsAnswer(l, res):
		s.agent = nil
		s.bye(l, call.EndReason{Why: "no_common_codec"})
		s.agentFailed(l, 488, "no_common_codec")
	default:
		s.tell(LegUp, call.Agent, l.codec.String())
		if err := s.answer(); err != nil {
			return // the caller cancelled: finish has ended this leg
		}
		s.replyConnect(nil)
	}
}

// agentsAnswer takes the answer from the 2xx. One without a body means the description that came with the ringing.
func (s *Session) agentsAnswer(l *leg, res *sip.Response) bool {
	if len(res.Body()) == 0 {
		return l.them.addr.IsValid()
	}
	return isSDP(res) && s.takeAnswer(l, res)
}

// establish takes dialog state from the 2xx to our INVITE (RFC 3261 §12.1.2).
func (l *leg) establish(res *sip.Response, tag string) {
	l.state, l.remoteTag = legAnswered, tag
	stop(l.ring)
	l.routes = recordRoutes(res)
	slices.Reverse(l.routes)
	l.learn(res.Contact())
	l.source = ""
	if l.transport == "TCP" {
		l.source = res.Source()
	}
}

// copyOfAck gives the ACK to be sent once more.
func (l *leg) copyOfAck() *sip.Request { return l.ack.Clone() }

// agentSilent ends a leg whose INVITE got no final response.
func (s *Session) agentSilent(l *leg, err error) {
	if l.state != legTrying {
		return
	}
	wanted := !l.cancelled
	s.gone(l)
	if wanted {
		s.log.Warn("PBX can't be reached", slog.String("pbx", s.server.cfg.PBX[s.pbx].Name), slog.String("error", cleaned(err.Error())))
		s.agentFailed(l, 503, "unreachable")
	}
}

// agentFailed tries the next PBX where that may help, or tells caller and Connect. A nil leg is one that never was.
func (s *Session) agentFailed(_ *leg, status int, why string) {
	if s.over() {
		return
	}
	if dialsElsewhere(status) && s.pbx+1 < len(s.server.cfg.PBX) {
		s.pbx++
		s.dial()
		return
	}
	failure := &ConnectError{Status: towardTrunk(status), Passed: s.caller.state == legTrying}
	s.replyConnect(failure)
	if failure.Passed {
		by := call.ByAgent
		if why != "refused" {
			by = call.BySystem
		}
		s.finish(call.EndReason{By: by, Why: why, Status: failure.Status})
	}
}

// replyConnect answers who waits for Connect.
func (s *Session) replyConnect(err error) {
	if f := s.connected; f != nil {
		s.connected = nil
		f(err)
	}
}
