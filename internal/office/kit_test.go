package office

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"commusafe/internal/bus"
	"commusafe/internal/config"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/web"
)

// A house is an office with its bus and its data.
type house struct {
	t    *testing.T
	cfg  config.Config
	bus  *server.Server
	link *bus.Link
	done chan error
	stop context.CancelFunc
}

func newHouse(t *testing.T) *house {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, ignore) })
	ns, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	if !ns.ReadyForConnections(5 * time.Second) {
		t.Fatal("no bus")
	}
	h := &house{t: t, cfg: config.Default(), bus: ns}
	h.cfg.DataDir, h.cfg.Edge.Name, h.cfg.Office.Listen = t.TempDir(), "here", freeAddr(t)
	h.link = h.connect()
	if err := h.cfg.Prepare(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.end()
		h.link.Close()
		ns.Shutdown()
		ns.WaitForShutdown()
		http.DefaultClient.CloseIdleConnections()
	})
	return h
}

func (h *house) connect() *bus.Link {
	l, err := bus.Connect(bus.Options{URL: h.bus.ClientURL(), Site: h.cfg.Site, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		h.t.Fatal(err)
	}
	return l
}

func freeAddr(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func (h *house) begin() {
	h.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	h.stop, h.done = stop, make(chan error, 1)
	go func() { h.done <- Run(ctx, h.cfg, h.link, slog.New(slog.DiscardHandler), "test") }()
	h.until("the office is ready", func() bool {
		r, err := http.Get("http://" + h.cfg.Office.Listen + "/readyz")
		if err != nil {
			return false
		}
		return errOf(r.Body.Close()) && r.StatusCode == 200
	})
}

func errOf(err error) bool { return err == nil }

func (h *house) end() {
	if h.stop == nil {
		return
	}
	h.stop()
	h.stop = nil
	if err := <-h.done; err != nil {
		h.t.Error(err)
	}
}

// until waits for what happens elsewhere.
func (h *house) until(what string, f func() bool) {
	h.t.Helper()
	limit := time.After(20 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if f() {
			tick.Stop()
			return
		}
		select {
		case <-limit:
			h.t.Fatalf("%s: not within 20 s", what)
		case <-tick.C:
		}
	}
}

// A browser is somebody who has logged in.
type browser struct {
	h    *house
	http *http.Client
}

func (h *house) logIn(login, password string) *browser {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	tr := &http.Transport{}
	h.t.Cleanup(tr.CloseIdleConnections)
	b := &browser{h, &http.Client{Jar: jar, Transport: tr}}
	if status := b.do("POST", "/session", web.LogIn{Login: login, Password: password}, nil); status != 200 {
		h.t.Fatalf("log-in of %s: %d", login, status)
	}
	if status := b.do("GET", "/settings", nil, nil); status != 428 {
		h.t.Errorf("a first password opens more than its own change: %d", status)
	}
	if status := b.do("POST", "/me/password", web.NewPassword{Old: password, New: "a longer password"}, nil); status != 204 {
		h.t.Fatalf("password of %s: %d", login, status)
	}
	return b
}

func (b *browser) do(method, path string, in, out any) int {
	b.h.t.Helper()
	var body io.Reader
	if in != nil {
		j, err := json.Marshal(in)
		if err != nil {
			b.h.t.Fatal(err)
		}
		body = bytes.NewReader(j)
	}
	req, err := http.NewRequest(method, "http://"+b.h.cfg.Office.Listen+"/api/v1"+path, body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.http.Do(req)
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			b.h.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	return resp.StatusCode
}

// An event is one of the live feed.
type event struct{ name, data string }

// follow reads the live feed until the test ends.
func (b *browser) follow() <-chan event {
	ctx, stop := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+b.h.cfg.Office.Listen+"/api/v1/live", nil)
	if err != nil {
		b.h.t.Fatal(err)
	}
	resp, err := b.http.Do(req)
	if err != nil || resp.StatusCode != 200 {
		b.h.t.Fatalf("live feed: %v", err)
	}
	out, done := make(chan event, 1000), make(chan struct{})
	go func() {
		defer close(done)
		var e event
		sc := bufio.NewScanner(resp.Body)
		sc.Buffer(nil, 4<<20)
		for sc.Scan() {
			if v, ok := strings.CutPrefix(sc.Text(), "event: "); ok {
				e.name = v
			} else if v, ok := strings.CutPrefix(sc.Text(), "data: "); ok {
				e.data = v
				select {
				case out <- e:
				default:
				}
			}
		}
	}()
	b.h.t.Cleanup(func() {
		stop()
		_ = resp.Body.Close()
		<-done
	})
	return out
}

func (h *house) await(events <-chan event, name string, f func(data string) bool) {
	h.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case e := <-events:
			if e.name == name && f(e.data) {
				return
			}
		case <-limit:
			h.t.Fatalf("no event %s", name)
		}
	}
}

// firstLogin reads what the first start has written.
func (h *house) firstLogin() string {
	b, err := os.ReadFile(FirstLoginFile(h.cfg))
	if err != nil {
		h.t.Fatal(err)
	}
	st, err := os.Stat(FirstLoginFile(h.cfg))
	if err != nil || st.Mode().Perm() != 0o600 {
		h.t.Errorf("first log-in file: %v %v", st.Mode(), err)
	}
	_, rest, _ := strings.Cut(string(b), "password: ")
	password, _, _ := strings.Cut(rest, "\n")
	return password
}

// supervisor has an administrator take a supervisor in.
func (h *house) supervisor(login string) *browser {
	password, err := AddStaff(context.Background(), h.cfg, login, login, staff.Supervisor)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.logIn(login, password)
}
