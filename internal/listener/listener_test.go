package listener

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/listener/hear"
)

const id = call.ID("019ab000-0000-7000-8000-000000000001")

// A fakeLink is the bus in memory.
type fakeLink struct {
	mu       sync.Mutex
	take     func(bus.Claim) (bus.Claimed, bool)
	sound    func(bus.Sound)
	has      func(bus.Has)
	settings func(bus.Settings)
	heard    []bus.Heard
	fail     error
	office   *bus.Settings
	look     func(bus.Look)
	rough    []bus.Rough
	search   func(context.Context, bus.VoiceQuery) (bus.VoiceAnswer, error)
}

func (f *fakeLink) SearchVoice(ctx context.Context, q bus.VoiceQuery) (bus.VoiceAnswer, error) {
	return f.search(ctx, q)
}

func (f *fakeLink) ServeClaims(take func(bus.Claim) (bus.Claimed, bool)) (*bus.Subscription, error) {
	f.take = take
	return nil, nil
}

func (f *fakeLink) SubscribeSound(_ call.ID, handle func(bus.Sound)) (*bus.Subscription, error) {
	f.sound = handle
	return nil, nil
}

func (f *fakeLink) SubscribeHas(_ call.ID, handle func(bus.Has)) (*bus.Subscription, error) {
	f.has = handle
	return nil, nil
}

func (f *fakeLink) PublishHeard(h bus.Heard) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return f.fail
	}
	f.heard = append(f.heard, h)
	return nil
}

func (f *fakeLink) SubscribeSettings(handle func(bus.Settings)) (*bus.Subscription, error) {
	f.settings = handle
	return nil, nil
}

func (f *fakeLink) RequestSettings(context.Context) (bus.Settings, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.office == nil {
		return bus.Settings{}, errors.New("nobody")
	}
	return *f.office, nil
}

func (f *fakeLink) items() (out []evidence.Item, done bool, leases int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.heard {
		for _, it := range h.Items {
			out = append(out, it.Item)
		}
		done = done || h.Done
		if len(h.Items) == 0 {
			leases++
		}
	}
	return out, done, leases
}

// A fakeSpotter reports one phrase at each frame that begins with a 1.
type fakeSpotter struct {
	used   int
	closed int
}

func (s *fakeSpotter) Open(call.Party) (hear.Ear, error) { return &fakeEar{spotter: s}, nil }
func (s *fakeSpotter) Latency() time.Duration            { return 0 }
func (s *fakeSpotter) Source() string                    { return "fake/1" }
func (s *fakeSpotter) Use(list []hear.Phrase) error      { s.used = len(list); return nil }

type fakeEar struct {
	on      bool
	heard   string
	spotter *fakeSpotter
}

// Rough spells an あ for each frame.
func (e *fakeEar) Rough(on bool) string {
	heard := e.heard
	e.on, e.heard = on, ""
	return heard
}

func (e *fakeEar) Hear(f audio.Frame, report hear.Report) {
	if e.on {
		e.heard += "あ"
	}
	if f.PCM[0] > 1000 {
		report(evidence.Phrase{Head: evidence.Head{Party: call.Caller, FromMS: f.At, ToMS: f.At + 100, Source: "fake/1"}, ID: "x", Confidence: 1})
	}
	if f.PCM[0] < -30000 {
		panic("broken engine")
	}
}

func (e *fakeEar) Close(hear.Report) {
	if e.spotter != nil {
		e.spotter.closed++
	}
}

func batchOf(who call.Party, seq uint32, level int16, end bool) bus.Sound {
	pcm := make([]int16, batch)
	pcm[0] = level
	return bus.Sound{Call: id, Party: who, Seq: seq, End: end,
		Octets: audio.Octets{Sample: int64(seq) * batch, Data: audio.PCMU.Encode(nil, pcm)}}
}

// start runs the wing in a synctest bubble.
func start(t *testing.T, l *fakeLink, s *fakeSpotter, budget int) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, l, Config{Name: "m/1", Budget: budget, Log: slog.New(slog.DiscardHandler)}, &Hearing{words: s, activity: hear.LevelActivity{}})
	}()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestCallIsHeardToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := &fakeLink{}, &fakeSpotter{}
		stop := start(t, l, s, 1)
		if c, ok := l.take(bus.Claim{Call: id}); !ok || c.Engine != "fake/1" || c.Listener != "m/1" {
			t.Fatalf("%+v %v", c, ok)
		}
		if _, ok := l.take(bus.Claim{Call: call.NewID()}); ok {
			t.Error("claimed over the budget")
		}
		for _, seq := range []uint32{0, 1, 1, 0, 2, 5, 6} { // repeated ones, a hole of 3 and 4
			l.sound(batchOf(call.Caller, seq, 20000, false))
		}
		l.sound(batchOf(call.Agent, 0, 0, true))
		synctest.Wait()
		time.Sleep(3500 * time.Millisecond) // the bubble's clock
		l.sound(batchOf(call.Caller, 7, 0, true))
		synctest.Wait()
		items, done, leases := l.items()
		var at []call.Millis
		var gap []evidence.Gap
		for _, it := range items {
			switch it := it.(type) {
			case evidence.Phrase:
				at = append(at, it.FromMS)
			case evidence.Gap:
				gap = append(gap, it)
			}
		}
		if !reflect.DeepEqual(at, []call.Millis{0, 100, 200, 500, 600}) || !done || leases < 4 {
			t.Errorf("phrases at %v, done %v, leases %d", at, done, leases)
		}
		if len(gap) != 1 || gap[0].FromMS != 300 || gap[0].ToMS != 500 || gap[0].Why != gapMissing {
			t.Errorf("gaps %+v", gap)
		}
		if _, ok := l.take(bus.Claim{Call: call.NewID()}); !ok {
			t.Error("the room of the ended call was not given back")
		}
		stop()
	})
}

// Sound that an edge had no room for is missing between two batches that follow each other.
func TestSoundThatTheEdgeLostIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fakeLink{}
		stop := start(t, l, &fakeSpotter{}, 1)
		if _, ok := l.take(bus.Claim{Call: id}); !ok {
			t.Fatal("not claimed")
		}
		for seq, at := range []int64{0, 1, 2, 32, 33} {
			b := batchOf(call.Caller, uint32(seq), 0, seq == 4)
			b.Octets.Sample = at * batch
			l.sound(b)
		}
		l.sound(batchOf(call.Agent, 0, 0, true))
		synctest.Wait()
		items, done, _ := l.items()
		var gaps []evidence.Gap
		for _, it := range items {
			if g, ok := it.(evidence.Gap); ok {
				gaps = append(gaps, g)
			}
		}
		if !done || len(gaps) != 1 || gaps[0].Party != call.Caller || gaps[0].FromMS != 300 || gaps[0].ToMS != 3200 || gaps[0].Why != gapMissing {
			t.Errorf("done %v, gaps %+v: 2.9 s of the caller were not heard", done, gaps)
		}
		stop()
	})
}

func TestWhatWasNotHeardIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(l *fakeLink, stop func())
		want string
		gaps int
	}{
		"stopped":        {func(l *fakeLink, stop func()) { stop() }, gapStopped, 2},
		"no more sound":  {func(l *fakeLink, stop func()) { time.Sleep(3 * time.Minute) }, gapStopped, 2},
		"engine failed":  {func(l *fakeLink, stop func()) { l.sound(batchOf(call.Caller, 50, -32000, false)) }, gapFailed, 2},
		"cannot keep up": {flood, gapBehind, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &fakeLink{}
				ended := false
				end := start(t, l, &fakeSpotter{}, 5)
				stop := func() {
					if !ended {
						ended = true
						end()
					}
				}
				if _, ok := l.take(bus.Claim{Call: id}); !ok {
					t.Fatal("not claimed")
				}
				synctest.Wait()
				c.do(l, stop)
				synctest.Wait()
				items, _, _ := l.items()
				n := 0
				for _, it := range items {
					if g, ok := it.(evidence.Gap); ok && g.Why == c.want && g.What == "words" {
						n++
					}
				}
				if n != c.gaps {
					t.Errorf("%d gaps of %s in %+v", n, c.want, items)
				}
				stop()
			})
		})
	}
}

// What an ear has open at a library or at a service far away does not stay open when hearing failed.
func TestEarsOfACallThatFailedAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := &fakeLink{}, &fakeSpotter{}
		stop := start(t, l, s, 1)
		if _, ok := l.take(bus.Claim{Call: id}); !ok {
			t.Fatal("not claimed")
		}
		l.sound(batchOf(call.Caller, 0, -32000, false))
		synctest.Wait()
		stop()
		if s.closed != 1 {
			t.Errorf("closed %d times", s.closed)
		}
	})
}

// An edge that offers a call anew has given its listener up, which was silent too long or whose answer came too late: it sends no more
// sound, so whoever still has the call has to let it go and take it anew.
func TestACallThatIsOfferedAnewIsTakenAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fakeLink{}
		stop := start(t, l, &fakeSpotter{}, 1)
		if _, ok := l.take(bus.Claim{Call: id}); !ok {
			t.Fatal("not claimed")
		}
		l.sound(batchOf(call.Caller, 0, 20000, false))
		time.Sleep(5 * time.Second)
		taken := false
		for range 2 { // as the edge offers it
			if _, taken = l.take(bus.Claim{Call: id}); taken {
				break
			}
			time.Sleep(500 * time.Millisecond)
		}
		if !taken {
			t.Fatal("offered for a second and not taken, although nobody sends its sound")
		}
		for seq := uint32(40); seq < 50; seq++ {
			l.sound(batchOf(call.Caller, seq, 20000, seq == 49))
			l.sound(batchOf(call.Agent, seq, 0, seq == 49))
		}
		synctest.Wait()
		items, done, _ := l.items()
		phrases := 0
		for _, it := range items {
			if _, ok := it.(evidence.Phrase); ok {
				phrases++
			}
		}
		if phrases != 11 || !done {
			t.Errorf("%d phrases of 11, done %v", phrases, done)
		}
		stop()
	})
}

// A listener that stood still loses its call to another and goes on to get its sound. Only its edge knows who has the call, and says so.
func TestACallThatAnotherListenerHasIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		links := []*fakeLink{{}, {}}
		names := []string{"m/1", "m/2"}
		var states [2]Status
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		for i, l := range links {
			go func() {
				ended <- run(ctx, l, Config{Name: names[i], Budget: 1, Status: &states[i], Log: slog.New(slog.DiscardHandler)}, &Hearing{words: &fakeSpotter{}, activity: hear.LevelActivity{}})
			}()
		}
		synctest.Wait()
		has := func(name string) {
			for _, l := range links {
				if l.has != nil {
					l.has(bus.Has{Call: id, Listener: name})
				}
			}
			synctest.Wait()
		}
		if _, ok := links[0].take(bus.Claim{Call: id}); !ok {
			t.Fatal("not claimed")
		}
		has("m/1")
		if _, ok := links[1].take(bus.Claim{Call: id}); !ok {
			t.Fatal("not claimed by the other")
		}
		has("m/2")
		has("m/2") // it is repeated
		if states[0].Calls() != 0 || states[1].Calls() != 1 {
			t.Errorf("%d and %d calls in hand: the first has lost the call", states[0].Calls(), states[1].Calls())
		}
		if _, ok := links[0].take(bus.Claim{Call: call.NewID()}); !ok {
			t.Error("the call that was lost still takes room")
		}
		cancel()
		for range links {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}

// flood sends more than may wait before the follower gets to run.
func flood(l *fakeLink, _ func()) {
	l.mu.Lock() // the follower stands at its next publication
	for seq := range uint32(waiting + 400) {
		l.sound(batchOf(call.Caller, 50+seq, 20000, false))
	}
	l.mu.Unlock()
	synctest.Wait()
	l.sound(batchOf(call.Caller, 50+waiting+400, 0, false))
}

func TestEvidenceWaitsForTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fakeLink{}
		stop := start(t, l, &fakeSpotter{}, 1)
		l.take(bus.Claim{Call: id})
		l.mu.Lock()
		l.fail = errors.New("away")
		l.mu.Unlock()
		l.sound(batchOf(call.Caller, 0, 20000, false))
		synctest.Wait()
		l.mu.Lock()
		l.fail = nil
		l.mu.Unlock()
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if items, _, _ := l.items(); len(items) != 1 {
			t.Errorf("%+v", items)
		}
		stop()
	})
}

// SubscribeLook lets a test look at a call.
func (f *fakeLink) SubscribeLook(_ call.ID, handle func(bus.Look)) (*bus.Subscription, error) {
	f.look = handle
	return nil, nil
}

// PublishRough keeps what would be shown.
func (f *fakeLink) PublishRough(r bus.Rough) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rough = append(f.rough, r)
	return nil
}

// The rough reading is made only while somebody looks, and never becomes evidence.
func TestTheRoughReadingIsForWhoLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fakeLink{}
		stop := start(t, l, &fakeSpotter{}, 1)
		l.take(bus.Claim{Call: id})
		seq := uint32(0)
		speak := func(batches int) {
			for range batches {
				l.sound(batchOf(call.Caller, seq, 20000, false))
				seq++
				time.Sleep(100 * time.Millisecond) // the bubble's clock
				synctest.Wait()
			}
		}
		speak(20)
		if len(l.rough) != 0 {
			t.Errorf("nobody looks, and %d pieces are shown", len(l.rough))
		}
		before, _, _ := l.items()
		l.look(bus.Look{Call: id})
		synctest.Wait()
		speak(20)
		if n := len(l.rough); n < 3 || n > 4 || l.rough[0].Kana != strings.Repeat("あ", 6) || l.rough[0].Party != call.Caller || l.rough[0].Call != id || l.rough[0].AtMS < 2400 {
			t.Errorf("two seconds of looking: %+v", l.rough)
		}
		after, _, _ := l.items()
		if len(after)-len(before) != len(before) {
			t.Errorf("%d items of evidence in two seconds without, %d with somebody who looks", len(before), len(after)-len(before))
		}
		speak(40) // the last sign of somebody who looks is 6 s ago at the end
		n := len(l.rough)
		speak(20)
		if len(l.rough) != n {
			t.Errorf("%d pieces are shown to nobody", len(l.rough)-n)
		}
		l.look(bus.Look{Call: id})
		synctest.Wait()
		speak(6)
		if last := l.rough[len(l.rough)-1]; len(l.rough) != n+1 || last.Kana != strings.Repeat("あ", 6) {
			t.Errorf("who looks again is shown %q: what was said before is not for them", last.Kana)
		}
		l.sound(batchOf(call.Caller, seq, 0, true))
		l.sound(batchOf(call.Agent, 0, 0, true))
		synctest.Wait()
		stop()
	})
}

// tell publishes settings and waits until the listener has them.
func (f *fakeLink) tell(version int64, l judge.Lexicon) {
	f.settings(bus.Settings{Version: version, Lexicon: l})
	synctest.Wait()
}

func TestNewSettingsAreUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := &fakeLink{}, &fakeSpotter{}
		stop := start(t, l, s, 1)
		sheet := judge.Sheet{Category: judge.Abuse, Entries: []judge.Entry{{ID: "a", Reading: "ばか"}, {ID: "b", Surface: "x"}}}
		l.tell(7, judge.Lexicon{Sheets: []judge.Sheet{sheet}})
		if s.used != 1 {
			t.Errorf("%d phrases in use", s.used)
		}
		sheet.Entries = append(sheet.Entries, judge.Entry{ID: "c", Surface: "うるせえ、だまれ"}, judge.Entry{ID: "d", Surface: "バカヤロー！"}, judge.Entry{ID: "e", Surface: "黙れ"})
		l.tell(8, judge.Lexicon{Sheets: []judge.Sheet{sheet}})
		if s.used != 3 {
			t.Errorf("%d phrases in use; words in kana need no reading", s.used)
		}
		l.tell(6, judge.Lexicon{Sheets: []judge.Sheet{{Category: judge.Abuse}}})
		if s.used != 3 {
			t.Error("older settings were taken")
		}
		own := judge.Own{Version: 1, Sheets: []judge.Sheet{{Category: judge.Threat, Entries: []judge.Entry{{ID: "OWN-1", Surface: "看板に味噌", Reading: "かんばんにみそ"}}}}}
		l.tell(9, judge.Lexicon{Sheets: []judge.Sheet{sheet}, Own: own})
		if s.used != 4 {
			t.Errorf("%d phrases in use; the centre's own is not among them", s.used)
		}
		s.used = 0
		l.tell(10, judge.Lexicon{Sheets: []judge.Sheet{sheet}, Own: own}) // a limit was lifted, say
		if s.used != 0 {
			t.Error("the same phrases were taken anew: calls under way lose what they had half heard")
		}
		time.Sleep(bus.BackAfter) // the bubble's clock; no office answers
		l.tell(2, judge.Lexicon{Sheets: []judge.Sheet{sheet}})
		if s.used != 3 {
			t.Errorf("%d phrases in use after the office's store was put back", s.used)
		}
		stop()
	})
}

// An office that begins after the listener, and news that get lost, are made up for: what the office has is asked for.
func TestSettingsAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := &fakeLink{}, &fakeSpotter{}
		stop := start(t, l, s, 1) // no office yet
		sheet := judge.Sheet{Category: judge.Abuse, Entries: []judge.Entry{{ID: "a", Reading: "ばか"}}}
		l.mu.Lock()
		l.office = &bus.Settings{Version: 3, Lexicon: judge.Lexicon{Sheets: []judge.Sheet{sheet}}}
		l.mu.Unlock()
		time.Sleep(askEvery + time.Millisecond) // the bubble's clock
		synctest.Wait()
		if s.used != 1 {
			t.Errorf("%d phrases in use", s.used)
		}
		stop()
	})
}

// While no office answers, what the edge has kept on this machine is listened for; a file that can't be read is none.
func TestTheLastSettingsOfThisMachine(t *testing.T) {
	sheet := judge.Sheet{Category: judge.Abuse, Entries: []judge.Entry{{ID: "a", Reading: "ばか"}}}
	kept, err := json.Marshal(bus.Settings{Version: 3, Lexicon: judge.Lexicon{Sheets: []judge.Sheet{sheet}}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{string(kept): 1, "{": 0, "": 0} {
		path := filepath.Join(t.TempDir(), "snapshot.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			l, s := &fakeLink{}, &fakeSpotter{}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				ended <- run(ctx, l, Config{Name: "m/1", Budget: 1, Snapshot: path, Log: slog.New(slog.DiscardHandler)}, &Hearing{words: s, activity: hear.LevelActivity{}})
			}()
			synctest.Wait()
			if s.used != want {
				t.Errorf("%q: %d phrases in use", text, s.used)
			}
			l.tell(4, judge.Lexicon{Sheets: []judge.Sheet{{Category: judge.Abuse, Entries: []judge.Entry{{ID: "a", Reading: "ばか"}, {ID: "b", Reading: "あほ"}}}}})
			if s.used != 2 {
				t.Errorf("an office that comes later is not listened to: %d phrases", s.used)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// What a recogniser is to expect follows the lexicon: the centre's words too, patterns never.
func TestHotWordsFollowTheLexicon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, r := &fakeLink{}, &hinted{features: hear.Features{PhraseHints: true}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- runEngine(ctx, l, Config{Name: "m/1", Budget: 1, Log: slog.New(slog.DiscardHandler)}, wordsOf{r, []call.Party{call.Caller}})
		}()
		synctest.Wait()
		sheets := []judge.Sheet{{Category: judge.Abuse, Entries: []judge.Entry{{ID: "a", Surface: "ばか野郎"}, {ID: "b", Surface: "お前…だろ"}, {ID: "c", Reading: "だけ"}}}}
		own := func(version int64, surface string) judge.Own {
			return judge.Own{Version: version, Sheets: []judge.Sheet{{Category: judge.Threat, Entries: []judge.Entry{{ID: "OWN-1", Surface: surface}}}}}
		}
		l.tell(1, judge.Lexicon{Sheets: sheets, Own: own(1, "看板に味噌")})
		l.tell(2, judge.Lexicon{Sheets: sheets, Own: own(2, "門に砂糖")})
		l.tell(3, judge.Lexicon{Sheets: sheets})
		want := []string{"ばか野郎 看板に味噌", "ばか野郎 門に砂糖", "ばか野郎"}
		if !reflect.DeepEqual(r.hints, want) {
			t.Errorf("%q, want %q", r.hints, want)
		}
		shipped := &hinted{features: hear.Features{PhraseHints: true}}
		if err := (wordsOf{shipped, nil}).expectShipped(); err != nil || len(shipped.hints) != 1 || !strings.Contains(shipped.hints[0], "ふざけんな") || strings.ContainsAny(shipped.hints[0], "…<(|") {
			t.Errorf("without an office: %v", err)
		}
		r.features.PhraseHints = false
		l.tell(4, judge.Lexicon{Sheets: sheets, Own: own(4, "屋根に納豆")})
		if len(r.hints) != 3 {
			t.Error("an engine that can't was asked to expect words: some models end the process then")
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A hinted recogniser keeps what it is told to expect.
type hinted struct {
	counting
	features hear.Features
	hints    []string
}

func (h *hinted) Features() hear.Features { return h.features }
func (h *hinted) Hint(words []string) error {
	h.hints = append(h.hints, strings.Join(words, " "))
	return nil
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHearCallIsDeterministic(t *testing.T) {
	if raced {
		t.Skip("one goroutine only, and much arithmetic")
	}
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	h, unusable, err := NewHearing("", lexicon)
	if err != nil || unusable != nil {
		t.Fatal(err, unusable)
	}
	sound := filepath.Join("..", "proof", "demo", "sound")
	var r Recording
	for name, to := range map[string]*[]int16{"threat-caller.wav": &r.Caller, "threat-agent.wav": &r.Agent} {
		w, err := audio.ReadWAVFile(filepath.Join(sound, name))
		if err != nil {
			t.Fatal(err)
		}
		*to = w.Channels[0]
	}
	first, err := h.HearCall(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.HearCall(t.Context(), r, func(float64) {})
	if err != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("the same recording gave other evidence (%v)", err)
	}
	kinds := map[evidence.Kind]int{}
	for i, it := range first {
		kinds[it.Kind()]++
		if i > 0 && it.Span().ToMS < first[i-1].Span().ToMS {
			t.Errorf("item %d is out of order", i)
		}
	}
	if kinds[evidence.KindPhrase] < 3 || kinds[evidence.KindSound] < 10 {
		t.Errorf("%v", kinds)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.HearCall(ctx, r, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := h.HearCall(t.Context(), Recording{}, nil); err == nil {
		t.Error("an empty recording was heard")
	}
	if _, _, err := NewHearing("nonsense", lexicon); err == nil {
		t.Error("an unknown engine was opened")
	}
}
