package after

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
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

func desk(t *testing.T, f func(context.Context, string, func(float64)) (Result, error)) (*Desk, chan Job) {
	t.Helper()
	changes := make(chan Job, 100)
	d := &Desk{Transcribe: f, Changed: func(j Job) { changes <- j }, Log: slog.New(slog.DiscardHandler)}
	d.Prepare()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); d.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return d, changes
}

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
	d, changes := desk(t, func(_ context.Context, got string, progress func(float64)) (Result, error) {
		if got != dir {
			t.Errorf("folder %s", got)
		}
		<-go_
		progress(0.5)
		n++
		return Result{Source: "remote/m", Utterances: []evidence.Utterance{utterance(n), utterance(n + 1)}}, nil
	})
	for run := range 2 {
		if _, err := d.Ask("p1", id, dir); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Ask("p2", id, dir); !errors.Is(err, ErrBusy) {
			t.Errorf("asked twice: %v", err)
		}
		go_ <- struct{}{}
		all := until(t, changes, Done)
		if len(all) != 3 || all[0].State != Running || all[1].Share != 0.5 || all[2].Share != 1 || all[2].By != "p1" {
			t.Errorf("%+v", all)
		}
		if j, ok := d.Of(id); !ok || j.State != Done {
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

// A failure leaves nothing in the folder, says a key, and the desk goes on.
func TestAFailureLeavesNothing(t *testing.T) {
	id, dir := sealed(t)
	fail := true
	d, changes := desk(t, func(context.Context, string, func(float64)) (Result, error) {
		if fail {
			return Result{}, errors.New("away")
		}
		return Result{Source: "x"}, nil
	})
	if _, err := d.Ask("p", id, dir); err != nil {
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
	if _, err := d.Ask("p", id, dir); err != nil {
		t.Fatal(err)
	}
	if all := until(t, changes, Failed); all[len(all)-1].Reason != "error.folder_broken" {
		t.Errorf("%+v", all)
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	d := &Desk{Log: slog.Default()}
	d.Prepare()
	if _, err := d.Ask("p", call.NewID(), "x"); !errors.Is(err, ErrOff) || d.On() {
		t.Errorf("without an engine: %v", err)
	}
	d.Transcribe = func(context.Context, string, func(float64)) (Result, error) { return Result{}, nil }
	for range mostWaiting {
		if _, err := d.Ask("p", call.NewID(), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Ask("p", call.NewID(), "x"); !errors.Is(err, ErrFull) {
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
