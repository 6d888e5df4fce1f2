package office

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/config"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/office/web"
	"commusafe/internal/policy"
	"commusafe/internal/replay"
	"commusafe/internal/replay/replaytest"
)

// A wrong flag in a live call is an example as soon as its folder is taken in, and later rules are tried against it: those
// of that time get it wrong, others may not.
func TestE17AWrongFlagIsAnExampleForLaterRules(t *testing.T) {
	rules, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	if err := cfg.Prepare(); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []call.Millis{40000, 0, 5000} { // the second was never flagged, the third before anything was judged
		replaytest.Call{Calls: cfg.Calls(), Began: time.Now(), Rules: rules, Policy: policy.ShippedRules(policy.PresetAsk), PromptMS: 8000, WrongMS: wrong, EndMS: 200000, Items: replaytest.Rude()}.Record(t)
	}
	for range 2 {
		if n, broken, err := Reindex(t.Context(), cfg, slog.New(slog.DiscardHandler), nil); n != 3 || broken != 0 || err != nil {
			t.Fatal(n, broken, err)
		}
	}
	for name, c := range map[string]struct {
		change replay.Change
		wrong  bool
	}{"the rules of that time": {wrong: true}, "rules that hear nothing": {change: replay.Change{Thresholds: json.RawMessage(`{"word_floor": 1}`)}}} {
		out, err := TryExamples(t.Context(), cfg, rules, c.change)
		if err != nil || len(out) != 1 || out[0].AtMS != 40000 || out[0].Level != judge.Warning || out[0].Category != judge.Abuse || out[0].Wrong != c.wrong || out[0].Error != "" {
			t.Errorf("%s: %+v %v", name, out, err)
		}
	}
}

// In the running office a shadow report over 14 days opens 自動 for the rules that it is about, and for no others; the banner
// of an exemption goes when it is there (E-62). A call comes with what is known of its number.
func TestE62AShadowReportOpensAutomatic(t *testing.T) {
	rules, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	for days := range 15 {
		items := replaytest.Calm()
		if days == 3 {
			items = replaytest.Rude()
		}
		replaytest.Call{Calls: h.cfg.Calls(), Began: time.Now().Add(-time.Duration(days)*24*time.Hour - time.Minute), Rules: rules, Policy: policy.ShippedRules(policy.PresetAsk), PromptMS: 8000, EndMS: 130000, Items: items}.Record(t)
	}
	if _, _, err := Reindex(t.Context(), h.cfg, slog.New(slog.DiscardHandler), nil); err != nil {
		t.Fatal(err)
	}
	h.begin()
	admin := h.logIn("admin", h.firstLogin())
	put := func(reason string, limit int) int {
		var v web.SettingsView
		admin.do("GET", "/settings", nil, &v)
		change := web.SettingsChange{Version: v.Version, Rules: v.Rules, Reason: reason}
		change.Rules.Preset, change.Rules.CutCap = policy.PresetAuto, limit
		return admin.do("PUT", "/settings", change, nil)
	}
	if status := put("", 3); status != 422 {
		t.Errorf("without a report: %d", status)
	}
	events := admin.follow()
	if status := put("実演", 3); status != 200 {
		t.Errorf("with a reason: %d", status)
	}
	h.await(events, "settings", func(data string) bool { return strings.Contains(data, "実演") })
	if status := admin.do("POST", "/trials", web.Question{Kind: "shadow", Days: 20}, nil); status != 200 {
		t.Fatal(status)
	}
	h.await(events, "settings", func(data string) bool { return !strings.Contains(data, "実演") })
	var all web.Trials
	admin.do("GET", "/trials", nil, &all)
	if s := all.Shadow; s == nil || !s.Enough || !s.Current || s.Days != 15 || s.Sum.Calls != 15 || s.Sum.After.Spoken != 1 || s.Sum.Before.Spoken != 0 || len(s.Calls) != 1 || s.Alerts < 13 || s.Alerts > 14 {
		t.Errorf("%+v", all.Shadow)
	}
	if status := put("", 9); status != 422 {
		t.Errorf("a report on other rules: %d", status)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := h.link.RequestHistory(ctx, bus.HistoryRequest{V: 1, Call: call.NewID(), Number: "+81312345678"})
	if k, ok := r.History.Item.(evidence.History); err != nil || !r.Known || !ok || k.CallsToday < 1 || k.OnMatter != 0 {
		t.Errorf("%+v %v", r, err)
	}
}
