package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/config"
	"commusafe/internal/dialogue"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
	"commusafe/internal/proof/phone"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// busyGap is the longest hole, in milliseconds, that is put down to a busy machine. A switch that left something out would
// be silent for longer; test/e2e measures the gap itself at an independent telephone.
const busyGap = 300

// A house is an edge with a bus, a carrier's phone and an agent's phone.
type house struct {
	t            *testing.T
	cfg          config.Config
	edge         *Edge
	office       *bus.Link // what the test uses to be listener and office
	caller, desk *phone.Phone
	views        chan bus.CallView
	offers       chan bus.Offer
	stop         func()
}

func newHouse(t *testing.T, change func(*Edge)) *house {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	if !srv.ReadyForConnections(5 * time.Second) {
		t.Fatal("no bus")
	}
	h := &house{t: t, views: make(chan bus.CallView, 1000), offers: make(chan bus.Offer, 10)}
	link := func(name string) *bus.Link {
		l, err := bus.Connect(bus.Options{URL: srv.ClientURL(), Site: "test", Name: name, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if h.desk, err = phone.New(phone.Config{Listen: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	if h.caller, err = phone.New(phone.Config{Listen: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	h.cfg = config.Default()
	h.cfg.DataDir, h.cfg.Edge = t.TempDir(), config.Edge{Name: "test", Health: "127.0.0.1:0"}
	h.cfg.SIP = config.SIP{Listen: []string{"udp:127.0.0.1:0"}, Drain: 5, Trunks: []config.Trunk{{Name: "t", Peers: []string{"127.0.0.1"}}},
		PBX: []config.PBX{{Name: "p", Target: "sip:" + h.desk.Addr().String(), Peers: []string{"127.0.0.1"}}}}
	h.cfg.Media = config.Media{Ports: "41000-41999", Address: "127.0.0.1", Workers: 1}
	if err := h.cfg.Prepare(); err != nil {
		t.Fatal(err)
	}
	edgeLink := link("edge")
	h.office = link("office")
	if h.edge, err = New(h.cfg, edgeLink, slog.New(slog.DiscardHandler), "test"); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(h.edge)
	}
	if _, err := h.office.SubscribeUpdates(func(u bus.Update) { h.views <- u.Call }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.edge.Run(ctx) }()
	h.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		h.caller.Close()
		h.desk.Close()
		edgeLink.Close()
		h.office.Close()
		srv.Shutdown()
		srv.WaitForShutdown()
	}
	return h
}

func (h *house) serveOffers() {
	if _, err := h.office.ServeOffers(func(o bus.Offer) bus.Reply { h.offers <- o; return bus.Reply{V: 1} }); err != nil {
		h.t.Fatal(err)
	}
}

// listen claims every call and says of it what say gives, once sound has come.
func (h *house) listen(say func(bus.Claim) []evidence.Item) {
	_, err := h.office.ServeClaims(func(c bus.Claim) (bus.Claimed, bool) {
		told, done := false, 0
		_, err := h.office.SubscribeSound(c.Call, func(s bus.Sound) {
			heard := bus.Heard{V: 1, Call: c.Call, Listener: "l", CallerMS: s.Octets.At(), Engine: "test + sherpa/x"}
			if !told {
				told = true
				for _, it := range say(c) {
					heard.Items = append(heard.Items, bus.Item{Item: it})
				}
			}
			if s.End {
				done++
				heard.Done = done == 2
			}
			if err := h.office.PublishHeard(heard); err != nil {
				h.t.Error(err)
			}
		})
		if err != nil {
			h.t.Error(err)
		}
		fctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := h.office.Flush(fctx); err != nil {
			h.t.Error(err)
		}
		return bus.Claimed{V: 1, Listener: "l", Engine: "test"}, true
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func tone(d time.Duration) []byte {
	pcm := make([]int16, int(d.Seconds()*audio.SampleRate))
	for i := range pcm {
		pcm[i] = int16(8000 * (i / 10 % 2))
	}
	return audio.PCMU.Encode(nil, pcm)
}

// talk puts a call through and gives both ends.
func (h *house) talk(ctx context.Context) (caller, agent *phone.Call) {
	h.t.Helper()
	got := make(chan *phone.Call, 1)
	go func() {
		c, err := h.desk.Accept(ctx, phone.AnswerOptions{Sound: phone.Sound{Say: tone(time.Minute)}, Ring: true})
		if err != nil {
			h.t.Error(err)
		}
		got <- c
	}()
	c, err := h.caller.Dial(ctx, phone.DialOptions{Sound: phone.Sound{Say: tone(time.Minute)}, To: "sip:0355550100@" + h.addr().String(), From: "0390001111"})
	if err != nil {
		h.t.Fatal(err)
	}
	agent = <-got
	select {
	case <-c.Answered():
	case <-ctx.Done():
		h.t.Fatal("not answered")
	}
	return c, agent
}

func (h *house) addr() netip.AddrPort { return h.edge.Addr() }

// until waits for a view that satisfies ok.
func (h *house) until(ctx context.Context, what string, ok func(bus.CallView) bool) bus.CallView {
	h.t.Helper()
	for {
		select {
		case v := <-h.views:
			if ok(v) {
				return v
			}
		case <-ctx.Done():
			h.t.Fatalf("never saw %s", what)
		}
	}
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// A call is heard, judged, cut by a person, limited by nobody, sealed, offered and acknowledged.
func TestACallFromInviteToAcknowledgedFolder(t *testing.T) {
	h := newHouse(t, nil)
	defer h.stop()
	h.serveOffers()
	h.listen(func(bus.Claim) []evidence.Item {
		return []evidence.Item{evidence.Phrase{Head: evidence.Head{Party: call.Caller, FromMS: 10, ToMS: 500, Source: "test"}, ID: "ABUSE-01", Confidence: 0.9},
			evidence.Phrase{Head: evidence.Head{Party: call.Caller, FromMS: 5600, ToMS: 6000, Source: "test"}, ID: "ABUSE-04", Confidence: 0.9}}
	})
	ctx := limited(t)
	caller, agent := h.talk(ctx)
	v := h.until(ctx, "a proposal", func(v bus.CallView) bool { return len(v.Proposed) > 0 })
	if v.Proposed[0].Do != policy.Warn1 || v.Listener != "l" || v.Incoming.From.E164 != "+81390001111" {
		t.Errorf("%+v", v)
	}
	h.until(ctx, "an engine that joined later", func(v bus.CallView) bool { return v.Engine == "test + sherpa/x" })
	cmd := bus.CommandRequest{V: 1, ID: "c1", Call: v.Incoming.ID, Command: policy.Command{Do: policy.CommandCut, By: "sv"}}
	for range 2 { // a repeated request is harmless
		if r, err := h.office.Command(ctx, "test", cmd); err != nil || r.Error != "" {
			t.Fatalf("%+v %v", r, err)
		}
	}
	if r, err := h.office.Command(ctx, "test", bus.CommandRequest{V: 1, ID: "c2", Call: call.NewID()}); err != nil || r.Error != "error.no_call" {
		t.Errorf("%+v %v", r, err)
	}
	cr, err := caller.Wait(ctx)
	if err != nil || cr.EndedBy != "them" || cr.Why != "bye" || cr.Media.MaxGapMS > busyGap || cr.Reinvites != 0 {
		t.Errorf("caller: %+v %v", cr, err)
	}
	ar, err := agent.Wait(ctx)
	if err != nil || ar.EndedBy != "them" {
		t.Errorf("agent: %+v %v", ar, err)
	}
	if cr.EndedMS < ar.EndedMS+3000 {
		t.Errorf("the agent's leg ended at %d ms, the caller's at %d: the agent must be off before the closing text is over", ar.EndedMS, cr.EndedMS)
	}
	offer := <-h.offers
	seal, err := folder.Verify(offer.Dir)
	if err != nil || seal.Last != offer.Last || seal.State != folder.Sealed {
		t.Errorf("%+v %v", seal, err)
	}
	for _, name := range []string{folder.CallerWAV, folder.AgentWAV} {
		if _, octets, err := audio.ReadG711File(filepath.Join(offer.Dir, name)); err != nil || len(octets) < int(cr.AnsweredMS)*8 {
			t.Errorf("%s: %d octets, %v", name, len(octets), err)
		}
	}
}

// With an engine that gives words a limited caller says what it is about: the agent's telephone and the console know it
// before the agent answers.
func TestTheVoicebotTakesWords(t *testing.T) {
	h := newHouse(t, func(e *Edge) {
		for _, id := range []string{"bot_greet", "bot_purpose", "bot_mirror_order", "bot_yes_no", "bot_number", "bot_connect"} {
			short := tone(200 * time.Millisecond)
			with, err := e.settings.prompts.With(id, append(audio.WAVHeader(audio.PCMU, uint32(len(short))), short...))
			if err != nil {
				t.Fatal(err)
			}
			e.settings.prompts = with
		}
		l, ok := policy.ShippedRules(policy.PresetAuto).Provisional(call.Incoming{ID: call.NewID(), From: call.ParseNumber("0390001111")}, time.Now().Add(-time.Minute))
		if !ok {
			t.Fatal("no limit")
		}
		s := e.settings.now()
		s.Version, s.Rules, s.Limits = 7, policy.ShippedRules(policy.PresetAuto), []policy.Limit{l}
		e.take(s)
	})
	defer h.stop()
	h.serveOffers()
	h.words(t, "袋を注文したいのですが")
	ctx := limited(t)
	agent := make(chan *phone.Call, 1)
	go func() {
		c, err := h.desk.Accept(ctx, phone.AnswerOptions{Ring: true, After: 500 * time.Millisecond})
		if err != nil {
			t.Error(err)
		}
		agent <- c
	}()
	caller, err := h.caller.Dial(ctx, phone.DialOptions{To: "sip:0355550100@" + h.addr().String(), From: "0390001111"})
	if err != nil {
		t.Fatal(err)
	}
	step := func(s dialogue.Step) {
		h.until(ctx, string(s), func(v bus.CallView) bool { return v.Bot != nil && v.Bot.Step == s })
	}
	step(dialogue.Purpose)
	if err := caller.Say(ctx, audio.PCMU, tone(time.Second)); err != nil {
		t.Fatal(err)
	}
	step(dialogue.Mirror)
	for _, keys := range []string{"1", "#"} {
		if err := caller.SendDTMF(keys); err != nil {
			t.Fatal(err)
		}
		if keys == "1" {
			step(dialogue.Number)
		}
	}
	v := h.until(ctx, "an agent who rings", func(v bus.CallView) bool { return v.Line == bus.LineRejoining })
	if b := v.Bot; b.Said != "袋を注文したいのですが" || b.Topic != dialogue.Order || !b.Confirmed || b.Exit != dialogue.Routed || !b.Hears {
		t.Errorf("%+v", b)
	}
	asked := (<-agent).Report().Asked
	if !slices.ContainsFunc(asked, func(h string) bool {
		return strings.HasPrefix(h, "X-Commusafe-Summary: ref=") && strings.HasSuffix(h, ";priority=2;topic=order;confirmed=yes;number=no")
	}) {
		t.Errorf("%v", asked)
	}
	h.until(ctx, "both", func(v bus.CallView) bool { return v.Line == bus.LineWatching })
	if err := caller.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
	<-h.offers
}

// words claims every call as an engine that gives words, and recognises one sentence in the caller's loud sound.
func (h *house) words(t *testing.T, text string) {
	t.Helper()
	_, err := h.office.ServeClaims(func(c bus.Claim) (bus.Claimed, bool) {
		loud, told, done := call.Millis(0), false, 0
		var pcm []int16
		_, err := h.office.SubscribeSound(c.Call, func(s bus.Sound) {
			heard := bus.Heard{V: 1, Call: c.Call, Listener: "l", CallerMS: s.Octets.At(), Engine: "builtin/1 + test/1"}
			pcm = s.Octets.Codec.Decode(pcm[:0], s.Octets.Data)
			if s.Party == call.Caller && len(pcm) > 0 && audio.Loudness(pcm) > -30 {
				loud += 100
			}
			if loud >= 900 && !told {
				told = true
				heard.Items = append(heard.Items, bus.Item{Item: evidence.Utterance{Head: evidence.Head{Party: call.Caller, FromMS: s.Octets.At() - 700, ToMS: s.Octets.At(), Source: "test/1"}, Text: text, Confidence: 0.9, Final: true}})
			}
			if s.End {
				done++
				heard.Done = done == 2
			}
			if err := h.office.PublishHeard(heard); err != nil {
				t.Error(err)
			}
		})
		fctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := errors.Join(err, h.office.Flush(fctx)); err != nil {
			t.Error(err)
		}
		return bus.Claimed{V: 1, Listener: "l", Engine: "builtin/1 + test/1"}, true
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A disk that is full during a call stops nothing; the loss stands in the journal and on the screen.
func TestAFullDiskStopsNoCall(t *testing.T) {
	var full atomic.Bool
	h := newHouse(t, func(e *Edge) {
		e.openFile = func(path string) (folder.File, error) {
			f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
			return &tightDisk{File: f, full: &full, sound: filepath.Ext(path) == ".wav"}, err
		}
	})
	defer h.stop()
	h.serveOffers()
	h.listen(func(bus.Claim) []evidence.Item { return nil })
	ctx := limited(t)
	caller, agent := h.talk(ctx)
	h.until(ctx, "the call", func(v bus.CallView) bool { return v.Line == bus.LineWatching })
	full.Store(true)
	h.until(ctx, "the loss", func(v bus.CallView) bool { return slices.Contains(v.Lost, "recording") })
	if err := caller.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
	cr, err := caller.Wait(ctx)
	if err != nil || cr.Media.MaxGapMS > busyGap || cr.Media.Lost > 0 {
		t.Errorf("caller: %+v %v", cr.Media, err)
	}
	if _, err := agent.Wait(ctx); err != nil {
		t.Error(err)
	}
	for h.edge.unsealed.len() == 0 {
		select {
		case <-ctx.Done():
			t.Fatal("a folder that can't be sealed does not wait for the disk")
		case <-time.After(20 * time.Millisecond):
		}
	}
	full.Store(false)
	offer := <-h.offers
	seal, err := folder.Verify(offer.Dir)
	if err != nil || seal.State != folder.Sealed || len(seal.Lost) == 0 {
		t.Errorf("%+v %v: the seal must say what is missing", seal, err)
	}
	found := false
	err = folder.Read(offer.Dir, func(l folder.Line) error {
		if l.Kind == folder.KindEvidence {
			it, err := evidence.Unmarshal(l.Data)
			if err != nil {
				return err
			}
			g, ok := it.(evidence.Gap)
			found = found || ok && g.What == "recording" && g.Why == "gap.disk_refuses"
		}
		return nil
	})
	if err != nil || !found {
		t.Errorf("no gap in the journal (%v)", err)
	}
}

// A tightDisk takes no sound while it is full.
type tightDisk struct {
	*os.File
	full  *atomic.Bool
	sound bool
}

func (d *tightDisk) WriteAt(b []byte, at int64) (int, error) {
	if d.full.Load() && d.sound && at > 0 {
		return 0, syscall.ENOSPC
	}
	return d.File.WriteAt(b, at)
}

// A folder that a killed edge left is recovered at the start and offered.
func TestTheFoldersOfAKilledEdgeAreRecovered(t *testing.T) {
	h := newHouse(t, func(e *Edge) {
		w, err := folder.Create(e.cfg.Calls(), call.NewID(), time.Now(), folder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Append(5, time.Now(), folder.KindCall, map[string]string{"what": "began"}); err != nil {
			t.Fatal(err)
		}
	})
	defer h.stop()
	h.serveOffers()
	offer := <-h.offers
	if s, err := folder.Verify(offer.Dir); err != nil || s.State != folder.Recovered {
		t.Errorf("%+v %v", s, err)
	}
}

// A word that is entered during a call is shown there by its sound and not judged; the next call is judged by it.
func TestARunningCallKeepsItsWords(t *testing.T) {
	h := newHouse(t, nil)
	defer h.stop()
	h.serveOffers()
	ctx := limited(t)
	spotted := evidence.Phrase{Head: evidence.Head{Party: call.Caller, FromMS: 10, ToMS: 500, Source: "test"}, ID: "OWN-1", Reading: "かんばんにみそ", Confidence: 0.9}
	entered := make(chan struct{})
	h.listen(func(bus.Claim) []evidence.Item {
		<-entered
		return []evidence.Item{spotted}
	})
	phrase := func(v bus.CallView) int {
		return slices.IndexFunc(v.Lines, func(l bus.ViewLine) bool { return l.Kind == "phrase" })
	}
	var first call.ID
	over := func(c, agent *phone.Call) bus.CallView {
		v := h.until(ctx, "the phrase", func(v bus.CallView) bool { return v.Incoming.ID != first && phrase(v) >= 0 })
		if err := agent.Hangup(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Wait(ctx); err != nil {
			t.Error(err)
		}
		<-h.offers
		return v
	}

	caller, agent := h.talk(ctx)
	h.until(ctx, "the call", func(v bus.CallView) bool { return v.Line == bus.LineWatching })
	s, err := bus.ShippedSettings()
	if err != nil {
		t.Fatal(err)
	}
	s.Version = 1
	s.Lexicon = s.Lexicon.With(judge.Own{Version: 1, Sheets: []judge.Sheet{{Category: judge.Threat, Entries: []judge.Entry{{ID: "OWN-1", Surface: "看板に味噌", Reading: spotted.Reading, Level: judge.Warning}}}}}).Trading([]string{"it"})
	if err := h.office.PublishSettings(s); err != nil {
		t.Fatal(err)
	}
	for tick := time.NewTicker(10 * time.Millisecond); h.edge.settings.now().Version != 1; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the edge did not take the word")
		}
	}
	close(entered)
	v := over(caller, agent)
	first = v.Incoming.ID
	if line := v.Lines[phrase(v)]; line.Text != spotted.Reading || line.Category != "" || v.Judgement.Level != judge.None || strings.Contains(v.Judgement.Versions, "own") {
		t.Errorf("the running call: %+v, %s %s", line, v.Judgement.Level, v.Judgement.Versions)
	}

	v = over(h.talk(ctx))
	if len(v.Judgement.Findings) == 0 || v.Judgement.Level != judge.Warning || v.Judgement.Findings[0].Entry != "OWN-1" || !strings.Contains(v.Judgement.Versions, " own/1 trade/it ") {
		t.Errorf("the next call: %+v", v.Judgement)
	}
}

// Without any listener the call goes through, is recorded, and says that nobody listened.
func TestNobodyListens(t *testing.T) {
	h := newHouse(t, nil)
	defer h.stop()
	h.serveOffers()
	ctx := limited(t)
	caller, agent := h.talk(ctx)
	v := h.until(ctx, "the call", func(v bus.CallView) bool { return v.Line == bus.LineWatching })
	if v.Listener != "" {
		t.Errorf("%+v", v)
	}
	if err := agent.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
	if r, err := caller.Wait(ctx); err != nil || r.EndedBy != "them" {
		t.Errorf("%+v %v", r, err)
	}
	if offer := <-h.offers; offer.Call != v.Incoming.ID {
		t.Errorf("%+v", offer)
	}
}

// A call whose listener went away for good says until its end that nobody heard it.
func TestNobodyListensAnyMore(t *testing.T) {
	h := newHouse(t, nil)
	defer h.stop()
	h.serveOffers()
	claimed := false
	var said atomic.Pointer[string]
	if _, err := h.office.ServeClaims(func(c bus.Claim) (bus.Claimed, bool) {
		first := !claimed
		claimed = true
		if first {
			if _, err := h.office.SubscribeHas(c.Call, func(x bus.Has) { said.Store(&x.Listener) }); err != nil {
				t.Error(err)
			}
		}
		return bus.Claimed{V: 1, Listener: "l", Engine: "test"}, first
	}); err != nil {
		t.Fatal(err)
	}
	ctx, began := limited(t), time.Now()
	caller, agent := h.talk(ctx)
	h.until(ctx, "a listener", func(v bus.CallView) bool { return v.Listener == "l" })
	h.until(ctx, "none", func(v bus.CallView) bool { return v.Listener == "" })
	if who := said.Load(); who == nil || *who != "l" {
		t.Error("the listeners were not told which of them has the call")
	}
	agent.Follow(ctx, phone.Script{HangupAfter: 7 * time.Second})
	ended := call.At(time.Since(began))
	if _, err := caller.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	<-h.offers
	var unheard call.Millis
	why := map[string]int{}
	for _, g := range h.gaps(t) {
		why[g.Why]++
		if g.What == "words" {
			unheard = max(unheard, g.ToMS)
		}
	}
	if len(why) != 2 || why["gap.listener_gone"] == 0 || why["gap.nobody_listened"] == 0 {
		t.Errorf("reasons %v: they are to be keys of the catalogue", why)
	}
	if unheard < ended-2000 {
		t.Errorf("told as unheard until %v of a call until %v", unheard, ended)
	}
}

// A listener that takes a call over is sent the last seconds again: what was said in them once stays said once, however little the second
// hearing differs. What was not told before counts.
func TestWhatIsHeardAgainCountsOnce(t *testing.T) {
	h := newHouse(t, nil)
	defer h.stop()
	h.serveOffers()
	head := evidence.Head{Party: call.Caller, FromMS: 200, ToMS: 1200, Source: "test"}
	shifted := evidence.Head{Party: call.Caller, FromMS: 220, ToMS: 1220, Source: "test"}
	gist := func(h evidence.Head, category string) bus.Item {
		return bus.Item{Item: evidence.Gist{Head: h, Category: category, Harm: 0.9}}
	}
	phrase := func(h evidence.Head, id string) bus.Item {
		return bus.Item{Item: evidence.Phrase{Head: h, ID: id, Reading: id, Score: -0.1, Confidence: 0.9}}
	}
	say := map[string][]bus.Item{
		"a": {gist(head, "INTIM"), phrase(head, "X")},
		"b": {gist(shifted, "ABUSE"), phrase(shifted, "X"), phrase(shifted, "Y")},
	}
	claims := 0
	if _, err := h.office.ServeClaims(func(c bus.Claim) (bus.Claimed, bool) {
		name := "a"
		if claims++; claims > 1 {
			name = "b"
		}
		time.AfterFunc(1500*time.Millisecond, func() {
			if err := h.office.PublishHeard(bus.Heard{V: 1, Call: c.Call, Listener: name, Items: say[name], CallerMS: 1300}); err != nil {
				t.Error(err)
			}
		})
		return bus.Claimed{V: 1, Listener: name, Engine: "test"}, true
	}); err != nil {
		t.Fatal(err)
	}
	ctx := limited(t)
	caller, agent := h.talk(ctx)
	v := h.until(ctx, "the second listener's news", func(v bus.CallView) bool {
		return v.Listener == "b" && slices.ContainsFunc(v.Lines, func(l bus.ViewLine) bool {
			return l.Text == "Y"
		})
	})
	if v.Peak > judge.Caution {
		t.Errorf("people are told of one stretch that was heard twice: %+v", v.Judgement)
	}
	agent.Follow(ctx, phone.Script{HangupAfter: time.Millisecond})
	if _, err := caller.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	offer := <-h.offers
	kinds := map[evidence.Kind]int{}
	err := folder.Read(offer.Dir, func(l folder.Line) error {
		if l.Kind != folder.KindEvidence {
			return nil
		}
		it, err := evidence.Unmarshal(l.Data)
		if err == nil {
			kinds[it.Kind()]++
		}
		return err
	})
	if err != nil || kinds[evidence.KindPhrase] != 2 || kinds[evidence.KindGist] != 1 {
		t.Errorf("in the journal %v (%v), not 2 phrases and a gist", kinds, err)
	}
}

// gaps reads the gaps in the journal of the only call.
func (h *house) gaps(t *testing.T) (out []evidence.Gap) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(h.cfg.DataDir, "calls", "*", "*", "*", "*", "journal.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("journals: %v, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		var l struct {
			Kind string
			Data json.RawMessage
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		if l.Kind != "evidence" {
			continue
		}
		it, err := evidence.Unmarshal(l.Data)
		if err != nil {
			t.Fatal(err)
		}
		if g, ok := it.(evidence.Gap); ok {
			out = append(out, g)
		}
	}
	return out
}

// The centre's own recording is used; a file that is no G.711 leaves the shipped prompt in its place.
func TestOwnPrompts(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "prompts"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := audio.WriteG711File(filepath.Join(dir, "prompts", "warn1.wav"), audio.PCMA, []byte{1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "prompts", "final.wav"), []byte("ID3"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := loadSettings(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	own, err := s.sounds().Get("warn1")
	shipped, ferr := s.sounds().Get("final")
	if err != nil || ferr != nil || len(own.Octets) != 4 || len(shipped.Octets) < 1000 {
		t.Errorf("%d and %d octets, %v %v", len(own.Octets), len(shipped.Octets), err, ferr)
	}
}

// Settings of the office are taken over and survive a restart without the office; broken ones are refused.
func TestSettings(t *testing.T) {
	dir := t.TempDir()
	s, err := loadSettings(dir, slog.New(slog.DiscardHandler))
	if err != nil || s.now().Rules.Preset != policy.PresetAsk {
		t.Fatalf("%+v %v", s.now().Rules, err)
	}
	n := s.now()
	n.Version, n.Rules = 7, policy.ShippedRules(policy.PresetAuto)
	e := &Edge{settings: s, log: slog.New(slog.DiscardHandler)}
	e.take(n)
	bad := n
	bad.Version, bad.Rules.Preset = 8, "wild"
	e.take(bad)
	again, err := loadSettings(dir, slog.New(slog.DiscardHandler))
	if err != nil || again.now().Version != 7 || again.now().Rules.Preset != policy.PresetAuto {
		t.Errorf("%+v %v", again.now().Rules, err)
	}
	l, _ := n.Rules.Provisional(call.Incoming{ID: call.NewID(), From: call.ParseNumber("0390001111")}, time.Now())
	s.limit(l)
	s.cut()
	third, err := loadSettings(dir, slog.New(slog.DiscardHandler))
	if err != nil || len(third.limits()) != 1 || s.cutsToday() != 1 {
		t.Errorf("%+v %v", third.limits(), err)
	}
}

// With settings and limits on the disk that can't be read, the edge begins with what is shipped and every call comes
// through: refusing fails to connecting (E-26). Processes that die: TestProcessesAreKilledDuringTwentyCalls.
func TestE26UnreadableSettingsConnect(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{config.SnapshotFile, limitsFile} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte(`{"limits": [{"take": "refuse"`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := loadSettings(dir, slog.New(slog.DiscardHandler))
	if err != nil || s.now().Rules.Preset != policy.PresetAsk {
		t.Fatalf("%+v %v", s, err)
	}
	e := &Edge{settings: s, log: slog.New(slog.DiscardHandler)}
	in := call.Incoming{ID: call.NewID(), Direction: call.Inbound, From: call.ParseNumber("0390001111")}
	if a := e.admit(t.Context(), in); a.Verdict != call.Accept {
		t.Errorf("%+v", a)
	}
}

// What the office knows of the caller comes into the call's evidence and judgement; the call does not wait for it.
func TestTheOfficeKnowsTheCaller(t *testing.T) {
	h := newHouse(t, nil)
	defer h.stop()
	h.serveOffers()
	asked := make(chan bus.HistoryRequest, 1)
	if _, err := h.office.ServeHistory(func(r bus.HistoryRequest) bus.HistoryReply {
		asked <- r
		return bus.HistoryReply{V: 1, Known: true, History: bus.Item{Item: evidence.History{Head: evidence.Head{Source: "office"}, OnMatter: 5, CallsToday: 1}}}
	}); err != nil {
		t.Fatal(err)
	}
	h.listen(func(bus.Claim) []evidence.Item { return nil })
	ctx := limited(t)
	if err := h.office.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	caller, _ := h.talk(ctx)
	v := h.until(ctx, "a judgement", func(v bus.CallView) bool { return v.Judgement.Level > judge.None })
	if r := <-asked; r.Number != "+81390001111" || r.Call != v.Incoming.ID || v.Judgement.Level != judge.Warning || v.Judgement.Findings[0].Category != judge.Repeat {
		t.Errorf("%+v %+v", r, v.Judgement)
	}
	if err := errors.Join(caller.Hold(ctx), caller.Resume(ctx), caller.Hangup(ctx)); err != nil {
		t.Error(err)
	}
	var marks []string
	offer := <-h.offers
	if err := folder.Read(offer.Dir, func(l folder.Line) error {
		if it, err := evidence.Unmarshal(l.Data); l.Kind == folder.KindEvidence && err == nil && it.Kind() == evidence.KindMark && it.Span().Source == evidence.SourceEdge {
			marks = append(marks, it.(evidence.Mark).Mark)
		}
		return nil
	}); err != nil || !slices.Equal(marks, []string{evidence.MarkHold, evidence.MarkResume}) {
		t.Errorf("judging needs the holds: %v %v", marks, err)
	}
}

// A silent caller is asked for a key when a person presses, and the first key afterwards is his sign. Any other key toward an
// agent may be a card number and is not kept.
func TestASilentCallerGivesASign(t *testing.T) {
	h := newHouse(t, nil)
	defer h.stop()
	h.serveOffers()
	h.listen(func(bus.Claim) []evidence.Item {
		return []evidence.Item{evidence.Sound{Head: evidence.Head{Party: call.Caller, FromMS: 100, ToMS: 500, Source: "test"}, SilenceMS: 30000}}
	})
	ctx := limited(t)
	caller, _ := h.talk(ctx)
	if err := caller.SendDTMF("4"); err != nil {
		t.Error(err)
	}
	v := h.until(ctx, "a proposal", func(v bus.CallView) bool { return len(v.Proposed) > 0 })
	if v.Proposed[0].Do != policy.AskKey || v.Line != bus.LineWatching && v.Line != bus.LineRinging {
		t.Errorf("%+v %s", v.Proposed, v.Line)
	}
	if r, err := h.office.Command(ctx, "test", bus.CommandRequest{V: 1, ID: "c1", Call: v.Incoming.ID, Command: policy.Command{Do: policy.CommandWarn, By: "sv"}}); err != nil || r.Error != "" {
		t.Fatalf("%+v %v", r, err)
	}
	h.until(ctx, "the prompt", func(v bus.CallView) bool { return v.Line == bus.LineAnnouncing })
	if err := caller.SendDTMF("17"); err != nil {
		t.Error(err)
	}
	keys := func(v bus.CallView) (out string) {
		for _, l := range v.Lines {
			if l.Kind == string(evidence.KindDTMF) {
				out += l.Text
			}
		}
		return out
	}
	v = h.until(ctx, "a key, and the end of the prompt", func(v bus.CallView) bool { return keys(v) != "" && v.State.Asked == 1 })
	if keys(v) != "1" || v.Judgement.Quiet || len(v.Proposed) != 0 {
		t.Errorf("keys %q, quiet %t, %+v", keys(v), v.Judgement.Quiet, v.Proposed)
	}
	if err := caller.Hangup(ctx); err != nil {
		t.Error(err)
	}
	<-h.offers
}
