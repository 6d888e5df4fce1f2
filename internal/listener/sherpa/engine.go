package sherpa

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/listener/hear"
)

// An Engine recognises speech for any number of calls. It is safe for several goroutines.
type Engine struct {
	cfg      Config
	dec      decoder
	pool     *pool
	activity func() (activity, call.Millis, error)
	tokenise hear.Tokenise
	hot      atomic.Pointer[string]

	mu     sync.Mutex // guards below
	ears   int
	ending bool
	idle   []activity // freed voice activity models, for the next ears
}

var _ hear.Recogniser = (*Engine)(nil)

// OpenEngine loads library and models. Only a process that may end with them should do it, after Probe.
func OpenEngine(c Config, tokenise hear.Tokenise) (*Engine, error) {
	if c.Words.Kind == "" {
		return nil, errors.New("no model for recognition is configured")
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	l, err := Open(c.Library)
	if err != nil {
		return nil, err
	}
	d, err := l.newDecoder(c)
	if err != nil {
		return nil, err
	}
	act := levels
	if c.Activity != "" {
		act = func() (activity, call.Millis, error) {
			a, err := l.NewActivity(c.Activity)
			return a, WindowMS, err
		}
	}
	return newEngine(c, d, act, tokenise), nil
}

func levels() (activity, call.Millis, error) { return newLevel(), hear.SlotMS, nil }

func newEngine(c Config, d decoder, act func() (activity, call.Millis, error), tokenise hear.Tokenise) *Engine {
	return &Engine{cfg: c, dec: d, pool: newPool(d, c.Workers), activity: act, tokenise: tokenise}
}

// Source names the engine in evidence: sherpa/ and the model.
func (e *Engine) Source() string { return "sherpa/" + e.cfg.Words.ID }

// Latency is the silence that ends an utterance; what recognition itself takes depends on machine and load.
func (e *Engine) Latency() time.Duration {
	if e.cfg.Words.Kind.Online() {
		return time.Duration(silenceAfter * float64(time.Second))
	}
	return endSilenceMS * time.Millisecond
}

// Features say what the model can do.
func (e *Engine) Features() hear.Features {
	f := hear.Features{Streaming: true, PhraseHints: e.cfg.hinted(), Emotion: e.cfg.Words.Kind == SenseVoice}
	if e.cfg.Words.Language != "" {
		f.Languages = []string{e.cfg.Words.Language}
	}
	return f
}

// Hint takes hot words for later ears.
func (e *Engine) Hint(words []string) error {
	var use []string
	var errs []error
	for _, w := range words {
		w = strings.Join(strings.Fields(w), "")
		if w == "" || strings.ContainsAny(w, "/\x00:#@") {
			errs = append(errs, fmt.Errorf("hot word %q can't be used", w))
			continue
		}
		use = append(use, w)
	}
	slices.Sort(use)
	s := strings.Join(slices.Compact(use), "/")
	e.hot.Store(&s)
	return errors.Join(errs...)
}

// Open makes an ear for one party of one call.
func (e *Engine) Open(who call.Party) (hear.Ear, error) {
	e.mu.Lock()
	full := e.ending || e.ears >= mostEars
	if !full {
		e.ears++
	}
	e.mu.Unlock()
	if full {
		return nil, errors.New("the recogniser has no room for another call")
	}
	x, err := e.open(who)
	if err != nil {
		e.leave()
		return nil, err
	}
	return x, nil
}

func (e *Engine) open(who call.Party) (*ear, error) {
	hot := ""
	if h := e.hot.Load(); h != nil {
		hot = *h
	}
	s, err := e.dec.open(hot)
	if err != nil {
		return nil, err
	}
	x := &ear{engine: e, who: who, stream: s, idle: make(chan struct{}, 1)}
	if e.cfg.Words.Kind.Online() {
		return x, nil
	}
	a, step, err := e.take()
	if err != nil {
		s.close()
		return nil, err
	}
	x.cut = &cutter{act: a, stepMS: step}
	return x, nil
}

// take gives a voice activity model: a freed one or a new one.
func (e *Engine) take() (activity, call.Millis, error) {
	e.mu.Lock()
	if n := len(e.idle); n > 0 {
		a := e.idle[n-1]
		e.idle = e.idle[:n-1]
		e.mu.Unlock()
		return a, WindowMS, nil
	}
	e.mu.Unlock()
	return e.activity()
}

// giveBack keeps a voice activity model for the next ear.
func (e *Engine) giveBack(a activity) {
	s, ok := a.(*Activity)
	if !ok {
		a.Close()
		return
	}
	s.Reset()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.idle = append(e.idle, a)
}

// leave counts an ear out; the last one after Close frees the models.
func (e *Engine) leave() {
	e.mu.Lock()
	e.ears--
	last := e.ending && e.ears == 0
	e.mu.Unlock()
	if last {
		e.free()
	}
}

func (e *Engine) free() {
	for _, a := range e.idle {
		a.Close()
	}
	e.idle = nil
	e.dec.close()
}

func (e *Engine) stopped() bool {
	select {
	case <-e.pool.stop:
		return true
	default:
		return false
	}
}

// Close ends recognition. Open ears report a gap for what they still had; the models are freed when the last of them
// is closed.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.ending {
		e.mu.Unlock()
		return nil
	}
	e.ending = true
	last := e.ears == 0
	e.mu.Unlock()
	e.pool.close()
	if last {
		e.free()
	}
	return nil
}
