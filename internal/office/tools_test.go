package office

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/config"
	"commusafe/internal/judge"
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
