package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/emiago/sipgo/sip"
)

// A Config says where a Phone listens.
type Config struct {
	Listen string       // UDP address of SIP, like 127.0.0.1:5071; port 0 takes any; RTP uses the same host
	User   string       // user part of its Contact; default "phone"
	Logger *slog.Logger // of sipgo's complaints; default none
}

// A Phone places and answers calls on one UDP port.
type Phone struct {
	config       Config
	addr         netip.AddrPort
	conn         net.PacketConn
	transport    *sip.TransportLayer
	transactions *sip.TransactionLayer
	incoming     chan *Call
	closed       chan struct{}
	closing      sync.Once
	running      sync.WaitGroup
	handling     sync.WaitGroup // of what sipgo handed to us

	mu    sync.Mutex // guards calls and handling's growth
	calls map[string]*Call
}

// incomingRoom is how many calls wait for Accept before further ones are answered busy.
const incomingRoom = 256

// New binds the port and begins to listen.
func New(c Config) (*Phone, error) {
	if c.User == "" {
		c.User = "phone"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	listen, err := netip.ParseAddrPort(c.Listen)
	if err != nil || listen.Addr().IsUnspecified() {
		return nil, fmt.Errorf("listen address %q is not like 127.0.0.1:5071", c.Listen)
	}
	conn, err := net.ListenPacket("udp", c.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("SIP address %s is in use by another program", c.Listen)
	}
	if err != nil {
		return nil, fmt.Errorf("listen for SIP: %w", err)
	}
	p := &Phone{config: c, conn: conn, incoming: make(chan *Call, incomingRoom), closed: make(chan struct{}), calls: map[string]*Call{}}
	p.addr = conn.LocalAddr().(*net.UDPAddr).AddrPort()
	p.transport = sip.NewTransportLayer(net.DefaultResolver, sip.NewParser(), nil, sip.WithTransportLayerLogger(c.Logger), sip.WithTransportLayerReadFilter(p.filter))
	p.transactions = sip.NewTransactionLayer(p.transport, sip.WithTransactionLayerLogger(c.Logger),
		sip.WithTransactionLayerUnhandledResponseHandler(p.strayResponse))
	p.transactions.OnRequest(p.onRequest)
	p.running.Go(func() { _ = p.transport.ServeUDP(conn) }) // ends when conn is closed
	if err := p.ready(); err != nil {
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

// ready waits until sipgo has the socket in its pool: a request sent before would try to bind the port again.
func (p *Phone) ready() error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 5000 {
		if c, err := p.transport.GetConnection("udp", p.addr.String()); err == nil && c != nil {
			return nil
		}
		<-tick.C
	}
	return errors.New("SIP did not start to listen")
}

// Addr is the SIP address the phone listens on.
func (p *Phone) Addr() netip.AddrPort { return p.addr }

// filter lets nothing in once the phone is being closed.
func (p *Phone) filter(_ sip.TransportReadProps, data []byte) ([]byte, error) {
	select {
	case <-p.closed:
		return nil, nil
	default:
		return data, nil
	}
}

// handle is false once the phone is being closed: what is answered after that opens a socket that nobody closes.
func (p *Phone) handle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.closed:
		return false
	default:
		p.handling.Add(1)
		return true
	}
}

// late is when sipgo has done with what it read before the socket was closed. It handles each message in a goroutine that nobody can wait for,
// and for an answer whose socket is gone it opens one of its own.
const late = 300 * time.Millisecond

// Close hangs up what calls there are, without waiting for the other side, and ends everything.
func (p *Phone) Close() error {
	p.closing.Do(func() {
		p.mu.Lock()
		close(p.closed)
		calls := make([]*Call, 0, len(p.calls))
		for _, c := range p.calls {
			calls = append(calls, c)
		}
		p.mu.Unlock()
		for _, c := range calls {
			c.end("us", "phone closed")
			<-c.settled
		}
		p.handling.Wait()
		p.transactions.Close()
		_ = p.conn.Close()
		_ = p.transport.Close()
	})
	p.running.Wait()
	_ = p.transport.Close()
	time.AfterFunc(late, func() { _ = p.transport.Close() })
	return nil
}

func (p *Phone) add(c *Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[c.id] = c
}

func (p *Phone) drop(c *Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calls[c.id] == c {
		delete(p.calls, c.id)
	}
}

func (p *Phone) find(req sip.Message) *Call {
	h := req.CallID()
	if h == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[h.Value()]
}

// onRequest is called by sipgo, each time in a goroutine of its own.
func (p *Phone) onRequest(req *sip.Request, tx *sip.ServerTx) {
	if !p.handle() {
		return
	}
	defer p.handling.Done()
	if req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil {
		return
	}
	c := p.find(req)
	switch {
	case req.Method == sip.OPTIONS && c == nil:
		p.respond(tx, sip.NewResponseFromRequest(req, 200, "OK", nil))
	case req.Method == sip.INVITE && c == nil && tag(req.To().Params) == "":
		p.onInvite(req, tx)
	case req.Method == sip.ACK:
		if c != nil {
			c.onAck(req)
		}
	case c == nil:
		p.respond(tx, sip.NewResponseFromRequest(req, 481, "Call/Transaction Does Not Exist", nil))
	default:
		c.onRequest(req, tx)
	}
}

func (p *Phone) onInvite(req *sip.Request, tx *sip.ServerTx) {
	c := newIncoming(p, req, tx)
	p.add(c)
	if !tx.OnCancel(func(*sip.Request) { c.onCancelled() }) {
		c.onCancelled()
		return
	}
	select {
	case p.incoming <- c:
	default:
		p.respond(tx, sip.NewResponseFromRequest(req, 486, "Busy Here", nil))
		c.end("us", "busy")
	}
}

// strayResponse sees the 2xx that come again after their transaction ended.
func (p *Phone) strayResponse(res *sip.Response) {
	if !p.handle() {
		return
	}
	defer p.handling.Done()
	if c := p.find(res); c != nil && res.IsSuccess() && res.CSeq() != nil && res.CSeq().MethodName == sip.INVITE {
		c.ackAgain()
	}
}

func (p *Phone) respond(tx *sip.ServerTx, res *sip.Response) {
	if err := tx.Respond(res); err != nil {
		p.config.Logger.Debug("respond", slog.Any("error", err))
	}
}

// request sends req in a transaction and gives the final response; seen is told each provisional one.
func (p *Phone) request(ctx context.Context, req *sip.Request, seen func(*sip.Response)) (*sip.Response, error) {
	tx, err := p.transactions.Request(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("send %s: %w", req.Method, err)
	}
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
			if seen != nil {
				seen(res)
			}
		case <-tx.Done():
			return nil, fmt.Errorf("%s was not answered: %w", req.Method, tx.Err())
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-p.closed:
			return nil, errors.New("phone closed")
		}
	}
}

func tag(params sip.HeaderParams) string {
	t, _ := params.Get("tag")
	return t
}
