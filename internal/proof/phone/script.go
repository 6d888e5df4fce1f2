package phone

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Script is what a phone does by itself in a call; times count from the answer.
type Script struct {
	Steps       []Step
	HangupAfter time.Duration // 0 never
}

// A Step is one thing done in a call.
type Step struct {
	At     time.Duration
	Keys   string // to press, or
	Hold   bool   // to hold, or
	Resume bool   // to resume
}

// ParseDTMF reads "5@3s" or "12#@2s,9@6s": keys and when to press them.
func ParseDTMF(text string) ([]Step, error) {
	var steps []Step
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		digits, when, ok := strings.Cut(part, "@")
		at, err := time.ParseDuration(when)
		if !ok || err != nil || digits == "" {
			return nil, fmt.Errorf("keys %q are not like 5@3s", part)
		}
		steps = append(steps, Step{At: at, Keys: digits})
	}
	return steps, nil
}

// ParseHold reads "4s..6s": from when to when the other side is held.
func ParseHold(text string) ([]Step, error) {
	var steps []Step
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		from, to, ok := strings.Cut(part, "..")
		a, errA := time.ParseDuration(from)
		b, errB := time.ParseDuration(to)
		if !ok || errA != nil || errB != nil || b <= a {
			return nil, fmt.Errorf("hold %q is not like 4s..6s", part)
		}
		steps = append(steps, Step{At: a, Hold: true}, Step{At: b, Resume: true})
	}
	return steps, nil
}

// Follow does what the script says from the answer on, until the call is over or ctx ends, which hangs up.
func (c *Call) Follow(ctx context.Context, s Script) {
	select {
	case <-c.answered:
	case <-c.ended:
		return
	}
	begun := time.Now()
	steps := slices.Clone(s.Steps)
	slices.SortStableFunc(steps, func(a, b Step) int { return int(a.At - b.At) })
	for _, step := range steps {
		if s.HangupAfter > 0 && step.At >= s.HangupAfter {
			break
		}
		if !c.pause(ctx, time.Until(begun.Add(step.At))) {
			break
		}
		if err := c.do(ctx, step); err != nil {
			c.note("step failed", err.Error())
		}
	}
	if s.HangupAfter > 0 {
		c.pause(ctx, time.Until(begun.Add(s.HangupAfter)))
	} else {
		select {
		case <-c.ended:
		case <-ctx.Done():
		}
	}
	if err := c.Hangup(context.WithoutCancel(ctx)); err != nil {
		c.note("hangup", err.Error())
	}
}

func (c *Call) do(ctx context.Context, s Step) error {
	switch {
	case s.Hold:
		return c.Hold(ctx)
	case s.Resume:
		return c.Resume(ctx)
	}
	return c.SendDTMF(s.Keys)
}

// pause waits; false when the call or ctx ended first.
func (c *Call) pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.ended:
	case <-ctx.Done():
	}
	return false
}
