package trial_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/trial"
	"commusafe/internal/policy"
	"commusafe/internal/replay/replaytest"
)

// A shelf is a store of past calls, examples and reports.
type shelf struct {
	past     []trial.Past
	examples []trial.Example
	reports  []trial.Report
	trials   []trial.Job
	listing  chan struct{} // calls are listed once it is closed; nil: at once
}

func (s *shelf) FoldersSince(_ context.Context, since time.Time, _ int) (out []trial.Past, err error) {
	if s.listing != nil {
		<-s.listing
	}
	for _, p := range s.past {
		if !p.Began.Before(since) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (s *shelf) PutExample(_ context.Context, e trial.Example, _ staff.Deed) (bool, error) {
	s.examples = append(s.examples, e)
	return true, nil
}

func (s *shelf) ListExamples(context.Context, int) ([]trial.Example, error) { return s.examples, nil }

func (s *shelf) PutTrial(_ context.Context, j trial.Job, _ int) error {
	s.trials = append([]trial.Job{j}, s.trials...)
	return nil
}

func (s *shelf) ListTrials(context.Context, int) ([]trial.Job, error) { return s.trials, nil }

func (s *shelf) PutShadowReport(_ context.Context, r trial.Report, _ staff.Deed) error {
	s.reports = append(s.reports, r)
	return nil
}

// A house has past calls and a desk.
type house struct {
	t     *testing.T
	calls string
	shelf *shelf
	desk  *trial.Desk
	rules *judge.Rules
	own   judge.Own // the entries of the centre's own that rules have
}

// shipped are the shipped rules, which take a while to make.
func shipped(t *testing.T) *judge.Rules {
	t.Helper()
	rules, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// small are rules of a small lexicon, with entries of the centre's own and packs.
func small(t *testing.T, own judge.Own, packs ...string) *judge.Rules {
	t.Helper()
	r, err := judge.NewRules(replaytest.Lexicon().With(own).Trading(packs), judge.ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newHouse(t *testing.T, rules *judge.Rules) *house {
	h := &house{t: t, calls: t.TempDir(), shelf: &shelf{}, rules: rules}
	h.desk = &trial.Desk{Calls: h.calls, Store: h.shelf, Reported: func() {}, Log: slog.New(slog.DiscardHandler),
		InForce: func() (*judge.Rules, policy.Rules, error) { return rules, policy.ShippedRules(policy.PresetAsk), nil }}
	h.desk.Prepare()
	return h
}

// called adds a call some time ago.
func (h *house) called(ago time.Duration, wrong call.Millis, items ...evidence.Item) trial.Past {
	h.t.Helper()
	began := time.Now().Add(-ago)
	dir := replaytest.Call{Calls: h.calls, Began: began, Rules: h.rules, Own: h.own, Policy: policy.ShippedRules(policy.PresetAsk), PromptMS: 8000, WrongMS: wrong, EndMS: 200000, Items: items}.Record(h.t)
	rel, err := filepath.Rel(h.calls, dir)
	if err != nil {
		h.t.Fatal(err)
	}
	p := trial.Past{ID: call.ID(filepath.Base(dir)), Began: began, Dir: rel}
	h.shelf.past = append(h.shelf.past, p)
	return p
}

// ask asks and waits for the answer.
func (h *house) ask(q trial.Question) trial.Job {
	h.t.Helper()
	j, err := h.desk.Ask("admin", q)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(h.t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); h.desk.Run(ctx) }()
	synctest.Wait()
	stop()
	<-ended
	if j, err = h.desk.Job(j.ID); err != nil {
		h.t.Fatal(err)
	}
	return j
}

const dayLong = 24 * time.Hour

// A changed preset shows on which calls it would have done something, and when; a folder that can't be read is counted.
func TestAChangeIsTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, shipped(t))
		h.called(40*dayLong, 0, replaytest.Rude()...)
		h.called(2*dayLong, 0, replaytest.Calm()...)
		rude := h.called(dayLong, 0, replaytest.Rude()...)
		h.shelf.past = append(h.shelf.past, trial.Past{ID: "gone", Began: time.Now(), Dir: "2026/1/1/gone"}, trial.Past{ID: "outside", Began: time.Now(), Dir: "../outside"})
		j := h.ask(trial.Question{Kind: trial.Change, Days: 30, Preset: policy.PresetAuto})
		if j.State != trial.Done || j.All != 4 || j.Done != 4 || j.Broken != 2 || j.Sum.Calls != 2 || j.Sum.Differ != 1 || j.Sum.After.Spoken != 1 || j.Sum.Before.Spoken != 0 {
			t.Errorf("%+v", j)
		}
		if len(j.Calls) != 1 || j.Calls[0].ID != rude.ID || j.Calls[0].New[0].AtMS != 31000 || j.Calls[0].New[0].Do != policy.Warn1 {
			t.Errorf("%+v", j.Calls)
		}
		if j = h.ask(trial.Question{Kind: trial.Change, Days: 90}); j.Sum.Calls != 3 || j.Sum.Differ != 0 {
			t.Errorf("no change: %+v", j.Sum)
		}
		if len(h.shelf.reports) != 0 {
			t.Error("a trial of a change is no shadow report")
		}
	})
}

// Words and packs that are tried take the place of those that a call had; what is not asked for stays as the call had it.
func TestWordsAndPacksAreTried(t *testing.T) {
	own := judge.Own{Version: 3, Sheets: []judge.Sheet{{Category: judge.Threat, Entries: []judge.Entry{{ID: "OWN-1", Surface: "看板に味噌", Level: judge.Warning}}}}}
	rules := small(t, own, "home")
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, rules)
		h.own = own
		h.called(dayLong, 0, replaytest.Said(20000, "看板に味噌を塗りました"))
		h.called(dayLong/2, 0, replaytest.Said(20000, "ハチを殺すぞっていうスプレーはまだ売ってますか"))
		h.called(dayLong/4, 0, replaytest.Said(20000, "サーバーを落としてもらえますか"))
		none, it, nothing := []string{}, []string{"it"}, judge.Own{}
		levels := func(j trial.Job) (out []judge.Level) {
			for _, c := range j.Calls {
				out = append(out, c.Before, c.After)
			}
			return out
		}
		for name, c := range map[string]struct {
			q    trial.Question
			want []judge.Level // before and after of the calls that differ, the newest first
		}{
			"nothing":                {trial.Question{}, nil},
			"other thresholds":       {trial.Question{Thresholds: json.RawMessage(`{"word_floor": 1}`)}, []judge.Level{judge.Warning, judge.None, judge.Warning, judge.None}},
			"no packs":               {trial.Question{Trade: &none}, []judge.Level{judge.None, judge.Emergency}},
			"another pack":           {trial.Question{Trade: &it}, []judge.Level{judge.Warning, judge.None, judge.None, judge.Emergency}},
			"no words":               {trial.Question{Own: &nothing}, []judge.Level{judge.Warning, judge.None}},
			"no words and no packs":  {trial.Question{Own: &nothing, Trade: &none}, []judge.Level{judge.None, judge.Emergency, judge.Warning, judge.None}},
			"a pack that is unknown": {trial.Question{Trade: &[]string{"none"}}, nil},
		} {
			c.q.Kind, c.q.Days = trial.Change, 7
			j := h.ask(c.q)
			if got := levels(j); !slices.Equal(got, c.want) || j.State != trial.Done {
				t.Errorf("%s: %v, want %v (%s, %d broken)", name, got, c.want, j.State, j.Broken)
			}
			if at := len(c.want) - 1; at > 0 && j.Calls[0].New == nil {
				t.Errorf("%s: not a second of it: %+v", name, j.Calls[0])
			}
		}
	})
}

// The shadow is by what is in force now, the packs too, whatever the calls had.
func TestTheShadowHasThePacksInForce(t *testing.T) {
	rules, with := small(t, judge.Own{}), small(t, judge.Own{}, "it")
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, rules)
		h.desk.InForce = func() (*judge.Rules, policy.Rules, error) { return with, policy.ShippedRules(policy.PresetAsk), nil }
		h.called(dayLong, 0, replaytest.Said(20000, "サーバーを落としてもらえますか"))
		j := h.ask(trial.Question{Kind: trial.Shadow, Days: 7})
		if j.State != trial.Done || j.Sum.Before.Alerted != 1 || j.Sum.After.Alerted != 0 || len(h.shelf.reports) != 1 || !strings.Contains(h.shelf.reports[0].Versions, " trade/it ") {
			t.Errorf("%+v %+v", j, h.shelf.reports)
		}
	})
}

// A trial that runs ends when it is stopped, with what it has found by then, and one that waits never begins.
func TestATrialIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, small(t, judge.Own{}))
		for i := range 4 {
			h.called(time.Duration(i+1)*time.Hour, 0, replaytest.Calm()...)
		}
		h.shelf.listing = make(chan struct{})
		running, err1 := h.desk.Ask("sv", trial.Question{Kind: trial.Change, Days: 7})
		waiting, err2 := h.desk.Ask("sv", trial.Question{Kind: trial.Change, Days: 7})
		last, err3 := h.desk.Ask("sv", trial.Question{Kind: trial.Change, Days: 7})
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); h.desk.Run(ctx) }()
		synctest.Wait() // in the store
		for _, id := range []string{running.ID, waiting.ID} {
			if j, err := h.desk.Stop(id); err != nil || j.State != trial.Stopped {
				t.Errorf("%+v %v", j, err)
			}
		}
		close(h.shelf.listing)
		synctest.Wait()
		stop()
		<-ended
		for id, want := range map[string]string{running.ID: trial.Stopped, waiting.ID: trial.Stopped, last.ID: trial.Done} {
			if j, err := h.desk.Job(id); err != nil || j.State != want || want == trial.Stopped && j.Done != 0 || want == trial.Done && j.Done != 4 {
				t.Errorf("%+v %v, want %s", j, err, want)
			}
		}
		if j, err := h.desk.Stop(last.ID); err != nil || j.State != trial.Done {
			t.Errorf("one that is done was stopped: %+v %v", j, err)
		}
		if _, err := h.desk.Stop("none"); !errors.Is(err, trial.ErrNone) {
			t.Errorf("%v", err)
		}
	})
}

// What a trial found outlasts the program.
func TestTrialsAreRecalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, shipped(t))
		h.called(dayLong, 0, replaytest.Rude()...)
		first := h.ask(trial.Question{Kind: trial.Change, Days: 7, Preset: policy.PresetAuto})
		second := h.ask(trial.Question{Kind: trial.Change, Days: 7})
		later := &trial.Desk{Calls: h.calls, Store: h.shelf}
		later.Prepare()
		if err := later.Recall(t.Context()); err != nil {
			t.Fatal(err)
		}
		all := later.Jobs()
		if len(all) != 2 || all[0].ID != second.ID || all[1].ID != first.ID || len(all[1].Calls) != 1 || all[1].State != trial.Done {
			t.Errorf("%+v", all)
		}
	})
}

func TestWhatCantBeTried(t *testing.T) {
	h := newHouse(t, shipped(t))
	for name, q := range map[string]trial.Question{"no days": {Kind: trial.Change}, "no kind": {Days: 1}, "a time below nothing": {Kind: trial.Change, Days: 1, Thresholds: json.RawMessage(`{"decay_ms": -1}`)}, "a share above all": {Kind: trial.Change, Days: 1, Thresholds: json.RawMessage(`{"word_floor": 1.1}`)},
		"counts that fall": {Kind: trial.Change, Days: 1, Thresholds: json.RawMessage(`{"stalemate_min": [30, 15, 60]}`)}, "a preset of nobody": {Kind: trial.Change, Days: 1, Preset: "wild"},
		"a field of nobody": {Kind: trial.Change, Days: 1, Thresholds: json.RawMessage(`{"x": 1}`)}} {
		if _, err := h.desk.Ask("admin", q); !errors.Is(err, trial.ErrChange) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var err error
	for range 30 {
		_, err = h.desk.Ask("admin", trial.Question{Kind: trial.Change, Days: 1})
	}
	if !errors.Is(err, trial.ErrFull) {
		t.Errorf("thirty trials wait: %v", err)
	}
	if _, err := h.desk.Job("none"); !errors.Is(err, trial.ErrNone) {
		t.Errorf("%v", err)
	}
}

// The shadow report says what 自動 would have done and how often; it is enough only over 14 days, on enough of which
// somebody listened (E-62). Nothing was done to any caller.
func TestE62AShadowReportCoversFourteenDays(t *testing.T) {
	rules := shipped(t)
	for name, c := range map[string]struct {
		days   []int // ago
		deaf   bool
		enough bool
	}{
		"ten working days in two weeks": {[]int{14, 13, 12, 11, 10, 7, 6, 5, 4, 3, 1}, false, true},
		"a week":                        {[]int{7, 6, 5, 4, 3, 2, 1}, false, false},
		"two calls far apart":           {[]int{30, 1}, false, false},
		"thirteen days":                 {[]int{13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, false, false},
		"nobody listened":               {[]int{14, 13, 12, 11, 10, 7, 6, 5, 4, 3, 1}, true, false},
		"no calls":                      {nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, rules)
				for i, ago := range c.days {
					items := replaytest.Calm()
					if i == 0 {
						items = replaytest.Rude()
					}
					if c.deaf {
						items = nil
					}
					h.called(time.Duration(ago)*dayLong, 0, items...)
				}
				j := h.ask(trial.Question{Kind: trial.Shadow, Days: 60})
				if j.State != trial.Done || len(h.shelf.reports) != 1 || h.shelf.reports[0].ID != j.Report {
					t.Fatalf("%+v %+v", j, h.shelf.reports)
				}
				r := h.shelf.reports[0]
				if r.Enough != c.enough || r.Versions != trial.Versions(h.rules, h.rules.Thresholds, policy.ShippedRules(policy.PresetWatch)) {
					t.Errorf("%+v", r)
				}
				if len(c.days) > 0 && !c.deaf && (r.Sum.After.Alerted != 1 || r.Sum.After.Spoken != 1 || r.Sum.Before.Spoken != 0 || len(r.Calls) != 1 || r.Alerts != 200/float64(len(c.days)) || len(r.Calls[0].New) < 2) {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}

// A report is about one version of everything that it stands on, whatever the preset was.
func TestVersions(t *testing.T) {
	h := newHouse(t, shipped(t))
	p := policy.ShippedRules(policy.PresetAsk)
	was := trial.Versions(h.rules, h.rules.Thresholds, p)
	p.Preset = policy.PresetAuto
	if trial.Versions(h.rules, h.rules.Thresholds, p) != was {
		t.Error("another preset made it another version")
	}
	p.Closed = []policy.ClosedDay{{Date: "2027-01-01"}}
	if trial.Versions(h.rules, h.rules.Thresholds, p) != was {
		t.Error("a holiday more made it another version: 自動 would need a new report for each")
	}
	other := h.rules.Thresholds
	other.Decay++
	p.CutCap++
	if trial.Versions(h.rules, other, policy.ShippedRules(policy.PresetAsk)) == was || trial.Versions(h.rules, h.rules.Thresholds, p) == was {
		t.Error("other rules are the same version")
	}
}

// A moment that was flagged as wrong is an example: rules that still alert there get it wrong, and those that don't get it
// right, although the flag stands in the journal (E-17).
func TestE17ExamplesAreTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, shipped(t))
		p := h.called(dayLong, 40000, replaytest.Rude()...)
		if err := h.desk.Flag(t.Context(), staff.Person{ID: "sv"}, trial.Example{Call: p.ID, AtMS: 40000, Level: judge.Warning, Category: judge.Abuse, Dir: p.Dir}); err != nil {
			t.Fatal(err)
		}
		h.shelf.examples = append(h.shelf.examples, trial.Example{Call: "gone", AtMS: 1, Level: judge.Warning, Dir: "2026/1/1/gone"})
		j := h.ask(trial.Question{Kind: trial.Examples, Days: 1})
		if j.State != trial.Done || j.All != 2 || j.Done != 2 || len(j.Examples) != 2 || !j.Examples[0].Wrong || j.Examples[0].Now != judge.Warning || j.Examples[1].Error == "" || j.Examples[1].Wrong {
			t.Errorf("%+v", j)
		}
		if j = h.ask(trial.Question{Kind: trial.Examples, Days: 1, Thresholds: json.RawMessage(`{"word_floor": 1}`)}); j.Examples[0].Wrong || j.Examples[0].Now != judge.None {
			t.Errorf("deaf rules: %+v", j.Examples)
		}
	})
}
