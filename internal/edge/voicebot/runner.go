package voicebot

import (
	"context"
	"sync"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/dialogue"
)

// A Caller is what the runner needs of the line.
type Caller interface {
	// Say plays a prompt to its end or until ctx ends, which is no error.
	Say(ctx context.Context, prompt string) error
	// Hear gives the caller's sound in short stretches; the channel is closed at the end of the call.
	Hear() <-chan audio.Octets
}

// Run carries out a dialogue's commands, each in place of the one before, and tells what came of them. It returns when
// a command ends the dialogue, a prompt can't be played, or ctx ends. Keys are not its business: they are evidence.
func Run(ctx context.Context, c Caller, turns <-chan dialogue.Command, tell func(dialogue.Event)) error {
	r := runner{caller: c, hear: c.Hear(), turns: turns, tell: tell}
	command, ok := r.next(ctx)
	for ok && command.Do != dialogue.Transfer && command.Do != dialogue.End {
		var err error
		if command, ok, err = r.turn(ctx, command); err != nil {
			return err
		}
	}
	if !ok {
		return context.Cause(ctx)
	}
	return nil
}

// A runner does one command after the other. It belongs to the goroutine of Run.
type runner struct {
	caller Caller
	hear   <-chan audio.Octets // nil once the call has ended
	turns  <-chan dialogue.Command
	tell   func(dialogue.Event)
	speech speech
}

// next waits for a command; what the caller says meanwhile is nobody's answer. ok is false when ctx has ended.
func (r *runner) next(ctx context.Context) (command dialogue.Command, ok bool) {
	for {
		select {
		case <-ctx.Done():
			return command, false
		case command := <-r.turns:
			return command, true
		case o, open := <-r.hear:
			r.heard(o, open)
		}
	}
}

// turn does a command and gives the one after it.
func (r *runner) turn(ctx context.Context, command dialogue.Command) (next dialogue.Command, ok bool, err error) {
	r.speech = speech{}
	next, ok, barged, err := r.play(ctx, command)
	if err != nil || ok || ctx.Err() != nil {
		return next, ok, err
	}
	if len(command.Prompts) > 0 {
		r.tell(dialogue.Event{Kind: dialogue.PromptEnded, N: command.N, Barged: barged})
	}
	if command.Do != dialogue.Say {
		if next, ok = r.listen(ctx, command, barged); ok || ctx.Err() != nil {
			return next, ok, nil
		}
	}
	next, ok = r.next(ctx)
	return next, ok, nil
}

// play plays the prompts of a command. ok tells that another command came meanwhile, barged that speech ended them.
func (r *runner) play(ctx context.Context, command dialogue.Command) (next dialogue.Command, ok, barged bool, err error) {
	pctx, stop := context.WithCancel(ctx)
	var playing sync.WaitGroup
	defer playing.Wait()
	defer stop()
	fresh := false // what he was saying when the prompts began is no answer to them
	done := make(chan error, 1)
	playing.Go(func() {
		for _, id := range command.Prompts {
			if pctx.Err() != nil {
				break
			}
			if err := r.caller.Say(pctx, id); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	})
	for {
		select {
		case err := <-done:
			return next, false, false, err
		case <-ctx.Done():
			return next, false, false, nil
		case next = <-r.turns:
			return next, true, false, nil
		case o, open := <-r.hear:
			r.heard(o, open)
			if fresh = fresh || r.speech.pause >= breath; !fresh {
				r.speech.loud = 0
			}
			if command.Barge && r.speech.sure() {
				return next, false, true, nil
			}
		}
	}
}

// listen hears the caller out. ok tells that another command came meanwhile.
func (r *runner) listen(ctx context.Context, command dialogue.Command, speaking bool) (next dialogue.Command, ok bool) {
	limit := time.NewTimer(command.LongestMS.Duration())
	defer limit.Stop()
	wait := command.PatienceMS.Duration()
	if speaking {
		wait = command.QuietMS.Duration()
	} else {
		r.speech = speech{}
	}
	silence := time.NewTimer(wait)
	defer silence.Stop()
	for {
		select {
		case <-ctx.Done():
			return next, false
		case next = <-r.turns:
			return next, true
		case o, open := <-r.hear:
			if r.heard(o, open) {
				silence.Reset(max(command.QuietMS.Duration(), waitBefore(r.speech, command)))
			}
			continue
		case <-silence.C:
		case <-limit.C:
		}
		kind := dialogue.Silence
		if speaking || r.speech.sure() {
			kind = dialogue.TurnEnded
		}
		r.tell(dialogue.Event{Kind: kind, N: command.N})
		return next, false
	}
}

// waitBefore is how long to wait after a noise that may not have been speech: as before any.
func waitBefore(s speech, command dialogue.Command) time.Duration {
	if s.sure() {
		return 0
	}
	return command.PatienceMS.Duration()
}

// heard takes a stretch in and tells whether it was loud enough for speech.
func (r *runner) heard(o audio.Octets, open bool) bool {
	if !open {
		r.hear = nil
		r.tell(dialogue.Event{Kind: dialogue.LineEnded})
		return false
	}
	return r.speech.add(o)
}

const (
	speechLevel  = -42                     // dBov; what is softer is silence
	speechSure   = 240 * time.Millisecond  // so much of loud stretches is speech, not a cough or a click
	speechWithin = 1000 * time.Millisecond // a pause so long makes the counting begin anew, until it is sure
	breath       = 200 * time.Millisecond  // a pause so long ends what was being said
)

// speech tells speech from single noises.
type speech struct {
	loud, pause time.Duration
	pcm         []int16
}

func (s *speech) sure() bool { return s.loud >= speechSure }

// add tells whether a stretch was loud.
func (s *speech) add(o audio.Octets) bool {
	long := time.Duration(len(o.Data)) * time.Second / audio.SampleRate
	s.pcm = o.Codec.Decode(s.pcm[:0], o.Data)
	if o.Lost || audio.Loudness(s.pcm) <= speechLevel {
		if s.pause += long; s.pause >= speechWithin && !s.sure() {
			s.loud = 0
		}
		return false
	}
	s.loud, s.pause = s.loud+long, 0
	return true
}
