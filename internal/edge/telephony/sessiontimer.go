package telephony

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
)

// optionTimer is the option tag of session timers, the one extension that may be required of us.
const optionTimer = "timer"

// A sessionTimer is what keeps a leg from living on when its peer has vanished (RFC 4028). Zero: none.
type sessionTimer struct {
	every time.Duration // the session ends when it isn't refreshed for so long
	ours  bool          // we refresh, not the peer
}

// askedTimer reads what an INVITE asks for (RFC 4028 §9). A peer that supports timers refreshes itself unless it
// wants us to; where only a proxy asked, we have to. supported tells which of the two it is.
func askedTimer(m sip.Message) (t sessionTimer, supported bool) {
	supported = hasOption(m, "supported", "k") || hasOption(m, "require", "require")
	every, refresher := sessionExpires(m)
	return sessionTimer{every: every, ours: every > 0 && (refresher == "uas" || !supported)}, supported
}

// sessionExpires reads Session-Expires; 0 where there is none that can be read.
func sessionExpires(m sip.Message) (every time.Duration, refresher string) {
	headers := append(m.GetHeaders("session-expires"), m.GetHeaders("x")...)
	if len(headers) == 0 {
		return 0, ""
	}
	seconds, params, _ := strings.Cut(headers[0].Value(), ";")
	n, err := strconv.ParseUint(strings.TrimSpace(seconds), 10, 31)
	if err != nil {
		return 0, ""
	}
	for p := range strings.SplitSeq(strings.ToLower(params), ";") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(p), "refresher="); ok {
			refresher = v
		}
	}
	return time.Duration(n) * time.Second, refresher
}

// hasOption tells whether the option tag of session timers stands in a header or its compact form.
func hasOption(m sip.Message, names ...string) bool {
	for _, name := range names {
		for _, h := range m.GetHeaders(name) {
			for tag := range strings.SplitSeq(h.Value(), ",") {
				if strings.EqualFold(strings.TrimSpace(tag), optionTimer) {
					return true
				}
			}
		}
	}
	return false
}

// tooShort refuses an interval below ours from a peer that can learn from it (RFC 4028 §9).
func (s *Server) tooShort(req *sip.Request) *fault {
	t, supported := askedTimer(req)
	if t.every == 0 || !supported || t.every >= s.cfg.MinSessionExpires {
		return nil
	}
	return &fault{status: 422, header: sip.NewHeader("Min-SE", seconds(s.cfg.MinSessionExpires))}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// agreeTimer answers an INVITE's wish for a session timer in our 2xx and starts the timer.
func (s *Session) agreeTimer(l *leg, req *sip.Request, ok *sip.Response) {
	t, supported := askedTimer(req)
	if t.every > 0 {
		refresher := "uac"
		if t.ours {
			refresher = "uas"
		}
		ok.AppendHeader(sip.NewHeader("Session-Expires", fmt.Sprintf("%s;refresher=%s", seconds(t.every), refresher)))
		if supported {
			ok.AppendHeader(sip.NewHeader("Require", optionTimer))
		}
	}
	s.startTimer(l, t)
}

// keepTimer puts the running timer into a re-INVITE of ours (RFC 4028 §7.4).
func (l *leg) keepTimer(req *sip.Request) {
	if l.timer.every == 0 {
		return
	}
	refresher := "uas"
	if l.timer.ours {
		refresher = "uac"
	}
	req.AppendHeader(sip.NewHeader("Supported", optionTimer))
	req.AppendHeader(sip.NewHeader("Session-Expires", fmt.Sprintf("%s;refresher=%s", seconds(l.timer.every), refresher)))
}

// renewTimer takes what the 2xx to a re-INVITE of ours says; without Session-Expires the session has no timer any more.
func (s *Session) renewTimer(l *leg, ok *sip.Response) {
	if l.timer.every == 0 {
		return
	}
	every, refresher := sessionExpires(ok)
	s.startTimer(l, sessionTimer{every: every, ours: refresher != "uas"})
}

// startTimer starts the session anew: it is refreshed at half its time, or ends shortly before its end (RFC 4028 §10).
func (s *Session) startTimer(l *leg, t sessionTimer) {
	stop(l.refresh)
	stop(l.expiry)
	l.timer = t
	if t.every == 0 {
		return
	}
	s.expireIn(l, t.every-t.margin())
	if t.ours {
		due := time.Now().Add(t.every / 2)
		l.refresh = s.after(t.every/2, func() {
			if stoodStill(due) {
				s.expireIn(l, t.margin())
			}
			s.refreshSession(l)
		})
	}
}

// margin is how long before its end an unrefreshed session is given up.
func (t sessionTimer) margin() time.Duration { return min(32*time.Second, t.every/3) }

// expireIn ends the session after d if nobody refreshes it. Where this process stood still meanwhile (a machine that was paused), the
// refresh of a living peer waits to be read, or ours to be sent: then there is time for it until the session's true end.
func (s *Session) expireIn(l *leg, d time.Duration) {
	stop(l.expiry)
	due := time.Now().Add(d)
	l.expiry = s.after(d, func() {
		switch {
		case l.state != legAnswered:
		case stoodStill(due):
			s.expireIn(l, l.timer.margin())
		default:
			s.finish(call.EndReason{By: call.BySystem, Why: "session_timer"})
		}
	})
}

// stoodStill tells whether this process did nothing at a time at which it should have.
func stoodStill(due time.Time) bool { return time.Since(due) > time.Second/2 }

// refreshSession sends the re-INVITE that keeps a session alive: our description as it is.
func (s *Session) refreshSession(l *leg) {
	if l.state != legAnswered || l.byeSent || s.over() {
		return
	}
	again := func() { l.refresh = s.after(l.timer.every/16, func() { s.refreshSession(l) }) }
	if l.reinviteOut || l.reinviteIn {
		again()
		return
	}
	s.reinvite(l, l.us.dir, func(status int) {
		switch {
		case status < 300:
		case status == 408 || status == 481:
			s.finish(call.EndReason{By: call.BySystem, Why: "session_timer"})
		default: // the peer is there; until the expiry there is time for more tries
			again()
		}
	})
}
