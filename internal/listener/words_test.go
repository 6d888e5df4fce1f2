package listener

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/listener/hear"
)

// A counting recogniser says the number of each second of the caller that it has heard whole.
type counting struct{ source string }

func (c counting) Source() string          { return c.source }
func (c counting) Latency() time.Duration  { return 0 }
func (c counting) Features() hear.Features { return hear.Features{} }
func (c counting) Hint([]string) error     { return nil }
func (c counting) Close() error            { return nil }
func (c counting) Open(who call.Party) (hear.Ear, error) {
	return &countingEar{who: who, source: c.source}, nil
}

type countingEar struct {
	who    call.Party
	source string
	from   call.Millis // the present second has been heard from here
	next   call.Millis
}

func (e *countingEar) Hear(f audio.Frame, report hear.Report) {
	if f.At != e.next {
		e.from = f.At
	}
	e.next = f.At + call.Millis(len(f.PCM)/audio.SamplesPerMS)
	for k := e.from / 1000; (k+1)*1000 <= e.next; k++ {
		if e.from <= k*1000 {
			report(evidence.Utterance{Head: evidence.Head{Party: e.who, FromMS: k * 1000, ToMS: (k + 1) * 1000, Source: e.source}, Text: strconv.Itoa(int(k)), Confidence: 1, Final: true})
		}
		e.from = (k + 1) * 1000
	}
}
func (e *countingEar) Close(hear.Report) {}

// TestWordsChild is no test: the others start it as a process of its own, which is ended by kill -9.
func TestWordsChild(t *testing.T) {
	url := os.Getenv("COMMUSAFE_TEST_WORDS")
	if url == "" {
		t.Skip("runs as a child of other tests only")
	}
	link, err := bus.Connect(bus.Options{URL: url, Site: "t", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	source := fmt.Sprintf("toy/%d", os.Getpid())
	if err := RunWords(ctx, link, WordsConfig{Name: source, Engine: "toy", Budget: 5, Parties: []call.Party{call.Caller}, Log: slog.New(slog.DiscardHandler),
		Open: func(context.Context) (hear.Recogniser, error) { return counting{source}, nil }, State: func(State) {}}); err != nil {
		t.Fatal(err)
	}
}

// deaf is a built-in engine that hears nothing.
type deaf struct{}

func (deaf) open() (ears, error)                       { return deaf{}, nil }
func (deaf) Use(judge.Lexicon) error                   { return nil }
func (deaf) Engine() string                            { return "deaf/1" }
func (deaf) hear(call.Party, audio.Frame, hear.Report) {}
func (deaf) close(hear.Report)                         {}

// A stage is a bus with an edge's link, and what the edge has been told of the call.
type stage struct {
	t    *testing.T
	url  string
	edge *bus.Link

	mu      sync.Mutex
	items   []evidence.Item
	engines []string
	done    chan struct{}
}

func newStage(t *testing.T) *stage {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("no server")
	}
	s := &stage{t: t, url: srv.ClientURL(), done: make(chan struct{}, 1)}
	s.edge = s.link()
	if _, err := s.edge.SubscribeHeard(id, s.heard); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) link() *bus.Link {
	l, err := bus.Connect(bus.Options{URL: s.url, Site: "t", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(l.Close)
	return l
}

func (s *stage) heard(h bus.Heard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, it := range h.Items {
		s.items = append(s.items, it.Item)
	}
	if n := len(s.engines); h.Engine != "" && (n == 0 || s.engines[n-1] != h.Engine) {
		s.engines = append(s.engines, h.Engine)
	}
	if h.Done {
		s.done <- struct{}{}
	}
}

// words starts a process of the engine.
func (s *stage) words() *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run", "^TestWordsChild$")
	cmd.Env = append(os.Environ(), "COMMUSAFE_TEST_WORDS="+s.url)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

// main runs the listener that claims calls, until the test ends or stop is called.
func (s *stage) main(name string) (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	l := s.link()
	go func() {
		ended <- runEngine(ctx, l, Config{Name: name, Budget: 1, Seconds: []string{"toy"}, Log: slog.New(slog.DiscardHandler)}, deaf{})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
	s.t.Cleanup(stop)
	return stop
}

// offer offers the call until a listener takes it.
func (s *stage) offer(began time.Time) {
	s.t.Helper()
	if !s.offers(began) {
		s.t.Fatal("nobody took the call")
	}
}

func (s *stage) offers(began time.Time) bool {
	for range 100 {
		ctx, cancel := context.WithTimeout(s.t.Context(), 100*time.Millisecond)
		_, err := s.edge.RequestClaim(ctx, bus.Claim{V: bus.Version, Call: id, Began: began})
		<-ctx.Done()
		cancel()
		if err == nil {
			return true
		}
	}
	return false
}

// play sends so many seconds of silence of both parties at real pace; each is told every tenth of a second.
func (s *stage) play(seconds int, each func(at call.Millis)) {
	s.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for k := range seconds * 10 {
		<-tick.C
		for _, who := range []call.Party{call.Caller, call.Agent} {
			b := batchOf(who, uint32(k), 0, k == seconds*10-1)
			if err := s.edge.PublishSound(b); err != nil {
				s.t.Fatal(err)
			}
		}
		each(call.Millis(k * 100))
	}
}

func (s *stage) end() (counted map[string]int, sources map[string]bool, gaps []evidence.Gap) {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		s.t.Fatal("the call was not heard to its end")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	counted, sources = map[string]int{}, map[string]bool{}
	for _, it := range s.items {
		switch it := it.(type) {
		case evidence.Utterance:
			counted[it.Text]++
			sources[it.Source] = true
		case evidence.Gap:
			gaps = append(gaps, it)
		}
	}
	return counted, sources, gaps
}

// ready waits until a process answers for the engine.
func (s *stage) ready() {
	s.t.Helper()
	for n := range 100 {
		ctx, cancel := context.WithTimeout(s.t.Context(), 200*time.Millisecond)
		probe := call.NewID()
		_, err := s.edge.RequestWords(ctx, "toy", bus.Claim{V: bus.Version, Call: probe})
		<-ctx.Done()
		cancel()
		if err == nil {
			return
		}
		if n == 99 {
			s.t.Fatal("no process of the engine came")
		}
	}
}

// kill -9 of the engine's process in the middle: another one takes the call. What is unheard is told, and
// no more than five seconds; on a machine that keeps up it is nothing.
func TestAKilledEngineIsReplaced(t *testing.T) {
	s := newStage(t)
	s.words()
	s.words()
	s.main("m/1")
	s.ready()
	s.offer(time.Now())
	killed := 0
	s.play(11, func(at call.Millis) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, it := range s.items {
			if u, ok := it.(evidence.Utterance); ok && u.Text == "3" && killed == 0 {
				pid, _ := strconv.Atoi(strings.TrimPrefix(u.Source, "toy/"))
				p, err := os.FindProcess(pid)
				if err != nil || p.Kill() != nil {
					t.Error("not killed")
				}
				killed = pid
			}
		}
	})
	counted, sources, gaps := s.end()
	unheard := 0
	for k := range 11 {
		told := tells(gaps, k)
		switch n := counted[strconv.Itoa(k)]; {
		case n > 1 || n == 0 && !told:
			t.Errorf("second %d was heard %d times; gaps %+v", k, n, gaps)
		case n == 0:
			unheard++
		}
	}
	if unheard > 5 {
		t.Errorf("%d seconds are unheard", unheard)
	}
	if killed == 0 || len(sources) != 2 {
		t.Errorf("killed %d, heard by %v", killed, sources)
	}
	for _, g := range gaps {
		if g.ToMS-g.FromMS > keepSound {
			t.Errorf("unheard: %+v", g)
		}
	}
	if len(s.engines) < 4 || s.engines[0] != "deaf/1" || !strings.HasPrefix(s.engines[1], "deaf/1 + toy/") || s.engines[2] != "deaf/1" {
		t.Errorf("the console was told %v", s.engines)
	}
}

// stall stops the process that hears the call at 2 s and lets it go on at 7 s; it gives the process's name for the rest of the call.
func (s *stage) stall() (name func() string, each func(at call.Millis)) {
	pid := 0
	send := func(sig syscall.Signal) {
		if err := syscall.Kill(pid, sig); err != nil {
			s.t.Error(err)
		}
	}
	return func() string { return fmt.Sprint("toy/", pid) }, func(at call.Millis) {
		switch at {
		case 2000:
			s.mu.Lock()
			for _, it := range s.items {
				pid, _ = strconv.Atoi(strings.TrimPrefix(it.(evidence.Utterance).Source, "toy/"))
			}
			s.mu.Unlock()
			if pid == 0 {
				s.t.Fatal("nobody hears the words")
			}
			send(syscall.SIGSTOP)
		case 7000:
			send(syscall.SIGCONT)
		}
	}
}

// A process that stood still has lost the call to another of its kind, and lets it go: its room is for other calls.
func TestAnEngineThatStoodStillLetsTheCallGo(t *testing.T) {
	s := newStage(t)
	s.words()
	s.words()
	s.main("m/1")
	s.ready()
	s.offer(time.Now())
	name, stall := s.stall()
	var mu sync.Mutex
	now, last := call.Millis(0), map[string]call.Millis{}
	if _, err := s.edge.SubscribeWords(id, func(h bus.Heard) {
		mu.Lock()
		defer mu.Unlock()
		last[h.Listener] = now
	}); err != nil {
		t.Fatal(err)
	}
	s.play(13, func(at call.Millis) {
		stall(at)
		mu.Lock()
		defer mu.Unlock()
		now = at
	})
	counted, _, gaps := s.end()
	for k := range 13 {
		told := tells(gaps, k)
		if n := counted[strconv.Itoa(k)]; n > 1 || n == 0 && !told {
			t.Errorf("second %d was heard %d times; gaps %+v", k, n, gaps)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(last) == 2 && last[name()] > 11000 { // the bus may offer the call to the one that stands still each time
		t.Errorf("%s stood still; the last words came at %v", name(), last)
	}
}

// The only process of an engine that stood still takes the call anew, and what nobody heard is told.
func TestTheOnlyEngineThatStoodStill(t *testing.T) {
	s := newStage(t)
	s.words()
	s.main("m/1")
	s.ready()
	s.offer(time.Now())
	_, stall := s.stall()
	s.play(14, stall)
	counted, _, gaps := s.end()
	for k := range 14 {
		told := tells(gaps, k)
		if n := counted[strconv.Itoa(k)]; n > 1 || n == 0 && (k > 10 || !told) {
			t.Errorf("second %d was heard %d times; gaps %+v", k, n, gaps)
		}
	}
}

// The listener that claimed the call goes; the next one finds the engine at work and goes on with it.
func TestTheNextListenerGoesOnWithTheEngine(t *testing.T) {
	s := newStage(t)
	s.words()
	stop := s.main("m/1")
	s.ready()
	began := time.Now()
	s.offer(began)
	var offered sync.WaitGroup
	defer offered.Wait()
	s.play(8, func(at call.Millis) {
		if at == 3000 {
			stop()
			s.main("m/2")
			offered.Go(func() {
				if !s.offers(began) {
					t.Error("nobody took the call")
				}
			})
		}
	})
	counted, sources, _ := s.end()
	for k := range 8 {
		if n := counted[strconv.Itoa(k)]; n != 1 && (n > 1 || k < 2 || k > 5) {
			t.Errorf("second %d was heard %d times", k, n)
		}
	}
	if len(sources) != 1 {
		t.Errorf("heard by %v", sources)
	}
}

// Without any process of the engine the call is heard all the same, and its end says what was not.
func TestAnAbsentEngineIsTold(t *testing.T) {
	s := newStage(t)
	s.main("m/1")
	s.offer(time.Now())
	s.play(2, func(call.Millis) {})
	counted, _, gaps := s.end()
	if len(counted) != 0 || len(gaps) != 1 || gaps[0].Why != gapEngineAbsent || gaps[0].Source != "toy" || gaps[0].ToMS != 2000 {
		t.Errorf("%v %+v", counted, gaps)
	}
}

// A process whose engine can't be opened lives, says why once a change, tries again, and hears when it can.
func TestABrokenEngineSaysWhy(t *testing.T) {
	s := newStage(t)
	tries := 0
	states := make(chan State, 10)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	link := s.link()
	go func() {
		ended <- RunWords(ctx, link, WordsConfig{Engine: "toy", Budget: 1, Log: slog.New(slog.DiscardHandler), Retry: time.Millisecond, State: func(st State) { states <- st },
			Open: func(context.Context) (hear.Recogniser, error) {
				if tries++; tries < 3 {
					return nil, ErrEngine{Why: "engine.no_library", Err: errors.New("not installed")}
				}
				return counting{"toy/1"}, nil
			}})
	}()
	for n := range 3 {
		if st := <-states; st.Ready != (n == 2) || n < 2 && (st.Why != "engine.no_library" || st.Detail != "not installed") {
			t.Errorf("%+v", st)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// tells tells whether gaps say that a second was not heard.
func tells(gaps []evidence.Gap, second int) bool {
	return slices.ContainsFunc(gaps, func(g evidence.Gap) bool {
		return g.FromMS <= call.Millis(second*1000+1000) && g.ToMS >= call.Millis(second*1000)
	})
}
