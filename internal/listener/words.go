package listener

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/listener/hear"
)

// A WordsConfig says what a process of full recognition does.
type WordsConfig struct {
	Name    string // machine and process, shown to people
	Engine  string // as in the configuration: sherpa, amivoice
	Budget  int    // calls at once
	Parties []call.Party
	Log     *slog.Logger
	Idle    time.Duration
	// Snapshot is as in Config.
	Snapshot string
	// Open opens the engine. While it fails the process lives, says why, and tries again after Retry; 0 is a minute.
	Open  func(context.Context) (hear.Recogniser, error)
	Retry time.Duration
	// State is told whenever the engine is found ready or not.
	State func(State)
}

// A State says whether an engine can hear. Why is a key of the text catalogue, Detail the sentence for the log.
type State struct {
	Ready  bool
	Why    string
	Detail string
}

// RunWords hears calls with a recogniser until ctx ends. A missing or broken engine is no error: it is told, and the
// built-in engine goes on without it.
func RunWords(ctx context.Context, l *bus.Link, cfg WordsConfig) error {
	retry := cfg.Retry
	if retry == 0 {
		retry = time.Minute
	}
	last := ""
	for {
		r, err := cfg.Open(ctx)
		if err == nil {
			words := wordsOf{r, cfg.Parties}
			if err := words.expectShipped(); err != nil { // until an office says what else
				cfg.Log.Warn("words that can't be expected", slog.Any("error", err))
			}
			cfg.State(State{Ready: true})
			err = runEngine(ctx, wordsLink{l, cfg.Engine}, Config{Name: cfg.Name, Budget: cfg.Budget, Log: cfg.Log, Idle: cfg.Idle, Snapshot: cfg.Snapshot, tell: true}, words)
			return errors.Join(err, r.Close())
		}
		if ctx.Err() != nil {
			return nil
		}
		cfg.State(State{Why: whyNot(err), Detail: err.Error()})
		if err.Error() != last { // said once, not each minute
			last = err.Error()
			cfg.Log.Warn("engine can't hear; the built-in one goes on without it", slog.String("engine", cfg.Engine), slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retry):
		}
	}
}

// An ErrEngine says by a key of the text catalogue why an engine can't be used.
type ErrEngine struct {
	Why string
	Err error
}

// Error gives the sentence for the log.
func (e ErrEngine) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e ErrEngine) Unwrap() error { return e.Err }

func whyNot(err error) string {
	if e, ok := errors.AsType[ErrEngine](err); ok {
		return e.Why
	}
	return "engine.failed"
}

// wordsLink is the bus as a process of full recognition sees it: claims of its engine, evidence to the claimer.
type wordsLink struct {
	*bus.Link
	engine string
}

// ServeClaims takes calls offered to the engine.
func (w wordsLink) ServeClaims(take func(bus.Claim) (bus.Claimed, bool)) (*bus.Subscription, error) {
	return w.ServeWords(w.engine, take)
}

// PublishHeard sends evidence to the listener that claimed the call.
func (w wordsLink) PublishHeard(h bus.Heard) error { return w.PublishWords(h) }

// SubscribeHas tells which process of the engine has a call.
func (w wordsLink) SubscribeHas(id call.ID, handle func(bus.Has)) (*bus.Subscription, error) {
	return w.SubscribeWordsHas(w.engine, id, handle)
}

// wordsOf hears the words of some parties.
type wordsOf struct {
	hear.Recogniser
	parties []call.Party
}

// Engine names the recogniser.
func (w wordsOf) Engine() string { return w.Source() }

// Use hints the lexicon's expressions to the recogniser.
func (w wordsOf) Use(lexicon judge.Lexicon) error {
	if !w.Features().PhraseHints {
		return nil
	}
	var words []string
	for _, s := range lexicon.All() {
		for _, e := range s.Entries {
			if e.Surface != "" && !strings.ContainsAny(e.Surface, "…<>()|^$") { // a pattern is no word to expect
				words = append(words, e.Surface)
			}
		}
	}
	return w.Hint(words)
}

func (w wordsOf) expectShipped() error {
	l, err := judge.ShippedLexicon()
	if err != nil {
		return err
	}
	return w.Use(l)
}

func (w wordsOf) open() (ears, error) {
	out := wordEars{}
	for _, who := range w.parties {
		e, err := w.Open(who)
		if err != nil {
			out.close(func(evidence.Item) {})
			return nil, fmt.Errorf("open %s: %w", w.Source(), err)
		}
		out[who] = e
	}
	return out, nil
}

// wordEars are a recogniser's ears of one call.
type wordEars map[call.Party]hear.Ear

func (w wordEars) hear(who call.Party, f audio.Frame, report hear.Report) {
	if e, ok := w[who]; ok {
		e.Hear(f, report)
	}
}

// close ends all ears at once: none waits for the last words of another. What breaks in one breaks here.
func (w wordEars) close(report hear.Report) {
	found, broken := make(chan evidence.Item), make(chan any, len(w))
	var closing sync.WaitGroup
	for _, e := range w {
		closing.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					broken <- r
				}
			}()
			e.Close(func(it evidence.Item) { found <- it })
		})
	}
	go func() {
		closing.Wait()
		close(found)
	}()
	for it := range found {
		report(it)
	}
	select {
	case r := <-broken:
		panic(r)
	default:
	}
}
