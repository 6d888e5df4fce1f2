package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
)

// commandLimit is longer than an edge takes to answer; trailLimit is what the trail may take after it.
const (
	commandLimit = 4 * time.Second
	trailLimit   = 2 * time.Second
)

// assisting tells the commands that an operator may give: they help or mark, and act on nobody.
func assisting(do string) bool {
	return evidence.IsMark(do)
}

// command hands a person's command to the edge that owns the call. The edge writes it into the call's journal; the
// trail has it too, but a database that is away does not keep anybody from ending a call.
func (s *Server) command(ctx context.Context, in *onID[CommandBody]) (*body[Done], error) {
	p := who(ctx)
	if !assisting(in.Body.Do) && !p.May(staff.CommandCalls) {
		return nil, problem(http.StatusForbidden, "error.forbidden", "")
	}
	v, ok := s.Live.Find(call.ID(in.ID))
	if !ok {
		return nil, problem(http.StatusNotFound, "error.no_call", "")
	}
	cctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	reply, err := s.Command(cctx, v.Edge, bus.CommandRequest{V: bus.Version, ID: in.Body.ID, Call: v.Incoming.ID,
		Command: policy.Command{Do: in.Body.Do, By: string(p.ID), Role: string(p.Role), Why: in.Body.Why}})
	if err != nil {
		reply.Error = "error.edge_away"
	}
	detail := in.Body.Do
	if reply.Error != "" {
		detail += " " + reply.Error
	}
	tctx, done := context.WithTimeout(context.WithoutCancel(ctx), trailLimit)
	defer done()
	if terr := s.Store.AppendTrail(tctx, p.By("trail.command", in.ID, detail)); terr != nil {
		s.Log.Error("a command is in the call's journal but not in the trail", slog.String("call_id", in.ID), slog.Any("error", terr))
	}
	if reply.Error != "" {
		return nil, errors.Join(problem(commandStatus(reply.Error), reply.Error, reply.Detail), err)
	}
	return &body[Done]{Done{OK: true}}, nil
}

func commandStatus(key string) int {
	switch key {
	case "error.busy", "error.over":
		return http.StatusConflict
	case "error.cannot", "error.unknown_command":
		return http.StatusUnprocessableEntity
	case "error.no_call":
		return http.StatusNotFound
	case "error.edge_away":
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
