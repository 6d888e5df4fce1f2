package voicebot

import (
	"context"
	"time"

	"commusafe/internal/audio"
)

// A Caller is what the dialogue needs of the line.
type Caller interface {
	// Say plays a prompt to its end, or until a key is pressed or ctx ends.
	Say(ctx context.Context, prompt string) error
	// Hear gives the caller's sound in short stretches; the channel is closed at the end of the call.
	Hear() <-chan audio.Octets
	// Keys gives the keys pressed.
	Keys() <-chan string
}

// A Result is how the dialogue ended.
type Result string

// Results.
const (
	WantsAgent Result = "agent"
	Message    Result = "message"
)

// A Dialogue is the first version of the voicebot: greeting, then a key leads to a person, or a message is taken.
type Dialogue struct {
	// MessageOnly leaves out the greeting that offers a person; the key 0 (danger to life) still leads to one.
	MessageOnly bool
	Longest     time.Duration // of a message; default 60 s
	Quiet       time.Duration // silence that ends a message; default 4 s
	Patience    time.Duration // how long the caller may stay silent before a message begins; default 8 s
}

func (d Dialogue) withDefaults() Dialogue {
	if d.Longest == 0 {
		d.Longest = 60 * time.Second
	}
	if d.Quiet == 0 {
		d.Quiet = 4 * time.Second
	}
	if d.Patience == 0 {
		d.Patience = 8 * time.Second
	}
	return d
}

// agentKey leads to a person at any time.
const agentKey = "0"

// Run talks to the caller. The message itself lies in the recording of the call.
func (d Dialogue) Run(ctx context.Context, c Caller) (Result, error) {
	d = d.withDefaults()
	prompts := []string{"bot_greet", "bot_message", "beep"}
	if d.MessageOnly {
		prompts = []string{"limited", "beep"}
	}
	for _, id := range prompts {
		person, err := d.say(ctx, c, id)
		if err != nil {
			return "", err
		}
		if person {
			return d.toAgent(ctx, c)
		}
	}
	person, err := d.message(ctx, c)
	if err != nil {
		return "", err
	}
	if person {
		return d.toAgent(ctx, c)
	}
	return Message, c.Say(ctx, "bot_thanks")
}

func (d Dialogue) toAgent(ctx context.Context, c Caller) (Result, error) {
	return WantsAgent, c.Say(ctx, "bot_connect")
}

// say plays a prompt; the key 0 breaks it off.
func (d Dialogue) say(ctx context.Context, c Caller, id string) (person bool, err error) {
	sctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- c.Say(sctx, id) }()
	for {
		select {
		case err := <-done:
			return person, err
		case k, ok := <-c.Keys():
			if ok && k == agentKey {
				person = true
				stop()
			}
			if !ok {
				return person, <-done
			}
		}
	}
}

// speechLevel is the loudness above which a stretch counts as speech, in dBov.
const speechLevel = -42

// message listens until the caller has said what he wants to say.
func (d Dialogue) message(ctx context.Context, c Caller) (person bool, err error) {
	limit := time.NewTimer(d.Longest)
	defer limit.Stop()
	quiet := time.NewTimer(d.Patience)
	defer quiet.Stop()
	var pcm []int16
	for {
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-limit.C:
			return false, nil
		case <-quiet.C:
			return false, nil
		case k, ok := <-c.Keys():
			if !ok || k == "#" {
				return false, nil
			}
			if k == agentKey {
				return true, nil
			}
		case o, ok := <-c.Hear():
			if !ok {
				return false, nil
			}
			pcm = o.Codec.Decode(pcm[:0], o.Data)
			if !o.Lost && audio.Loudness(pcm) > speechLevel {
				quiet.Reset(d.Quiet)
			}
		}
	}
}
