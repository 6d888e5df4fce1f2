package settings_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"commusafe/internal/bus"
	"commusafe/internal/judge"
	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/storetest"
	"commusafe/internal/policy"
)

// 自動 can't be turned on without a shadow report on these very rules, or an administrator's reason; the reason stands in
// the trail and in every console's banner until there is a report (E-62, contracts §8).
func TestE62AutomaticNeedsAReportOrAReason(t *testing.T) {
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	s := storetest.SQLite(t)
	var reported []settings.Data
	published := 0
	k := &settings.Keeper{Store: s, Lexicon: func(context.Context) (judge.Lexicon, error) { return lexicon, nil }, Publish: func(bus.Settings) error { published++; return nil }, Changed: func(bus.Settings) {}, Log: slog.New(slog.DiscardHandler),
		ShadowReport: func(_ context.Context, d settings.Data) bool {
			for _, r := range reported {
				if r.Thresholds == d.Thresholds && r.Rules.CutCap == d.Rules.CutCap {
					return true
				}
			}
			return false
		}}
	k.Prepare()
	renew := func() bus.Settings {
		if err := k.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		return k.Snapshot()
	}
	change := func(p policy.Preset, limit int, reason string) error {
		v, err := k.Current(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r := policy.ShippedRules(p)
		r.CutCap = limit
		_, err = k.Change(t.Context(), staff.Person{ID: "admin"}, settings.Change{Version: v.Version, Rules: r, Reason: reason})
		return err
	}
	renew()
	if err := change(policy.PresetAuto, 3, ""); !errors.Is(err, settings.ErrReason) || renew().Rules.Preset != policy.PresetAsk {
		t.Fatalf("turned on without report and reason: %v", err)
	}
	if err := change(policy.PresetAuto, 3, "実演のため"); err != nil || renew().Exempt != "実演のため" {
		t.Errorf("%v %q", err, k.Snapshot().Exempt)
	}
	trail, err := s.ListTrail(t.Context(), 0, 10)
	if err != nil || len(trail) != 1 || trail[0].By != "admin" || trail[0].What != "trail.settings" {
		t.Errorf("%+v %v", trail, err)
	}
	told := published
	reported = append(reported, settings.Data{Rules: policy.ShippedRules(policy.PresetAuto), Thresholds: judge.ShippedThresholds()})
	if renew().Exempt != "" || published == told {
		t.Errorf("the banner stays although there is a report: %q", k.Snapshot().Exempt)
	}
	if err := change(policy.PresetAsk, 3, ""); err != nil {
		t.Fatal(err)
	}
	if err := change(policy.PresetAuto, 3, ""); err != nil || renew().Exempt != "" {
		t.Errorf("with a report: %v %q", err, k.Snapshot().Exempt)
	}
	if err := change(policy.PresetAuto, 9, ""); !errors.Is(err, settings.ErrReason) {
		t.Errorf("a report on other rules was enough: %v", err)
	}
}
