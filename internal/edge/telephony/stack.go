package telephony

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"

	"github.com/emiago/sipgo/sip"
)

// sipBuffer is the receive buffer of a SIP socket, in octets: a burst after an outage must fit into it.
const sipBuffer = 4 << 20

// maxDatagram lets responses and requests of any size that UDP carries leave; sipgo would refuse those above 1300 octets.
const maxDatagram = 65507 + 200

// setOnce guards the settings that sipgo keeps for the whole process.
//
//nolint:gochecknoglobals // sipgo's own settings are
var setOnce sync.Once

// A stack is sipgo's parser, transport and transactions on sockets of ours.
type stack struct {
	transport    *sip.TransportLayer
	transactions *sip.TransactionLayer
	udp          []net.PacketConn
	tcp          []net.Listener
	tagKey       [32]byte // for To tags

	mu     sync.RWMutex // guards below; held while a request leaves, so that none leaves after close
	closed bool
}

var errStopped = errors.New("the SIP stack has stopped")

// newStack binds the sockets. Requests go to handle, each in its own goroutine; responses that belong to no
// transaction are left alone.
func newStack(listen []string, list *accessList, log *slog.Logger, handle sip.TransactionRequestHandler) (*stack, error) {
	s := &stack{}
	if _, err := rand.Read(s.tagKey[:]); err != nil {
		return nil, fmt.Errorf("make a key for tags: %w", err)
	}
	for _, l := range listen {
		if err := s.bind(l, list, log); err != nil {
			s.close()
			return nil, err
		}
	}
	quiet := newStackLog(log)
	setOnce.Do(func() {
		sip.UDPMTUSize = maxDatagram
		sip.SetDefaultLogger(quiet)
	})
	s.transport = sip.NewTransportLayer(net.DefaultResolver, sip.NewParser(), nil,
		sip.WithTransportLayerLogger(quiet), sip.WithTransportLayerReadFilter(s.filter(list)))
	s.transport.OnMessage(s.prepare) // before the transactions', so that it sees each message first and in order
	s.transactions = sip.NewTransactionLayer(s.transport, sip.WithTransactionLayerLogger(quiet),
		sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {}))
	s.transactions.OnRequest(handle)
	return s, nil
}

// bind opens one socket, "udp:host:port" or "tcp:host:port".
func (s *stack) bind(listen string, list *accessList, log *slog.Logger) error {
	network, addr, _ := strings.Cut(listen, ":")
	ap, err := netip.ParseAddrPort(addr)
	if err != nil || network != "udp" && network != "tcp" {
		return fmt.Errorf("SIP listen address %q is not like udp:192.0.2.1:5060", listen)
	}
	family := "4"
	if ap.Addr().Is6() {
		family = "6"
	}
	if network == "tcp" {
		l, err := net.Listen("tcp"+family, addr)
		if err != nil {
			return bindError(listen, err)
		}
		s.tcp = append(s.tcp, knownListener{l, list})
		return nil
	}
	conn, err := net.ListenPacket("udp"+family, addr)
	if err != nil {
		return bindError(listen, err)
	}
	s.udp = append(s.udp, conn)
	if c, ok := conn.(*net.UDPConn); ok {
		if got := widen(c, sipBuffer); got < sipBuffer {
			log.Warn("the SIP socket's receive buffer is small: raise net.core.rmem_max", slog.String("listen", listen), slog.Int("octets", got), slog.Int("wanted", sipBuffer))
		}
	}
	return nil
}

func bindError(listen string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("SIP address %s is in use by another program", listen)
	}
	return fmt.Errorf("listen for SIP on %s: %w", listen, err)
}

// serve reads all sockets until close.
func (s *stack) serve(wg *group) {
	for _, c := range s.udp {
		wg.Go(func() { _ = s.transport.ServeUDP(c) }) // ends when the socket is closed
	}
	for _, l := range s.tcp {
		wg.Go(func() { _ = s.transport.ServeTCP(l) })
	}
}

// close ends all transactions and closes all sockets. After it nothing is read and nothing leaves: sipgo would open
// sockets of its own for that.
func (s *stack) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if s.transactions != nil {
		s.transactions.Close()
	}
	for _, c := range s.udp {
		_ = c.Close()
	}
	for _, l := range s.tcp {
		_ = l.Close()
	}
	if s.transport != nil {
		_ = s.transport.Close()
	}
}

// sweep closes what sipgo opened for requests that it was still working on: after close, it answers a request that came
// before from a socket of its own, and nothing else would ever close that.
func (s *stack) sweep() { _ = s.transport.Close() }

// filter is the access list until close.
func (s *stack) filter(list *accessList) sip.TransportReadFilter {
	return func(from sip.TransportReadProps, data []byte) ([]byte, error) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		if s.closed {
			return nil, nil
		}
		return list.filter(from, data)
	}
}

// prepare gives the first INVITE of a dialog and its CANCEL our To tag before a transaction is made, so that every
// response to it carries the same one, those that sipgo writes too (RFC 3261 §8.2.6.2, §9.2).
func (s *stack) prepare(m sip.Message) {
	req, ok := m.(*sip.Request)
	if !ok || req.Method != sip.INVITE && req.Method != sip.CANCEL {
		return
	}
	if to := req.To(); to != nil && tagOf(to.Params) == "" {
		to.Params.Add("tag", s.tagFor(req))
	}
}

// tagFor makes the To tag of a request outside any dialog from what is the same in all its copies.
func (s *stack) tagFor(req *sip.Request) string {
	mac := hmac.New(sha256.New, s.tagKey[:])
	if h := req.CallID(); h != nil {
		mac.Write([]byte(h.Value() + "\x00"))
	}
	if h := req.From(); h != nil {
		mac.Write([]byte(tagOf(h.Params) + "\x00"))
	}
	if h := req.Via(); h != nil {
		mac.Write([]byte(h.Params.GetOr("branch", "") + "\x00" + h.SentBy()))
	}
	return hex.EncodeToString(mac.Sum(nil)[:10])
}

// opensDialog tells whether the request came without a To tag.
func (s *stack) opensDialog(req *sip.Request) bool {
	tag := tagOf(req.To().Params)
	return tag == "" || tag == s.tagFor(req)
}

// begin sends req in a client transaction. again gets copies of a 2xx that come after the first (RFC 6026 §7.2).
func (s *stack) begin(ctx context.Context, req *sip.Request, again func(*sip.Response)) (*sip.ClientTx, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, errStopped
	}
	tx, err := s.transactions.NewClientTransaction(ctx, req)
	if err != nil {
		return nil, err
	}
	tx.OnRetransmission(again)
	if err := tx.Init(); err != nil {
		tx.Terminate()
		return nil, err
	}
	return tx, nil
}

// send sends a request outside transactions: the ACK of a 2xx (RFC 3261 §13.2.2.4).
func (s *stack) send(req *sip.Request) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errStopped
	}
	return s.transport.WriteMsg(req)
}

// alive tells whether there is a connection to addr already.
func (s *stack) alive(network, addr string) bool {
	conn, err := s.transport.GetConnection(network, addr)
	if err != nil {
		return false
	}
	_, _ = conn.TryClose() // gives back the reference that asking took
	return true
}

// localFor gives the UDP socket from which packets to dst leave.
func (s *stack) localFor(dst netip.Addr) (netip.AddrPort, bool) {
	var found netip.AddrPort
	for _, c := range s.udp {
		ap, err := netip.ParseAddrPort(c.LocalAddr().String())
		if err != nil || ap.Addr().Is4() != dst.Is4() {
			continue
		}
		if !found.IsValid() || ap.Addr().IsLoopback() == dst.IsLoopback() {
			found = ap
		}
	}
	return found, found.IsValid()
}

// tcpPort gives the port of the first TCP listener, 0 where there is none.
func (s *stack) tcpPort() int {
	for _, l := range s.tcp {
		if a, ok := l.Addr().(*net.TCPAddr); ok {
			return a.Port
		}
	}
	return 0
}

// response builds a response; its version is ours whatever the request's was.
func response(req *sip.Request, status int, headers ...sip.Header) *sip.Response {
	res := sip.NewResponseFromRequest(req, status, phrase(status), nil)
	res.SipVersion = "SIP/2.0"
	for _, h := range headers {
		if h != nil {
			res.AppendHeader(h)
		}
	}
	return res
}
