package edge

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/folder"
	"commusafe/internal/health"
)

// ready says what is missing for guarding calls; relaying them needs nothing else.
func (e *Edge) ready() error {
	if !e.link.Up() {
		return errors.New("the bus is not connected: calls go on, unheard")
	}
	return nil
}

func (e *Edge) gauges() []health.Gauge {
	return []health.Gauge{
		{Name: "calls", Help: "Live calls.", Read: func() float64 { return float64(e.desk.Len()) }},
		{Name: "folders_waiting", Help: "Sealed folders that no office has acknowledged.", Read: func() float64 { return float64(e.offers.waiting()) }},
		{Name: "folders_unsealed", Help: "Folders of ended calls that the disk has not let be closed.", Read: func() float64 { return float64(e.unsealed.len()) }},
		{Name: "folders_unrecovered", Help: "Folders that a killed edge left and that the disk has not let be closed.", Read: func() float64 { return float64(e.recovery.waiting.Load()) }},
		{Name: "rtp_packets_in_total", Help: "RTP packets received.", Counter: true, Read: func() float64 { return float64(e.engine.Stats().PacketsIn) }},
		{Name: "rtp_packets_out_total", Help: "RTP packets sent.", Counter: true, Read: func() float64 { return float64(e.engine.Stats().PacketsOut) }},
		{Name: "rtp_packets_dropped_total", Help: "RTP packets not relayed.", Counter: true, Read: func() float64 { return float64(e.engine.Stats().Dropped) }},
	}
}

// beat says once a second how the edge is.
func (e *Edge) beat(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			h := bus.Health{V: bus.Version, Role: "edge", Machine: e.cfg.Edge.Name, PID: os.Getpid(), Wall: time.Now().UTC(), OK: true,
				Counts: map[string]int{"calls": e.desk.Len(), "folders_waiting": e.offers.waiting(), "folders_unsealed": e.unsealed.len(), "folders_unrecovered": int(e.recovery.waiting.Load())}}
			switch {
			case e.diskRefuses.Load():
				h.OK, h.Why = false, "disk"
			case e.recovery.waiting.Load() > 0:
				h.OK, h.Why = false, "recovery"
			}
			if err := e.link.PublishHealth(h); err != nil {
				e.log.Debug("health not sent", slog.Any("error", err))
			}
		}
	}
}

// keepRefusal leaves a folder of a call that was refused at the door: the evidence of a refusal is kept too.
func (e *Edge) keepRefusal(in call.Incoming, a call.Admission) {
	log := e.log.With(slog.String("call_id", string(in.ID)))
	w, _ := e.newFolder(log, in)
	end := call.EndReason{By: call.ByPolicy, Why: "refused", Status: a.Status}
	_, err := w.Append(0, time.Now(), folder.KindCall, map[string]any{"what": "refused", "incoming": in, "admission": a})
	if err != nil {
		log.Error("the refusal is not in the journal yet", slog.Any("error", err))
	}
	e.close(log, w, 0, account{Incoming: in, Limit: a.Limit, Ended: end})
}
