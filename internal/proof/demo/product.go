package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/proof/console"
)

// A product is commusafe itself, started for the demonstration on a data directory of its own.
type product struct {
	program  string
	dir      string // data_dir
	config   string
	sip      netip.AddrPort
	console  string
	edge     string // health address
	without  string // roles that are left out, with commas between
	headless bool
	budget   int // calls that the listener takes
	cmd      *exec.Cmd
	person   *console.Client // the supervisor, once there is one
	admin    console.Login
}

// prepare writes the configuration. Ports that the defaults name are taken when they are free, others otherwise.
func (p *product) prepare(pbx netip.AddrPort) error {
	if err := os.MkdirAll(p.dir, 0o750); err != nil {
		return err
	}
	p.sip = netip.MustParseAddrPort(p.address("udp", "127.0.0.1:5060"))
	p.console, p.edge = p.address("tcp", "127.0.0.1:8080"), p.address("tcp", "127.0.0.1:8081")
	text := fmt.Sprintf(`# Written by commusafe demo.
site: demo
data_dir: %q
sip:
  listen: ["udp:%s"]
  drain: 2
  trunks: [{name: demo-trunk, peers: [127.0.0.1]}]
  pbx: [{name: demo-pbx, target: "sip:%s"}]
media: {ports: 24000-29999, address: 127.0.0.1}
edge: {name: demo, health: "%s"}
listener: {health: "%s", budget: %d}
office: {listen: "%s"}
`, p.dir, p.sip, pbx, p.edge, p.address("tcp", "127.0.0.1:8082"), max(50, p.budget), p.console)
	p.config = filepath.Join(p.dir, "commusafe.yaml")
	return os.WriteFile(p.config, []byte(text), 0o600)
}

// address gives the wanted one when it is free, or any free one. A product that nobody will look at takes any, so that
// several can run side by side.
func (p *product) address(network, want string) string {
	wanted := []string{want, "127.0.0.1:0"}
	if p.headless {
		wanted = wanted[1:]
	}
	for _, a := range wanted {
		if network == "udp" {
			if c, err := net.ListenPacket("udp", a); err == nil {
				defer c.Close()
				return c.LocalAddr().String()
			}
		} else if l, err := net.Listen("tcp", a); err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	return want
}

// start begins serve and waits until edge, listener and console answer.
func (p *product) start(ctx context.Context) error {
	args := []string{"--config", p.config, "serve"}
	if p.without != "" {
		args = append(args, "--without", p.without)
	}
	p.cmd = exec.Command(p.program, args...)
	logFile, err := os.OpenFile(filepath.Join(p.dir, "serve.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	p.cmd.Stdout, p.cmd.Stderr = logFile, logFile
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	return p.ready(ctx)
}

// ready waits for every process.
func (p *product) ready(ctx context.Context) error {
	wctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	urls := []string{"http://" + p.edge + "/readyz", "http://" + p.console + "/readyz"}
	if strings.Contains(p.without, "office") {
		urls = urls[:1]
	}
	for _, url := range urls {
		for !answers(wctx, &client, url) {
			select {
			case <-wctx.Done():
				if ctx.Err() != nil {
					return fmt.Errorf("waiting for the product: %w", context.Cause(ctx))
				}
				return fmt.Errorf("the product did not start within a minute; what it said stands in %s", filepath.Join(p.dir, "run"))
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
	return nil
}

// answers tells whether a page says that its process is ready.
func answers(ctx context.Context, client *http.Client, url string) bool {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	r, err := client.Do(q)
	if err != nil {
		return false
	}
	r.Body.Close()
	return r.StatusCode == http.StatusOK
}

// stop ends the product politely.
func (p *product) stop() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err == nil {
		_ = p.cmd.Wait() // its exit code says nothing more than its log
	}
}

// setAuto logs in, turns 自動 on with the reason that the demonstration shows as a banner, and goes on as a supervisor,
// who may see calls (an administrator may not).
func (p *product) setAuto(ctx context.Context) error {
	first, err := console.FirstLogin(p.dir)
	if err != nil {
		return err
	}
	admin, err := console.Open(ctx, "http://"+p.console, first)
	if err != nil {
		return err
	}
	if err := admin.Preset(ctx, "auto", "デモンストレーション / demonstration"); err != nil {
		return fmt.Errorf("turn 自動 on: %w", err)
	}
	p.admin = admin.Login
	if p.person, err = admin.Hire(ctx, "sv", "デモ 上席者", "supervisor"); err != nil {
		return err
	}
	return p.settled(ctx)
}

// settled waits until the edge works with the new settings.
func (p *product) settled(ctx context.Context) error {
	path := filepath.Join(p.dir, "settings", "snapshot.json")
	for range 100 {
		var s bus.Settings
		if b, err := os.ReadFile(path); err == nil && json.Unmarshal(b, &s) == nil && s.Rules.Preset == "auto" {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return errors.New("the edge did not take the new settings")
}
