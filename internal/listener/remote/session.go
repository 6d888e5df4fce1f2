package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/outward"
)

// errRefused means that the service refused the session itself: key, profile, quota.
var errRefused = errors.New("the service refused the session")

// run keeps a session with the service until the sound ends, with growing pauses after each failure.
func (e *ear) run() {
	defer close(e.ended)
	pause := firstPause
	for e.ctx.Err() == nil {
		began := time.Now()
		over, err := e.session()
		if over {
			return
		}
		if time.Since(began) > longPause {
			pause = firstPause
		}
		if errors.Is(err, errRefused) {
			pause = longPause
		}
		e.a.cfg.Log.Warn("network recogniser was lost; it is tried again", slog.String("engine", e.a.Source()), slog.Any("error", outward.Hidden(err)))
		select {
		case <-e.ctx.Done():
		case <-e.finish: // the call is over: not worth another session
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, longPause)
	}
}

// A clock turns the session's time, which counts the sound that was sent, into call time.
type clock struct{ marks []mark }

type mark struct {
	sent int64 // ms of sound sent before
	at   call.Millis
}

// sends notes that sound of call time at follows after so many ms.
func (c *clock) sends(sent int64, at call.Millis) {
	if n := len(c.marks); n > 0 && at-c.marks[n-1].at == call.Millis(sent-c.marks[n-1].sent) {
		return
	}
	c.marks = append(c.marks, mark{sent, at})
	if n := len(c.marks); n > 1000 {
		c.marks = append(c.marks[:0], c.marks[n-500:]...)
	}
}

// call gives the call time of a time of the session.
func (c *clock) call(ms int64) call.Millis {
	for i, m := range slices.Backward(c.marks) {
		if ms >= m.sent || i == 0 {
			return m.at + call.Millis(max(0, ms-m.sent))
		}
	}
	return 0
}

// session is one connection. over means that the sound has ended and everything was answered, or that nobody wants more.
func (e *ear) session() (over bool, err error) {
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	transport := outward.TransportTo(e.a.cfg.URL, e.a.cfg.Private, firstByte)
	defer transport.CloseIdleConnections()
	dial, stop := context.WithTimeout(ctx, 2*outward.DialTime)
	c, resp, err := websocket.Dial(dial, e.a.cfg.URL, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport, CheckRedirect: outward.NoRedirect}})
	stop()
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close() // of a refused handshake; nothing in it is read
	}
	if err != nil {
		return false, outward.Hidden(errors.Join(errors.New("no connection"), err))
	}
	defer c.CloseNow() //nolint:errcheck // the connection is given up
	c.SetReadLimit(readLimit)
	if err := write(ctx, c, websocket.MessageText, []byte("s MULAW "+e.a.cfg.Profile+" authorization="+e.a.cfg.Key+" resultUpdatedInterval=500")); err != nil {
		return false, err
	}
	events := make(chan event, 64)
	broken := make(chan error, 2)
	var others sync.WaitGroup
	others.Go(func() { broken <- read(ctx, c, events) })
	others.Go(func() { broken <- beat(ctx, c, e.a.beat) })
	defer func() { cancel(); others.Wait() }()
	if err := e.started(ctx, events, broken); err != nil {
		return false, err
	}
	return e.talk(ctx, c, events, broken)
}

// started waits for the answer to the start.
func (e *ear) started(ctx context.Context, events <-chan event, broken <-chan error) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-broken:
		return err
	case <-time.After(answerTime):
		return errors.New("the service did not answer the start")
	case ev := <-events:
		if ev.letter != 's' {
			return fmt.Errorf("the service answered the start with %q", ev.letter)
		}
		if ev.text != "" {
			return errRefused // its text may repeat what was sent, the key too
		}
		return nil
	}
}

// talk sends sound and takes events until the end was answered.
func (e *ear) talk(ctx context.Context, c *websocket.Conn, events <-chan event, broken <-chan error) (over bool, err error) {
	s := &state{e: e}
	e.mu.Lock()
	e.clean = false
	e.mu.Unlock()
	defer s.leave()
	finish := e.finish
	for {
		select {
		case <-ctx.Done():
			return true, ctx.Err()
		case err := <-broken:
			for len(events) > 0 { // what came before the end counts
				if end, terr := s.take(<-events); end || terr != nil {
					return end, terr
				}
			}
			return false, err
		case ev := <-events:
			if end, err := s.take(ev); end || err != nil {
				return end, err
			}
		case b := <-e.queue:
			if err := s.send(ctx, c, b); err != nil {
				return false, err
			}
		case <-finish:
			if len(e.queue) > 0 { // first what still waits
				if err := s.send(ctx, c, <-e.queue); err != nil {
					return false, err
				}
				continue
			}
			finish = nil
			if err := write(ctx, c, websocket.MessageText, []byte("e")); err != nil {
				return false, err
			}
		}
	}
}

// A state is what a session knows.
type state struct {
	e     *ear
	clock clock
	sent  int64 // ms
	from  int64 // beginning of the speech under way, ms of the session
	told  int   // bytes of final words
}

// Of final words a session believes so many bytes, and so many more a second of sound: a multiple of the fastest speech.
const (
	wordsFirst  = longestText
	wordsSecond = 300
)

func (s *state) send(ctx context.Context, c *websocket.Conn, b batch) error {
	s.clock.sends(s.sent, b.at)
	if err := write(ctx, c, websocket.MessageBinary, append([]byte{'p'}, b.data...)); err != nil {
		s.e.lose(b.at, b.end())
		return err
	}
	first := s.sent == 0
	s.sent += int64(len(b.data) / audio.SamplesPerMS)
	s.e.mu.Lock()
	s.e.sent = b.end()
	if first {
		s.e.done = max(s.e.done, b.at)
	}
	s.e.mu.Unlock()
	return nil
}

// take handles one event; end when the service has answered the end.
func (s *state) take(ev event) (end bool, err error) {
	switch ev.letter {
	case 'e':
		s.e.mu.Lock()
		s.e.clean = ev.text == ""
		s.e.mu.Unlock()
		return true, nil
	case 'p', 's':
		if ev.text != "" {
			return false, errors.New("the service refused sound")
		}
	case 'S':
		s.from = ev.at
		s.settle(ev.at)
	case 'U':
		s.words(ev.found, s.from, s.sent, false)
	case 'A', 'R':
		from, to, ok := ev.found.span()
		if !ok {
			from, to = s.from, s.sent
		}
		if s.told += len(ev.found.Text); s.told > wordsFirst+wordsSecond*int(s.sent/1000) {
			return false, errors.New("the service tells more words than can have been spoken")
		}
		if ev.found.Code == "" || ev.found.Text != "" {
			s.words(ev.found, from, to, true)
		}
		s.settle(to)
	}
	return false, nil
}

// settle notes up to where the service has told everything.
func (s *state) settle(ms int64) {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.e.done = max(s.e.done, min(s.clock.call(ms), s.e.sent))
}

func (s *state) words(r recognition, from, to int64, final bool) {
	if r.Text == "" {
		return
	}
	u := evidence.Utterance{Head: s.e.head(s.clock.call(min(from, s.sent)), s.clock.call(min(to, s.sent))), Text: r.Text, Confidence: r.confidence(), Final: final}
	if final {
		u.Tokens = r.tokens()
	}
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	if n := len(s.e.found); n > 0 && !isFinal(s.e.found[n-1]) { // a later result takes the place of a partial one
		s.e.found = s.e.found[:n-1]
	}
	if len(s.e.found) < 1000 { // a service that floods loses its words, not our memory
		s.e.found = append(s.e.found, u)
	}
}

func isFinal(it evidence.Item) bool {
	u, ok := it.(evidence.Utterance)
	return ok && u.Final
}

// leave notes what was sent in a session that broke off and not answered for.
func (s *state) leave() {
	e := s.e
	e.mu.Lock()
	from, to, broke := e.done, e.sent, !e.clean && s.sent > 0 && e.ctx.Err() == nil
	if broke {
		e.done = e.sent
	}
	e.mu.Unlock()
	if broke && to > from {
		e.lose(from, to)
	}
}

func write(ctx context.Context, c *websocket.Conn, kind websocket.MessageType, b []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if err := c.Write(ctx, kind, b); err != nil {
		return errors.New("the service takes no more") // not the error's own text: it may quote the address
	}
	return nil
}

// beat asks the service again and again whether it is there (RFC 6455 §5.5.2), and ends when it is not: sound goes a long
// way into the buffers of a service that takes nothing any more. One that has never answered is not held to it.
func beat(ctx context.Context, c *websocket.Conn, every time.Duration) error {
	for answers := false; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
		wait, cancel := context.WithTimeout(ctx, every)
		err := c.Ping(wait)
		cancel()
		if err != nil && answers {
			return errors.New("the service does not answer any more")
		}
		answers = answers || err == nil
	}
}

// read gives the service's messages until the connection ends.
func read(ctx context.Context, c *websocket.Conn, events chan<- event) error {
	for {
		kind, b, err := c.Read(ctx)
		if err != nil {
			return fmt.Errorf("the connection ended (%d)", websocket.CloseStatus(err))
		}
		if kind != websocket.MessageText {
			continue
		}
		ev, err := parseEvent(string(b))
		if err != nil {
			return fmt.Errorf("the service is not understood: %w", err)
		}
		select {
		case events <- ev:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
