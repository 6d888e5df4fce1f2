package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/dialogue"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// Lines of the journal.

// An ActionLine is the data of an action line.
type ActionLine struct {
	Do     policy.Do `json:"do"`
	Phase  string    `json:"phase"` // begun, done, failed
	By     string    `json:"by,omitempty"`
	Prompt string    `json:"prompt,omitempty"`
	Spoken *Spoken   `json:"spoken,omitempty"`
	Result BotResult `json:"result,omitempty"` // of the voicebot
	Error  string    `json:"error,omitempty"`
	Limit  any       `json:"limit,omitempty"`
}

// Phases of an action.
const (
	Begun  = "begun"
	Done   = "done"
	Failed = "failed"
)

// A CommandLine is the data of a command line.
type CommandLine struct {
	policy.Command
	ID      string `json:"id,omitempty"`
	Refused string `json:"refused,omitempty"`
}

// A TimerLine is the data of a timer line.
type TimerLine struct {
	Why string `json:"why"`
}

// append writes a line. A disk that refuses is remembered: then nothing is done to the caller by itself.
func (g *Guard) append(at call.Millis, kind folder.Kind, data any) {
	_, err := g.Journal.Append(at, time.Now(), kind, data)
	if err != nil && !g.broken {
		g.Log.Error("journal can't be written; the call goes on", slog.Any("error", err))
		g.view.lost("journal")
	}
	g.broken = err != nil
}

func (g *Guard) evidence(ctx context.Context, it evidence.Item) {
	if u, ok := it.(evidence.Utterance); ok && !u.Final {
		g.view.partial(u)
		g.show(false)
		return
	}
	now := max(g.now(), it.Span().ToMS)
	raw, err := evidence.Marshal(it)
	if err != nil {
		g.Log.Warn("evidence can't be written", slog.Any("error", err))
		return
	}
	g.append(now, folder.KindEvidence, jsonRaw(raw))
	g.view.item(it, g.Judge)
	g.follow(ctx, now, g.course.Evidence(now, it))
}

func (g *Guard) timer(ctx context.Context) {
	now := g.now()
	if next := g.course.Next(); next == 0 || now < next {
		return
	}
	g.append(now, folder.KindTimer, TimerLine{Why: "due"})
	g.follow(ctx, now, g.course.Timer(now))
}

func (g *Guard) note(ctx context.Context, n Note) {
	if n.Kind != "" {
		g.append(g.now(), n.Kind, n.Data)
	}
	g.view.note(g.now(), n)
	if n.Heard != nil {
		g.heardBy(ctx, n.Heard.Engine)
	}
	g.show(true)
}

func (g *Guard) command(ctx context.Context, c command) error {
	if err, seen := g.view.commands[c.id]; seen {
		return err
	}
	now := g.now()
	step, err := g.course.Command(now, c.Command)
	if c.id != "" {
		g.view.commands[c.id] = err
	}
	line := CommandLine{Command: c.Command, ID: c.id}
	if err != nil {
		line.Refused = err.Error()
	}
	g.append(now, folder.KindCommand, line)
	g.view.command(now, line)
	if err != nil {
		g.show(true)
		return err
	}
	g.follow(ctx, now, step)
	return nil
}

// follow writes what a step gave and begins its actions.
func (g *Guard) follow(ctx context.Context, now call.Millis, s course.Step) {
	if s.Judgement != nil {
		g.append(now, folder.KindJudgement, s.Judgement)
	}
	if len(s.Actions) > 0 {
		g.append(now, folder.KindPlan, course.PlanLine{Actions: s.Actions, Stage: g.course.State().Stage})
		g.view.plan(now, s.Actions, g.course.State().Stage)
	}
	if s.Turn != nil {
		g.turn(now, *s.Turn)
	}
	for _, a := range s.Actions {
		if a.Mode == policy.Auto {
			g.take(a)
		}
	}
	g.next(ctx)
	g.show(s.Judgement != nil || len(s.Actions) > 0 || s.Turn != nil)
}

// take does at once what needs no line, and queues the rest.
func (g *Guard) take(a policy.Action) {
	switch a.Do {
	case policy.Notify, policy.Alert:
		// A notice goes out even when the disk refuses: people must know.
		if err := g.sync(); err != nil {
			g.Log.Error("notice is not on disk", slog.Any("error", err))
		}
		g.acted(ActionLine{Do: a.Do, Phase: Done, By: a.By})
	case policy.Stop:
		g.queue = nil
		if g.running != nil {
			g.running.stop()
		}
		g.acted(ActionLine{Do: a.Do, Phase: Done, By: a.By})
	default:
		if !g.view.gone || a.Do == policy.LimitNow {
			g.queue = append(g.queue, a)
		}
		if r := g.running; a.By != "" && r != nil && r.action.By == "" && r.action.Do == policy.Rejoin {
			r.stop() // what a person wants need not wait until an agent answers
		}
	}
}

func (g *Guard) acted(l ActionLine) {
	now := g.now()
	g.append(now, folder.KindAction, l)
	g.view.action(now, l)
}

func (g *Guard) sync() error {
	if err := g.Journal.Sync(); err != nil {
		g.broken = true
		return fmt.Errorf("%w: %w", errJournal, err)
	}
	return nil
}

// next begins the first queued action if the line is free.
func (g *Guard) next(ctx context.Context) {
	for g.running == nil && len(g.queue) > 0 {
		a := g.queue[0]
		g.queue = g.queue[1:]
		if a.Do == policy.LimitNow {
			g.limit(a)
			continue
		}
		g.acted(ActionLine{Do: a.Do, Phase: Begun, By: a.By, Prompt: a.Prompt})
		err := g.sync()
		if err == nil {
			err = g.mayCut(a)
		}
		if err != nil && a.By == "" && a.Do != policy.Rejoin && a.Do != policy.End { // these two leave nobody alone on the line
			g.refused(ctx, a, err)
			continue
		}
		g.begin(ctx, a)
	}
}

// mayCut takes one of the day's automatic cuts before the machine's closing.
func (g *Guard) mayCut(a policy.Action) error {
	if a.Do != policy.Closing || a.By != "" || g.MayCut == nil || g.giveBack != nil {
		return nil
	}
	giveBack, ok := g.MayCut()
	if !ok {
		return errCutCap
	}
	g.giveBack = giveBack
	return nil
}

// refused gives up an automatic action that can't be written down or is one too many: the call goes on as it is. A caller
// who has nobody, because the voicebot or the cut was to come next, is joined to an agent; where none could be reached, no
// message can be kept, and the call ends.
func (g *Guard) refused(ctx context.Context, a policy.Action, err error) {
	g.queue = nil
	g.acted(ActionLine{Do: a.Do, Phase: Failed, Error: err.Error()})
	switch {
	case a.Do == policy.Voicebot && a.Prompt == string(dialogue.NoAgent):
		g.queue = []policy.Action{{Do: policy.End, Mode: policy.Auto}}
	case a.Do == policy.Voicebot || a.Do == policy.Cut:
		g.queue = []policy.Action{{Do: policy.Rejoin, Mode: policy.Auto}}
	}
	now := g.now()
	g.follow(ctx, now, g.course.Failed(now, a.Do))
}

func (g *Guard) begin(ctx context.Context, a policy.Action) {
	actx, stop := context.WithTimeout(ctx, timeLimit(a.Do))
	g.running = &running{action: a, cancel: stop}
	g.view.begins(a.Do)
	do := g.doing(ctx, actx, a)
	go func() {
		defer stop()
		g.results <- g.perform(actx, a, do)
	}()
}

// doing gives what an action does on the line, with all that it needs of the guard's state.
func (g *Guard) doing(ctx, actx context.Context, a policy.Action) func() (Spoken, error) {
	only := func(f func() error) func() (Spoken, error) {
		return func() (Spoken, error) { return Spoken{}, f() }
	}
	switch a.Do {
	case policy.Warn1, policy.Warn2, policy.Final, policy.AskKey, policy.Announce:
		return func() (Spoken, error) { return g.Line.Announce(actx, a.Prompt) }
	case policy.Closing:
		return func() (Spoken, error) { return g.Line.Close(actx, a.Prompt) }
	case policy.Cut:
		return only(func() error { return g.Line.Cut(actx, cutReason(a.By)) })
	case policy.End:
		why := g.endReason()
		return only(func() error { return g.Line.Cut(actx, why) })
	case policy.Voicebot:
		t := g.beginTalk(ctx, actx, dialogue.Way(a.Prompt))
		return only(func() error { return g.Line.ToVoicebot(actx, t) })
	case policy.Rejoin:
		about := g.summary()
		return only(func() error { return g.Line.Rejoin(actx, about) })
	}
	return only(func() error { return errors.New("no such action") })
}

// timeLimit bounds each action, so that no line is ever stuck in one.
func timeLimit(d policy.Do) time.Duration {
	switch d {
	case policy.Cut, policy.End:
		return 10 * time.Second
	case policy.Voicebot: // four answers and a message of full length, with all prompts
		return 8 * time.Minute
	}
	return 90 * time.Second
}

// perform does one action on the line. A panic below becomes a failed action; the call goes on.
func (g *Guard) perform(ctx context.Context, a policy.Action, do func() (Spoken, error)) (r result) {
	r.action = a
	defer func() {
		if p := recover(); p != nil {
			r.err = fmt.Errorf("panic in %s: %v", a.Do, p)
		}
	}()
	r.spoken, r.err = do()
	if a.Do == policy.Voicebot && errors.Is(ctx.Err(), context.Canceled) {
		r.err = nil // stopped
	}
	return r
}

func cutReason(by string) call.EndReason {
	if by == "" {
		return call.EndReason{By: call.ByPolicy, Why: "cut", Status: 200}
	}
	return call.EndReason{By: call.BySupervisor, Why: "cut", Status: 200}
}

// finished writes how an action ended and goes on.
func (g *Guard) finished(ctx context.Context, r result) {
	stopped := g.running.stopped
	g.running = nil
	now := g.now()
	line := ActionLine{Do: r.action.Do, Phase: Done, By: r.action.By, Prompt: r.action.Prompt}
	if r.action.Do == policy.Voicebot {
		line.Result = g.botResult()
	}
	if r.action.Do.Speaks() && r.action.Do != policy.Voicebot {
		line.Spoken = &r.spoken
	}
	var step course.Step
	if r.err != nil {
		line.Phase, line.Error = Failed, r.err.Error()
		g.append(now, folder.KindAction, line)
		// A closing that could not be spoken is still followed by the cut; what was stopped makes way for what is next, and
		// what waits for an agent comes all the same when none answers.
		if r.action.Do != policy.Closing && r.action.Do != policy.Rejoin && !stopped {
			g.queue = nil
		}
		step = g.course.Failed(now, r.action.Do)
	} else {
		g.append(now, folder.KindAction, line)
		step = g.course.Done(now, r.action.Do, r.action.Do == policy.Voicebot || line.Spoken == nil || r.spoken.Complete)
	}
	g.view.action(now, line)
	if r.err == nil && r.action.Do == policy.Cut && r.action.By == "" && g.OnCut != nil {
		g.OnCut()
	}
	switch {
	case r.action.Do == policy.Voicebot:
		g.afterTalk(r)
	case r.action.Do == policy.Rejoin && r.err != nil:
		g.unjoined(r, stopped)
	case r.action.Do == policy.Closing:
		g.afterClosing(r)
	}
	g.follow(ctx, now, step)
}

// afterClosing joins the caller to an agent when no cut follows: the closing has taken the agent off the line, and nobody else would
// be there for who said in it that he is in danger.
func (g *Guard) afterClosing(r result) {
	ends := func(a policy.Action) bool { return a.Do == policy.Cut }
	if !g.gone() && !slices.ContainsFunc(g.queue, ends) {
		g.queue = append(g.queue, policy.Action{Do: policy.Rejoin, Mode: policy.Auto, By: r.action.By})
	}
}

// limit sets the provisional limit.
func (g *Guard) limit(a policy.Action) {
	if g.view.New != nil {
		return
	}
	l, ok := g.Policy.Provisional(g.Call, time.Now().UTC().Truncate(time.Second))
	if !ok {
		g.acted(ActionLine{Do: a.Do, Phase: Failed, Error: "the number is withheld"})
		return
	}
	g.acted(ActionLine{Do: a.Do, Phase: Done, By: a.By, Limit: l})
	if err := g.sync(); err != nil {
		g.Log.Error("provisional limit is not on disk", slog.Any("error", err))
	}
	g.view.limited(l)
	if g.OnLimit != nil {
		g.OnLimit(l)
	}
}

// Level gives the level in force. For the wiring's account at the end, after Watch.
func (g *Guard) Level() (now, peak judge.Level) { return g.course.Judgement().Level, g.course.Peak() }
