package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/folder"
	"commusafe/internal/proof/console"
)

// callerNumber is the number that the caller's telephone calls from.
const callerNumber = "0390001111"

// noGap is the longest hole that a caller may hear where the sound is switched.
const noGap = 60 * time.Millisecond

// A centre is the whole product between two telephones that know nothing of it, with a supervisor at the console.
type centre struct {
	*machine
	caller, agent *softphone
	sv            *console.Client
	admin         *console.Client
}

// openCentre starts everything. The centre's own prompts are tones: 1200 Hz for what is announced, 600 Hz for the bot.
func openCentre(t *testing.T) *centre {
	t.Helper()
	c := &centre{caller: startPhoneAs(t, "caller", callerNumber, callerTone, false), agent: startPhone(t, "agent", agentTone, true)}
	c.open(t, t.TempDir(), c.agent.sip)
	return c
}

// open starts the product with its data below dir and its agents at pbx, and logs a supervisor in. The prompts named
// short are a fifth of a second of a tone.
func (c *centre) open(t *testing.T, dir, pbx string, short ...string) {
	t.Helper()
	c.machine = newMachineAt(t, dir, pbx)
	prompts := filepath.Join(c.data, "settings", "prompts")
	if err := os.MkdirAll(prompts, 0o750); err != nil {
		t.Fatal(err)
	}
	write := func(id string, hz int, long time.Duration) {
		if err := audio.WriteG711File(filepath.Join(prompts, id+".wav"), audio.PCMU, tone(hz, long)); err != nil {
			t.Fatal(err)
		}
	}
	for id, hz := range map[string]int{"warn1": announcementTone, "closing": announcementTone, "agent_leave": announcementTone, "bot_greet": botTone,
		"bot_purpose_keys": botTone, "rejoin": botTone, "hold": botTone} {
		write(id, hz, 2*time.Second)
	}
	for _, id := range short {
		write(id, botTone, 200*time.Millisecond)
	}
	c.start()
	ctx := t.Context()
	first, err := console.FirstLogin(c.data)
	if err != nil {
		t.Fatal(err)
	}
	if c.admin, err = console.Open(ctx, "http://"+c.console, first); err != nil {
		t.Fatal(err)
	}
	if c.sv, err = c.admin.Hire(ctx, "sv", "上席者", "supervisor"); err != nil {
		t.Fatal(err)
	}
}

// dial has the caller call the centre and gives the call's ID when it has its folder.
func (c *centre) dial() string {
	c.t.Helper()
	c.caller.do("dial", "sip:"+calledNumber+"@"+c.sip)
	var open []string
	c.until("the call has its folder", func() bool {
		open, _ = folder.Unsealed(c.calls())
		return len(open) == 1
	})
	return filepath.Base(open[0])
}

// command has the supervisor press a button, as soon as the console knows the call.
func (c *centre) command(call, do string) {
	c.t.Helper()
	n := 0
	c.until("the command "+do+" is taken", func() bool {
		n++
		err := c.sv.Do(context.Background(), http.MethodPost, "/calls/"+call+"/commands", map[string]string{"id": fmt.Sprintf("e2e-%s-%04d", do, n), "do": do, "why": "e2e"}, nil)
		if err != nil && !strings.Contains(err.Error(), "error.no_call") {
			c.t.Fatal(err)
		}
		return err == nil
	})
}

// journal gives the whole journal of the only call, when its folder is sealed, proved and taken in.
func (c *centre) journal() string {
	c.t.Helper()
	c.until("the folder is taken in", func() bool { return c.acknowledged() == 1 })
	for dir := range c.sealed() {
		b, err := os.ReadFile(filepath.Join(dir, "journal.jsonl"))
		if err != nil {
			c.t.Fatal(err)
		}
		return string(b)
	}
	c.t.Fatal("no sealed folder")
	return ""
}

// says checks that a journal has all of these.
func says(t *testing.T, journal string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(journal, want) {
			t.Errorf("the journal does not say %s:\n%s", want, journal)
		}
	}
}

// awaitTone lets time pass until the caller's own recording has the tone for as long as this.
func (c *centre) awaitTone(p *softphone, hz int, least time.Duration) {
	c.t.Helper()
	c.until(fmt.Sprintf("%s hears %d Hz for %s", p.name, hz, least), func() bool {
		files, _ := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
		return len(files) > 0 && total(heardBy(p), hz) >= least
	})
}

// A supervisor's warning and cut go from the console through office, bus and edge to both telephones.
func TestTheSupervisorWarnsAndCuts(t *testing.T) {
	c := openCentre(t)
	id := c.dial()
	c.awaitTone(c.caller, agentTone, time.Second)
	c.command(id, "warn")
	c.awaitTone(c.caller, announcementTone, 1900*time.Millisecond)
	c.awaitTone(c.caller, agentTone, 2*time.Second)
	c.command(id, "cut")
	c.agent.await("CALL_CLOSED")
	c.caller.await("CALL_CLOSED")
	if a, b := c.caller.byes(), c.agent.byes(); a != 1 || b != 1 {
		t.Errorf("%d BYEs to the caller, %d to the agent", a, b)
	}
	if a, b := c.caller.requests("INVITE"), c.agent.requests("INVITE"); a != 0 || b != 1 {
		t.Errorf("%d INVITEs to the caller, %d to the agent: the switch needs none", a, b)
	}
	list := heardBy(c.caller)
	if hole := gap(list, agentTone, announcementTone); hole > noGap {
		t.Errorf("the caller heard a gap of %s: %s", hole, text(list))
	}
	enough(t, c.caller, announcementTone, 3800*time.Millisecond)
	enough(t, c.agent, callerTone, 3*time.Second)
	says(t, c.journal(), `"do":"warn"`, `"do":"cut"`, `"role":"supervisor"`, `"do":"closing","phase":"done"`, `"complete":true`, `"do":"cut","phase":"done"`, `"by":"supervisor"`)
	c.twoPeopleDecide(id)
}

// twoPeopleDecide finds the limit that the machine suggests after a cut, and proposes it: nothing is in force by that.
func (c *centre) twoPeopleDecide(id string) {
	c.t.Helper()
	var l struct {
		Limits []struct{ ID, Call, State string }
	}
	states := func() string {
		l.Limits = nil
		if err := c.sv.Do(context.Background(), http.MethodGet, "/limits", nil, &l); err != nil {
			c.t.Fatal(err)
		}
		var out []string
		for _, x := range l.Limits {
			if x.Call != id {
				c.t.Errorf("a limit of another call: %+v", x)
			}
			out = append(out, x.State)
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	if s := states(); s != "suggested" {
		c.t.Fatalf("after a cut by hand the limits are %q", s)
	}
	if err := c.sv.Do(context.Background(), http.MethodPost, "/limits/"+l.Limits[0].ID+"/approve", nil, nil); err == nil {
		c.t.Error("a suggestion of the machine was approved by one person")
	}
	if err := c.sv.Do(context.Background(), http.MethodPost, "/limits", map[string]any{"call": id, "take": "voicebot", "days": 30, "reason": "e2e", "elsewhere": "書面"}, nil); err != nil {
		c.t.Fatal(err)
	}
	if s := states(); s != "lifted proposed" {
		c.t.Errorf("after a proposal the limits are %q", s)
	}
}

// A caller whom two people limited meets the voicebot first; a key brings him to an agent, without a re-INVITE.
func TestALimitedCallerMeetsTheVoicebotFirst(t *testing.T) {
	c := openCentre(t)
	ctx := t.Context()
	second, err := c.admin.Hire(ctx, "manager", "責任者", "manager")
	if err != nil {
		t.Fatal(err)
	}
	limit := c.limit(second, callerNumber, "voicebot")
	c.limitsAreKnown(limit)
	c.dial()
	c.awaitTone(c.caller, botTone, time.Second)
	if n := c.agent.requests("INVITE"); n != 0 {
		t.Errorf("the agent got %d INVITEs while the voicebot spoke", n)
	}
	c.caller.do("sndcode", "0")
	c.caller.do("sndcode", "\x04") // key up
	c.awaitTone(c.caller, agentTone, time.Second)
	c.caller.do("hangup", "")
	c.agent.await("CALL_CLOSED")
	enough(t, c.agent, callerTone, 800*time.Millisecond)
	list := heardBy(c.caller)
	if hole := gap(list, botTone, agentTone); hole > noGap {
		t.Errorf("the caller heard a gap of %s: %s", hole, text(list))
	}
	if n := c.caller.requests("INVITE"); n != 0 {
		t.Errorf("the caller got %d re-INVITEs", n)
	}
	if said := c.agent.said(); !strings.Contains(said, "X-Commusafe-Summary: ref=") || !strings.Contains(said, ";priority=1;topic=unknown;") || !strings.Contains(said, "Priority: urgent") {
		t.Errorf("the INVITE to the agent's telephone has no summary:\n%s", said)
	}
	says(t, c.journal(), `"limit":"`+limit, `"type":"dtmf"`, `"do":"voicebot","phase":"done"`, `"result":"agent"`, `"do":"rejoin","phase":"done"`)
}

// Keys go both ways through the whole product; what is pressed toward an agent is not kept.
func TestKeysGoThroughTheWholeProduct(t *testing.T) {
	c := openCentre(t)
	c.dial()
	c.awaitTone(c.caller, agentTone, 500*time.Millisecond)
	for _, k := range []struct {
		from, to *softphone
		key      string
	}{{c.caller, c.agent, "5"}, {c.agent, c.caller, "9"}} {
		k.from.do("sndcode", k.key)
		if got := k.to.await("CALL_DTMF_START"); got != k.key {
			t.Errorf("key %s of the %s arrived as %q", k.key, k.from.name, got)
		}
		k.from.do("sndcode", "\x04")
	}
	c.agent.do("hangup", "")
	c.caller.await("CALL_CLOSED")
	if strings.Contains(c.journal(), `"type":"dtmf"`) {
		t.Error("keys toward an agent are in the journal: they may be a card number")
	}
	if a := c.caller.byes(); a != 1 {
		t.Errorf("%d BYEs to the caller", a)
	}
}
