package settings_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/judge"
	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/storetest"
	"commusafe/internal/policy"
)

// Voices are off until an administrator has given purpose and time and another person has agreed; each step stands in the trail and in
// a version of its own, a change waits for two people again, and one is enough to end it (E-31). No other change of the settings touches it.
func TestE31VoicesNeedTwoPeople(t *testing.T) {
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	s := storetest.SQLite(t)
	type state struct {
		on   bool
		keep time.Duration
	}
	var last state
	ready := errors.New("no key")
	k := &settings.Keeper{Store: s, Lexicon: func(context.Context) (judge.Lexicon, error) { return lexicon, nil }, Publish: func(bus.Settings) error { return nil }, Changed: func(bus.Settings) {},
		Log: slog.New(slog.DiscardHandler), ShadowReport: func(context.Context, settings.Data) bool { return false },
		VoiceReady: func() error { return ready },
		Voices: func(_ context.Context, on bool, keep time.Duration) (map[string]int, error) {
			last = state{on, keep}
			if on {
				return map[string]int{"x/1": 2}, nil
			}
			return nil, nil
		}}
	k.Prepare()
	if err := k.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	admin, other := staff.Person{ID: "admin"}, staff.Person{ID: "manager"}
	const purpose = "終了した事案の発信者に似た声を、応対者に参考として示すため"
	version := func() int64 {
		v, err := k.Current(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return v.Version
	}
	is := func(what string, want state, asked bool) {
		t.Helper()
		v, err := k.Current(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if last != want || (v.Data.Voice != nil) != want.on || (v.Data.VoiceAsked != nil) != asked || (len(k.Snapshot().Voices) > 0) != want.on {
			t.Errorf("%s: %+v, %+v, %+v, snapshot %v", what, last, v.Data.Voice, v.Data.VoiceAsked, k.Snapshot().Voices)
		}
	}
	day := 24 * time.Hour
	is("shipped", state{}, false)
	if _, err := k.AskVoice(t.Context(), admin, version(), purpose, 90); !errors.Is(err, ready) {
		t.Errorf("asked for without a key: %v", err)
	}
	ready = nil
	for _, bad := range []struct {
		purpose string
		days    int
	}{{"", 90}, {"  短い  ", 90}, {strings.Repeat("長", 2001), 90}, {purpose, 0}, {purpose, 181}} {
		if _, err := k.AskVoice(t.Context(), admin, version(), bad.purpose, bad.days); !errors.Is(err, settings.ErrVoice) {
			t.Errorf("%d letters, %d days: %v", len(bad.purpose), bad.days, err)
		}
	}
	if _, err := k.ApproveVoice(t.Context(), other, version()); !errors.Is(err, settings.ErrVoiceState) {
		t.Errorf("approved what nobody asked for: %v", err)
	}
	if _, err := k.VoiceOff(t.Context(), other, version()); !errors.Is(err, settings.ErrVoiceState) {
		t.Errorf("turned off what is off: %v", err)
	}
	try := func(_ settings.Version, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	try(k.AskVoice(t.Context(), admin, version(), purpose, 90))
	is("asked for", state{}, true)
	if _, err := k.ApproveVoice(t.Context(), admin, version()); !errors.Is(err, settings.ErrVoicePerson) {
		t.Errorf("one person alone: %v", err)
	}
	if _, err := k.ApproveVoice(t.Context(), other, version()-1); !errors.Is(err, settings.ErrVersion) {
		t.Errorf("an older version: %v", err)
	}
	is("still", state{}, true)
	try(k.ApproveVoice(t.Context(), other, version()))
	is("on", state{true, 90 * day}, false)
	r := policy.ShippedRules(policy.PresetAsk)
	r.CutCap = 1
	try(k.Change(t.Context(), admin, settings.Change{Version: version(), Rules: r}))
	try(k.ChangeCCAJ(t.Context(), admin, version(), nil))
	if err := k.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	is("after other changes", state{true, 90 * day}, false)
	try(k.AskVoice(t.Context(), admin, version(), purpose+"。改", 30))
	is("another time is asked for", state{true, 90 * day}, true)
	try(k.ApproveVoice(t.Context(), other, version()))
	is("another time", state{true, 30 * day}, false)
	v, err := k.Current(t.Context())
	if err != nil || v.Data.Voice.Purpose != purpose+"。改" || v.Data.Voice.AskedBy != "admin" || v.Data.Voice.ApprovedBy != "manager" {
		t.Errorf("%+v %v", v.Data.Voice, err)
	}
	try(k.VoiceOff(t.Context(), other, version()))
	is("off", state{}, false)
	trail, err := s.ListTrail(t.Context(), 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, e := range trail {
		if strings.Contains(e.What, "voice_") {
			did = append([]string{string(e.By) + " " + strings.TrimPrefix(e.What, "trail.")}, did...)
		}
	}
	if got := strings.Join(did, ", "); got != "admin voice_ask, manager voice_on, admin voice_ask, manager voice_on, manager voice_off" {
		t.Errorf("the trail says %s", got)
	}
}
