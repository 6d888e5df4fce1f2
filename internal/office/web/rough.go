package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/office/staff"
)

// A RoughView is a piece of a call's rough reading, as it was just heard: wrong in every third or fourth sound. Nothing
// is judged by it and nothing keeps it.
type RoughView struct {
	Party call.Party  `json:"party"`
	AtMS  call.Millis `json:"at_ms" doc:"How far it was heard."`
	Kana  string      `json:"kana"`
}

// roughDepth is how many pieces a browser may be behind; what finds no room is not shown.
const roughDepth = 32

// rough streams the rough reading of a live call for as long as the browser stays. Only by that is it made at all.
func (s *Server) rough(ctx context.Context, in *byID) (func(http.ResponseWriter, *http.Request), error) {
	id := call.ID(in.ID)
	if !s.runs(id) {
		return nil, problem(http.StatusNotFound, "error.no_call", "")
	}
	news := make(chan bus.Rough, roughDepth)
	stop, err := s.Rough(id, func(r bus.Rough) {
		select {
		case news <- r:
		default:
		}
	})
	if err != nil {
		return nil, err
	}
	p := who(ctx)
	return func(w http.ResponseWriter, req *http.Request) {
		defer stop()
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Accel-Buffering", "no")
		if err := s.showRough(req.Context(), &eventWriter{w: w, c: http.NewResponseController(w)}, id, p, news); err != nil {
			s.Log.Debug("rough reading ended", slog.Any("error", err))
		}
	}, nil
}

// runs tells whether a call is under way.
func (s *Server) runs(id call.ID) bool {
	v, ok := s.Live.Find(id)
	return ok && v.Line != bus.LineEnded
}

// showRough writes until the browser leaves, the call is over, or the person may no longer see it.
func (s *Server) showRough(ctx context.Context, w *eventWriter, id call.ID, p staff.Person, news <-chan bus.Rough) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if !s.runs(id) {
			return w.event("0", "over", []byte("{}"))
		}
		if err := errors.Join(s.still(ctx, p), s.Look(id), w.raw(": still here\n\n")); err != nil {
			return err
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return nil
			case <-s.closed:
				return nil
			case <-beat.C:
				waiting = false
			case r := <-news:
				b, err := json.Marshal(RoughView{r.Party, r.AtMS, r.Kana})
				if err != nil {
					return err
				}
				if err := w.event("0", "rough", b); err != nil {
					return err
				}
			}
		}
	}
}
