package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/edge/guard"
	"commusafe/internal/edge/media"
	"commusafe/internal/edge/telephony"
	"commusafe/internal/edge/voicebot"
)

// A line is what the guard can do with a call: telephony's session, the prompts and the voicebot together.
type line struct {
	s        *telephony.Session
	prompts  *voicebot.Prompts
	log      *slog.Logger
	answered chan struct{} // closed when the caller may be spoken to, or the agent is being called

	agent atomic.Bool // an agent's leg is up
	bot   atomic.Bool // the voicebot listens
	ears  chan audio.Octets
	sign  atomic.Bool // a silent caller was asked for a key: what he presses is kept
}

var _ guard.Line = (*line)(nil)

func newLine(s *telephony.Session, p *voicebot.Prompts, log *slog.Logger) *line {
	return &line{s: s, prompts: p, log: log, answered: make(chan struct{}), ears: make(chan audio.Octets, 100)}
}

// Can tells what this front can do.
func (l *line) Can() call.Ability { return l.s.Can() }

// Ended is closed when the call is over.
func (l *line) Ended() <-chan struct{} { return l.s.Ended() }

// Reason tells how the call ended.
func (l *line) Reason() call.EndReason { return l.s.Reason() }

// Announce plays a prompt to the caller in place of the agent, who goes on hearing the caller.
func (l *line) Announce(ctx context.Context, prompt string) (guard.Spoken, error) {
	if prompt == "silent" {
		l.sign.Store(true)
	}
	return l.play(ctx, call.Caller, prompt)
}

// reachLimit is how long a closing waits for a caller who can't be spoken to. A held one may be back when the agent has been told.
const reachLimit = dismissLimit + 2*time.Second

// Close detaches the agent from the sound at once, tells him so, ends his leg, and speaks to the caller only. Who can't be
// spoken to, because he was not answered yet or holds the line, does not hold up what comes next.
func (l *line) Close(ctx context.Context, prompt string) (guard.Spoken, error) {
	pctx, stop := context.WithCancel(ctx)
	defer stop()
	defer time.AfterFunc(reachLimit, func() {
		if !l.s.Media().Reaches(call.Caller) {
			stop()
		}
	}).Stop()
	var gone sync.WaitGroup
	gone.Go(func() { l.dismiss(ctx) })
	spoken, err := l.play(pctx, call.Caller, prompt)
	gone.Wait()
	return spoken, err
}

// dismissLimit bounds the notice to the agent.
const dismissLimit = 4 * time.Second

// dismiss isolates the agent, plays the notice to him and ends his leg.
func (l *line) dismiss(ctx context.Context) {
	l.s.Dismiss() // who hears the notice hangs up
	l.s.Media().Hear(call.Agent, media.Silence)
	l.s.Media().Hear(call.Caller, media.Silence)
	if l.agent.Load() {
		pctx, stop := context.WithTimeout(ctx, dismissLimit)
		defer stop()
		if _, err := l.play(pctx, call.Agent, "agent_leave"); err != nil {
			l.log.Debug("agent heard no notice", slog.Any("error", err))
		}
	}
	if err := l.s.DropAgent(context.WithoutCancel(ctx)); err != nil {
		l.log.Warn("agent's leg could not be ended", slog.Any("error", err))
	}
}

// ToVoicebot gives the caller to the voicebot until its dialogue is over; it answers one for whom it still rings. The agent
// is told meanwhile.
func (l *line) ToVoicebot(ctx context.Context, t guard.Talk) error {
	l.drain()
	l.bot.Store(true) // a key may come with the answer
	defer l.bot.Store(false)
	select {
	case <-l.answered:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := l.s.Answer(ctx); err != nil {
		return fmt.Errorf("answer the caller: %w", err)
	}
	var gone sync.WaitGroup
	defer gone.Wait()
	gone.Go(func() { l.dismiss(ctx) })
	return voicebot.Run(ctx, l, t.Turns, t.Tell)
}

// Rejoin calls an agent while the caller hears the hold sound, and brings both together. The agent's side is told
// first what the voicebot learned.
func (l *line) Rejoin(ctx context.Context, about *dialogue.Summary) error {
	hctx, stop := context.WithCancel(ctx)
	var hold sync.WaitGroup
	if p, err := l.prompts.Get("hold"); err == nil {
		hold.Go(func() {
			if err := l.s.Media().Loop(hctx, call.Caller, p.Codec, p.Octets); err != nil {
				l.log.Debug("hold sound ended", slog.Any("error", err))
			}
		})
	}
	if about != nil {
		l.s.Introduce(about.Header(), about.Priority == 1)
	}
	err := l.s.Connect(ctx)
	stop()
	hold.Wait()
	if errors.Is(err, telephony.ErrConnected) {
		err = nil
	}
	l.s.Media().Hear(call.Agent, media.Relay)
	l.s.Media().Hear(call.Caller, media.Relay)
	if err != nil {
		return fmt.Errorf("call an agent: %w", err)
	}
	return nil
}

// Cut ends the call on every leg.
func (l *line) Cut(ctx context.Context, why call.EndReason) error { return l.s.End(ctx, why) }

// play plays a prompt to one party.
func (l *line) play(ctx context.Context, to call.Party, id string) (guard.Spoken, error) {
	p, err := l.prompts.Get(id)
	if err != nil {
		return guard.Spoken{}, err
	}
	played, err := l.s.Media().Play(ctx, to, p.Codec, p.Octets)
	out := guard.Spoken{SHA256: p.SHA256, FirstMS: played.FirstAt, LastMS: played.LastAt, Packets: played.Packets, Complete: played.Complete}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, media.ErrClosed) {
		err = nil // stopped: Complete says so
	}
	return out, err
}

// Say is the voicebot's mouth.
func (l *line) Say(ctx context.Context, prompt string) error {
	_, err := l.play(ctx, call.Caller, prompt)
	return err
}

// Hear is the voicebot's ear.
func (l *line) Hear() <-chan audio.Octets { return l.ears }

// sound passes the caller's sound on while the voicebot listens.
func (l *line) sound(s stretch) {
	if s.party != call.Caller || !l.bot.Load() {
		return
	}
	select {
	case l.ears <- s.Octets:
	default: // the voicebot only asks whether somebody speaks
	}
}

func (l *line) soundEnds() { close(l.ears) }

// wantsKey tells whether a caller's key is to be kept: while the voicebot listens, and the first one after a silent caller was
// asked for a key.
func (l *line) wantsKey(p call.Party) bool {
	return p == call.Caller && (l.bot.Load() || l.sign.Swap(false))
}

// drain throws away what was heard before the voicebot began.
func (l *line) drain() {
	for {
		select {
		case _, ok := <-l.ears:
			if !ok {
				return
			}
		default:
			return
		}
	}
}
