package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/dialogue"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/proof/console"
	"commusafe/internal/proof/phone"
	"commusafe/internal/replay"
)

// botPrompts are all that the voicebot plays; here each is a short tone.
const botPrompts = `bot_greet bot_purpose_keys bot_pardon bot_rough bot_mirror_order bot_mirror_billing bot_yes_no_keys bot_number_keys
	bot_connect bot_complaint bot_message bot_thanks bot_no_agent limited refused silent_end rejoin beep hold`

// limit lets two people agree on how calls of a number are taken.
func (c *centre) limit(second *console.Client, number, take string) string {
	c.t.Helper()
	ctx := c.t.Context()
	var limit struct{ ID string }
	if err := c.sv.Do(ctx, http.MethodPost, "/limits", map[string]any{"number": number, "take": take, "days": 7, "reason": "e2e", "elsewhere": "書面"}, &limit); err != nil {
		c.t.Fatal(err)
	}
	if err := second.Do(ctx, http.MethodPost, "/limits/"+limit.ID+"/approve", nil, nil); err != nil {
		c.t.Fatal(err)
	}
	return limit.ID
}

// limitsAreKnown waits until the edge has them.
func (c *centre) limitsAreKnown(ids ...string) {
	c.t.Helper()
	c.until("the edge knows the limits", func() bool {
		b, _ := os.ReadFile(filepath.Join(c.data, "settings", "snapshot.json"))
		return !slices.ContainsFunc(ids, func(id string) bool { return !strings.Contains(string(b), id) })
	})
}

// A visitor calls a centre whose voicebot answers.
type visitor struct {
	*centre
	t      *testing.T
	name   string
	call   *phone.Call
	number string
}

// fatal ends the visit, not the test: the visitors have goroutines of their own.
func (v *visitor) fatal(format string, args ...any) {
	v.t.Helper()
	v.t.Errorf(v.name+": "+format, args...)
	if v.call != nil {
		_ = v.call.Hangup(context.Background())
	}
	runtime.Goexit()
}

func (v *visitor) wrong(format string, args ...any) {
	v.t.Helper()
	v.t.Errorf(v.name+": "+format, args...)
}

// journal gives the lines of the visitor's call so far.
func (v *visitor) journal() (dir, text string) {
	dirs, err := folder.All(v.calls())
	if err != nil {
		v.fatal("%v", err)
	}
	for _, dir := range dirs {
		b, err := os.ReadFile(filepath.Join(dir, "journal.jsonl"))
		if err == nil && strings.Contains(string(b), `"raw":"`+v.number+`"`) {
			return dir, string(b)
		}
	}
	return "", ""
}

// hears waits until these prompts have been played to their end.
func (v *visitor) hears(prompts string) {
	v.t.Helper()
	list := `"prompts":["` + strings.ReplaceAll(prompts, " ", `","`) + `"]`
	v.waits("the prompts "+prompts, func(text string) bool {
		_, after, ok := strings.Cut(text, list)
		return ok && strings.Contains(after, `"kind":"prompt_ended"`)
	})
}

// waits asks the journal again and again.
func (v *visitor) waits(what string, ok func(text string) bool) {
	v.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for over := time.After(60 * time.Second); ; {
		_, text := v.journal()
		if ok(text) {
			return
		}
		select {
		case <-tick.C:
		case <-over:
			v.fatal("never came about: %s\n%s", what, text)
		}
	}
}

func (v *visitor) presses(keys string) {
	v.t.Helper()
	if err := v.call.SendDTMF(keys); err != nil {
		v.fatal("%v", err)
	}
}

// says speaks sentences of testdata, with pauses in seconds between them: "rough 5 abuse".
func (v *visitor) says(script string) {
	v.t.Helper()
	var octets []byte
	for part := range strings.FieldsSeq(script) {
		var seconds float64
		if _, err := fmt.Sscan(part, &seconds); err == nil {
			octets = append(octets, slices.Repeat([]byte{audio.PCMU.Silence()}, int(seconds*audio.SampleRate))...)
			continue
		}
		_, o, err := audio.ReadG711File(filepath.Join("sound", part+".wav"))
		if err != nil {
			v.fatal("%v", err)
		}
		octets = append(octets, o...)
	}
	if err := v.call.Say(v.t.Context(), audio.PCMU, octets); err != nil {
		v.fatal("%v", err)
	}
}

// An exit is one way out of the dialogue, and how a caller takes it by real sound and real keys.
type exit struct {
	take   string // how the number is limited
	does   func(*visitor)
	want   dialogue.Exit
	header string // of the agent's INVITE, without the reference; none: no agent is called
	urgent bool
}

const nothingKnown = "topic=unknown;confirmed=no;number=no"

func exits() map[string]exit {
	question := func(v *visitor) { v.hears("bot_purpose_keys") }
	return map[string]exit{
		"routed": {"voicebot", func(v *visitor) {
			question(v)
			v.presses("2")
			v.hears("bot_mirror_billing bot_yes_no_keys")
			v.presses("1")
			v.hears("bot_number_keys")
			v.presses("4071#")
		}, dialogue.Routed, "priority=2;topic=billing;confirmed=yes;number=yes", false},
		"corrected": {"voicebot", func(v *visitor) {
			v.presses("2") // into the greeting: who knows the keys need not wait
			v.hears("bot_mirror_billing bot_yes_no_keys")
			v.presses("211#")
		}, dialogue.Routed, "priority=2;topic=order;confirmed=yes;number=no", false},
		"key 0":      {"voicebot", func(v *visitor) { question(v); v.presses("0") }, dialogue.Key, "priority=1;" + nothingKnown, true},
		"danger":     {"voicebot", func(v *visitor) { question(v); v.says("crisis") }, dialogue.Danger, "priority=1;" + nothingKnown, true},
		"disability": {"voicebot", func(v *visitor) { question(v); v.says("disability") }, dialogue.Disability, "priority=1;" + nothingKnown, true},
		"complaint":  {"voicebot", func(v *visitor) { question(v); v.says("complaint") }, dialogue.Complaint, "priority=2;" + nothingKnown, false},
		"not understood": {"voicebot", func(v *visitor) {
			question(v)
			v.says("plain")
			v.hears("bot_pardon bot_purpose_keys")
			v.says("plain")
		}, dialogue.NotUnderstood, "priority=1;" + nothingKnown, true},
		"rough": {"voicebot", func(v *visitor) {
			question(v)
			v.says("rough 5 abuse")
			v.hears("bot_rough bot_purpose_keys")
			v.says("5.5 abuse_again")
			v.hears("bot_message beep")
			v.says("plain")
		}, dialogue.Message, "", false},
		"message": {"voicebot", func(v *visitor) {
			question(v)
			v.presses("9")
			v.hears("bot_message beep")
			v.says("plain")
			v.presses("#")
		}, dialogue.Message, "", false},
		"silent":      {"voicebot", func(*visitor) {}, dialogue.Silent, "", false},
		"hung up":     {"voicebot", func(v *visitor) { question(v); _ = v.call.Hangup(v.t.Context()) }, dialogue.HungUp, "", false},
		"turned away": {"refuse", func(v *visitor) { v.hears("refused") }, dialogue.TurnedAway, "", false},
		"danger only": {"message", func(v *visitor) { v.hears("limited beep"); v.says("crisis") }, dialogue.Danger, "priority=1;" + nothingKnown, true},
	}
}

// agents answers every call that comes to the PBX, after a second of ringing, and keeps who was asked for.
type agents struct {
	mu    sync.Mutex
	calls map[string]*phone.Call // by the caller's number
}

func (a *agents) answer(ctx context.Context, desk *phone.Phone) {
	for {
		c, err := desk.Accept(ctx, phone.AnswerOptions{Sound: phone.Sound{Say: tone(agentTone, time.Minute)}, Ring: true, After: time.Second})
		if err != nil {
			return
		}
		from := asked(c, "From")
		_, from, _ = strings.Cut(from, "sip:")
		from, _, _ = strings.Cut(from, "@")
		a.mu.Lock()
		a.calls[from] = c
		a.mu.Unlock()
	}
}

func (a *agents) of(number string) *phone.Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[number]
}

// asked gives a header of an incoming INVITE.
func asked(c *phone.Call, header string) string {
	for _, h := range c.Report().Asked {
		if value, ok := strings.CutPrefix(h, header+": "); ok {
			return value
		}
	}
	return ""
}

// Every exit of the voicebot's dialogue is taken by a real caller in the whole product, all of them at once: the built-in
// spotter hears rendered sentences, keys come as telephone events, the PBX gets the summary before the agent answers.
func TestEveryExitOfTheVoicebot(t *testing.T) {
	c := &centre{}
	c.open(t, t.TempDir(), "", strings.Fields(botPrompts)...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	second, err := c.admin.Hire(ctx, "manager", "責任者", "manager")
	if err != nil {
		t.Fatal(err)
	}
	seen := c.watch(ctx)
	staff := &agents{calls: map[string]*phone.Call{}}
	var answering sync.WaitGroup
	answering.Go(func() { staff.answer(ctx, c.desk) })
	last := &visitor{centre: c, t: t, name: "no agent", number: "0390002099"}
	ids := []string{c.limit(second, last.number, "voicebot")}
	numbers := map[string]string{}
	for name, e := range exits() {
		numbers[name] = fmt.Sprintf("03900020%02d", len(numbers)+1)
		ids = append(ids, c.limit(second, numbers[name], e.take))
	}
	c.limitsAreKnown(ids...)
	// Not parallel subtests: of those only as many run at once as there are cores.
	var served, others sync.WaitGroup
	for name, e := range exits() {
		v := &visitor{centre: c, t: t, name: name, number: numbers[name]}
		group := &others
		if e.header != "" {
			group = &served
		}
		group.Go(func() { v.visit(e, staff) })
	}
	served.Wait()
	cancel() // the agents go home
	answering.Wait()
	others.Go(last.noAgent)
	others.Wait()
	seen.check(t, numbers["routed"])
	c.isKept(&visitor{centre: c, t: t, name: "routed", number: numbers["routed"]})
}

// isKept looks for what the voicebot learned on the page of the past call.
func (c *centre) isKept(v *visitor) {
	c.t.Helper()
	dir, _ := v.journal()
	var detail struct{ Bot dialogue.Summary }
	c.until("the office has taken the call in", func() bool {
		return c.sv.Do(context.Background(), http.MethodGet, "/calls/"+filepath.Base(dir), nil, &detail) == nil
	})
	if b := detail.Bot; b.Exit != dialogue.Routed || b.Topic != dialogue.Billing || b.Number != "4071" {
		c.t.Errorf("the page of the past call has %+v", b)
	}
}

// visit takes one exit and looks at everything that it left.
func (v *visitor) visit(e exit, staff *agents) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var err error
	if v.call, err = v.machine.caller.Dial(ctx, phone.DialOptions{To: "sip:0355550100@" + v.sip, From: v.number}); err != nil {
		v.fatal("%v", err)
	}
	<-v.call.Answered()
	e.does(v)
	if e.header != "" {
		v.waits("an agent", func(text string) bool { return strings.Contains(text, `"do":"rejoin","phase":"done"`) })
		a := staff.of(v.number)
		ref, rest, _ := strings.Cut(asked(a, "X-Commusafe-Summary"), ";")
		id := asked(a, "X-Commusafe-Call-Id")
		if rest != e.header || ref != "ref="+id[len(id)-6:] {
			v.wrong("the PBX was told %q and %q of call %s, want %q", ref, rest, id, e.header)
		}
		if got := asked(a, "Priority"); (got == "urgent") != e.urgent {
			v.wrong("Priority: %q", got)
		}
		before := v.call.Report().Media.Received
		v.waits("the agent's sound", func(string) bool { return v.call.Report().Media.Received > before+25 })
		if err := v.call.Hangup(ctx); err != nil {
			v.wrong("%v", err)
		}
	}
	r, err := v.call.Wait(ctx)
	if err != nil || r.Reinvites != 0 {
		v.wrong("%+v %v", r, err)
	}
	if e.header == "" && staff.of(v.number) != nil {
		v.wrong("an agent was called")
	}
	dir := v.isSealed()
	rules, err := judge.ShippedRules()
	if err != nil {
		v.fatal("%v", err)
	}
	again, err := replay.Folder(dir, rules)
	if err != nil || again.Differs != "" || len(again.Dialogues) != 1 {
		v.fatal("replay: %+v %v", again, err)
	}
	_, text := v.journal()
	if d := again.Dialogues[0]; d.Exit != e.want || d.Questions > dialogue.MaxQuestions || d.Repeats > dialogue.MaxRepeats {
		v.wrong("left by %s, want %s: %+v\n%s", d.Exit, e.want, d, text)
	} else {
		v.t.Logf(v.name+": left by %s after %d questions, %d ms to the transfer", d.Exit, d.Questions, d.LeftMS)
	}
	for _, never := range []string{`"do":"cut","phase"`, `"do":"warn1","phase"`, `"do":"closing","phase"`} {
		if strings.Contains(text, never) {
			v.wrong("the journal has %s:\n%s", never, text)
		}
	}
}

// isSealed waits for the visitor's sealed folder.
func (v *visitor) isSealed() string {
	v.t.Helper()
	dir := ""
	v.waits("a sealed folder", func(string) bool {
		dir, _ = v.journal()
		_, err := folder.ReadSeal(dir)
		return dir != "" && err == nil
	})
	if _, err := folder.Verify(dir); err != nil {
		v.wrong("%v", err)
	}
	return dir
}

// noAgent has a caller ask for a person when all are busy: he is told so, and may leave a message.
func (v *visitor) noAgent() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var answering sync.WaitGroup
	answering.Go(func() {
		if _, err := v.desk.Accept(ctx, phone.AnswerOptions{Reject: 486}); err != nil {
			v.wrong("%v", err)
		}
	})
	var err error
	if v.call, err = v.machine.caller.Dial(ctx, phone.DialOptions{To: "sip:0355550100@" + v.sip, From: v.number}); err != nil {
		v.fatal("%v", err)
	}
	<-v.call.Answered()
	v.presses("0")
	v.hears("bot_no_agent bot_message beep")
	v.says("plain")
	v.presses("#")
	if r, err := v.call.Wait(ctx); err != nil || r.EndedBy != "them" || r.Why != "bye" {
		v.wrong("%+v %v", r, err)
	}
	answering.Wait()
	dir := v.isSealed()
	_, text := v.journal()
	says(v.t, text, `"do":"rejoin","phase":"failed"`, `"why":"no_agent"`)
	rules, err := judge.ShippedRules()
	if err != nil {
		v.fatal("%v", err)
	}
	r, err := replay.Folder(dir, rules)
	if err != nil || r.Differs != "" || len(r.Dialogues) != 2 || r.Dialogues[0].Exit != dialogue.Key || r.Dialogues[1].Exit != dialogue.Message {
		v.wrong("%+v %v", r, err)
	}
}

// A screen is what a supervisor's console was told, event by event.
type screen struct {
	mu    sync.Mutex
	views []bus.CallView
}

// watch follows the live feed until ctx ends.
func (c *centre) watch(ctx context.Context) *screen {
	c.t.Helper()
	feed, err := c.sv.Live(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	s := &screen{}
	var reading sync.WaitGroup
	reading.Go(func() {
		lines := bufio.NewScanner(feed)
		lines.Buffer(nil, 8<<20)
		for lines.Scan() {
			var v bus.CallView
			data, ok := strings.CutPrefix(lines.Text(), "data:")
			if ok && json.Unmarshal([]byte(data), &v) == nil && v.Bot != nil {
				s.mu.Lock()
				s.views = append(s.views, v)
				s.mu.Unlock()
			}
		}
	})
	c.t.Cleanup(func() { feed.Close(); reading.Wait() })
	return s
}

// check looks for the whole summary on the screen while the agent's telephone still rang.
func (s *screen) check(t *testing.T, number string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.views {
		if v.Incoming.From.Raw == number && v.Line == bus.LineRejoining {
			if b := v.Bot; b.Topic != dialogue.Billing || !b.Confirmed || b.Number != "4071" || b.Exit != dialogue.Routed || b.Priority != 2 {
				t.Errorf("the console was told %+v", b)
			}
			return
		}
	}
	t.Errorf("the console was never told before the agent answered (%d views)", len(s.views))
}
