// Package guard follows one live call: evidence in, judgement, policy, action. It is the owner of the call's defence.
//
// Owns: the course of one live call, its journal lines, its timers, the actions under way; the desk of all live calls.
// Never: SIP, SQL, HTTP; waiting for an action while evidence comes.
// Goroutines: Watch runs in the call's own goroutine; each action on the line runs in one more, one at a time, and is
// waited for before Watch returns.
//
// Flow: a message (evidence, command, timer, end of an action) → one journal line → course → judgement and plan lines
// → actions. What a person commands and what the policy wants take the same road through perform.
package guard

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/dialogue"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// A Spoken is what the caller really got of a prompt.
type Spoken struct {
	SHA256   string      `json:"sha256,omitempty"`
	FirstMS  call.Millis `json:"first_ms"`
	LastMS   call.Millis `json:"last_ms"`
	Packets  int         `json:"packets"`
	Complete bool        `json:"complete"`
}

// A Line is what can be done with a call. All methods return when it is done or ctx ends.
type Line interface {
	Can() call.Ability
	// Announce speaks a prompt to the caller in place of the agent, then brings both together again.
	Announce(ctx context.Context, prompt string) (Spoken, error)
	// Close detaches the agent and speaks a prompt to the caller only.
	Close(ctx context.Context, prompt string) (Spoken, error)
	// ToVoicebot detaches the agent and carries out the dialogue's commands until one of them ends it.
	ToVoicebot(ctx context.Context, t Talk) error
	// Rejoin calls an agent for the caller and brings both together. about is told to the agent's side before he
	// answers; nil where no voicebot has spoken to the caller.
	Rejoin(ctx context.Context, about *dialogue.Summary) error
	// Cut ends the call on every leg.
	Cut(ctx context.Context, why call.EndReason) error
	Ended() <-chan struct{}
	Reason() call.EndReason
}

// A Journal is where lines are written before they are acted on. *folder.Writer is one.
type Journal interface {
	Append(at call.Millis, wall time.Time, kind folder.Kind, data any) ([]byte, error)
	Sync() error
}

// A Guard is one live call's defence. Fill the exported fields, then call Watch once.
type Guard struct {
	Call      call.Incoming
	Edge      string
	Judge     *judge.Rules
	Policy    policy.Rules
	CutsToday int
	Limit     string // the limit in force when the call came
	Matter    string // what it is about, where it is about one thing only
	// First is done as soon as the call is there: the voicebot, for a limited caller; Way is how it begins then.
	First   policy.Do
	Way     dialogue.Way
	Began   time.Time
	Journal Journal
	Line    Line
	Publish func(bus.CallView)
	// OnLimit keeps a provisional limit, OnCut counts an automatic cut; both are called in Watch's goroutine.
	OnLimit func(policy.Limit)
	OnCut   func()
	// MayCut takes one of the day's automatic cuts for this call before its closing begins, and tells whether there was one left: other
	// calls may have had theirs since this one began. What it took is given back when the call is over. Nil: there always is one.
	MayCut func() (giveBack func(), ok bool)
	Log    *slog.Logger

	commands chan command
	results  chan result
	told     chan dialogue.Event
	course   *course.Course
	running  *running
	queue    []policy.Action
	view     view
	broken   bool          // the journal can't be written at the moment
	giveBack func()        // of MayCut
	ahead    time.Duration // how far the wall clock was put forward since the call began
}

type command struct {
	policy.Command
	id    string
	reply chan error
}

type running struct {
	action  policy.Action
	cancel  context.CancelFunc
	stopped bool                    // on purpose
	turns   chan<- dialogue.Command // of the voicebot
}

// stop breaks the action off.
func (r *running) stop() {
	r.stopped = true
	r.cancel()
}

type result struct {
	action policy.Action
	spoken Spoken
	err    error
}

// Prepare makes the guard ready to take commands; it must come before Watch and Do.
func (g *Guard) Prepare() {
	g.commands = make(chan command)
	g.results = make(chan result, 1)
	g.told = make(chan dialogue.Event)
	g.course = course.New(g.Judge, g.Policy, g.Line.Can(), g.CutsToday)
	g.course.Desk(g.Policy.DeskFrom(g.Began))
	g.view.init(g)
}

// now is the call time of this moment.
func (g *Guard) now() call.Millis { return call.At(time.Since(g.Began)) }

// A Note is what the wiring tells the guard beside evidence: a line for the journal or a change on the line.
type Note struct {
	Kind folder.Kind // KindCall, KindNotice, KindGap, KindClock …
	Data any
	// For the view:
	Line   string // a new state of the line, if it changed
	OnHold *bool
	Heard  *Hearing
	Lost   string // something that could not be kept
}

// A Hearing says who listens.
type Hearing struct{ Listener, Engine string }

// Watch follows the call until it has ended, all evidence is in and every action is over. items and notes are closed
// by their senders when nothing more comes.
func (g *Guard) Watch(ctx context.Context, items <-chan evidence.Item, notes <-chan Note) {
	defer func() {
		if g.giveBack != nil {
			g.giveBack()
		}
	}()
	ended := g.Line.Ended()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	if g.First != "" {
		g.take(policy.Action{Do: g.First, Mode: policy.Auto, Prompt: string(g.Way), Because: []string{"limit"}})
		g.next(ctx)
	}
	g.show(true)
	for ended != nil || items != nil || notes != nil || g.running != nil {
		g.arm(timer)
		select {
		case it, ok := <-items:
			if !ok {
				items = nil
				continue
			}
			g.evidence(ctx, it)
		case n, ok := <-notes:
			if !ok {
				notes = nil
				continue
			}
			g.note(ctx, n)
		case e := <-g.told:
			g.dialogue(ctx, e)
		case c := <-g.commands:
			c.reply <- g.command(ctx, c)
		case r := <-g.results:
			g.finished(ctx, r)
		case <-timer.C:
			g.timer(ctx)
		case <-beat.C:
			g.clock(time.Now())
			g.show(true)
		case <-ended:
			ended = nil
			g.lineEnded(ctx)
		}
	}
	g.show(true)
}

// arm sets the timer to the time at which judgement or plan change by themselves.
func (g *Guard) arm(t *time.Timer) {
	wait := time.Hour
	if next := g.course.Next(); next > 0 {
		wait = max(time.Millisecond, next.Duration()-time.Since(g.Began))
	}
	t.Reset(wait)
}

func (g *Guard) lineEnded(ctx context.Context) {
	reason := g.Line.Reason()
	g.view.ended(reason)
	g.queue = keepAfterEnd(g.queue)
	if g.running != nil {
		if g.running.turns != nil {
			g.dialogue(ctx, dialogue.Event{Kind: dialogue.LineEnded})
		}
		g.running.stop()
	}
	g.show(true)
}

// keepAfterEnd drops what can't be done to a call that is over; a provisional limit can.
func keepAfterEnd(queue []policy.Action) []policy.Action {
	var kept []policy.Action
	for _, a := range queue {
		if a.Do == policy.LimitNow {
			kept = append(kept, a)
		}
	}
	return kept
}

// Do asks the guard to carry out a person's command and waits for its answer. The error is one of package policy, or
// the context's. id makes a repeated command harmless.
func (g *Guard) Do(ctx context.Context, id string, c policy.Command) error {
	m := command{Command: c, id: id, reply: make(chan error, 1)}
	select {
	case g.commands <- m:
	case <-g.Line.Ended():
		return policy.ErrOver
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-m.reply:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

var (
	errJournal = errors.New("the journal can't be written")
	errCutCap  = errors.New("the automatic cuts of the day are used up")
)
