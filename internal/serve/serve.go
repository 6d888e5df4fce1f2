// Package serve starts and watches the processes of one machine and hosts the embedded NATS server.
//
// Owns: child processes, their locks and identities, the bus endpoint of run/bus.json.
// Never: real work. A serve that dies takes nobody along: its children go on and are adopted by the next serve.
// Goroutines: one keeper a child; NATS's own. Run waits for them.
//
// Flow: lock run/serve.lock → NATS on the kept port and token → for each role: adopt the living child or start one →
// watch; start again after a death, with growing pauses.
package serve

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"golang.org/x/sync/errgroup"

	"commusafe/internal/bus"
	"commusafe/internal/config"
)

// A Role is one child process.
type Role struct {
	Name string   // edge, listener, office
	Args []string // of the sub-command
	Nice int      // priority asked for; what the system refuses is left
}

const edgeRole = "edge"

// Roles are the processes of one machine: each engine beside the built-in one is a listener process of its own.
func Roles(engines []string) []Role {
	all := []Role{{Name: edgeRole, Args: []string{"edge"}, Nice: -10}, {Name: "listener", Args: []string{"listener"}, Nice: 19}, {Name: "office", Args: []string{"office"}, Nice: 5}}
	for _, e := range engines {
		if e != "builtin" {
			all = append(all, Role{Name: EngineRole(e), Args: []string{"listener", "--engine", e}, Nice: 19})
		}
	}
	return all
}

// EngineRole names the process of an engine in locks and logs.
func EngineRole(engine string) string { return "listener-" + engine }

// Run hosts the bus and keeps the children until ctx ends; then it ends them, the edge last and politely.
func Run(ctx context.Context, cfg config.Config, program string, globals []string, roles []Role, log *slog.Logger) error {
	if err := checkPorts(cfg, roles); err != nil {
		return err
	}
	if err := cfg.Prepare(); err != nil {
		return err
	}
	unlock, err := Lock(cfg.Run(), "serve")
	if err != nil {
		return err
	}
	defer unlock()
	if cfg.Bus.URL == "" {
		ns, err := startBus(cfg)
		if err != nil {
			return err
		}
		defer ns.WaitForShutdown()
		defer ns.Shutdown()
	} else if err := writeEndpoint(cfg.BusFile(), bus.Endpoint{URL: cfg.Bus.URL, Token: cfg.Bus.Token}); err != nil {
		return err
	}
	var keepers errgroup.Group
	drained := make(chan struct{})
	edge := slices.ContainsFunc(roles, func(r Role) bool { return r.Name == edgeRole })
	for _, r := range roles {
		k := &keeper{role: r, run: cfg.Run(), program: program, globals: globals, log: log.With(slog.String("role", r.Name)), grace: cfg.SIP.Drain.Duration() + 15*time.Second}
		if r.Name != edgeRole && edge {
			k.after = drained
		}
		keepers.Go(func() error { k.keepLog(ctx); return nil })
		keepers.Go(func() error {
			if r.Name == edgeRole {
				defer close(drained)
			}
			return k.keep(ctx)
		})
	}
	return keepers.Wait()
}

// startBus starts NATS on loopback with the port and token that were used before, so that adopted children find it.
func startBus(cfg config.Config) (*server.Server, error) {
	e, err := bus.ReadEndpoint(cfg.BusFile())
	kept := err == nil
	port := cfg.Bus.Port
	if kept && port == 0 {
		if u, uerr := url.Parse(e.URL); uerr == nil {
			if port, err = strconv.Atoi(u.Port()); err != nil {
				return nil, fmt.Errorf("%s: %w", cfg.BusFile(), err)
			}
		}
	}
	if !kept {
		e.Token = rand.Text()
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	ns, err := server.NewServer(&server.Options{ServerName: "commusafe-" + cfg.Site, Host: "127.0.0.1", Port: port, Authorization: e.Token, NoSigs: true, MaxPayload: 8 << 20})
	if err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	if port > 0 {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err != nil {
			return nil, fmt.Errorf("the bus can't listen: %w; end what uses the port, or name another as bus.port", err)
		} else if err := l.Close(); err != nil {
			return nil, err
		}
	}
	ns.Start()
	if !ns.ReadyForConnections(10 * time.Second) {
		ns.Shutdown()
		return nil, errors.New("the bus did not start within ten seconds")
	}
	e.URL = ns.ClientURL()
	return ns, writeEndpoint(cfg.BusFile(), e)
}

func writeEndpoint(path string, e bus.Endpoint) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".part", b, 0o600); err != nil {
		return fmt.Errorf("bus endpoint: %w", err)
	}
	return os.Rename(path+".part", path)
}

// identityFile is where a role writes who it is.
func identityFile(run, role string) string { return filepath.Join(run, role+".json") }
