package after

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/office/staff"
)

// TestMain stands in for the child process too: it says what the variable holds.
func TestMain(m *testing.M) {
	if say := os.Getenv("COMMUSAFE_TEST_SAY"); say != "" {
		fmt.Println(say)
		if strings.Contains(say, "hang") {
			time.Sleep(time.Minute)
		}
		if strings.Contains(say, "crash") {
			os.Exit(255)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func sealed(t *testing.T) (call.ID, string) {
	t.Helper()
	id, began := call.NewID(), time.Now()
	w, err := folder.Create(t.TempDir(), id, began, folder.Options{Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Recorder(call.Caller).Write(audio.Octets{Codec: audio.PCMU, Data: bytes.Repeat([]byte{0x20}, 8000)}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Append(500, began, folder.KindJudgement, map[string]int{"level": 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Seal(1000, began.Add(time.Second), nil); err != nil {
		t.Fatal(err)
	}
	return id, w.Dir
}

func utterance(k int) evidence.Utterance {
	return evidence.Utterance{Head: evidence.Head{Party: call.Caller, FromMS: call.Millis(k * 100), ToMS: call.Millis(k*100 + 90), Source: "remote/m"}, Text: fmt.Sprint("word ", k), Confidence: 0.5, Final: true}
}

// memory keeps jobs as the database does: they outlive a desk.
type memory struct {
	mu   sync.Mutex
	jobs []Job
	down bool
}

var errDown = errors.New("the store is away")

func (m *memory) find(id string) *Job {
	for i := range m.jobs {
		if m.jobs[i].ID == id {
			return &m.jobs[i]
		}
	}
	return nil
}

func (m *memory) PutJob(_ context.Context, j Job, _ staff.Deed) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.jobs {
		if o.Call == j.Call && (o.State == Waiting || o.State == Running) {
			return false, nil
		}
	}
	m.jobs = append(m.jobs, j)
	return true, nil
}

func (m *memory) BeginJob(_ context.Context, id, machine string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return false, errDown
	}
	j := m.find(id)
	if j == nil || j.Machine != machine || j.State != Waiting && j.State != Running {
		return false, nil
	}
	j.State, j.Begun = Running, j.Begun+1
	return true, nil
}

func (m *memory) EndJob(ctx context.Context, e Job) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down || ctx.Err() != nil {
		return false, errDown
	}
	j := m.find(e.ID)
	j.State, j.Reason = e.State, e.Reason
	return true, nil
}

func (m *memory) OpenJobs(_ context.Context, machine string) (out []Job, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, errDown
	}
	for _, j := range m.jobs {
		if j.Machine == machine && (j.State == Waiting || j.State == Running) {
			out = append(out, j)
		}
	}
	return out, nil
}

func (m *memory) LastJob(_ context.Context, id call.ID) (Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, j := range slices.Backward(m.jobs) {
		if j.Call == id {
			return j, nil
		}
	}
	return Job{}, fs.ErrNotExist
}

func (m *memory) state(id call.ID) string {
	j, err := m.LastJob(context.Background(), id)
	if err != nil {
		return err.Error()
	}
	return j.State
}

// office begins a desk on a store, and gives how to end it.
func office(t *testing.T, m *memory, dir string, f func(context.Context, string, func(float64)) (Result, error)) (*Desk, chan Job, func()) {
	t.Helper()
	changes := make(chan Job, 100)
	d := &Desk{Transcribe: f, Store: m, Machine: "here", Find: func(context.Context, call.ID) (string, error) { return dir, nil },
		Changed: func(j Job) { changes <- j }, Log: slog.New(slog.DiscardHandler)}
	d.Prepare()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() { defer close(ended); d.Run(ctx) }()
	end := sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(end)
	return d, changes, end
}

func desk(t *testing.T, dir string, f func(context.Context, string, func(float64)) (Result, error)) (*Desk, chan Job) {
	t.Helper()
	d, changes, _ := office(t, &memory{}, dir, f)
	return d, changes
}

func asked(by staff.ID) staff.Deed { return staff.Deed{By: by, What: "trail.call_transcribe"} }

func until(t *testing.T, changes chan Job, state string) (all []Job) {
	t.Helper()
	for {
		select {
		case j := <-changes:
			if all = append(all, j); j.State == state {
				return all
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("never %s: %+v", state, all)
		}
	}
}

// Both versions stay, each complete; the journal, the judgement and the seal are what they were.
func TestASecondTranscriptStandsBesideTheFirst(t *testing.T) {
	id, dir := sealed(t)
	journal, err := os.ReadFile(filepath.Join(dir, folder.JournalFile))
	if err != nil {
		t.Fatal(err)
	}
	go_ := make(chan struct{})
	n := 0
	d, changes := desk(t, dir, func(_ context.Context, got string, progress func(float64)) (Result, error) {
		if got != dir {
			t.Errorf("folder %s", got)
		}
		<-go_
		progress(0.5)
		n++
		return Result{Source: "remote/m", Utterances: []evidence.Utterance{utterance(n), utterance(n + 1)}}, nil
	})
	for run := range 2 {
		if _, err := d.Ask(t.Context(), id, asked("p1")); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Ask(t.Context(), id, asked("p2")); !errors.Is(err, ErrBusy) {
			t.Errorf("asked twice: %v", err)
		}
		go_ <- struct{}{}
		all := until(t, changes, Done)
		if len(all) != 3 || all[0].State != Running || all[1].Share != 0.5 || all[2].Share != 1 || all[2].By != "p1" {
			t.Errorf("%+v", all)
		}
		if j, ok, err := d.Of(t.Context(), id); err != nil || !ok || j.State != Done {
			t.Errorf("%+v", j)
		}
		list, err := Read(dir)
		if err != nil || len(list) != run+1 || list[run].Engine != "remote/m" || list[run].By != "p1" || len(list[run].Utterances) != 2 || list[0].Utterances[0].Text != "word 1" {
			t.Fatalf("%+v %v", list, err)
		}
	}
	if now, err := os.ReadFile(filepath.Join(dir, folder.JournalFile)); err != nil || !bytes.Equal(now, journal) {
		t.Error("the journal was changed")
	}
	if _, err := folder.Verify(dir); err != nil {
		t.Error(err)
	}
}

// between does something when a job is in the store and the desk doesn't know it yet.
type between struct {
	*memory
	do func()
}

func (b between) PutJob(ctx context.Context, j Job, d staff.Deed) (bool, error) {
	added, err := b.memory.PutJob(ctx, j, d)
	b.do()
	return added, err
}

// A job that is asked for while the office takes up what was open is done once, and the desk goes on.
func TestAJobAskedForWhileOthersAreTakenUp(t *testing.T) {
	id, dir := sealed(t)
	runs := 0
	d := &Desk{Machine: "here", Log: slog.New(slog.DiscardHandler), Find: func(context.Context, call.ID) (string, error) { return dir, nil },
		Transcribe: func(context.Context, string, func(float64)) (Result, error) { runs++; return Result{Source: "x"}, nil }}
	d.Store = between{&memory{}, func() { d.takeUp(t.Context()) }}
	d.Prepare()
	if _, err := d.Ask(t.Context(), id, asked("p")); err != nil {
		t.Fatal(err)
	}
	for range len(d.queue) {
		next := d.queue[0]
		d.queue = d.queue[1:]
		d.work(t.Context(), next)
	}
	if j, _, err := d.Of(t.Context(), id); err != nil || j.State != Done || runs != 1 {
		t.Errorf("%+v after %d runs (%v)", j, runs, err)
	}
}

// A failure leaves nothing in the folder, says a key, and the desk goes on.
func TestAFailureLeavesNothing(t *testing.T) {
	id, dir := sealed(t)
	fail := true
	d, changes := desk(t, dir, func(context.Context, string, func(float64)) (Result, error) {
		if fail {
			return Result{}, errors.New("away")
		}
		return Result{Source: "x"}, nil
	})
	if _, err := d.Ask(t.Context(), id, asked("p")); err != nil {
		t.Fatal(err)
	}
	all := until(t, changes, Failed)
	if all[len(all)-1].Reason != "error.transcription_failed" {
		t.Errorf("%+v", all)
	}
	if _, err := os.Stat(filepath.Join(dir, folder.AfterFile)); err == nil {
		t.Error("something was written")
	}
	fail = false
	if err := os.WriteFile(filepath.Join(dir, folder.CallerWAV), []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Ask(t.Context(), id, asked("p")); err != nil {
		t.Fatal(err)
	}
	if all := until(t, changes, Failed); all[len(all)-1].Reason != "error.folder_broken" {
		t.Errorf("%+v", all)
	}
}

// What waited and what ran when the office ended is taken up again by the next one, and each is written once.
func TestJobsSurviveARestart(t *testing.T) {
	id, dir := sealed(t)
	other := call.NewID()
	m := &memory{}
	begun := make(chan struct{}, 10)
	first, _, end := office(t, m, dir, func(ctx context.Context, _ string, _ func(float64)) (Result, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return Result{}, ctx.Err()
	})
	for _, c := range []call.ID{id, other} {
		if _, err := first.Ask(t.Context(), c, asked("p1")); err != nil {
			t.Fatal(err)
		}
	}
	<-begun
	end()
	if m.state(id) != Running || m.state(other) != Waiting {
		t.Errorf("after the end: %s and %s", m.state(id), m.state(other))
	}
	second, changes, end := office(t, m, dir, func(context.Context, string, func(float64)) (Result, error) {
		return Result{Source: "remote/m", Utterances: []evidence.Utterance{utterance(1)}}, nil
	})
	until(t, changes, Done)
	until(t, changes, Done)
	if j, ok, err := second.Of(t.Context(), id); err != nil || !ok || j.State != Done || j.By != "p1" {
		t.Errorf("%+v %v", j, err)
	}
	if list, err := Read(dir); err != nil || len(list) != 2 {
		t.Errorf("%d transcripts, want one of each job: %v", len(list), err)
	}
	end()
	// A third start finds nothing to do.
	_, _, end = office(t, m, dir, func(context.Context, string, func(float64)) (Result, error) {
		t.Error("a job that is done was done again")
		return Result{}, nil
	})
	end()
}

// An office that ended between writing the words and saying so does not write them twice.
func TestWordsAreWrittenOnce(t *testing.T) {
	id, dir := sealed(t)
	j := Job{ID: "j1", Call: id, Machine: "here", State: Running, By: "p1", Begun: 1}
	if err := add(dir, j, Result{Source: "remote/m", Utterances: []evidence.Utterance{utterance(1)}}); err != nil {
		t.Fatal(err)
	}
	m := &memory{jobs: []Job{j}}
	_, changes, _ := office(t, m, dir, func(context.Context, string, func(float64)) (Result, error) {
		t.Error("transcribed again")
		return Result{}, nil
	})
	until(t, changes, Done)
	if list, err := Read(dir); err != nil || len(list) != 1 || m.state(id) != Done {
		t.Errorf("%d transcripts, %s: %v", len(list), m.state(id), err)
	}
}

// A job that was cut off twice is not begun a third time: it may be what ends the office. Another office's is left alone,
// and one that no engine can do any more is told.
func TestWhatIsNotTakenUp(t *testing.T) {
	id, dir := sealed(t)
	theirs := call.NewID()
	never := func(context.Context, string, func(float64)) (Result, error) {
		t.Error("taken up")
		return Result{}, nil
	}
	m := &memory{jobs: []Job{{ID: "j1", Call: id, Machine: "here", State: Running, Begun: mostBegun}, {ID: "j2", Call: theirs, Machine: "there", State: Waiting}}}
	_, changes, _ := office(t, m, dir, never)
	if all := until(t, changes, Failed); all[0].Reason != "error.transcription_cut_off" || m.state(id) != Failed || m.state(theirs) != Waiting {
		t.Errorf("%+v; theirs is %s", all, m.state(theirs))
	}
	m = &memory{jobs: []Job{{ID: "j1", Call: id, Machine: "here", State: Waiting}}}
	_, changes, _ = office(t, m, dir, nil)
	if all := until(t, changes, Failed); all[0].Reason != "error.transcription_off" {
		t.Errorf("%+v", all)
	}
}

// A store that is away at the start, or when a job is to begin, is asked again later; nothing is lost.
func TestTheStoreIsAway(t *testing.T) {
	id, dir := sealed(t)
	synctest.Test(t, func(t *testing.T) {
		m := &memory{down: true, jobs: []Job{{ID: "j1", Call: id, Machine: "here", State: Waiting}}}
		up := func(v bool) { m.mu.Lock(); m.down = !v; m.mu.Unlock() }
		_, changes, end := office(t, m, dir, func(context.Context, string, func(float64)) (Result, error) {
			return Result{Source: "remote/m"}, nil
		})
		time.Sleep(3 * retry) // the bubble's clock
		synctest.Wait()
		if len(changes) != 0 || m.state(id) != Waiting {
			t.Errorf("%d changes, %s", len(changes), m.state(id))
		}
		up(true)
		time.Sleep(2 * retry)
		synctest.Wait()
		if m.state(id) != Done {
			t.Errorf("when it is back: %s", m.state(id))
		}
		end()
	})
}

// A store that is away when a job ends is told later, so that the call is not busy for ever.
func TestTheStoreIsAwayAtTheEnd(t *testing.T) {
	id, dir := sealed(t)
	for name, ask := range map[string]bool{"somebody asks again": true, "nobody does": false} {
		synctest.Test(t, func(t *testing.T) {
			m := &memory{}
			up := func(v bool) { m.mu.Lock(); m.down = !v; m.mu.Unlock() }
			d, changes, end := office(t, m, dir, func(context.Context, string, func(float64)) (Result, error) {
				up(false)
				return Result{}, errors.New("broken")
			})
			defer end()
			if _, err := d.Ask(t.Context(), id, asked("p")); err != nil {
				t.Fatal(err)
			}
			until(t, changes, Failed)
			synctest.Wait()
			if j, _, err := d.Of(t.Context(), id); err != nil || j.State != Failed {
				t.Errorf("%s: shown as %s (%v)", name, j.State, err)
			}
			up(true)
			if !ask {
				time.Sleep(2 * retry)
				synctest.Wait()
				if s := m.state(id); s != Failed {
					t.Errorf("%s: %s", name, s)
				}
			} else if _, err := d.Ask(t.Context(), id, asked("p")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	d := &Desk{Log: slog.Default(), Store: &memory{}}
	d.Prepare()
	if _, err := d.Ask(t.Context(), call.NewID(), asked("p")); !errors.Is(err, ErrOff) || d.On() {
		t.Errorf("without an engine: %v", err)
	}
	d.Transcribe = func(context.Context, string, func(float64)) (Result, error) { return Result{}, nil }
	for range mostWaiting {
		if _, err := d.Ask(t.Context(), call.NewID(), asked("p")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Ask(t.Context(), call.NewID(), asked("p")); !errors.Is(err, ErrFull) {
		t.Errorf("%v", err)
	}
}

// What the child says, and how it can go wrong.
func TestTheChild(t *testing.T) {
	raw, err := evidence.Marshal(utterance(1))
	if err != nil {
		t.Fatal(err)
	}
	word, _ := json.Marshal(Message{Utterance: raw})
	for name, c := range map[string]struct{ say, want string }{
		"good":            {"remarks of a library\n{\"share\":0.5}\n" + string(word) + "\n{\"done\":\"sherpa/x\"}", ""},
		"says an error":   {`{"error":"the model is damaged"}`, "the model is damaged"},
		"ends early":      {string(word), "before its work"},
		"crashes":         {"{\"share\":0.5}\ncrash", "before its work"},
		"crashes at last": {"crash\n{\"done\":\"x\"}", "process ended"},
		"lies":            {`{"utterance":{"type":"phrase"}}`, "no utterance"},
	} {
		share := 0.0
		r, err := Child([]string{"/usr/bin/env", "COMMUSAFE_TEST_SAY=" + c.say, os.Args[0]})(t.Context(), "dir", func(s float64) { share = s })
		if c.want == "" {
			if err != nil || r.Source != "sherpa/x" || len(r.Utterances) != 1 || share != 0.5 {
				t.Errorf("%s: %+v %v", name, r, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", name, c.want, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Child([]string{"/usr/bin/env", "COMMUSAFE_TEST_SAY=hang", os.Args[0]})(ctx, "dir", func(float64) {}); err == nil {
		t.Error("a child that hangs was waited for")
	}
}

func FuzzCollect(f *testing.F) {
	f.Add([]byte("{\"share\":0.5}\n{\"done\":\"x\"}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := collect(bufio.NewScanner(bytes.NewReader(b)), func(s float64) {
			if !(s >= 0 && s <= 1) {
				t.Errorf("share %v", s)
			}
		})
		if err == nil && r.Source == "" {
			t.Error("an end without an engine")
		}
	})
}
