package guard

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/dialogue"
	"commusafe/internal/folder"
	"commusafe/internal/policy"
)

// A Talk is the voicebot's dialogue as the line sees it.
type Talk struct {
	Turns <-chan dialogue.Command // each takes the place of the one before
	// Tell says what happened. It may be called from any goroutine and waits for the guard, or for the action's end.
	Tell func(dialogue.Event)
}

// A BotResult is how the voicebot was left, in short.
type BotResult string

// Results of a voicebot. One that was broken off has none.
const (
	BotAgent   BotResult = "agent"   // the caller is to be connected to a person
	BotMessage BotResult = "message" // the call may end
)

// beginTalk begins a dialogue and gives the line its side of it.
func (g *Guard) beginTalk(ctx, actx context.Context, w dialogue.Way) Talk {
	turns := make(chan dialogue.Command, dialogue.MaxCommands)
	g.running.turns = turns
	g.dialogue(ctx, dialogue.Event{Kind: dialogue.Began, Way: w, Words: transcribes(g.view.Engine)})
	return Talk{Turns: turns, Tell: func(e dialogue.Event) {
		select {
		case g.told <- e:
		case <-actx.Done():
		}
	}}
}

// transcribes tells whether one of the engines that hear a call gives words; the built-in one only finds phrases.
func transcribes(engines string) bool {
	for e := range strings.SplitSeq(engines, " + ") {
		if e != "" && !strings.HasPrefix(e, "builtin/") {
			return true
		}
	}
	return false
}

// dialogue writes what happened to the voicebot and goes on with it.
func (g *Guard) dialogue(ctx context.Context, e dialogue.Event) {
	if e.Kind != dialogue.Began && (!g.course.Talking() || g.course.Talk().Step == dialogue.Over) {
		return // it has been left meanwhile
	}
	now := g.now()
	g.append(now, folder.KindDialogue, e)
	g.follow(ctx, now, g.course.Dialogue(now, e))
}

// heardBy tells the dialogue that another engine hears the call.
func (g *Guard) heardBy(ctx context.Context, engines string) {
	if words := transcribes(engines); g.course.Talking() && words != g.course.Talk().Hears {
		g.dialogue(ctx, dialogue.Event{Kind: dialogue.Hearing, Words: words})
	}
}

// turn writes what the voicebot does next and has it done.
func (g *Guard) turn(now call.Millis, c dialogue.Command) {
	g.append(now, folder.KindTurn, course.TurnLine{Command: c, State: g.course.Talk()})
	if g.running == nil || g.running.turns == nil {
		return
	}
	select {
	case g.running.turns <- c:
	default: // can't be: a dialogue never gives so many
		g.Log.Error("voicebot does not follow", slog.Int("turn", c.N))
		g.running.stop()
	}
}

// summary tells of the newest dialogue; nil when there was none.
func (g *Guard) summary() *dialogue.Summary {
	if g.course.Talk().Step == "" {
		return nil
	}
	s := g.course.Talk().Summary(g.Call.ID)
	return &s
}

func (g *Guard) botResult() BotResult {
	switch e := g.course.Talk().Exit; {
	case e.Person():
		return BotAgent
	case e == dialogue.Message || e == dialogue.Silent || e == dialogue.TurnedAway:
		return BotMessage
	}
	return ""
}

// afterTalk joins the caller to a person, or ends the call when a message is all that was wanted. A caller whose
// dialogue broke goes to a person as well. What a person has commanded meanwhile comes instead.
func (g *Guard) afterTalk(r result) {
	if g.gone() || len(g.queue) > 0 {
		return
	}
	next := policy.Action{Do: policy.Rejoin, Mode: policy.Auto, By: r.action.By}
	if g.course.Talk().Step == dialogue.Over && g.botResult() == BotMessage {
		next.Do = policy.End
	}
	g.queue = append(g.queue, next)
}

// unjoined goes on with a caller who still has nobody, after all that waits: an agent is called once more where calling one was
// broken off for that; where none could be reached a message is taken.
func (g *Guard) unjoined(r result, stopped bool) {
	next := policy.Action{Do: policy.Voicebot, Mode: policy.Auto, Prompt: string(dialogue.NoAgent), By: r.action.By}
	if stopped {
		next = policy.Action{Do: policy.Rejoin, Mode: policy.Auto, By: r.action.By}
	}
	provided := func(a policy.Action) bool {
		return a.Do == policy.Rejoin || a.Do == policy.Voicebot || a.Do == policy.Cut
	}
	if !g.gone() && !slices.ContainsFunc(g.queue, provided) {
		g.queue = append(g.queue, next)
	}
}

// endReason tells why a call ends that the voicebot is through with.
func (g *Guard) endReason() call.EndReason {
	switch t := g.course.Talk(); {
	case t.Way == dialogue.NoAgent || g.botResult() != BotMessage:
		return call.EndReason{By: call.BySystem, Why: "no_agent", Status: 480}
	case t.Exit == dialogue.TurnedAway:
		return call.EndReason{By: call.ByPolicy, Why: "refused", Status: 200}
	case t.Exit == dialogue.Silent:
		return call.EndReason{By: call.BySystem, Why: "no_message", Status: 200}
	}
	return call.EndReason{By: call.BySystem, Why: "message_taken", Status: 200}
}

// gone tells whether the call is over, be it that Watch has yet to hear of it.
func (g *Guard) gone() bool {
	select {
	case <-g.Line.Ended():
		return true
	default:
		return g.view.gone
	}
}
