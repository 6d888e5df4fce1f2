package telephony

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
	"commusafe/internal/edge/media"
)

// An AdmitFunc decides about a call before it is answered. It has 100 ms; after that the call is let in.
type AdmitFunc func(ctx context.Context, in call.Incoming) call.Admission

// A ServeFunc goes with one call from its admission to its end. When it returns, the call is ended if it isn't over.
// When it panics, the call goes on without it.
type ServeFunc func(ctx context.Context, s *Session)

// admitTime is how long an AdmitFunc may take.
const admitTime = 100 * time.Millisecond

// A Server carries calls between the configured trunks and PBXs.
type Server struct {
	cfg   Config
	open  func(began time.Time) (sound, error)
	admit AdmitFunc
	serve ServeFunc
	log   *slog.Logger
	list  *accessList
	stack *stack
	table *table

	running  group // everything that Run waits for
	draining atomic.Bool
	hurry    chan struct{} // closed by Hurry
	hurried  sync.Once
}

// New checks the configuration and binds the sockets. Run serves them and must be called.
func New(cfg Config, engine *media.Engine, admit AdmitFunc, serve ServeFunc, log *slog.Logger) (*Server, error) {
	return newServer(cfg, func(began time.Time) (sound, error) { return engine.Open(began) }, admit, serve, log)
}

func newServer(cfg Config, open func(time.Time) (sound, error), admit AdmitFunc, serve ServeFunc, log *slog.Logger) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, open: open, admit: admit, serve: serve, log: log.With(slog.String("component", "telephony")), hurry: make(chan struct{})}
	s.list = newAccessList(cfg)
	s.table = newTable(64 * cfg.T1)
	var err error
	if s.stack, err = newStack(cfg.Listen, s.list, s.log, s.onRequest); err != nil {
		return nil, err
	}
	return s, nil
}

// Addr gives the address of the n-th listener of a network, "udp" or "tcp", for tests that bind port 0.
func (s *Server) Addr(network string, n int) netip.AddrPort {
	var a net.Addr
	switch {
	case network == "udp" && n < len(s.stack.udp):
		a = s.stack.udp[n].LocalAddr()
	case network == "tcp" && n < len(s.stack.tcp):
		a = s.stack.tcp[n].Addr()
	default:
		return netip.AddrPort{}
	}
	ap, _ := netip.ParseAddrPort(a.String()) // invalid where a is none
	return ap
}

// Run serves until ctx ends and then drains: new calls get 503 with Retry-After and OPTIONS 503, so that the trunk goes
// elsewhere; calls go on for Config.Drain; what is left is ended politely. It returns when nothing of it runs.
func (s *Server) Run(ctx context.Context) error {
	s.stack.serve(&s.running)
	<-ctx.Done()
	s.draining.Store(true)
	s.log.Info("draining", slog.Int("calls", len(s.table.all())))
	s.await(s.cfg.Drain, s.hurry)
	for _, c := range s.table.all() {
		c.mail.post(func() { c.finish(call.EndReason{By: call.BySystem, Why: "drain"}) })
	}
	s.await(s.cfg.EndTimeout+time.Second, nil)
	s.stack.close()
	s.running.Wait()
	s.stack.sweep()
	return nil
}

// Hurry makes a Run that drains end the calls now: for the second signal. Calling it twice is fine.
func (s *Server) Hurry() { s.hurried.Do(func() { close(s.hurry) }) }

// await waits until no call is left, at most for limit or until enough is closed.
func (s *Server) await(limit time.Duration, enough <-chan struct{}) {
	over := time.NewTimer(limit)
	defer over.Stop()
	for {
		calls := s.table.all()
		if len(calls) == 0 {
			return
		}
		select {
		case <-calls[0].ended:
		case <-over.C:
			return
		case <-enough:
			return
		}
	}
}

// onRequest is where sipgo brings requests, each in its own goroutine. Nothing a peer sends may end more than itself.
func (s *Server) onRequest(req *sip.Request, tx *sip.ServerTx) {
	if !s.running.enter() {
		tx.Terminate()
		s.stack.sweep()
		return
	}
	defer s.running.leave()
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("SIP request handler panicked", slog.String("method", cleaned(string(req.Method))), slog.String("panic", cleaned(fmt.Sprint(p))))
			if req.Method != sip.ACK {
				_ = tx.Respond(response(req, 500)) // better than silence
			}
		}
	}()
	if f := validate(req); f != nil {
		s.reject(req, tx, f)
		return
	}
	switch {
	case req.Method == sip.OPTIONS:
		s.onOptions(req, tx)
	case req.Method == sip.INVITE && s.stack.opensDialog(req):
		s.onInvite(req, tx)
	default:
		s.inDialog(req, tx)
	}
}

// reject answers a request that failed validation; an ACK is never answered.
func (s *Server) reject(req *sip.Request, tx *sip.ServerTx, f *fault) {
	if req.Method == sip.ACK {
		tx.Terminate()
		return
	}
	res := response(req, f.status, f.header)
	if f.phrase != "" {
		res.Reason = f.phrase
	}
	s.log.Debug("request rejected", slog.Int("status", f.status), slog.String("phrase", res.Reason))
	_ = tx.Respond(res) // a peer that can't be reached sends again
}

// onOptions tells whether calls are taken (RFC 3261 §11).
func (s *Server) onOptions(req *sip.Request, tx *sip.ServerTx) {
	if s.draining.Load() {
		_ = tx.Respond(response(req, 503, s.retryAfter()))
		return
	}
	_ = tx.Respond(response(req, 200, sip.NewHeader("Allow", allowed), sip.NewHeader("Accept", "application/sdp")))
}

// inDialog brings a request to the call whose dialog it names.
func (s *Server) inDialog(req *sip.Request, tx *sip.ServerTx) {
	l, past := s.table.find(req)
	if l != nil && l.call.mail.post(func() { l.call.onRequest(l, req, tx) }) {
		if req.Method == sip.INVITE {
			l.call.acksOf(l, tx)
		}
		return
	}
	switch {
	case req.Method == sip.ACK:
		tx.Terminate()
	case req.Method == sip.BYE && (past || l != nil):
		_ = tx.Respond(response(req, 200))
	default:
		_ = tx.Respond(response(req, 481))
	}
}

// retryAfter is the header that goes with 503.
func (s *Server) retryAfter() sip.Header {
	return sip.NewHeader("Retry-After", strconv.Itoa(int(max(s.cfg.RetryAfter.Seconds(), 1))))
}

// hostToward gives our address as dst ("host:port") is to be told it.
func (s *Server) hostToward(local, advertise netip.Addr, dst string) string {
	if advertise.IsValid() {
		return advertise.String()
	}
	if local.IsValid() && !local.IsUnspecified() {
		return local.String()
	}
	if c, err := net.Dial("udp", dst); err == nil { // sends nothing; the kernel picks the address
		defer func() { _ = c.Close() }()
		if a, ok := addrOf(c.LocalAddr()); ok {
			return a.String()
		}
	}
	return local.String()
}

// disown acknowledges a 2xx that nobody wants, a fork's or one that came when its call was over, and ends its dialog,
// once (RFC 3261 §13.2.2.4).
func (s *Server) disown(invite *sip.Request, res *sip.Response) {
	if res.To() == nil {
		return // no dialog can be made of it
	}
	l := &leg{call: &Session{server: s}, callID: invite.CallID().Value(), localTag: tagOf(invite.From().Params),
		ours:   nameOf("", &invite.From().Address),
		theirs: nameOf("", &res.To().Address), seq: invite.CSeq().SeqNo, transport: sip.NetworkToUpper(invite.Transport()),
		host: invite.Via().Host, port: invite.Via().Port, target: invite.Recipient}
	if ip, ok := netip.AddrFromSlice(invite.Laddr.IP); ok {
		l.local = netip.AddrPortFrom(ip.Unmap(), uint16(invite.Laddr.Port))
	}
	l.establish(res, tagOf(res.To().Params))
	_ = s.stack.send(l.request(sip.ACK))
	if !s.table.bury(l.key()) {
		return
	}
	bye := l.request(sip.BYE)
	s.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), s.cfg.TryTimeout) // for a connection
		defer cancel()
		tx, err := s.stack.begin(ctx, bye, func(*sip.Response) {})
		if err != nil {
			return
		}
		for {
			select {
			case res := <-tx.Responses():
				if !res.IsProvisional() {
					return
				}
			case <-tx.Done():
				return
			}
		}
	})
}

// sdpID makes the session id of an o= line; it fits into 53 bits, which everybody can read.
func sdpID() uint64 { return rand.Uint64() >> 12 }
