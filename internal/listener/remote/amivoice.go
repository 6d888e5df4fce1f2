package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/listener/hear"
	"commusafe/internal/outward"
)

// Limits of an AmiVoice session.
const (
	queueBatches = 50 // batches of 100 ms that may wait: 5 s
	answerTime   = 5 * time.Second
	beatTime     = 5 * time.Second // between two questions whether the service is there, and for the answer
	writeTime    = 2 * time.Second
	lastWords    = 2500 * time.Millisecond // how long the end of a call waits for the last results
	firstPause   = 300 * time.Millisecond
	longPause    = 10 * time.Second
	readLimit    = 1 << 20 // bytes of one message
	mostEars     = 400
)

// A Config says how AmiVoice is reached.
type Config struct {
	URL     string // wss://…, or ws://… when Private
	Profile string // grammar, for example -a-general
	Key     string
	Private bool // the address is one of the own network
	Log     *slog.Logger
}

// An AmiVoice recognises over the network while a call runs: raw mu-law at 8 kHz, as AmiVoice's WebSocket interface
// documents it. It is safe for several goroutines.
type AmiVoice struct {
	cfg      Config
	tokenise hear.Tokenise
	ctx      context.Context
	cancel   context.CancelFunc
	sessions sync.WaitGroup
	beat     time.Duration

	mu   sync.Mutex // guards below
	ears int
}

var _ hear.Recogniser = (*AmiVoice)(nil)

// NewAmiVoice checks the configuration. It connects when an ear is opened.
func NewAmiVoice(cfg Config, tokenise hear.Tokenise) (*AmiVoice, error) {
	if err := outward.CheckAddress(cfg.URL, "wss", "ws", cfg.Private); err != nil {
		return nil, fmt.Errorf("amivoice: %w", err)
	}
	if cfg.Key == "" || strings.ContainsAny(cfg.Key, " \t\r\n") || cfg.Profile == "" || strings.ContainsAny(cfg.Profile, " \t\r\n=") {
		return nil, errors.New("amivoice: key or profile is empty or has a space in it")
	}
	a := &AmiVoice{cfg: cfg, tokenise: tokenise, beat: beatTime}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a, nil
}

// Source names the engine in evidence.
func (a *AmiVoice) Source() string { return "remote/amivoice" }

// Latency is the service's own wait for the end of an utterance, about; the network's comes on top.
func (a *AmiVoice) Latency() time.Duration { return time.Second }

// Features say what the service can do.
func (a *AmiVoice) Features() hear.Features {
	return hear.Features{Streaming: true, WordTimes: false, Languages: []string{"ja"}}
}

// Hint does nothing: the service's own words are entered with the service.
func (a *AmiVoice) Hint([]string) error { return nil }

// Open makes an ear and begins to connect.
func (a *AmiVoice) Open(who call.Party) (hear.Ear, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ctx.Err() != nil || a.ears >= mostEars {
		return nil, errors.New("amivoice has no room for another call")
	}
	a.ears++
	e := &ear{a: a, who: who, queue: make(chan batch, queueBatches), ended: make(chan struct{}), finish: make(chan struct{})}
	e.ctx, e.cancel = context.WithCancel(a.ctx)
	a.sessions.Go(e.run)
	return e, nil
}

func (a *AmiVoice) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ears--
}

// Close ends all sessions. Open ears tell a gap for what had not been recognised.
func (a *AmiVoice) Close() error {
	a.mu.Lock()
	a.cancel()
	a.mu.Unlock()
	a.sessions.Wait()
	return nil
}
