package eval

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/listener"
	"commusafe/internal/policy"
)

// CallsOptions say which recorded calls to judge.
type CallsOptions struct {
	// Dir holds recordings and expect.tsv, with the columns: path (WAV of two channels, caller first), or caller and agent (a WAV each;
	// agent may be empty); expect: ordinary (or none, or empty), or the least that must be done: alert (a supervisor is told), warn1,
	// warn2, announce, final, cut; optional from_ms and at_ms: where the offending words begin and end in the call (what is done
	// before is no answer to them; without from_ms ten seconds are taken for them); within_ms: how long it may take from their end,
	// default 5000; preset: of the call, default 自動.
	Dir      string
	Wideband bool
	Progress func(share float64)
}

// lateAfterMS is how long an alert may take after the offending words, unless the set says otherwise (docs/domain.md D: p95 ≤ 5 s).
const lateAfterMS = 5000

// longestWordsMS is what is taken for the offending words where their beginning is not given.
const longestWordsMS = 10000

// A CallRow is what came of one recorded call.
type CallRow struct {
	Name     string       `json:"name"`
	Expect   string       `json:"expect"`
	Stage    policy.Stage `json:"stage"`
	Level    judge.Level  `json:"level"`
	Actions  []policy.Do  `json:"actions"`
	AlertMS  call.Millis  `json:"alert_ms"` // call time at which a supervisor was first told; -1: never
	DoneMS   call.Millis  `json:"done_ms"`  // call time of the first action that is enough; -1: never
	DelayMS  call.Millis  `json:"delay_ms"` // from at_ms to done_ms, negative where it came before the words ended
	Seconds  float64      `json:"seconds"`
	Missed   bool         `json:"missed"`
	Late     bool         `json:"late"`
	ordinary bool
	timed    bool // DelayMS is known
}

// Calls is the measure of the whole path over recorded calls: sound in, actions out. It is deterministic.
type Calls struct {
	Versions map[string]string `json:"-"`
	Rows     []CallRow         `json:"-"`
	N        int               `json:"calls"`
	Ordinary int               `json:"ordinary"`
	Hours    float64           `json:"ordinary_hours"`
	Alerts   float64           `json:"alerts_per_hour"` // of ordinary calls
	Warnings float64           `json:"warnings_per_hour"`
	Cuts     float64           `json:"cuts_per_hour"`
	Alerted  int               `json:"ordinary_alerted"` // ordinary calls in which a supervisor was told
	Due      int               `json:"due"`              // calls in which something must be done
	Missed   int               `json:"missed"`
	Late     int               `json:"late"`
	DelayP50 call.Millis       `json:"delay_p50_ms"`
	DelayP95 call.Millis       `json:"delay_p95_ms"`
}

// RunCalls hears every recording with the built-in engine as fast as the machine can, and lets the shipped rules act in media time.
func RunCalls(ctx context.Context, o CallsOptions) (*Calls, error) {
	t, err := readTable(filepath.Join(o.Dir, "expect.tsv"), "expect")
	if err != nil {
		return nil, err
	}
	if !t.has("path", "caller") {
		return nil, fmt.Errorf("%w: %s:1: column path (WAV of two channels) or caller is needed", ErrInput, t.path)
	}
	rules, err := judge.ShippedRules()
	if err != nil {
		return nil, err
	}
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		return nil, err
	}
	h, _, err := listener.NewHearing("", lexicon)
	if err != nil {
		return nil, err
	}
	m := &Calls{Versions: map[string]string{"lexicon": rules.Version(), "rules": "shipped", "net": h.Engine()}}
	ears := callEars{hearing: h, wideband: o.Wideband}
	for i, r := range t.rows {
		row, err := oneCall(ctx, &ears, rules, r)
		if err != nil {
			return nil, err
		}
		m.Rows = append(m.Rows, row)
		if o.Progress != nil {
			o.Progress(float64(i+1) / float64(len(t.rows)))
		}
	}
	m.account()
	return m, nil
}

// enough gives the actions any of which answers an expectation; false for one that is not known.
func enough(expect string) ([]policy.Do, bool) {
	all := []policy.Do{policy.Notify, policy.Alert, policy.Warn1, policy.Warn2, policy.Final, policy.Announce, policy.Closing, policy.Cut}
	switch expect {
	case "", "none", "ordinary":
		return nil, true
	case "alert", "notify":
		return all, true
	case "announce", "announcement":
		return []policy.Do{policy.Announce}, true
	}
	if i := slices.Index(all, policy.Do(expect)); i >= 0 {
		return all[i:], true
	}
	return nil, false
}

// callEars hear recordings; the last one is kept, for lines that name it again.
type callEars struct {
	hearing  *listener.Hearing
	wideband bool
	name     string
	seconds  float64
	found    []foundItem
}

type foundItem struct {
	now  call.Millis
	item evidence.Item
}

func (e *callEars) hear(ctx context.Context, r row) error {
	name := r.get("path") + "\t" + r.get("caller") + "\t" + r.get("agent")
	if name == e.name {
		return nil
	}
	rec, err := r.recording(e.wideband)
	if err != nil {
		return err
	}
	e.name, e.found = name, nil
	e.seconds = float64(max(len(rec.Caller), len(rec.Agent))) / audio.SampleRate
	if err := e.hearing.Follow(ctx, rec, func(now call.Millis, it evidence.Item) { e.found = append(e.found, foundItem{now, it}) }, nil); err != nil {
		return r.fault("%w", err)
	}
	return nil
}

func oneCall(ctx context.Context, ears *callEars, rules *judge.Rules, r row) (CallRow, error) {
	out := CallRow{Name: r.first("path", "caller"), Expect: r.get("expect"), AlertMS: -1, DoneMS: -1}
	wanted, ok := enough(out.Expect)
	if !ok {
		return out, r.fault("expect %q is not one of ordinary, alert, warn1, warn2, announce, final, cut", out.Expect)
	}
	out.ordinary = len(wanted) == 0
	at, err := r.millis("at_ms", -1)
	if err != nil {
		return out, err
	}
	from, err := r.millis("from_ms", max(0, at-longestWordsMS))
	if err != nil {
		return out, err
	}
	within, err := r.millis("within_ms", lateAfterMS)
	if err != nil {
		return out, err
	}
	if err := ears.hear(ctx, r); err != nil {
		return out, err
	}
	out.Seconds = ears.seconds
	preset := policy.PresetAuto
	if name := r.get("preset"); name != "" {
		preset = presetNamed(name)
	}
	p := newPlayer(rules, preset)
	p.did = func(now call.Millis, do policy.Do) {
		if out.AlertMS < 0 && (do == policy.Notify || do == policy.Alert) {
			out.AlertMS = now
		}
		if out.DoneMS < 0 && slices.Contains(wanted, do) && now >= from {
			out.DoneMS = now
		}
	}
	for _, f := range ears.found {
		p.turnAt = f.item.Span().ToMS
		p.Evidence(f.now, f.item)
	}
	p.Settle()
	out.Stage, out.Level, out.Actions = p.row.Stage, p.row.Level, p.row.Actions
	if out.Missed = !out.ordinary && out.DoneMS < 0; at >= 0 && out.DoneMS >= 0 {
		out.DelayMS, out.timed = out.DoneMS-at, true
		out.Late = out.DelayMS > within
	}
	return out, nil
}

// recording reads the call that a line names.
func (r row) recording(wideband bool) (rec listener.Recording, err error) {
	if path := r.get("path"); path != "" {
		both, err := r.channels(path, wideband)
		if err != nil {
			return rec, err
		}
		if len(both) != 2 {
			return rec, r.fault("%s has %d channels; a call needs two, the caller first (or name columns caller and agent)", path, len(both))
		}
		return listener.Recording{Caller: both[0], Agent: both[1]}, nil
	}
	if rec.Caller, err = r.sound(r.get("caller"), wideband); err != nil {
		return rec, err
	}
	if agent := r.get("agent"); agent != "" {
		rec.Agent, err = r.sound(agent, wideband)
	}
	return rec, err
}

// millis reads a number of milliseconds; empty is the default.
func (r row) millis(column string, otherwise call.Millis) (call.Millis, error) {
	s := r.get(column)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, r.fault("%s %q is no number of milliseconds", column, s)
	}
	return call.Millis(n), nil
}

func (m *Calls) account() {
	var delays []call.Millis
	var alerts, warnings, cuts int
	for _, r := range m.Rows {
		m.N++
		if r.ordinary {
			m.Ordinary++
			m.Hours += r.Seconds / 3600
			m.Alerted += ones(r.AlertMS >= 0)
			for _, do := range r.Actions {
				switch {
				case do == policy.Notify || do == policy.Alert:
					alerts++
				case do == policy.Cut:
					cuts++
				case do.Speaks():
					warnings++
				}
			}
			continue
		}
		m.Due++
		m.Missed += ones(r.Missed)
		m.Late += ones(r.Late)
		if r.timed {
			delays = append(delays, r.DelayMS)
		}
	}
	if m.Hours > 0 {
		m.Alerts, m.Warnings, m.Cuts = float64(alerts)/m.Hours, float64(warnings)/m.Hours, float64(cuts)/m.Hours
	}
	if slices.Sort(delays); len(delays) > 0 {
		m.DelayP50, m.DelayP95 = delays[len(delays)/2], delays[len(delays)*95/100]
	}
}

// Text writes the tables for people.
func (m *Calls) Text(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "call\texpected\tstage\tlevel\tactions\talert s\tdelay s\t")
	for _, r := range m.Rows {
		verdict := ""
		switch {
		case r.Missed:
			verdict = "MISSED"
		case r.Late:
			verdict = "LATE"
		case r.ordinary && len(r.Actions) > 0:
			verdict = "FALSE"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Expect, r.Stage, r.Level, strings.Trim(fmt.Sprint(r.Actions), "[]"), seconds(r.AlertMS, r.AlertMS >= 0), seconds(r.DelayMS, r.timed), verdict)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d ordinary calls, %.2f h: alerts in %d; an hour of them: %.2f alerts, %.2f warnings, %.2f cuts\n", m.Ordinary, m.Hours, m.Alerted, m.Alerts, m.Warnings, m.Cuts)
	_, err := fmt.Fprintf(out, "%d calls in which something is due: %d missed, %d late; from the words to it p50 %s s, p95 %s s\n", m.Due, m.Missed, m.Late, seconds(m.DelayP50, true), seconds(m.DelayP95, true))
	return err
}

func seconds(ms call.Millis, known bool) string {
	if !known {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(ms)/1000)
}

// Result gives what the measure prints as JSON.
func (m *Calls) Result() Result {
	return Result{Measure: "eval calls", Versions: m.Versions, Rows: m.Rows, Total: m}
}
