package office

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/judge"
	"commusafe/internal/office/web"
	"commusafe/internal/policy"
	"commusafe/internal/proof/recorded"
)

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

// A word that a supervisor enters is published before the answer comes, and is there after a restart.
func TestAWordReachesTheEdges(t *testing.T) {
	h := newHouse(t)
	h.begin()
	sv := h.supervisor("sv")
	got := make(chan bus.Settings, 10)
	link := h.connect()
	defer link.Close()
	sub, err := link.SubscribeSettings(func(s bus.Settings) { got <- s })
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := link.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	var v web.LexiconView
	word := web.LexiconWord{Category: judge.Threat, Surface: "看板に味噌を塗ってやる", Reading: "かんばんにみそをぬってやる", Level: judge.Warning}
	if status := sv.do("PUT", "/lexicon", web.LexiconChange{Put: []web.LexiconWord{word}}, &v); status != 200 || v.InForce != "shipped/16 own/1" {
		t.Errorf("%d, in force %q", status, v.InForce)
	}
	inForce := func(s bus.Settings) bool {
		return s.Lexicon.Name() == "shipped/16 own/1" && s.Lexicon.Own.Sheets[0].Entries[0].Reading == word.Reading && len(s.Lexicon.Sheets) > 10
	}
	select {
	case s := <-got:
		if !inForce(s) {
			t.Errorf("published: %s", s.Lexicon.Name())
		}
	case <-ctx.Done():
		t.Error("the edges were not told")
	}
	h.end()
	h.begin()
	if s, err := h.link.RequestSettings(ctx); err != nil || !inForce(s) {
		t.Errorf("after a restart: %s %v", s.Lexicon.Name(), err)
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
