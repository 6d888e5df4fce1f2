// Package edge is the telephone wing: it lets calls in, relays and records them, follows each with a guard, and hands
// the sealed folders to the office.
//
// Owns: wiring of its parts, the run table, the settings in force, the drain.
// Never: cgo, speech nets, SQL, reports.
// Goroutines: telephony's server, the claim and forwarding of sound (one a call), recorders (two a call), the syncer of
// journals, the offerer of folders, the health server. Run waits for all of them.
//
// Flow: INVITE → Admit (admit.go) → Serve (serve.go): folder, guard, recorders, forwarder → end → seal → offer (offer.go).
package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/config"
	"commusafe/internal/edge/guard"
	"commusafe/internal/edge/media"
	"commusafe/internal/edge/telephony"
	"commusafe/internal/folder"
	"commusafe/internal/health"
)

// An Edge is the wing.
type Edge struct {
	cfg      config.Config
	version  string
	link     *bus.Link
	log      *slog.Logger
	engine   *media.Engine
	server   *telephony.Server
	desk     guard.Desk
	settings *settings
	offers   *offerer
	writers  writers
	unsealed unsealed
	recovery recovery
	// diskRefuses is true while a live journal or the folder of an ended call can't be written.
	diskRefuses atomic.Bool
	alarm       *alarm
	ringing     sync.WaitGroup
	refusals    sync.WaitGroup // their folders are being written
	program     string
	// openFile stands in for opening files of a folder in tests of a full disk.
	openFile folder.OpenFile
}

// New binds the sockets. link may be down: calls don't need it.
func New(cfg config.Config, link *bus.Link, log *slog.Logger, version string) (*Edge, error) {
	e := &Edge{cfg: cfg, version: version, link: link, log: log, program: "commusafe " + version, alarm: newAlarm(log)}
	var err error
	if e.settings, err = loadSettings(cfg.Settings(), log); err != nil {
		return nil, err
	}
	e.offers = newOfferer(e)
	e.recovery = recovery{e: e, mine: map[string]bool{}}
	if e.engine, err = newEngine(cfg, log); err != nil {
		return nil, err
	}
	tcfg, err := telephonyConfig(cfg)
	if err == nil {
		e.server, err = telephony.New(tcfg, e.engine, e.admit, e.serve, log)
	}
	if err != nil {
		return nil, errors.Join(err, e.engine.Close())
	}
	return e, nil
}

// Addr gives the address of the first UDP listener, for tests that bind port 0.
func (e *Edge) Addr() netip.AddrPort { return e.server.Addr("udp", 0) }

// Run carries calls until ctx ends and the last call is over (at most sip.drain).
func (e *Edge) Run(ctx context.Context) error {
	after, finish := context.WithCancel(context.WithoutCancel(ctx))
	defer finish()
	var background errgroup.Group
	background.Go(func() error { return e.keepSettings(after) })
	background.Go(func() error { e.syncEverySecond(after); return nil })
	background.Go(func() error { e.offers.run(after); return nil })
	background.Go(func() error { e.recovery.run(after); return nil })
	background.Go(func() error { return health.Serve(after, e.cfg.Edge.Health, e.ready, e.gauges(), e.log) })
	background.Go(func() error { e.beat(after); return nil })
	sub, err := e.link.ServeCommands(e.cfg.Edge.Name, e.command)
	if err != nil {
		e.log.Warn("commands can't be served", slog.Any("error", err))
	}
	err = e.server.Run(ctx)
	sub.Stop()
	if !within(sealWait, func() { e.refusals.Wait(); e.offers.drain(2 * time.Second) }) {
		e.log.Error("the disk does not answer; what it has not taken is looked for at the next start")
	}
	e.ringing.Wait()
	e.alarm.client.CloseIdleConnections()
	finish()
	ended := make(chan error, 1)
	if !within(sealWait, func() { ended <- background.Wait() }) {
		ended <- folder.ErrUnanswered
	}
	return errors.Join(err, <-ended, e.engine.Close())
}

// Hurry ends the calls that a drain waits for.
func (e *Edge) Hurry() { e.server.Hurry() }

// Check tells the first thing in a configuration with which an edge does not start.
func Check(cfg config.Config) error {
	m, err := mediaConfig(cfg, slog.New(slog.DiscardHandler))
	if err == nil {
		err = m.Check()
	}
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	t, err := telephonyConfig(cfg)
	if err == nil {
		err = t.Check()
	}
	if err != nil {
		return fmt.Errorf("sip: %w", err)
	}
	return nil
}

func newEngine(cfg config.Config, log *slog.Logger) (*media.Engine, error) {
	m, err := mediaConfig(cfg, log)
	if err != nil {
		return nil, err
	}
	return media.NewEngine(m)
}

func mediaConfig(cfg config.Config, log *slog.Logger) (media.Config, error) {
	lo, hi, err := cfg.Media.Range()
	if err != nil {
		return media.Config{}, err
	}
	advertise, err := netip.ParseAddr(cfg.Media.Address)
	if err != nil {
		return media.Config{}, fmt.Errorf("media.address: %w", err)
	}
	bind := advertise
	if cfg.Media.Bind != "" {
		if bind, err = netip.ParseAddr(cfg.Media.Bind); err != nil {
			return media.Config{}, fmt.Errorf("media.bind: %w", err)
		}
	}
	return media.Config{Bind: bind, Advertise: advertise, PortMin: lo, PortMax: hi, Workers: max(1, cfg.Media.Workers), Logger: log}, nil
}

// noDrain is the wait of a stop that shall not wait: none at all would mean the default.
const noDrain = time.Millisecond

func telephonyConfig(cfg config.Config) (telephony.Config, error) {
	out := telephony.Config{Listen: cfg.SIP.Listen, Drain: max(cfg.SIP.Drain.Duration(), noDrain)}
	for _, t := range cfg.SIP.Trunks {
		peers, err := config.Prefixes(t.Peers)
		if err != nil {
			return out, err
		}
		trunk := telephony.Trunk{Name: t.Name, Peers: peers, CalledFrom: t.CalledFrom, RefuseCode: t.RefuseCode, TrustIdentity: t.TrustsIdentity()}
		for _, name := range t.Codecs {
			c, err := audio.ParseCodec(name)
			if err != nil {
				return out, err
			}
			trunk.Codecs = append(trunk.Codecs, c)
		}
		out.Trunks = append(out.Trunks, trunk)
	}
	for _, p := range cfg.SIP.PBX {
		peers, err := config.Prefixes(p.Peers)
		if err != nil {
			return out, err
		}
		out.PBX = append(out.PBX, telephony.PBX{Name: p.Name, Target: p.Target, Peers: peers})
	}
	return out, nil
}
