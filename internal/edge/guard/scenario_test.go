package guard

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
	"commusafe/internal/replay"
)

// promptLength is how long every prompt of the fake line takes.
const promptLength = 12 * time.Second

// A fakeLine plays prompts in fake time and remembers what was done to it.
type fakeLine struct {
	mu     sync.Mutex
	began  time.Time
	can    call.Ability
	ended  chan struct{}
	reason call.EndReason
	fails  map[string]bool // prompts that can't be played
	acts   []string
	voice  chan struct{} // the caller speaks
	absent bool          // no agent answers
	slow   bool          // agents let it ring
	about  string        // what the PBX was told before the last agent answered
}

func (l *fakeLine) Can() call.Ability      { return l.can }
func (l *fakeLine) Ended() <-chan struct{} { return l.ended }
func (l *fakeLine) Reason() call.EndReason { return l.reason }

func (l *fakeLine) did(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acts = append(l.acts, what)
}

func (l *fakeLine) play(ctx context.Context, prompt string) (Spoken, error) {
	l.did("play " + prompt)
	if l.fails[prompt] {
		return Spoken{}, errors.New("prompt can't be played")
	}
	s := Spoken{FirstMS: call.At(time.Since(l.began)), Complete: true}
	t := time.NewTimer(promptLength)
	defer t.Stop()
	select {
	case <-t.C:
	case <-l.ended:
		s.Complete = false
	case <-ctx.Done():
		s.Complete = false
	}
	s.LastMS = call.At(time.Since(l.began))
	s.Packets = int((s.LastMS - s.FirstMS) / 20)
	return s, nil
}

func (l *fakeLine) Announce(ctx context.Context, p string) (Spoken, error) { return l.play(ctx, p) }

func (l *fakeLine) Close(ctx context.Context, p string) (Spoken, error) {
	l.did("agent off")
	return l.play(ctx, p)
}

// ToVoicebot does what the edge's voicebot does, on a fake line: prompts of 12 s, speech that ends the turn 4 s later.
func (l *fakeLine) ToVoicebot(ctx context.Context, t Talk) error {
	l.did("bot")
	c := <-t.Turns
	for c.Do != dialogue.Transfer && c.Do != dialogue.End {
		done := make(chan error, 1)
		tctx, stop := context.WithCancel(ctx)
		go func() { done <- l.turn(tctx, c, t.Tell) }()
		select {
		case c = <-t.Turns:
			stop()
			<-done
			continue
		case err := <-done:
			if stop(); err != nil {
				return err
			}
		}
		select {
		case c = <-t.Turns:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// turn plays and listens until ctx ends.
func (l *fakeLine) turn(ctx context.Context, c dialogue.Command, tell func(dialogue.Event)) error {
	barged := false
	for _, id := range c.Prompts {
		pctx, stop := context.WithCancel(ctx)
		over := make(chan error, 1)
		go func() { _, err := l.play(pctx, id); over <- err }()
		err := error(nil)
	playing:
		for {
			select {
			case err = <-over:
				break playing
			case <-l.voice:
				if barged = barged || c.Barge; barged {
					stop()
				}
			}
		}
		if stop(); err != nil || ctx.Err() != nil {
			return err
		}
		if barged {
			break
		}
	}
	if len(c.Prompts) > 0 {
		tell(dialogue.Event{Kind: dialogue.PromptEnded, N: c.N, Barged: barged})
	}
	if c.Do == dialogue.Say {
		return nil
	}
	kind, wait := dialogue.Silence, c.PatienceMS
	if barged {
		kind, wait = dialogue.TurnEnded, c.QuietMS
	}
	for quiet := time.NewTimer(wait.Duration()); ; {
		select {
		case <-l.voice:
			kind = dialogue.TurnEnded
			quiet.Reset(c.QuietMS.Duration())
		case <-quiet.C:
			tell(dialogue.Event{Kind: kind, N: c.N})
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// speak is a voice, if the voicebot has the caller.
func (l *fakeLine) speak() {
	select {
	case l.voice <- struct{}{}:
	default:
	}
}

func (l *fakeLine) Rejoin(ctx context.Context, about *dialogue.Summary) error {
	l.did("rejoin")
	if about != nil {
		l.about = about.Header()
	}
	if l.absent {
		return errors.New("nobody answers")
	}
	if l.slow {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return nil
}

func (l *fakeLine) Cut(_ context.Context, why call.EndReason) error {
	l.did("bye")
	l.end(why)
	return nil
}

func (l *fakeLine) end(why call.EndReason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.ended:
	default:
		l.reason = why
		close(l.ended)
	}
}

// A scenario is a call in lines; see testdata/README.md.
type scenario struct {
	shipped *judge.Rules
	t       *testing.T
	guard   *Guard
	line    *fakeLine
	items   chan evidence.Item
	notes   chan Note
	began   time.Time
	dir     string
	hears   bool // an engine of full recognition hears the call

	mu     sync.Mutex
	begun  []string // actions begun, notify and alert done, in order
	asked  []string
	limits []policy.Limit
	cuts   int
	last   bus.CallView
	next   int // first action not yet expected
	played int // first prompt not yet expected
}

// shipped are the shipped rules, made once: that takes longer than a scenario.
//
//nolint:gochecknoglobals // read only
var shipped = sync.OnceValues(judge.ShippedRules)

func newScenario(t *testing.T, preset policy.Preset) *scenario {
	t.Helper()
	rules, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	s := &scenario{t: t, shipped: rules, began: time.Now(), items: make(chan evidence.Item), notes: make(chan Note)}
	s.line = &fakeLine{began: s.began, can: call.Ability{Announce: true, Voicebot: true, Rejoin: true, Cut: true}, ended: make(chan struct{}), fails: map[string]bool{}, voice: make(chan struct{})}
	s.guard = &Guard{Edge: "test", Judge: rules, Policy: policy.ShippedRules(preset), Began: s.began, Line: s.line, Log: slog.New(slog.DiscardHandler), Publish: s.watch,
		Call:    call.Incoming{ID: call.NewID(), Began: s.began, Direction: call.Inbound, From: call.ParseNumber("0312345678")},
		OnLimit: func(l policy.Limit) { s.limits = append(s.limits, l) }, OnCut: func() { s.cuts++ }}
	return s
}

// watch reads the live view, as a console would.
func (s *scenario) watch(v bus.CallView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.last.Lines
	for _, l := range v.Lines {
		if l.Seq < 0 || slices.ContainsFunc(seen, func(o bus.ViewLine) bool { return o.Seq == l.Seq }) {
			continue
		}
		switch {
		case l.Kind == "proposal":
			s.asked = append(s.asked, string(l.Do))
		case l.Kind == "action" && (l.Phase == Begun || l.Phase == Done && (l.Do == policy.Notify || l.Do == policy.Alert || l.Do == policy.Stop || l.Do == policy.LimitNow)):
			s.begun = append(s.begun, string(l.Do))
		}
	}
	s.last = v
}

func (s *scenario) run(lines []string) {
	w, err := folder.Create(s.t.TempDir(), s.guard.Call.ID, s.began, folder.Options{Program: "test"})
	if err != nil {
		s.t.Fatal(err)
	}
	s.dir = w.Dir
	s.guard.Journal = w
	for _, l := range lines {
		s.circumstance(strings.Fields(l), l)
	}
	s.guard.Prepare()
	if err := s.guard.WriteSettings("test"); err != nil {
		s.t.Fatal(err)
	}
	done := make(chan struct{})
	if s.hears {
		s.guard.view.Engine = "builtin/1 + test/1"
	}
	go func() {
		defer close(done)
		s.guard.Watch(context.Background(), s.items, s.notes)
	}()
	for n, l := range lines {
		if err := s.step(strings.Fields(l), l); err != nil {
			s.t.Errorf("line %d: %s: %v", n+1, l, err)
		}
	}
	s.line.end(call.EndReason{By: call.ByCaller, Why: "hangup"})
	close(s.items)
	close(s.notes)
	<-done
	if _, err := w.Seal(call.At(time.Since(s.began)), time.Now(), nil); err != nil {
		s.t.Error(err)
	}
	s.proveReplay()
}

// proveReplay runs the folder through judge and policy once more: the same bytes must come out.
func (s *scenario) proveReplay() {
	if _, err := folder.Verify(s.dir); err != nil {
		s.t.Error(err)
	}
	r, err := replay.Folder(s.dir, s.shipped) // what the centre had added stands in the folder
	if err != nil {
		s.t.Error(err)
	} else if r.Differs != "" {
		s.t.Errorf("replay: %s", r.Differs)
	}
}

func (s *scenario) until(at string) error {
	d, err := time.ParseDuration(at)
	if err != nil {
		return err
	}
	time.Sleep(d - time.Since(s.began)) // in the bubble's fake time
	synctest.Wait()
	return nil
}

// circumstance reads the lines that hold for the whole call.
func (s *scenario) circumstance(f []string, line string) {
	if len(f) == 0 {
		return
	}
	switch f[0] {
	case "cuts-elsewhere":
		s.guard.MayCut = func() (func(), bool) { return nil, false }
	case "cuts-today":
		if _, err := fmt.Sscan(f[1], &s.guard.CutsToday); err != nil {
			s.t.Error(err)
		}
	case "criterion":
		s.guard.Policy.Criteria = []policy.Criterion{{Name: "own", When: strings.TrimPrefix(line, "criterion "), Category: judge.Hold, Level: judge.Warning}}
	case "desk": // the bubble's time begins on Saturday 2000-01-01 at 09:00 in Japan
		s.guard.Policy.Desk = []policy.Hours{{Day: time.Saturday, From: f[1], Until: f[2]}}
	case "closed":
		s.guard.Policy.Closed = append(s.guard.Policy.Closed, policy.ClosedDay{Date: f[1]})
	case "careful":
		c := policy.Careful{Category: judge.Category(f[1]), Preset: policy.Preset(f[3])}
		if err := c.Through.UnmarshalText([]byte(f[2])); err != nil {
			s.t.Error(err)
		}
		s.guard.Policy.Careful = append(s.guard.Policy.Careful, c)
		if err := s.guard.Policy.Check(); err != nil {
			s.t.Error(err)
		}
	case "life-line":
		s.guard.Policy.LifeLine = true
	case "withheld":
		s.guard.Call.From = call.Number{Withheld: call.Withheld}
	case "own":
		var level judge.Level
		if err := level.UnmarshalText([]byte(f[1])); err != nil {
			s.t.Error(err)
		}
		own := judge.Own{Version: 3, Sheets: []judge.Sheet{{Category: judge.Category(f[2]), Entries: []judge.Entry{{ID: "OWN-3", Surface: f[3], Level: level}}}}}
		with, err := s.shipped.With(own, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		s.guard.Judge = with
	case "trade":
		with, err := s.guard.Judge.With(s.guard.Judge.Own(), f[1:])
		if err != nil {
			s.t.Fatal(err)
		}
		s.guard.Judge = with
	case "cannot":
		s.line.can = call.Ability{}
	case "prompt":
		s.line.fails[f[1]] = true
	case "voicebot-first":
		s.guard.First = policy.Voicebot
	case "message-only":
		s.guard.First, s.guard.Way = policy.Voicebot, dialogue.MessageOnly
	case "no-agent":
		s.line.absent = true
	case "slow-agent":
		s.line.slow = true
	case "recognition":
		s.hears = true
	case "full-disk":
		from, err := time.ParseDuration(f[1])
		if err != nil {
			s.t.Error(err)
		}
		s.guard.Journal = fullDisk{s.guard.Journal, s.began.Add(from)}
	}
}

// A fullDisk keeps nothing for good from a time on.
type fullDisk struct {
	Journal
	from time.Time
}

func (d fullDisk) Sync() error {
	if !time.Now().Before(d.from) {
		return errors.New("no space left on device")
	}
	return d.Journal.Sync()
}

func (s *scenario) step(f []string, line string) error {
	switch {
	case len(f) == 0 || f[0] == "#" || f[0] == "preset":
		return nil
	case slices.Contains(strings.Fields("cuts-today cuts-elsewhere careful closed desk life-line own trade withheld cannot prompt criterion voicebot-first message-only no-agent slow-agent recognition full-disk"), f[0]):
		return nil
	case f[0] == "at" && len(f) >= 4:
		if err := s.until(f[1]); err != nil {
			return err
		}
		return s.happens(f[2], f[3], strings.TrimSpace(line[strings.Index(line, f[3])+len(f[3]):]))
	case f[0] == "at":
		return s.until(f[1])
	case f[0] == "expect":
		return s.expect(f[1:], strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "expect")))
	case f[0] == "never":
		for _, do := range f[1:] {
			if slices.Contains(s.begun, strings.TrimSuffix(do, ",")) {
				return fmt.Errorf("%s was done (%v)", do, s.begun)
			}
		}
		return nil
	}
	return errors.New("not understood")
}

func (s *scenario) head(p call.Party, length time.Duration) evidence.Head {
	now := time.Since(s.began)
	return evidence.Head{Party: p, FromMS: call.At(max(0, now-length)), ToMS: call.At(now), Source: "test"}
}

// happens is the third and following words of an "at" line.
func (s *scenario) happens(who, what, rest string) error {
	defer synctest.Wait()
	switch {
	case what == "says":
		s.line.speak()
		s.items <- evidence.Utterance{Head: s.head(call.Party(who), 2*time.Second), Text: rest, Confidence: 0.9, Final: true}
	case what == "spotted":
		id, conf, _ := strings.Cut(rest, " ")
		p := evidence.Phrase{Head: s.head(call.Party(who), time.Second), ID: id, Confidence: 0.9}
		if conf == "unsure" {
			p.Confidence = 0.5
		}
		s.line.speak()
		s.items <- p
	case what == "like":
		g := evidence.Gist{Head: s.head(call.Party(who), 2*time.Second)}
		if _, err := fmt.Sscan(rest, &g.Category, &g.Harm); err != nil {
			return err
		}
		s.line.speak()
		s.items <- g
	case what == "resembles":
		v := evidence.Voice{Head: s.head(call.Party(who), 2*time.Second), Candidates: make([]evidence.Candidate, 1)}
		if _, err := fmt.Sscan(rest, &v.Candidates[0].Voiceprint, &v.Candidates[0].Score); err != nil {
			return err
		}
		s.items <- v
	case what == "mumbles":
		s.line.speak()
	case what == "shouts":
		s.items <- evidence.Sound{Head: s.head(call.Party(who), time.Second), LoudnessDB: 20}
	case what == "is":
		h := s.head(call.Party(who), time.Second)
		s.items <- evidence.Sound{Head: h, SilenceMS: int64(h.ToMS)}
	case who == "line" && what == "one-way":
		s.items <- evidence.Gap{Head: evidence.Head{Party: call.Caller, ToMS: s.head(call.Caller, 0).ToMS, Source: "hear"}, What: "sound", Why: "one_way"}
	case who == "line":
		s.items <- evidence.Mark{Head: evidence.Head{FromMS: s.head("", 0).ToMS, ToMS: s.head("", 0).ToMS, Source: evidence.SourceEdge}, Mark: what}
	case what == "knows":
		h := evidence.History{Head: evidence.Head{Source: "office"}}
		if _, err := fmt.Sscanf(rest, "on_matter %d today %d", &h.OnMatter, &h.MatterToday); err != nil {
			return err
		}
		s.items <- h
	case what == "presses":
		s.items <- evidence.DTMF{Head: s.head(call.Party(who), 0), Digit: rest}
	case what == "hangs":
		s.line.end(call.EndReason{By: call.By(who), Why: "hangup"})
	case what == "commands":
		do, refusal, _ := strings.Cut(rest, " refused: ")
		err := s.guard.Do(context.Background(), "", policy.Command{Do: do, By: who, Role: "supervisor"})
		if refusal == "" && err != nil || refusal != "" && (err == nil || err.Error() != refusal) {
			return fmt.Errorf("command: %w", err)
		}
	default:
		return errors.New("not understood")
	}
	return nil
}

// expect: "notify, warn1 by 32s", "nothing by 60s", "proposal warn1", "stage final", "level S2", "limit", "no limit", "category ABUSE", "ended by policy".
func (s *scenario) expect(f []string, text string) error {
	if what, by, ok := strings.Cut(text, " by "); ok && f[0] != "ended" {
		if err := s.until(by); err != nil {
			return err
		}
		return s.expectActions(what)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	got, want := "", strings.Join(f[1:], " ")
	switch f[0] {
	case "proposal":
		if n := len(s.asked); n > 0 {
			got = s.asked[n-1]
		}
		if len(s.last.Proposed) == 0 {
			got = "none open"
		}
	case "stage":
		got = string(s.last.State.Stage)
	case "level":
		got = s.last.Judgement.Level.String()
	case "held":
		got = s.last.Outlook.Held
	case "category":
		if len(s.last.Judgement.Findings) > 0 {
			got = string(s.last.Judgement.Findings[0].Category)
		}
	case "limit":
		got, want = fmt.Sprint(len(s.limits)), "1"
	case "no":
		got, want = fmt.Sprint(len(s.limits)), "0"
	case "ended":
		got, want = string(s.line.reason.By), f[2]
	case "cuts":
		got = fmt.Sprint(s.cuts)
	case "exit", "priority", "topic", "confirmed", "asked":
		if b := s.last.Bot; b != nil {
			got = fmt.Sprint(map[string]any{"exit": b.Exit, "priority": b.Priority, "topic": b.Topic, "confirmed": b.Confirmed, "asked": b.Asked}[f[0]])
		}
	case "header":
		_, got, _ = strings.Cut(s.line.about, ";")
	case "plays":
		var played []string
		for _, a := range s.line.acts {
			if id, ok := strings.CutPrefix(a, "play "); ok {
				played = append(played, id)
			}
		}
		got = strings.Join(played[min(s.played, len(played)):], " ")
		s.played = len(played)
	case "line":
		got = strings.Join(s.line.acts, ", ")
	case "gists":
		n := 0
		for _, l := range s.last.Lines {
			if l.Kind == string(evidence.KindGist) {
				n++
			}
		}
		got = fmt.Sprint(n)
	case "voices":
		got = strings.Trim(fmt.Sprint(s.last.Voices), "[]")
	default:
		return errors.New("not understood")
	}
	if got != want {
		return fmt.Errorf("is %q, want %q", got, want)
	}
	return nil
}

func (s *scenario) expectActions(what string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.begun[s.next:]
	s.next = len(s.begun)
	want := strings.Split(what, ", ")
	if what == "nothing" {
		want = nil
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("done: %v, want %v", got, want)
	}
	return nil
}

func TestScenarios(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(files) < 60 {
		t.Fatalf("%d scenario files, %v; at least 60 are promised", len(files), err)
	}
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		preset, expects := policy.Preset(""), 0
		for sc := bufio.NewScanner(f); sc.Scan(); {
			lines = append(lines, sc.Text())
			if p, ok := strings.CutPrefix(sc.Text(), "preset "); ok {
				preset = map[string]policy.Preset{"見守り": policy.PresetWatch, "確認してから": policy.PresetAsk, "自動": policy.PresetAuto}[strings.TrimSpace(p)]
			}
			if strings.HasPrefix(sc.Text(), "expect") || strings.HasPrefix(sc.Text(), "never") {
				expects++
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			if preset == "" || expects == 0 {
				t.Fatal("a scenario names its preset and expects something")
			}
			synctest.Test(t, func(t *testing.T) { newScenario(t, preset).run(lines) })
		})
	}
}

// A scenario that expects what doesn't happen must fail: the runner itself is tested.
func TestTheRunnerNoticesAWrongExpectation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScenario(t, policy.PresetAuto)
		s.guard.Prepare()
		for _, l := range []string{"expect notify by 1s", "expect stage warn1", "expect limit", "at 2s nobody does", "what"} {
			if s.step(strings.Fields(l), l) == nil {
				t.Errorf("%q passed", l)
			}
		}
	})
}
