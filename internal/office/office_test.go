package office

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"commusafe/internal/bus"
	"commusafe/internal/config"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/web"
	"commusafe/internal/policy"
	"commusafe/internal/proof/recorded"
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

// One recorded call goes through the whole office: live, with a command and a notice; afterwards in the index, with its
// sound; and it comes out of a rebuild unchanged.
func TestACallGoesThroughTheOffice(t *testing.T) {
	h := newHouse(t)
	h.begin()
	h.logIn("admin", h.firstLogin())
	sv := h.supervisor("sv")
	events := sv.follow()
	h.await(events, "snapshot", func(d string) bool { return strings.Contains(d, `"calls":[]`) })

	k, err := recorded.Shipped(h.cfg.Calls())
	if err != nil {
		t.Fatal(err)
	}
	link := h.connect()
	defer link.Close()
	e := &recorded.Edge{Call: k, Link: link, Name: "edge-1", Speed: 40, Unheard: true}
	played := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	go func() { played <- e.Run(ctx) }()

	id := string(k.Incoming.ID)
	h.await(events, "call", func(d string) bool { return strings.Contains(d, id) })
	command := web.CommandBody{ID: "command-1", Do: policy.CommandHandsOff, Why: "引き受けます"}
	if status := sv.do("POST", "/calls/"+id+"/commands", command, nil); status != 200 {
		t.Errorf("command: %d", status)
	}
	if got := e.Commands(); len(got) != 1 || got[0].Command.Do != policy.CommandHandsOff || got[0].Command.Role != "supervisor" {
		t.Errorf("the edge was asked %+v", got)
	}
	var n web.NoticeView
	h.await(events, "notice", func(d string) bool { return json.Unmarshal([]byte(d), &n) == nil && string(n.Call) == id })
	if status := sv.do("POST", "/notices/"+n.ID+"/acknowledge", web.Note{Note: "見ます"}, nil); status != 200 {
		t.Errorf("acknowledge: %d", status)
	}
	if status := sv.do("POST", "/notices/"+n.ID+"/acknowledge", web.Note{}, nil); status != 409 {
		t.Errorf("acknowledged again: %d", status)
	}
	if err := <-played; err != nil {
		t.Fatal(err)
	}
	h.pastCall(sv, id)
	if status := sv.do("POST", "/calls/"+id+"/commands", web.CommandBody{ID: "command-2", Do: "warn"}, nil); status != 409 && status != 503 {
		t.Errorf("command after the end: %d", status)
	}
	h.rebuilt(sv, id)
}

func (h *house) pastCall(sv *browser, id string) {
	t := h.t
	var page web.CallPage
	if status := sv.do("GET", "/calls?level=S2", nil, &page); status != 200 || len(page.Calls) != 1 || string(page.Calls[0].ID) != id {
		t.Fatalf("past calls: %d %+v", status, page)
	}
	var d web.CallDetail
	if status := sv.do("GET", "/calls/"+id, nil, &d); status != 200 || !d.Seal.Whole || d.Seal.State != "sealed" || len(d.Lines) < 5 || d.Worst == nil || len(d.Worst.Judgement.Findings) == 0 {
		t.Errorf("call: %d %+v", status, d.Seal)
	}
	var found web.CallPage
	if sv.do("POST", "/calls/search", web.CallFilter{Number: "0000-0000"}, &found); len(found.Calls) != 0 {
		t.Errorf("search by another number: %+v", found)
	}
	var p web.Peaks
	if status := sv.do("GET", "/calls/"+id+"/peaks", nil, &p); status != 200 || len(p.Caller) < 100 || p.StepMS == 0 {
		t.Errorf("peaks: %d, %d steps", status, len(p.Caller))
	}
	h.sound(sv, id)
	if sv.do("GET", "/calls/"+id, nil, &d); len(d.Listeners) != 1 || d.Listeners[0].Name != "sv" {
		t.Errorf("who listened: %+v", d.Listeners)
	}
}

// sound asks for the whole and for a range, as browsers do; both must be the same samples.
func (h *house) sound(sv *browser, id string) {
	get := func(r string) (int, []byte) {
		req, err := http.NewRequest("GET", "http://"+h.cfg.Office.Listen+"/api/v1/calls/"+id+"/sound/caller", nil)
		if err != nil {
			h.t.Fatal(err)
		}
		if r != "" {
			req.Header.Set("Range", r)
		}
		resp, err := sv.http.Do(req)
		if err != nil {
			h.t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			h.t.Fatal(err)
		}
		return resp.StatusCode, b
	}
	status, all := get("")
	if status != 200 || !bytes.HasPrefix(all, []byte("RIFF")) {
		h.t.Fatalf("sound: %d, %d octets", status, len(all))
	}
	for _, from := range []int{0, 43, 44, 4001, len(all) - 3} {
		status, part := get(fmt.Sprintf("bytes=%d-%d", from, min(from+999, len(all)-1)))
		if status != 206 || !bytes.Equal(part, all[from:min(from+1000, len(all))]) {
			h.t.Errorf("range from %d: %d, %d octets", from, status, len(part))
		}
	}
}

// rebuilt empties nothing and rebuilds the index: the same rows. A changed folder is listed as broken.
func (h *house) rebuilt(sv *browser, id string) {
	t := h.t
	var before, after web.CallDetail
	sv.do("GET", "/calls/"+id, nil, &before)
	if n, broken, err := Reindex(context.Background(), h.cfg, slog.New(slog.DiscardHandler), nil); n != 1 || broken != 0 || err != nil {
		t.Fatalf("reindex: %d, %d broken, %v", n, broken, err)
	}
	sv.do("GET", "/calls/"+id, nil, &after)
	if !reflect.DeepEqual(before, after) {
		t.Errorf("the rebuilt call is another one:\n%+v\n%+v", before.Call, after.Call)
	}
	journals, err := filepath.Glob(filepath.Join(h.cfg.Calls(), "*", "*", "*", id, "journal.jsonl"))
	if err != nil || len(journals) != 1 {
		t.Fatal(journals, err)
	}
	b, err := os.ReadFile(journals[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(journals[0], bytes.Replace(b, []byte(`"at_ms":`), []byte(`"at_ms": `), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if sv.do("GET", "/calls/"+id, nil, &after); after.Seal.Whole || after.Seal.State != "broken" || after.Seal.Why == "" {
		t.Errorf("a changed journal was not noticed: %+v", after.Seal)
	}
	if _, broken, err := Reindex(context.Background(), h.cfg, slog.New(slog.DiscardHandler), nil); broken != 1 || err != nil {
		t.Errorf("%d broken, %v", broken, err)
	}
}

// What an administrator puts reaches the edges; 自動 needs a reason while there is no shadow report.
func TestSettingsReachTheEdges(t *testing.T) {
	h := newHouse(t)
	h.begin()
	admin := h.logIn("admin", h.firstLogin())
	got := make(chan bus.Settings, 10)
	link := h.connect()
	defer link.Close()
	sub, err := link.SubscribeSettings(func(s bus.Settings) { got <- s })
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := link.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if s, err := link.RequestSettings(ctx); err != nil || s.Rules.Preset != policy.PresetAsk || len(s.Lexicon.Sheets) == 0 {
		t.Errorf("first snapshot: %v %v", s.Rules, err)
	}
	var v web.SettingsView
	admin.do("GET", "/settings", nil, &v)
	change := web.SettingsChange{Version: v.Version, Rules: v.Rules}
	change.Rules.Preset = policy.PresetAuto
	if status := admin.do("PUT", "/settings", change, nil); status != 422 {
		t.Errorf("自動 without a reason: %d", status)
	}
	change.Reason = "実演"
	if status := admin.do("PUT", "/settings", change, nil); status != 200 {
		t.Errorf("自動 with a reason: %d", status)
	}
	if status := admin.do("PUT", "/settings", change, nil); status != 409 {
		t.Errorf("an old version was put: %d", status)
	}
	select {
	case s := <-got:
		if s.Rules.Preset != policy.PresetAuto || s.Exempt != "実演" || s.Version == 0 {
			t.Errorf("%+v %q", s.Rules, s.Exempt)
		}
	case <-ctx.Done():
		t.Error("the edges were not told")
	}
}

// A limit needs two people, reaches the edges, and can be lifted by one.
func TestALimitNeedsTwoPeople(t *testing.T) {
	h := newHouse(t)
	h.begin()
	a, b := h.supervisor("a"), h.supervisor("b")
	var l web.LimitView
	if status := a.do("POST", "/limits", web.LimitProposal{Number: "03-1234-5678", Take: "voicebot", Days: 30, Reason: "繰り返し", Elsewhere: "書面"}, &l); status != 200 || l.State != "proposed" {
		t.Fatalf("%d %+v", status, l)
	}
	inForce := func() int {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s, err := h.link.RequestSettings(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return len(s.Limits)
	}
	if status := a.do("POST", "/limits/"+l.ID+"/approve", nil, nil); status != 409 || inForce() != 0 {
		t.Errorf("one person made a limit: %d", status)
	}
	if status := b.do("POST", "/limits/"+l.ID+"/approve", nil, &l); status != 200 || l.State != "in_force" {
		t.Errorf("%d %+v", status, l)
	}
	h.until("the limit is in the snapshot", func() bool { return inForce() == 1 })
	if status := b.do("POST", "/limits/"+l.ID+"/lift", web.Reason{Reason: "誤り"}, &l); status != 200 || l.State != "lifted" {
		t.Errorf("%d %+v", status, l)
	}
	h.until("the limit is gone", func() bool { return inForce() == 0 })
}

// What can't work says so in one sentence.
func TestWhatCantBeginSaysWhy(t *testing.T) {
	h := newHouse(t)
	ln, err := net.Listen("tcp", h.cfg.Office.Listen)
	if err != nil {
		t.Fatal(err)
	}
	err = Run(context.Background(), h.cfg, h.link, slog.New(slog.DiscardHandler), "test")
	if err == nil || !strings.Contains(err.Error(), h.cfg.Office.Listen) || strings.Contains(err.Error(), "\n") {
		t.Errorf("occupied port: %v", err)
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(Database(h.cfg), []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	err = Run(context.Background(), h.cfg, h.link, slog.New(slog.DiscardHandler), "test")
	if err == nil || !strings.Contains(err.Error(), "office.sqlite") || strings.Contains(err.Error(), "\n") {
		t.Errorf("broken database: %v", err)
	}
}
