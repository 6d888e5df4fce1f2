package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/config"
	"commusafe/internal/edge"
	"commusafe/internal/health"
	"commusafe/internal/listener"
	"commusafe/internal/office"
	"commusafe/internal/serve"
)

// newLog makes the process's logger on standard error.
func newLog(cfg config.Config, role string) *slog.Logger { return newLogOn(os.Stderr, cfg, role) }

// newLogOn makes the process's logger.
func newLogOn(out io.Writer, cfg config.Config, role string) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Log.JSON {
		return slog.New(slog.NewJSONHandler(out, opts)).With(slog.String("component", role))
	}
	return slog.New(slog.NewTextHandler(out, opts)).With(slog.String("component", role))
}

// connect opens the link to the configured or embedded bus.
func connect(cfg config.Config, role string, log *slog.Logger) (*bus.Link, error) {
	return bus.Connect(bus.Options{URL: cfg.Bus.URL, Token: cfg.Bus.Token, File: cfg.BusFile(), Site: cfg.Site, Name: role + "-" + cfg.Edge.Name, Log: log})
}

// ServeCmd starts everything on one machine.
type ServeCmd struct {
	Without []string `help:"Roles that run elsewhere or not at all." enum:"edge,listener,office"`
}

// Run keeps edge, listener and office until a signal comes.
func (c *ServeCmd) Run(ctx context.Context, cli *commands) error {
	cfg, err := config.Load(cli.Config)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	var globals []string
	if cfg.Path != "" {
		globals = []string{"--config", cfg.Path}
	}
	log := newLog(cfg, "serve")
	fmt.Printf("commusafe %s: console http://%s, SIP %v, data in %s\n", version, cfg.Office.Listen, cfg.SIP.Listen, cfg.DataDir)
	fmt.Printf("the first log-in stands in %s until you delete it\n", office.FirstLoginFile(cfg))
	roles := slices.DeleteFunc(serve.Roles(cfg.Listener.Engines), func(r serve.Role) bool {
		return slices.ContainsFunc(c.Without, func(w string) bool { return r.Name == w || strings.HasPrefix(r.Name, w+"-") })
	})
	return serve.Run(ctx, cfg, program, globals, roles, log)
}

// role loads the configuration, takes the role's lock and connects the bus.
func role(cli *commands, name string, out io.Writer) (cfg config.Config, log *slog.Logger, link *bus.Link, unlock func(), err error) {
	if cfg, err = config.Load(cli.Config); err != nil {
		return
	}
	log = newLogOn(out, cfg, name)
	if err = cfg.Prepare(); err != nil {
		return
	}
	if unlock, err = serve.Lock(cfg.Run(), name); err != nil {
		return
	}
	if link, err = connect(cfg, name, log); err != nil {
		unlock()
	}
	return
}

// EdgeCmd is the telephone wing.
type EdgeCmd struct{}

// edgeRoom is for how many threads more than there are cores Go has room in the edge. A thread that comes back from the kernel waits until there is
// room, and one that the listener keeps from its core takes room meanwhile: the relay's must find some left (decisions/0051).
const edgeRoom = 6

// Run carries calls until a signal comes and the calls are over; a second signal ends them.
func (c *EdgeCmd) Run(ctx context.Context, cli *commands) error {
	out := edge.NewLogWriter(os.Stderr)
	defer out.Close()
	cfg, log, link, unlock, err := role(cli, "edge", out)
	if err != nil {
		return err
	}
	defer unlock()
	defer link.Close()
	runtime.GOMAXPROCS(runtime.NumCPU() + edgeRoom + max(1, cfg.Media.Workers))
	e, err := edge.New(cfg, link, log, version)
	if err != nil {
		return err
	}
	log.Info("edge is ready", slog.Any("sip", cfg.SIP.Listen))
	again := make(chan os.Signal, 2)
	signal.Notify(again, syscall.SIGTERM, os.Interrupt)
	defer signal.Stop(again)
	hurried := make(chan struct{})
	defer close(hurried)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-again:
				if n > 0 {
					e.Hurry()
				}
			case <-hurried:
				return
			}
		}
	}()
	return e.Run(ctx)
}

// beat says once a second that the listener lives, how many calls it hears and may hear, and what it has given up.
func beat(ctx context.Context, link *bus.Link, machine string, s *listener.Status) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			h := bus.Health{V: bus.Version, Role: "listener", Machine: machine, PID: os.Getpid(), Wall: time.Now().UTC(), OK: s.Step() < listener.NoWords,
				Counts: map[string]int{"calls": s.Calls(), "budget_calls": s.Budget(), "measured_calls": s.Measured(), "given_up": int(s.Step()), "lag_ms": int(s.Lag().Milliseconds())}}
			if !h.OK {
				h.Why = "overloaded: words are not heard"
			}
			_ = link.PublishHealth(h) // a bus that is down is seen by the missing beat
		}
	}
}

// hearingGauges are the listener's numbers on its health page.
func hearingGauges(s *listener.Status) []health.Gauge {
	return []health.Gauge{
		{Name: "hearing_calls", Help: "Calls that are heard.", Read: func() float64 { return float64(s.Calls()) }},
		{Name: "hearing_budget_calls", Help: "Calls that may be heard at once, as configured.", Read: func() float64 { return float64(s.Budget()) }},
		{Name: "hearing_measured_calls", Help: "Calls that this machine can hear beside its other work, measured at start.", Read: func() float64 { return float64(s.Measured()) }},
		{Name: "hearing_given_up_steps", Help: "Steps of hearing given up under load, 0 to 5.", Read: func() float64 { return float64(s.Step()) }},
		{Name: "hearing_lag_seconds", Help: "Worst lag of the last second.", Read: func() float64 { return s.Lag().Seconds() }},
	}
}

// ListenerCmd is the hearing wing.
type ListenerCmd struct {
	Engine string `help:"Hear with this engine of full recognition beside the built-in one: sherpa, amivoice. Without it the built-in engine hears, and claims calls." enum:",sherpa,amivoice" default:""`
}

// Run hears calls until a signal comes.
func (c *ListenerCmd) Run(ctx context.Context, cli *commands) error {
	if c.Engine != "" {
		return runWords(ctx, cli, c.Engine)
	}
	cfg, log, link, unlock, err := role(cli, "listener", os.Stderr)
	if err != nil {
		return err
	}
	defer unlock()
	defer link.Close()
	ready := func() error {
		if !link.Up() {
			return fmt.Errorf("the bus is not connected")
		}
		return nil
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	done, status := make(chan error, 1), &listener.Status{}
	go func() {
		err := health.Serve(ctx, cfg.Listener.Health, ready, hearingGauges(status), log)
		if err != nil {
			stop(err)
		}
		done <- err
	}()
	go beat(ctx, link, cfg.Edge.Name, status)
	err = listener.Run(ctx, link, listener.Config{Name: fmt.Sprintf("%s-%d", cfg.Edge.Name, os.Getpid()), Engines: cfg.Listener.Engines, Budget: cfg.Listener.Budget, Status: status,
		Snapshot: cfg.Snapshot(), Log: log})
	stop(nil)
	if herr := <-done; herr != nil {
		return herr
	}
	return err
}
