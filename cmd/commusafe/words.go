package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/listener"
	"commusafe/internal/listener/sherpa"
	"commusafe/internal/serve"
)

// ProbeEngineCmd tries library and models and writes what it found; a listener process starts it before it loads them.
type ProbeEngineCmd struct{}

// Run reads the configuration from standard input.
func (c *ProbeEngineCmd) Run() error { return sherpa.ProbeChild(os.Stdin, os.Stdout) }

// runWords hears calls with an engine of full recognition until a signal comes.
func runWords(ctx context.Context, cli *commands, engine string) error {
	cfg, log, link, unlock, err := role(cli, serve.EngineRole(engine), os.Stderr)
	if err != nil {
		return err
	}
	defer unlock()
	defer link.Close()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	r, err := listener.RecognitionOf(engine, listener.Wiring{Config: cfg, Probe: []string{program, "probe-engine"}, Log: log})
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	var state atomic.Pointer[listener.State]
	state.Store(&listener.State{Why: "engine.starting"})
	beating, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		beatEngine(beating, link, cfg.Edge.Name+" "+engine, &state)
	}()
	err = listener.RunWords(ctx, link, listener.WordsConfig{Name: fmt.Sprintf("%s-%s-%d", cfg.Edge.Name, engine, os.Getpid()), Engine: engine, Budget: r.Budget,
		Parties: r.Parties, Snapshot: cfg.Snapshot(), Log: log, Open: r.Open, State: func(s listener.State) { state.Store(&s) }})
	stop()
	<-ended
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// beatEngine says once a second whether the engine can hear.
func beatEngine(ctx context.Context, link *bus.Link, machine string, state *atomic.Pointer[listener.State]) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			s := state.Load()
			_ = link.PublishHealth(bus.Health{V: bus.Version, Role: "engine", Machine: machine, PID: os.Getpid(), Wall: time.Now().UTC(), OK: s.Ready, Why: s.Why}) // a bus that is down is seen by the missing beat
		}
	}
}
