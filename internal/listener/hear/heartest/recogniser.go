// Package heartest holds the conformance suites of the ports of package hear: every adapter passes the same exercises.
//
// Owns: what an adapter must show. Never: product code; nets.
// Goroutines: those of the exercises, waited for.
package heartest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
)

// A RecogniserKit says how to exercise one recogniser.
type RecogniserKit struct {
	// Open gives a fresh recogniser; the suite closes it.
	Open func(t *testing.T) hear.Recogniser
	// Speech is a recording at 8 kHz in which each of Words is said, in this order, and nothing else.
	Speech []int16
	Words  []string
	// Pace is how long to wait after each frame of 100 ms; an adapter that recognises in the background needs some.
	Pace time.Duration
}

const frame = 100 * audio.SamplesPerMS

// Recogniser exercises a recogniser.
func Recogniser(t *testing.T, k RecogniserKit) {
	t.Run("partial before final, times grow", k.order)
	t.Run("nothing is heard in silence", k.silence)
	t.Run("opened and closed at once", k.atOnce)
	t.Run("two streams at once", k.twoStreams)
	t.Run("a hole in the sound", k.hole)
	t.Run("closed while busy", k.closedWhileBusy)
}

func (k RecogniserKit) open(t *testing.T) hear.Recogniser {
	t.Helper()
	r := k.Open(t)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// feed gives the sound from call time at on, and reports what came.
func (k RecogniserKit) feed(x hear.Ear, at call.Millis, pcm []int16, report hear.Report) {
	for i := 0; i < len(pcm); i += frame {
		x.Hear(audio.Frame{At: at + call.Millis(i/audio.SamplesPerMS), PCM: pcm[i:min(i+frame, len(pcm))]}, report)
		if k.Pace > 0 {
			time.Sleep(k.Pace) // the adapter's own goroutines work meanwhile; nothing is judged by this time
		}
	}
}

func (k RecogniserKit) whole(t *testing.T, r hear.Recogniser, who call.Party, at call.Millis) []evidence.Item {
	t.Helper()
	x, err := r.Open(who)
	if err != nil {
		t.Error(err)
		return nil
	}
	var all []evidence.Item
	report := func(it evidence.Item) { all = append(all, it) }
	k.feed(x, at, k.Speech, report)
	x.Close(report)
	n := len(all)
	x.Close(report)
	if len(all) != n {
		t.Error("a closed ear reported again")
	}
	return all
}

// check holds the items to the rules and gives the final texts.
func (k RecogniserKit) check(t *testing.T, r hear.Recogniser, who call.Party, all []evidence.Item) (texts []string, partials int) {
	t.Helper()
	var after call.Millis
	for _, it := range all {
		h := it.Span()
		if h.Party != who || h.Source != r.Source() || h.Source == "" || h.FromMS < 0 || h.ToMS < h.FromMS {
			t.Errorf("wrong head %+v", h)
		}
		u, ok := it.(evidence.Utterance)
		if !ok {
			continue
		}
		if u.Text == "" || u.Confidence < 0 || u.Confidence > 1 {
			t.Errorf("an utterance without words or with confidence %v", u.Confidence)
		}
		if u.FromMS < after {
			t.Errorf("an utterance begins at %d, before the end of the final one at %d", u.FromMS, after)
		}
		if !u.Final {
			partials++
			continue
		}
		after = u.ToMS
		texts = append(texts, u.Text)
	}
	return texts, partials
}

func (k RecogniserKit) want(t *testing.T, texts []string) {
	t.Helper()
	all := strings.Join(texts, " ")
	at := 0
	for _, w := range k.Words {
		i := strings.Index(all[at:], w)
		if i < 0 {
			t.Errorf("%q was not heard after %d bytes of %q", w, at, all)
			return
		}
		at += i + len(w)
	}
}

func (k RecogniserKit) order(t *testing.T) {
	r := k.open(t)
	all := k.whole(t, r, call.Caller, 0)
	texts, partials := k.check(t, r, call.Caller, all)
	k.want(t, texts)
	if r.Features().Streaming && partials == 0 {
		t.Error("says that it streams, and gave no partial utterance")
	}
	if length := call.Millis(len(k.Speech) / audio.SamplesPerMS); len(all) > 0 && all[len(all)-1].Span().ToMS > length+500 {
		t.Errorf("ends at %d ms of %d", all[len(all)-1].Span().ToMS, length)
	}
}

func (k RecogniserKit) silence(t *testing.T) {
	r := k.open(t)
	x, err := r.Open(call.Agent)
	if err != nil {
		t.Fatal(err)
	}
	report := func(it evidence.Item) { t.Errorf("heard %T in silence", it) }
	k.feed(x, 0, make([]int16, 5*audio.SampleRate), report)
	x.Close(report)
}

func (k RecogniserKit) atOnce(t *testing.T) {
	r := k.open(t)
	for range 20 {
		x, err := r.Open(call.Caller)
		if err != nil {
			t.Fatal(err)
		}
		x.Close(func(it evidence.Item) { t.Errorf("heard %T before any sound", it) })
	}
}

func (k RecogniserKit) twoStreams(t *testing.T) {
	r := k.open(t)
	var both sync.WaitGroup
	for _, who := range []call.Party{call.Caller, call.Agent} {
		both.Go(func() {
			texts, _ := k.check(t, r, who, k.whole(t, r, who, 60_000))
			k.want(t, texts)
		})
	}
	both.Wait()
}

// hole says everything, jumps an hour, and says it again: the second time lies after the jump.
func (k RecogniserKit) hole(t *testing.T) {
	r := k.open(t)
	x, err := r.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	const jump = 3_600_000
	var all []evidence.Item
	report := func(it evidence.Item) { all = append(all, it) }
	k.feed(x, 0, k.Speech, report)
	k.feed(x, jump, k.Speech, report)
	x.Close(report)
	texts, _ := k.check(t, r, call.Caller, all)
	var before, after []string
	for _, it := range all {
		if u, ok := it.(evidence.Utterance); ok && u.Final {
			if u.FromMS >= jump {
				after = append(after, u.Text)
			} else if u.ToMS < jump {
				before = append(before, u.Text)
			}
		}
	}
	k.want(t, before)
	k.want(t, after)
	if len(before)+len(after) != len(texts) {
		t.Error("an utterance lies over the hole")
	}
}

// closedWhileBusy closes the recogniser under open ears: nothing hangs, nothing breaks, and what was not heard is told.
func (k RecogniserKit) closedWhileBusy(t *testing.T) {
	r := k.Open(t)
	x, err := r.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	var all []evidence.Item
	report := func(it evidence.Item) { all = append(all, it) }
	half := len(k.Speech) / 2 / frame * frame
	k.feed(x, 0, k.Speech[:half], report)
	closed := make(chan error, 1)
	go func() { closed <- r.Close() }()
	k.feed(x, call.Millis(half/audio.SamplesPerMS), k.Speech[half:], report)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	x.Close(report)
	if _, err := r.Open(call.Caller); err == nil {
		t.Error("a closed recogniser opened an ear")
	}
	texts, _ := k.check(t, r, call.Caller, all)
	if len(texts) < len(k.Words) && !hasGap(all) {
		t.Errorf("only %d of %d utterances, and no gap", len(texts), len(k.Words))
	}
	if err := r.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func hasGap(all []evidence.Item) bool {
	for _, it := range all {
		if _, ok := it.(evidence.Gap); ok {
			return true
		}
	}
	return false
}
