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
	"commusafe/internal/office/limits"
	"commusafe/internal/office/notify"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
)

const (
	heartbeat     = 2 * time.Second
	snapshotLimit = 3 * time.Second  // what a database may take until a feed begins without it
	stillLimit    = time.Second      // what a database may take until the feed goes on without its word
	writeTimeout  = 10 * time.Second // a browser that takes longer for one event is gone
)

type liveIn struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"64" doc:"Sent by the browser when it comes back."`
}

// live streams events. The first is a snapshot, unless the reader comes back and has missed nothing. Events may repeat
// what the snapshot has; a call view with a lower revision than the one at hand is old.
func (s *Server) live(ctx context.Context, in *liveIn) (func(http.ResponseWriter, *http.Request), error) {
	p := who(ctx)
	r, newest := s.feed.subscribe(p)
	first := start{id: newest, whole: true}
	if in.LastEventID != newest {
		v, missing := s.snapshot(ctx, p)
		if missing != nil {
			s.Log.Warn("a live feed begins without what is in the database", slog.Any("error", missing))
			first = start{id: partly}
		}
		var err error
		if first.data, err = json.Marshal(v); err != nil {
			s.feed.leave(r)
			return nil, err
		}
	}
	return func(w http.ResponseWriter, req *http.Request) {
		defer s.feed.leave(r)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Accel-Buffering", "no")
		if err := s.follow(req.Context(), &eventWriter{w: w, c: http.NewResponseController(w)}, r, first); err != nil {
			s.Log.Debug("live feed ended", slog.Any("error", err))
		}
	}, nil
}

// A start is the first event of a feed.
type start struct {
	id    string
	data  []byte // nil: nothing was missed
	whole bool   // false while the database is away: then the calls are in it, and what is in the database is not
}

// partly is the ID of a start that is not whole, after which something is missed.
const partly = "part"

// follow writes until the browser leaves, is too slow, or may no longer see it; or until there is more to tell than it began with.
func (s *Server) follow(ctx context.Context, w *eventWriter, r *reader, first start) error {
	if first.data != nil {
		if err := w.event(first.id, "snapshot", first.data); err != nil {
			return err
		}
	} else if err := w.raw(": nothing was missed\n\n"); err != nil {
		return err
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if err := s.still(ctx, r.person); err != nil {
				return err
			}
			if !first.whole && s.databaseAnswers(ctx) {
				return nil
			}
			if err := w.raw(": still here\n\n"); err != nil {
				return err
			}
		case m, ok := <-r.events:
			if !ok {
				return nil
			}
			if err := w.message(m, r.person); err != nil {
				return err
			}
		}
	}
}

func (s *Server) databaseAnswers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, stillLimit)
	defer cancel()
	return s.Store.Ping(ctx) == nil
}

// still tells whether the session lasts and the person may see what they see. While the database does not say, they may:
// nobody's right is taken away in one that is away, and the live calls are in memory.
func (s *Server) still(ctx context.Context, p staff.Person) error {
	ctx, cancel := context.WithTimeout(ctx, stillLimit)
	defer cancel()
	_, there, err := (store.Sessions{Store: s.Store}).FindCtx(ctx, s.sessions.Token(ctx))
	if err != nil {
		return nil
	}
	now, err := s.person(ctx)
	switch {
	case !there || errors.Is(err, errNobody):
		return errNobody
	case err == nil && (now.Role != p.Role || !now.May(staff.SeeLive)):
		return errNobody
	}
	return nil
}

// An eventWriter writes server-sent events, each with its own time limit.
type eventWriter struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func (w *eventWriter) message(m message, p staff.Person) error {
	if m.make == nil {
		return w.event(m.id, m.name, m.data)
	}
	v, err := m.make(p)
	if err != nil {
		return err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.event(m.id, m.name, b)
}

func (w *eventWriter) event(id, name string, data []byte) error {
	return w.raw("id: " + id + "\nevent: " + name + "\ndata: " + string(data) + "\n\n")
}

func (w *eventWriter) raw(s string) error {
	if err := w.c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := w.w.Write([]byte(s)); err != nil {
		return err
	}
	return w.c.Flush()
}

// snapshot is everything that the person may see, as it is; with an error without what the database does not give.
func (s *Server) snapshot(ctx context.Context, p staff.Person) (LiveView, error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotLimit)
	defer cancel()
	v := LiveView{Calls: s.Live.Calls(), Notices: []NoticeView{}, Limits: []LimitView{}, Health: HealthView{Processes: []Process{}},
		Settings: s.brief(), Heartbeat: int(heartbeat / time.Second)}
	var missing error
	if p.May(staff.SeeNotices) {
		notices, err := s.noticeViews(ctx)
		v.Notices, missing = filled(notices), err
	}
	if p.May(staff.SeeLimits) && missing == nil {
		limits, err := s.limitViews(ctx, p)
		v.Limits, missing = filled(limits), err
	}
	if p.May(staff.SeeHealth) {
		v.Health = s.health(ctx)
	}
	return v, missing
}

// What the wiring tells the consoles. None of it waits for a browser.

// CallChanged tells of a new view of a live call.
func (s *Server) CallChanged(v bus.CallView) { s.tell("call", staff.SeeLive, v) }

// CallGone tells that a call has left the table.
func (s *Server) CallGone(id call.ID) { s.tell("call_gone", staff.SeeLive, CallGone{ID: id}) }

// NoticeChanged tells of a notice.
func (s *Server) NoticeChanged(n notify.Notice) {
	all, err := s.namesNow()
	if err != nil {
		s.Log.Warn("names for the live feed can't be read", slog.Any("error", err))
	}
	s.tell("notice", staff.SeeNotices, noticeView(n, all))
}

// LimitsChanged tells all limits anew; each person sees which wait for them.
func (s *Server) LimitsChanged() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	all, err := s.Store.ListLimits(ctx, most)
	f, ferr := s.facts(ctx)
	if err != nil || ferr != nil {
		s.Log.Warn("limits for the live feed can't be read", slog.Any("error", err))
		return
	}
	now := time.Now()
	s.feed.publishFor("limits", staff.SeeLimits, func(p staff.Person) (any, error) { return limitList(all, f, p, now), nil })
}

func limitList(all []limits.Entry, f facts, p staff.Person, now time.Time) Limits {
	out := Limits{Limits: []LimitView{}}
	for _, e := range all {
		out.Limits = append(out.Limits, limitView(e, f, p, now))
	}
	return out
}

// SettingsChanged tells what is in force.
func (s *Server) SettingsChanged() { s.tell("settings", staff.SeeLive, s.brief()) }

// HealthChanged tells how the processes are.
func (s *Server) HealthChanged() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	s.tell("health", staff.SeeHealth, s.health(ctx))
}

func (s *Server) namesNow() (names, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return s.Staff.Names(ctx)
}

func (s *Server) tell(name string, needs staff.Permission, v any) {
	if err := s.feed.publish(name, needs, v); err != nil {
		s.Log.Error("event can't be written", slog.String("event", name), slog.Any("error", err))
	}
}
