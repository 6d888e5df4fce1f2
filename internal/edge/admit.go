package edge

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/edge/guard"
	"commusafe/internal/policy"
)

// admit decides about a call from what is in memory. Doubt lets it in.
func (e *Edge) admit(_ context.Context, in call.Incoming) call.Admission {
	s := e.settings.now()
	a := s.Rules.Admit(in, e.settings.limits(), time.Now())
	e.log.Info("call admitted", slog.String("call_id", string(in.ID)), slog.String("verdict", string(a.Verdict)),
		slog.String("from", in.From.Masked()), slog.String("trunk", in.Trunk))
	if a.Verdict == call.Refuse {
		e.refusals.Go(func() { e.keepRefusal(in, a) }) // no caller is let in because the disk takes its time
	}
	return a
}

// commandLimit bounds how long a command may take until the guard has answered.
const commandLimit = 3 * time.Second

// command carries out a person's command that came over the bus.
func (e *Edge) command(c bus.CommandRequest) bus.Reply {
	ctx, cancel := context.WithTimeout(context.Background(), commandLimit)
	defer cancel()
	err := e.desk.Do(ctx, c.Call, c.ID, c.Command)
	r := bus.Reply{V: bus.Version}
	switch {
	case err == nil:
	case errors.Is(err, guard.ErrNoCall):
		r.Error = "error.no_call"
	case errors.Is(err, policy.ErrBusy):
		r.Error = "error.busy"
	case errors.Is(err, policy.ErrOver):
		r.Error = "error.over"
	case errors.Is(err, policy.ErrCannot):
		r.Error = "error.cannot"
	case errors.Is(err, policy.ErrUnknownCommand):
		r.Error = "error.unknown_command"
	default:
		r.Error, r.Detail = "error.internal", err.Error()
	}
	return r
}
