package telephony

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
	"commusafe/internal/edge/media"
)

// run is the call's actor: the only goroutine that touches legs. It ends when the call is over and no leg is left.
func (s *Session) run() {
	for {
		select {
		case <-s.mail.ready:
			for _, f := range s.mail.take() {
				s.safely(f)
			}
		case e := <-s.sound.Events():
			s.safely(func() { s.onMedia(e) })
		}
		if s.closed && len(s.live) == 0 && s.mail.closeIfEmpty() {
			return
		}
	}
}

// safely turns a panic into the end of this call only.
func (s *Session) safely(f func()) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("call's actor panicked", slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
			defer func() { _ = recover() }() // the second try may meet the same broken state
			s.finish(call.EndReason{By: call.BySystem, Why: "failure", Status: 500})
		}
	}()
	f()
}

// onMedia follows the sound: a party that sends nothing for the configured time has gone without saying so.
func (s *Session) onMedia(e media.Event) {
	switch e.Kind {
	case media.Timeout:
		if s.sendingExpected(e.Party) {
			s.finish(call.EndReason{By: call.BySystem, Why: "rtp_timeout"})
		}
	case media.DTMF:
		s.tellAt(e.At, DTMF, e.Party, string(rune(e.Digit)))
	case media.CodecMismatch:
		s.tellAt(e.At, CodecMismatch, e.Party, "")
	case media.Latched:
	}
}

// sendingExpected tells whether the party's leg is answered and not on hold.
func (s *Session) sendingExpected(p call.Party) bool {
	l := s.caller
	if p == call.Agent {
		l = s.agent
	}
	return l != nil && l.state == legAnswered && l.us.dir&recvonly != 0
}

// over tells whether the call is ending or has ended.
func (s *Session) over() bool { return s.reason.Load() != nil }

// enter begins to count a leg.
func (s *Session) enter(l *leg) { s.live[l] = true }

// gone ends a leg for good.
func (s *Session) gone(l *leg) {
	if l.state == legGone {
		return
	}
	l.state = legGone
	for _, t := range []*time.Timer{l.resend, l.ring, l.refresh, l.expiry} {
		stop(t)
	}
	delete(s.live, l)
	s.server.table.removeLeg(l)
	if s.agent == l {
		s.agent = nil
	}
	s.tell(LegGone, l.party, "")
	s.checkOver()
}

// transact sends a request in its own client transaction and brings every response to the actor: on(res, nil) for
// each, on(nil, err) when the transaction ended without a final one. Copies of a 2xx come too.
func (s *Session) transact(req *sip.Request, on func(*sip.Response, error)) {
	bring := func(res *sip.Response, err error) {
		if !s.mail.post(func() { on(res, err) }) && res != nil && req.Method == sip.INVITE && res.IsSuccess() {
			s.server.disown(req, res)
		}
	}
	begun := s.server.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), s.server.cfg.TryTimeout) // for a connection
		tx, err := s.server.stack.begin(ctx, req, func(res *sip.Response) { bring(res, nil) })
		cancel()
		if err != nil {
			bring(nil, err)
			return
		}
		for {
			select {
			case res := <-tx.Responses():
				bring(res, nil)
				if !res.IsProvisional() {
					return
				}
			case <-tx.Done():
				bring(nil, errors.Join(errNoResponse, tx.Err()))
				return
			}
		}
	})
	if !begun {
		bring(nil, errNoResponse)
	}
}

var errNoResponse = errors.New("no final response")

// remote tells media what a leg's two descriptions agree to. Send and Receive are ours.
func (s *Session) remote(l *leg) {
	ours := l.us.dir & l.them.wish().reversed()
	s.sound.SetRemote(l.party, media.Remote{
		Addr: l.them.addr, Codec: l.codec, DTMF: l.them.dtmf,
		Send: ours&sendonly != 0, Receive: ours&recvonly != 0,
	})
}
