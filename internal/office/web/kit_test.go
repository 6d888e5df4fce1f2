package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/after"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/intake"
	"commusafe/internal/office/lexicon"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/notify"
	"commusafe/internal/office/opinion"
	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/storetest"
	"commusafe/internal/office/trial"
	"commusafe/internal/office/voices"
	"commusafe/internal/policy"
)

// A kit is a server with real services over an empty database, and no edge.
type kit struct {
	t      *testing.T
	server *Server
	http   *httptest.Server
	reply  bus.Reply
	looks  chan call.ID         // calls that somebody looks at
	shown  chan func(bus.Rough) // who is to be shown their rough reading
	ended  chan struct{}        // one for each who is not any more
	asked  []bus.CommandRequest
}

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{t: t, looks: make(chan call.ID, 100), shown: make(chan func(bus.Rough), 10), ended: make(chan struct{}, 10)}
	s := storetest.SQLite(t)
	shipped, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	var keep *settings.Keeper
	book := &lexicon.Book{Store: s, Shipped: shipped, Changed: func() {
		if err := keep.Renew(context.Background()); err != nil {
			t.Error(err)
		}
	}}
	keep = &settings.Keeper{Store: s, Lexicon: book.InForce, Publish: func(bus.Settings) error { return nil }, Changed: func(bus.Settings) {}, Log: log,
		ShadowReport: func(context.Context, settings.Data) bool { return false }}
	keep.Prepare()
	if err := keep.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	key, err := voices.NewKey(base64.StdEncoding.EncodeToString(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	registered := &voices.Book{Store: s, Key: key, Now: time.Now, Log: log, Folder: func(context.Context, call.ID) (string, error) { return "", nil },
		Embed: func(context.Context, string) (voices.Vector, error) {
			return voices.Vector{Source: "builtin-voice/1", Vector: []float32{1, 0}}, nil
		}}
	keep.Voices, keep.VoiceReady = registered.Renew, registered.Ready
	live := &intake.Live{Changed: func(v bus.CallView) { k.server.CallChanged(v) }, Log: log}
	live.Prepare()
	desk := &after.Desk{Log: log, Store: s, Machine: "here", Find: func(ctx context.Context, id call.ID) (string, error) {
		c, err := s.Call(ctx, id)
		return filepath.Join(k.server.Calls, c.Dir), err
	}}
	desk.Prepare()
	opinions := &opinion.Desk{Log: log}
	opinions.Prepare()
	trials := &trial.Desk{Calls: t.TempDir(), Store: s, Log: log, Reported: func() {}, InForce: func() (*judge.Rules, policy.Rules, error) {
		r, err := judge.ShippedRules()
		return r, policy.ShippedRules(policy.PresetAsk), err
	}}
	trials.Prepare()
	k.server = New(Config{After: desk, Opinion: opinions, Trials: trials, Lexicon: book, Version: "test", Calls: t.TempDir(), Store: s, Staff: &staff.Book{Store: s}, Settings: keep, Live: live, Log: log,
		Voices: registered, Limits: &limits.Ledger{Store: s, Voices: registered, Public: func() bool { return false }, Changed: func() {},
			Accommodated: func(context.Context, string) (bool, error) { return false, nil }},
		Notices:   &notify.Desk{Store: s, Changed: func(notify.Notice) {}, Sent: func() {}},
		Incidents: &incident.Book{Store: s}, Processes: func() []Process { return nil }, BusUp: func() bool { return true },
		Look: func(id call.ID) error { k.looks <- id; return nil },
		Rough: func(_ call.ID, take func(bus.Rough)) (func(), error) {
			k.shown <- take
			return func() { k.ended <- struct{}{} }, nil
		},
		Command: func(_ context.Context, _ string, c bus.CommandRequest) (bus.Reply, error) {
			k.asked = append(k.asked, c)
			return k.reply, nil
		}}, http.NotFoundHandler())
	k.http = httptest.NewServer(k.server)
	t.Cleanup(func() {
		k.server.Close()
		k.http.Close()
	})
	return k
}

// A browser is somebody, or nobody, at a computer.
type browser struct {
	k    *kit
	http *http.Client
}

func (k *kit) nobody() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		k.t.Fatal(err)
	}
	tr := &http.Transport{}
	k.t.Cleanup(tr.CloseIdleConnections)
	return &browser{k, &http.Client{Jar: jar, Transport: tr}}
}

// as gives somebody with a role who has logged in and has an own password.
func (k *kit) as(role staff.Role) *browser {
	k.t.Helper()
	book := k.server.Staff
	p, first, err := book.Add(k.t.Context(), staff.Person{}, "the "+string(role), string(role), role)
	if err == nil {
		_, err = book.ChangePassword(k.t.Context(), p, first, "correct horse battery")
	}
	if err != nil {
		k.t.Fatal(err)
	}
	b := k.nobody()
	if status, p := b.do("POST", "/session", LogIn{Login: p.Login, Password: "correct horse battery"}); status != 200 {
		k.t.Fatalf("log-in: %d %+v", status, p)
	}
	return b
}

// do gives the status, and the problem if it is one.
func (b *browser) do(method, path string, in any) (int, Problem) {
	b.k.t.Helper()
	status, raw := b.raw(method, path, in)
	var p Problem
	if status >= 400 {
		if err := json.Unmarshal(raw, &p); err != nil || p.ErrorID == "" || p.Title == "" {
			b.k.t.Errorf("%s %s: the answer %d is no problem: %s", method, path, status, raw)
		}
	}
	return status, p
}

func (b *browser) raw(method, path string, in any) (int, []byte) {
	b.k.t.Helper()
	j, err := json.Marshal(in)
	if err != nil {
		b.k.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.k.t.Context(), method, b.k.http.URL+prefix+path, bytes.NewReader(j))
	if err != nil {
		b.k.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.http.Do(req)
	if err != nil {
		b.k.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Type") == "text/event-stream" {
		return resp.StatusCode, nil
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.k.t.Fatal(err)
	}
	return resp.StatusCode, raw
}
