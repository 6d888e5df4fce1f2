package edge

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/edge/guard"
	"commusafe/internal/edge/telephony"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// tapDepth is how much sound a reader of a tap may lag before it loses some.
const tapDepth = time.Second

// An account is the whole of a call in a few numbers, in the seal and in the log.
type account struct {
	Incoming call.Incoming  `json:"incoming"`
	Limit    string         `json:"limit,omitempty"`
	Ended    call.EndReason `json:"ended"`
	EndMS    call.Millis    `json:"end_ms"`
	Peak     judge.Level    `json:"peak"`
	Stage    policy.Stage   `json:"stage"`
	Actions  []policy.Do    `json:"actions,omitempty"`
	Heard    bool           `json:"heard"` // somebody listened
	Packets  map[string]int `json:"packets,omitempty"`
	Drops    map[string]int `json:"drops,omitempty"` // stretches that readers of the sound lost
	NewLimit *policy.Limit  `json:"new_limit,omitempty"`
}

// live is everything one call needs.
type live struct {
	edge  *Edge
	s     *telephony.Session
	in    call.Incoming
	log   *slog.Logger
	guard *guard.Guard
	line  *line
	write *folder.Writer

	items chan evidence.Item // forwarder and events → guard
	notes chan guard.Note
	last  bus.CallView // the newest view, written in the guard's goroutine
	heard bool
	rung  bool // the emergency webhook was called
}

// serve goes with one call from its admission to the sealed folder.
func (e *Edge) serve(ctx context.Context, s *telephony.Session) {
	in := s.Incoming()
	c := &live{edge: e, s: s, in: in, log: e.log.With(slog.String("call_id", string(in.ID))),
		items: make(chan evidence.Item, 64), notes: make(chan guard.Note, 16)}
	c.prepare()
	defer e.desk.Put(c.guard)()
	defer e.writers.put(c.write)()

	var senders, sound sync.WaitGroup
	fan := newFan(s.Media(), c.line)
	sound.Go(func() { fan.run() })
	senders.Go(c.safe("recording", func() { c.record(fan) }))
	senders.Go(c.safe("words", func() { c.forward(ctx, fan) }))
	senders.Go(c.safe("line", c.events))
	senders.Go(c.safe("history", func() { c.history(ctx) }))
	senders.Go(c.safe("line", func() { c.connect(ctx) }))
	go func() {
		senders.Wait()
		close(c.items)
		close(c.notes)
	}()
	c.guard.Watch(context.WithoutCancel(ctx), c.items, c.notes)
	<-s.Ended()
	sound.Wait()
	c.seal(fan)
}

// prepare makes folder, line and guard. A disk that gives no folder does not stop the call; the folder comes when it gives one.
func (c *live) prepare() {
	e := c.edge
	snap := e.settings.now()
	c.line = newLine(c.s, e.settings.sounds(), c.log)
	late := false
	c.write, late = e.newFolder(c.log, c.in)
	c.guard = &guard.Guard{Call: c.in, Edge: e.cfg.Edge.Name, Judge: e.settings.judge(), Policy: snap.Rules, CutsToday: e.settings.cutsToday(),
		Limit: c.s.Admission().Limit, Matter: c.s.Admission().Matter, Began: c.in.Began, Journal: c.write, Line: c.line, Publish: c.publish, OnLimit: e.settings.limit, OnCut: e.settings.cut, MayCut: func() (func(), bool) { return e.settings.mayCut(snap.Rules.CutCap) }, Log: c.log}
	switch c.s.Admission().Verdict {
	case call.AnswerWithVoicebot:
		c.guard.First = policy.Voicebot
	case call.AnswerWithAnnouncement:
		c.guard.First, c.guard.Way = policy.Voicebot, dialogue.MessageOnly
	case call.AnswerWithRefusal:
		c.guard.First, c.guard.Way = policy.Voicebot, dialogue.Refused
	}
	c.guard.Prepare()
	if _, err := c.write.Append(0, time.Now(), folder.KindCall, map[string]any{"what": "began", "incoming": c.in, "admission": c.s.Admission()}); err != nil {
		c.log.Error("beginning is not in the journal", slog.Any("error", err))
	}
	if err := c.guard.WriteSettings(e.program); err != nil {
		c.log.Error("settings are not in the journal", slog.Any("error", err))
	}
	if late {
		c.note(guard.Note{Lost: "folder"})
	}
}

// safe turns a panic in one of the call's goroutines into a log line and a gap; the call goes on without that part.
func (c *live) safe(what string, f func()) func() {
	return func() {
		defer func() {
			if p := recover(); p != nil {
				c.log.Error("a part of this call's guard broke; the call goes on", slog.String("part", what), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
				now := call.At(time.Since(c.in.Began))
				c.gap("", now, now, what, gapBroken)
			}
		}()
		f()
	}
}

// note tells the guard; the channel is large enough for what comes before Watch runs.
func (c *live) note(n guard.Note) { c.notes <- n }

// connect joins the caller to an agent, unless the voicebot comes first.
func (c *live) connect(ctx context.Context) {
	if c.guard.First != "" {
		if err := c.s.Answer(ctx); err != nil {
			c.log.Warn("caller could not be answered", slog.Any("error", err))
		}
		close(c.line.answered)
		return
	}
	close(c.line.answered)
	err := c.s.Connect(ctx)
	var refused *telephony.ConnectError
	switch {
	case err == nil:
		c.note(guard.Note{Line: bus.LineWatching})
	case errors.As(err, &refused):
		c.note(guard.Note{Kind: folder.KindCall, Data: map[string]any{"what": "not_connected", "status": refused.Status}})
	}
}

// events writes what happens on the line and passes keys on.
func (c *live) events() {
	for ev := range c.s.Events() {
		n := guard.Note{Kind: folder.KindCall, Data: map[string]any{"what": string(ev.Kind), "party": ev.Party, "detail": ev.Detail}}
		held, free := true, false
		switch ev.Kind {
		case telephony.Ended:
			continue // the seal's last line says how
		case telephony.DTMF:
			if !c.line.wantsKey(ev.Party) {
				continue // keys toward an agent may be a card number: they are not kept
			}
			c.items <- evidence.DTMF{Head: evidence.Head{Party: ev.Party, FromMS: ev.At, ToMS: ev.At, Source: "edge"}, Digit: ev.Detail}
			continue
		case telephony.LegUp, telephony.LegGone:
			if ev.Party == call.Agent {
				c.line.agent.Store(ev.Kind == telephony.LegUp)
			}
		case telephony.Hold:
			n.OnHold = &held
			c.mark(ev.At, evidence.MarkHold)
		case telephony.Resume:
			n.OnHold = &free
			c.mark(ev.At, evidence.MarkResume)
		}
		c.note(n)
	}
}

// mark tells the guard what the line did that judging depends on: time on hold is not held against the caller.
func (c *live) mark(at call.Millis, what string) {
	c.items <- evidence.Mark{Head: evidence.Head{FromMS: at, ToMS: at, Source: evidence.SourceEdge}, Mark: what}
}

func (c *live) publish(v bus.CallView) {
	c.last = v
	c.ring(v)
	if err := c.edge.link.PublishUpdate(bus.Update{V: bus.Version, Wall: time.Now().UTC(), Call: v}); err != nil {
		c.log.Debug("update not sent", slog.Any("error", err))
	}
}

// seal closes the folder, tells the account, and offers the folder.
func (c *live) seal(f *fan) {
	end := call.At(time.Since(c.in.Began))
	acc := account{Incoming: c.in, Limit: c.s.Admission().Limit, Ended: c.s.Reason(), EndMS: end, Peak: c.last.Peak, Stage: c.last.State.Stage,
		Actions: c.last.Actions, Heard: c.heard, Drops: f.drops(), NewLimit: c.last.New}
	attrs := []any{slog.String("ended_by", string(acc.Ended.By)), slog.String("why", acc.Ended.Why), slog.Int64("ms", int64(end)),
		slog.String("peak", acc.Peak.String()), slog.String("stage", string(acc.Stage)), slog.Bool("heard", acc.Heard), slog.Any("lost", c.last.Lost)}
	if _, err := c.write.Append(end, time.Now(), folder.KindCall, map[string]any{"what": "ended", "reason": acc.Ended}); err != nil {
		c.log.Error("end is not in the journal", slog.Any("error", err))
	}
	c.log.Info("call ended", attrs...)
	c.edge.close(c.log, c.write, end, acc)
}
