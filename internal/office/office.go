// Package office is the office wing: it takes calls in, tells people, keeps what they decide, and shows it all.
//
// Owns: wiring of its parts (parts.go), the run table, the order of stopping.
// Never: media; rules of the domain.
// Goroutines: the HTTP server, settings, live table, notices, deliveries, the beat of health; the subscriptions of the
// bus. Run waits for all of them.
//
// Flow: bus → intake → store and consoles; console → web → services → store, bus. Stop: web → jobs → store.
package office

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"commusafe/internal/bus"
	"commusafe/internal/config"
	"commusafe/internal/health"
)

// Run answers until ctx ends. An occupied port or a database that can't be opened is an error in one sentence.
func Run(ctx context.Context, cfg config.Config, link *bus.Link, log *slog.Logger, version string) error {
	ln, err := net.Listen("tcp", cfg.Office.Listen)
	if err != nil {
		return fmt.Errorf("the console can't listen on %s (office.listen): %w", cfg.Office.Listen, err)
	}
	p, err := newParts(ctx, cfg, link, log, version)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	log.Info("office is ready", slog.String("console", "http://"+ln.Addr().String()))
	return errors.Join(p.run(ctx, ln), p.close())
}

// run serves the web until ctx ends, then stops the jobs.
func (p *parts) run(ctx context.Context, ln net.Listener) error {
	jobs, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var running errgroup.Group
	for _, job := range []func(context.Context){p.settings.Run, p.live.Run, p.notices.Run, p.courier.Run, p.processes.run, p.clean, p.after.Run, p.opinion.Run, p.trials.Run} {
		running.Go(func() error { job(jobs); return nil })
	}
	subs, err := p.subscribe(jobs)
	if err == nil {
		err = p.serve(ctx, ln)
	} else {
		err = errors.Join(err, ln.Close())
	}
	for _, s := range subs {
		s.Stop()
	}
	stop()
	return errors.Join(err, running.Wait())
}

// stopLimit is how long requests under way may take at the end.
const stopLimit = 5 * time.Second

func (p *parts) serve(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{Handler: p.web, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug)}
	stopped := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(stopped)
		p.web.Close()
		sctx, done := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer done()
		if srv.Shutdown(sctx) != nil {
			_ = srv.Close() // what still runs has had its time
		}
	})
	err := srv.Serve(ln)
	if cancel() { // the server failed by itself
		return fmt.Errorf("console: %w", err)
	}
	<-stopped
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("console: %w", err)
}

// subscribe follows the bus. What takes long runs under the jobs' context.
func (p *parts) subscribe(ctx context.Context) ([]*bus.Subscription, error) {
	var subs []*bus.Subscription
	for _, f := range []func() (*bus.Subscription, error){
		func() (*bus.Subscription, error) { return p.link.SubscribeUpdates(p.live.Update) },
		func() (*bus.Subscription, error) { return p.link.SubscribeHealth(p.processes.heard) },
		func() (*bus.Subscription, error) { return p.link.ServeSettings(p.settings.Snapshot) },
		func() (*bus.Subscription, error) {
			return p.link.ServeHistory(func(r bus.HistoryRequest) bus.HistoryReply { return p.history(ctx, r) })
		},
		func() (*bus.Subscription, error) {
			return p.link.ServeVoices(func(q bus.VoiceQuery) bus.VoiceAnswer { return p.search(ctx, q) })
		},
		func() (*bus.Subscription, error) {
			return p.link.ServeOffers(func(o bus.Offer) bus.Reply {
				octx, cancel := context.WithTimeout(ctx, 30*time.Second)
				defer cancel()
				return p.shelf.Offer(octx, o)
			})
		},
	} {
		s, err := f()
		if err != nil {
			return subs, err
		}
		subs = append(subs, s)
	}
	return subs, nil
}

// history answers an edge in less time than it waits.
func (p *parts) history(ctx context.Context, r bus.HistoryRequest) bus.HistoryReply {
	hctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	out, err := p.memory.Answer(hctx, r)
	if err != nil && ctx.Err() == nil {
		p.log.Warn("earlier calls can't be looked up; the call is judged by itself", slog.String("call_id", string(r.Call)), slog.Any("error", err))
	}
	return out
}

// search answers a listener in less time than it waits.
func (p *parts) search(ctx context.Context, q bus.VoiceQuery) bus.VoiceAnswer {
	sctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return p.voices.Search(sctx, q)
}

// ready says what is missing for working.
func (p *parts) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := p.store.Ping(ctx); err != nil {
		return errors.New("the database does not answer")
	}
	if !p.link.Up() {
		return errors.New("the bus is not connected: live calls are not shown")
	}
	return nil
}

func (p *parts) gauges() []health.Gauge {
	return []health.Gauge{
		{Name: "live_calls", Help: "Calls of the live table.", Read: func() float64 { return float64(len(p.live.Calls())) }},
		{Name: "consoles", Help: "Browsers that follow the live feed.", Read: func() float64 { return float64(p.web.Readers()) }},
		{Name: "folders_taken_total", Help: "Call folders taken in.", Counter: true, Read: func() float64 { return float64(p.taken.Load()) }},
		{Name: "folders_broken_total", Help: "Call folders that did not prove themselves.", Counter: true, Read: func() float64 { return float64(p.broken.Load()) }},
	}
}
