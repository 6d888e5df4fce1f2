package demo

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"commusafe/internal/bus"
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
	http     *http.Client
	login    Login // of the supervisor, once there is one
	admin    Login
}

// A Login opens the console.
type Login struct {
	User     string `json:"user"`
	Password string `json:"-"`
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
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	p.http = &http.Client{Timeout: 10 * time.Second, Jar: jar}
	return p.ready(ctx)
}

// ready waits for every process.
func (p *product) ready(ctx context.Context) error {
	wctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	urls := []string{"http://" + p.edge + "/readyz", "http://" + p.console + "/readyz"}
	if strings.Contains(p.without, "office") {
		urls = urls[:1]
	}
	for _, url := range urls {
		for {
			r, err := p.http.Get(url)
			if err == nil {
				r.Body.Close()
				if r.StatusCode == http.StatusOK {
					break
				}
			}
			select {
			case <-wctx.Done():
				return fmt.Errorf("the product did not start within a minute; what it said stands in %s", filepath.Join(p.dir, "run"))
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
	return nil
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

// readLogin reads what the office wrote at its first start.
func (p *product) readLogin() error {
	f, err := os.Open(filepath.Join(p.dir, "keys", "first-login.txt"))
	if err != nil {
		return fmt.Errorf("the first log-in is not there: %w", err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		k, v, ok := strings.Cut(s.Text(), ":")
		if !ok {
			continue
		}
		switch k = strings.TrimSpace(k); {
		case strings.HasSuffix(k, "log-in name"):
			p.login.User = strings.TrimSpace(v)
		case strings.HasSuffix(k, "password"):
			p.login.Password = strings.TrimSpace(v)
		}
	}
	if p.login.User == "" || p.login.Password == "" {
		return errors.New("the first log-in can't be read")
	}
	return nil
}

// api does one request as the console would.
func (p *product) api(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.console+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	r, err := p.http.Do(req)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(io.LimitReader(r.Body, 32<<20))
	if err != nil {
		return err
	}
	if r.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, r.Status, b[:min(len(b), 300)])
	}
	if out == nil || len(b) == 0 {
		return nil
	}
	return json.Unmarshal(b, out)
}

// setAuto logs in and turns 自動 on, with the reason that the demonstration shows as a banner.
func (p *product) setAuto(ctx context.Context) error {
	if err := p.readLogin(); err != nil {
		return err
	}
	if err := p.logIn(ctx); err != nil {
		return err
	}
	var s struct {
		Version int64           `json:"version"`
		Rules   json.RawMessage `json:"rules"`
	}
	if err := p.api(ctx, http.MethodGet, "/settings", nil, &s); err != nil {
		return err
	}
	var rules map[string]any
	if err := json.Unmarshal(s.Rules, &rules); err != nil {
		return err
	}
	rules["preset"] = "auto"
	change := map[string]any{"version": s.Version, "rules": rules, "reason": "デモンストレーション / demonstration"}
	if err := p.api(ctx, http.MethodPut, "/settings", change, nil); err != nil {
		return fmt.Errorf("turn 自動 on: %w", err)
	}
	if err := p.hireSupervisor(ctx); err != nil {
		return err
	}
	return p.settled(ctx)
}

// hireSupervisor adds somebody who may see calls (an administrator may not) and goes on as that person.
func (p *product) hireSupervisor(ctx context.Context) error {
	var first struct {
		Password string `json:"password"`
	}
	if err := p.api(ctx, http.MethodPost, "/staff", map[string]string{"login": "sv", "name": "デモ 上席者", "role": "supervisor"}, &first); err != nil {
		return fmt.Errorf("add a supervisor: %w", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	p.admin = p.login
	p.http = &http.Client{Timeout: 10 * time.Second, Jar: jar}
	p.login = Login{User: "sv", Password: first.Password}
	return p.logIn(ctx)
}

// logIn logs in with the first password and changes it, as the product asks of everybody.
func (p *product) logIn(ctx context.Context) error {
	var me struct {
		MustChange bool `json:"must_change_password"`
	}
	if err := p.api(ctx, http.MethodPost, "/session", map[string]string{"login": p.login.User, "password": p.login.Password}, &me); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	if !me.MustChange {
		return nil
	}
	next := strings.ToLower(rand.Text()[:16])
	if err := p.api(ctx, http.MethodPost, "/me/password", map[string]string{"old": p.login.Password, "new": next}, nil); err != nil {
		return fmt.Errorf("change the first password: %w", err)
	}
	p.login.Password = next
	return nil
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
