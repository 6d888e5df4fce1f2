// Package listener is the hearing wing: it claims calls on the bus, hears their sound and sends evidence back.
//
// Owns: claims and leases, the budget of calls, the ladder of giving up under load, duplicates and holes in the sound,
// which engine hears, the rough reading for who looks at a call.
// Never: deciding; the call folder; telephony.
// Goroutines: one a claimed call (follow), ended by the end of its sound, by silence on the bus or by the context,
// and waited for by Run, with one search for a voice at a time, waited for by its follower. Bus handlers only put into channels and never wait.
//
// Flow: hear.claim → SubscribeSound → follower → Hearing → evidence.<call>; a lease is renewed every second. Settings come
// by news and by asking, and are used by Run's goroutine alone. While somebody looks: follower → rough.<call>. While voices are
// registered: follower → voice.search → an office → candidates, as evidence.
package listener

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/listener/hear"
)

// A Config says what a listener process does.
type Config struct {
	Name    string // machine and process, shown to people
	Engines []string
	Seconds []string // engines in processes of their own that hear the same calls, as the configuration names them
	Budget  int      // calls at once
	Log     *slog.Logger
	tell    bool    // always say what hears
	Status  *Status // kept up to date; nil is nobody who asks
	// Snapshot is the file with the edge's last settings on this machine, for a start while no office answers; may be empty.
	Snapshot string
	// Idle is how long a call may be without any sound before it is given up; 0 is two minutes.
	Idle time.Duration
}

// A link is what of the bus a listener needs.
type link interface {
	ServeClaims(take func(bus.Claim) (bus.Claimed, bool)) (*bus.Subscription, error)
	SubscribeSound(id call.ID, handle func(bus.Sound)) (*bus.Subscription, error)
	SubscribeHas(id call.ID, handle func(bus.Has)) (*bus.Subscription, error)
	PublishHeard(bus.Heard) error
	SubscribeSettings(handle func(bus.Settings)) (*bus.Subscription, error)
	RequestSettings(ctx context.Context) (bus.Settings, error)
}

var _ link = (*bus.Link)(nil)

// A wing is the listener process at work.
type wing struct {
	cfg     Config
	link    link
	hearing engine
	ladder  *ladder

	mu       sync.Mutex
	calls    map[call.ID]context.CancelCauseFunc // lets the call go
	stopping bool
	wait     sync.WaitGroup

	newest  bus.Newest // these two belong to the goroutine of runEngine
	lexicon judge.Lexicon
	voices  atomic.Int64 // registered voices that can be compared with those heard here
}

// Run hears calls until ctx ends, then lets the calls in hand go at once: the edge offers them to another listener.
func Run(ctx context.Context, l *bus.Link, cfg Config) error {
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		return fmt.Errorf("shipped lexicon: %w", err)
	}
	engine := ""
	if len(cfg.Engines) > 0 {
		engine = cfg.Engines[0]
	}
	h, unusable, err := NewHearing(engine, lexicon)
	if err != nil {
		return err
	}
	if cfg.Seconds == nil && len(cfg.Engines) > 1 {
		cfg.Seconds = cfg.Engines[1:]
	}
	if unusable != nil {
		cfg.Log.Warn("phrases that can't be listened for", slog.Any("error", unusable))
	}
	b, err := h.Measure()
	if err != nil {
		return err
	}
	if cfg.Status != nil {
		cfg.Status.measured.Store(int64(b.Calls))
	}
	cfg.Log.Info("budget measured", slog.Int("calls_a_core", b.CallsACore), slog.Duration("cpu_a_second", b.ACall),
		slog.Int("calls", b.Calls), slog.Int("configured", cfg.Budget), slog.String("engines", b.Engines))
	if cfg.Budget > b.Calls {
		cfg.Log.Warn("the configured budget is more than this machine can hear beside its other work: hearing will be given up in steps, and further calls not claimed, when it is late",
			slog.Int("configured", cfg.Budget), slog.Int("calls", b.Calls))
	}
	return run(ctx, l, cfg, h)
}

func run(ctx context.Context, l link, cfg Config, h *Hearing) error {
	return runEngine(ctx, l, cfg, whole{h})
}

// An engine is what a listener process hears with: everything of the built-in one, or the words of a recogniser.
type engine interface {
	open() (ears, error)
	Use(judge.Lexicon) error
	Engine() string
}

// ears hear both parties of one call. One goroutine feeds them.
type ears interface {
	hear(who call.Party, f audio.Frame, report hear.Report)
	close(report hear.Report)
}

// whole is everything of the built-in engine.
type whole struct{ *Hearing }

func (w whole) open() (ears, error) { return w.Hearing.open() }

func runEngine(ctx context.Context, l link, cfg Config, h engine) error {
	if cfg.Idle == 0 {
		cfg.Idle = 2 * time.Minute
	}
	if cfg.Status == nil {
		cfg.Status = &Status{}
	}
	cfg.Status.budget.Store(int64(cfg.Budget))
	w := &wing{cfg: cfg, link: l, hearing: h, calls: map[call.ID]context.CancelCauseFunc{}, ladder: &ladder{moved: func(from, to Step, lag time.Duration) {
		cfg.Log.Warn("hearing is given up or taken back by load", slog.String("from", from.String()), slog.String("to", to.String()),
			slog.Duration("lag", lag))
	}}}
	news := make(chan bus.Settings, 16)
	settings, err := l.SubscribeSettings(func(s bus.Settings) {
		select {
		case news <- s:
		default: // asked for again soon
		}
	})
	if err != nil {
		return err
	}
	defer settings.Stop()
	if !w.ask(ctx) {
		w.remember(cfg.Snapshot)
	}
	claims, err := l.ServeClaims(func(c bus.Claim) (bus.Claimed, bool) { return w.take(ctx, c) })
	if err != nil {
		return err
	}
	cfg.Log.Info("listening", slog.String("engine", h.Engine()), slog.Int("budget", cfg.Budget))
	w.follow(ctx, news)
	claims.Stop()
	w.mu.Lock()
	w.stopping = true
	w.mu.Unlock()
	w.wait.Wait()
	return nil
}

// askEvery is how often an office is asked for the settings: news that were lost, or sent while nobody answered here,
// are made up for by that.
const askEvery = 5 * time.Second

// follow uses the settings in force until ctx ends.
func (w *wing) follow(ctx context.Context, news <-chan bus.Settings) {
	t := time.NewTicker(askEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-news:
			w.told(s)
		case <-t.C:
			w.ask(ctx)
			w.rest(time.Now())
		}
	}
}

// rest moves the ladder on while no call is heard: no sound comes then by which it could be seen that nothing is late.
func (w *wing) rest(now time.Time) {
	w.mu.Lock()
	idle := len(w.calls) == 0
	w.mu.Unlock()
	if idle {
		w.ladder.heard(0, now)
		w.watch(now)
	}
}

// ask uses the settings that an office has in force; false when none answers.
func (w *wing) ask(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	s, err := w.link.RequestSettings(ctx)
	if err != nil {
		return false
	}
	w.told(s)
	return true
}

// remember uses the last settings that the edge has kept on this machine; without any the shipped phrases stay.
func (w *wing) remember(path string) {
	var s bus.Settings
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		w.cfg.Log.Info("no settings from an office yet, listening for the shipped phrases", slog.Any("error", err))
		return
	}
	w.use(s)
}

// told uses what an office sent, if it was not overtaken on its way.
func (w *wing) told(s bus.Settings) {
	if w.newest.Takes(s.Version, time.Now()) {
		w.use(s)
	}
}

// use takes new settings: only the lexicon matters here, when it is another one, and whether there are voices to be compared
// with. Ears that are open lose what they had half heard of a phrase.
func (w *wing) use(s bus.Settings) {
	if len(s.Lexicon.Sheets) == 0 {
		return
	}
	if h, ok := w.hearing.(whole); ok && h.voice != nil {
		w.voices.Store(int64(s.Voices[h.voice.Source()]))
	}
	if reflect.DeepEqual(w.lexicon, s.Lexicon) {
		return
	}
	w.lexicon = s.Lexicon
	if err := w.hearing.Use(s.Lexicon); err != nil {
		w.cfg.Log.Warn("phrases that can't be listened for", slog.Any("error", err))
	}
	w.cfg.Log.Info("lexicon in use", slog.String("lexicon", s.Lexicon.Name()), slog.Int64("version", s.Version))
}

// take claims a call if there is room. The subscription is in place before the answer goes out on the same
// connection, so no sound that follows the answer is missed.
func (w *wing) take(ctx context.Context, c bus.Claim) (bus.Claimed, bool) {
	ctx, end := context.WithCancelCause(ctx)
	if ctx.Err() != nil || !w.admit(c.Call, end) {
		end(nil)
		return bus.Claimed{}, false
	}
	f, err := w.follower(c, end)
	if err != nil {
		w.cfg.Log.Error("call not claimed", slog.String("call_id", string(c.Call)), slog.Any("error", err))
		end(nil)
		w.let(c.Call)
		return bus.Claimed{}, false
	}
	go func() {
		defer w.let(c.Call)
		defer end(nil)
		f.run(ctx)
	}()
	return bus.Claimed{V: bus.Version, Listener: w.cfg.Name, Engine: w.hearing.Engine()}, true
}

// admit gives a call room if there is any. A call in hand that is offered anew has lost its edge's trust, by an answer that came too late
// or by seconds of silence, and gets no more sound: it is let go, to be taken at the next offer. An engine beside the built-in one has lost
// its claimer's in the same way, which has heeded nothing of what it said since.
func (w *wing) admit(id call.ID, end context.CancelCauseFunc) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if letGo, ours := w.calls[id]; ours {
		letGo(errAnew)
		return false
	}
	if w.stopping || len(w.calls) >= w.cfg.Budget || !w.ladder.room() {
		return false
	}
	w.calls[id] = end
	w.cfg.Status.calls.Add(1)
	w.wait.Add(1)
	return true
}

// let gives a claimed call's room back.
func (w *wing) let(id call.ID) {
	w.mu.Lock()
	delete(w.calls, id)
	w.cfg.Status.calls.Add(-1)
	w.mu.Unlock()
	w.wait.Done()
}

// errIdle ends a call whose sound stopped without an end.
var errIdle = errors.New("no sound for too long")

// errOther ends a call that another listener has.
var errOther = errors.New("another listener has it")

// errAnew ends a call that its edge has offered anew.
var errAnew = errors.New("offered anew")
