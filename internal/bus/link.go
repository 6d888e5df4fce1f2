package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

// A Link is one process's connection. It reconnects for ever; what is published while it is down is lost.
type Link struct {
	conn   *nats.Conn
	prefix string
	log    *slog.Logger
}

// Options say how to reach the server.
type Options struct {
	URL   string // of an external server; empty: File tells
	Token string
	File  string // run/bus.json, written by serve, read anew at each reconnect
	Site  string
	Name  string // of the process, for the server's list of connections
	Log   *slog.Logger
}

// An Endpoint is what serve writes into run/bus.json.
type Endpoint struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

// ReadEndpoint reads run/bus.json.
func ReadEndpoint(path string) (Endpoint, error) {
	var e Endpoint
	b, err := os.ReadFile(path)
	if err != nil {
		return e, fmt.Errorf("the bus is not there (is commusafe serve running?): %w", err)
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("%s can't be read: %w", path, err)
	}
	if e.URL == "" {
		return e, fmt.Errorf("%s names no server", path)
	}
	return e, nil
}

// writeLimit is how long a server may take nothing: then the connection is made anew. All who publish wait as long, also the guards of calls.
const writeLimit = 2 * time.Second

// Connect opens a link. A server that isn't there yet is tried again in the background.
func Connect(opt Options) (*Link, error) {
	url, token := opt.URL, func() string { return opt.Token }
	if url == "" {
		e, err := ReadEndpoint(opt.File)
		if err != nil {
			return nil, err
		}
		url = e.URL
		token = func() string {
			if e, err := ReadEndpoint(opt.File); err == nil {
				return e.Token
			}
			return e.Token
		}
	}
	conn, err := nats.Connect(url, nats.Name(opt.Name), nats.TokenHandler(token), nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1), nats.ReconnectWait(200*time.Millisecond), nats.ReconnectJitter(100*time.Millisecond, 100*time.Millisecond),
		nats.ReconnectBufSize(-1), nats.Timeout(2*time.Second), nats.FlusherTimeout(writeLimit), nats.PingInterval(5*time.Second), nats.MaxPingsOutstanding(2),
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			subject := ""
			if s != nil {
				subject = s.Subject
			}
			opt.Log.Warn("bus reader lost messages", slog.String("subject", subject), slog.Any("error", err))
		}))
	if err != nil {
		return nil, fmt.Errorf("connect to the bus: %w", err)
	}
	return &Link{conn: conn, prefix: "cs." + opt.Site + ".", log: opt.Log}, nil
}

// Up tells whether the link is connected.
func (l *Link) Up() bool { return l.conn.IsConnected() }

// Close sends what is buffered and closes the link.
func (l *Link) Close() {
	if err := l.conn.FlushTimeout(time.Second); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		l.log.Debug("bus closed before everything was sent", slog.Any("error", err))
	}
	l.conn.Close()
}

// Flush waits until the server has what was published.
func (l *Link) Flush(ctx context.Context) error { return l.conn.FlushWithContext(ctx) }

// A Subscription ends by Stop.
type Subscription struct{ sub *nats.Subscription }

// Stop ends the subscription. A handler that runs may still finish.
func (s *Subscription) Stop() {
	if s != nil && s.sub != nil {
		_ = s.sub.Unsubscribe() // an error means that it ended already
	}
}

func (l *Link) publish(subject string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("bus message %s: %w", subject, err)
	}
	return l.conn.Publish(l.prefix+subject, b)
}

// subscribe reads JSON messages of one type; what can't be read is logged without its content.
func subscribe[T any](l *Link, subject, queue string, handle func(T, *nats.Msg)) (*Subscription, error) {
	f := func(m *nats.Msg) {
		var v T
		if err := json.Unmarshal(m.Data, &v); err != nil {
			l.log.Warn("bus message can't be read", slog.String("subject", subject), slog.Int("bytes", len(m.Data)))
			return
		}
		handle(v, m)
	}
	var sub *nats.Subscription
	var err error
	if queue == "" {
		sub, err = l.conn.Subscribe(l.prefix+subject, f)
	} else {
		sub, err = l.conn.QueueSubscribe(l.prefix+subject, queue, f)
	}
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	return &Subscription{sub}, nil
}

func request[T any](ctx context.Context, l *Link, subject string, v any) (T, error) {
	var out T
	b, err := json.Marshal(v)
	if err != nil {
		return out, fmt.Errorf("bus request %s: %w", subject, err)
	}
	m, err := l.conn.RequestWithContext(ctx, l.prefix+subject, b)
	if err != nil {
		return out, fmt.Errorf("bus request %s: %w", subject, err)
	}
	if err := json.Unmarshal(m.Data, &out); err != nil {
		return out, fmt.Errorf("bus answer to %s can't be read: %w", subject, err)
	}
	return out, nil
}

// serve answers requests; a handler that wants to leave one to another process gives false.
func serve[Q, A any](l *Link, subject, queue string, handle func(Q) (A, bool)) (*Subscription, error) {
	return subscribe(l, subject, queue, func(q Q, m *nats.Msg) {
		if a, ok := handle(q); ok {
			answer(l, subject, m, a)
		}
	})
}

// serveEach answers requests beside each other, for answers that may take long.
func serveEach[Q, A any](l *Link, subject string, handle func(Q) A) (*Subscription, error) {
	return subscribe(l, subject, "", func(q Q, m *nats.Msg) {
		go func() { answer(l, subject, m, handle(q)) }()
	})
}

func answer(l *Link, subject string, m *nats.Msg, a any) {
	if m.Reply == "" {
		return
	}
	b, err := json.Marshal(a)
	if err == nil {
		err = m.Respond(b)
	}
	if err != nil {
		l.log.Warn("bus answer not sent", slog.String("subject", subject), slog.Any("error", err))
	}
}
