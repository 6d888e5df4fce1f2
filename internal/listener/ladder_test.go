package listener

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
)

// The steps go one by one, no faster than they can help, and come back one by one when all legs have been in time.
func TestLadder(t *testing.T) {
	var l ladder
	at := time.Unix(0, 0)
	feed := func(lag time.Duration, d time.Duration) (steps []Step) {
		for end := at.Add(d); at.Before(end); at = at.Add(100 * time.Millisecond) {
			steps = append(steps, l.heard(lag, at))
		}
		return slices.Compact(steps)
	}
	if got := feed(250*time.Millisecond, 20*time.Second); !slices.Equal(got, []Step{Everything}) {
		t.Errorf("250 ms late: %v", got)
	}
	if got := feed(350*time.Millisecond, 10*time.Second); !slices.Equal(got, []Step{NoVoice}) {
		t.Errorf("350 ms late: %v", got)
	}
	if got := feed(1900*time.Millisecond, 20*time.Second); !slices.Equal(got, []Step{SlowEmotion, NoEmotion}) || !l.room() {
		t.Errorf("1.9 s late: %v", got)
	}
	if got := feed(6*time.Second, 900*time.Millisecond); !slices.Equal(got, []Step{NoPartial}) {
		t.Errorf("6 s late for less than a second: %v", got)
	}
	if got := feed(6*time.Second, 5*time.Second); !slices.Equal(got, []Step{NoPartial, NoWords}) {
		t.Errorf("6 s late: %v", got)
	}
	if l.room() {
		t.Error("room for another call without words")
	}
	if got := feed(250*time.Millisecond, 30*time.Second); !slices.Equal(got, []Step{NoWords}) {
		t.Errorf("better, not yet in time: %v", got)
	}
	if got := feed(10*time.Millisecond, 9*time.Second); !slices.Equal(got, []Step{NoWords}) {
		t.Errorf("in time for 9 s: %v", got)
	}
	if got := feed(10*time.Millisecond, 60*time.Second); !slices.Equal(got, []Step{NoWords, NoPartial, NoEmotion, SlowEmotion, NoVoice, Everything}) {
		t.Errorf("in time: %v", got)
	}
	if _, worst := l.inForce(at); worst != 10*time.Millisecond || !l.room() {
		t.Errorf("at last: worst %v", worst)
	}
	if _, worst := l.inForce(at.Add(time.Minute)); worst != 0 {
		t.Errorf("nothing heard for a minute, worst lag %v", worst)
	}
}

// A leg that is in time doesn't take back what a leg that is late has given up.
func TestLadderGoesByTheWorst(t *testing.T) {
	var l ladder
	at := time.Unix(0, 0)
	for range 300 {
		l.heard(time.Millisecond, at)
		l.heard(6*time.Second, at)
		at = at.Add(100 * time.Millisecond)
	}
	if l.step != NoWords {
		t.Errorf("step %v", l.step)
	}
}

// The lag of a call that was taken over with its last seconds of sound is no overload; one that stays is.
func TestTakingOverIsNoOverload(t *testing.T) {
	var l ladder
	at := time.Unix(0, 0)
	l.excuse(at)
	var steps []Step
	for k := range 200 {
		lag := time.Duration(max(0, 80-k)) * 100 * time.Millisecond // eight seconds, caught up with
		steps = append(steps, l.heard(lag, at))
		at = at.Add(100 * time.Millisecond)
	}
	if got := slices.Compact(steps); !slices.Equal(got, []Step{Everything}) {
		t.Errorf("steps while catching up: %v", got)
	}
	l.excuse(at)
	for range 200 {
		l.heard(6*time.Second, at)
		at = at.Add(100 * time.Millisecond)
	}
	if l.step != NoWords {
		t.Errorf("late for 20 s after a takeover: %v", l.step)
	}
}

// What is late again as soon as a step is taken back waits longer and longer for the next try.
func TestLadderDoesNotFlap(t *testing.T) {
	var l ladder
	at := time.Unix(0, 0)
	tries := 0
	l.moved = func(from, to Step, _ time.Duration) {
		if to < from {
			tries++
		}
	}
	for range 10 * 60 * 10 { // ten minutes in which the machine can do all but words
		lag := 10 * time.Millisecond
		if l.step < NoWords {
			lag = 6 * time.Second
		}
		l.heard(lag, at)
		at = at.Add(100 * time.Millisecond)
	}
	if tries < 3 || tries > 8 {
		t.Errorf("%d tries in ten minutes", tries)
	}
}

// A slow ear takes so long for each batch (of the bubble's clock).
type slowSpotter struct {
	fakeSpotter
	slow atomic.Int64 // nanoseconds a batch takes
	fed  atomic.Int64
}

func (s *slowSpotter) Open(call.Party) (hear.Ear, error) { return slowEar{s}, nil }

type slowEar struct{ s *slowSpotter }

func (e slowEar) Hear(audio.Frame, hear.Report) {
	e.s.fed.Add(1)
	time.Sleep(time.Duration(e.s.slow.Load()))
}
func (e slowEar) Close(hear.Report) {}

// An engine that is too slow makes each step a gap with its place in the call; when it is fast again, what was given up
// comes back and says so; the call is heard to its end all the while, and no other is claimed.
func TestOverloadGivesUpInOrderAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := &fakeLink{}, &slowSpotter{}
		s.slow.Store(int64(300 * time.Millisecond))
		ctx, ended := t.Context(), make(chan error, 1)
		w := make(chan struct{})
		go func() {
			ended <- run(ctx, l, Config{Name: "m/1", Budget: 5, Log: slog.New(slog.DiscardHandler)}, &Hearing{words: s, activity: hear.LevelActivity{}})
			close(w)
		}()
		synctest.Wait()
		if _, ok := l.take(bus.Claim{Call: id}); !ok {
			t.Fatal("not claimed")
		}
		seq := uint32(0)
		play := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
				l.sound(batchOf(call.Caller, seq, 0, false))
				l.sound(batchOf(call.Agent, seq, 0, false))
				seq++
			}
		}
		play(7 * time.Second)
		if _, ok := l.take(bus.Claim{Call: call.NewID()}); ok {
			t.Error("another call was claimed under overload")
		}
		heardWhileSlow := s.fed.Load()
		play(6 * time.Second)
		if fed := s.fed.Load(); fed > heardWhileSlow+2 {
			t.Errorf("words were heard %d times after they had been given up", fed-heardWhileSlow)
		}
		s.slow.Store(0)
		play(75 * time.Second)
		l.sound(batchOf(call.Caller, seq, 0, true))
		l.sound(batchOf(call.Agent, seq, 0, true))
		synctest.Wait()
		items, done, _ := l.items()
		var whys []string
		last := call.Millis(0)
		for _, it := range items {
			if g, ok := it.(evidence.Gap); ok && g.Why != "one_way" {
				whys = append(whys, g.Why)
				if g.ToMS < last || g.ToMS > 90_000 {
					t.Errorf("gap out of order: %+v after %v", g, last)
				}
				last = g.ToMS
			}
		}
		want := []string{"overload_voice", "overload_emotion_step", "overload_emotion", "overload_partial", "overload_words",
			gapOver, gapOver, gapOver, gapOver, gapOver}
		if !slices.Equal(whys, want) || !done {
			t.Errorf("gaps %v, done %v", whys, done)
		}
		if _, ok := l.take(bus.Claim{Call: call.NewID()}); !ok {
			t.Error("no room after the recovery")
		}
	})
}

// When the last call ends while the machine is late, nothing comes any more by which it could be seen that it is not late now.
func TestRoomComesBackWithoutACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s, status := &fakeLink{}, &slowSpotter{}, &Status{}
		s.slow.Store(int64(300 * time.Millisecond))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- run(ctx, l, Config{Name: "m/1", Budget: 5, Status: status, Log: slog.New(slog.DiscardHandler)},
				&Hearing{words: s, activity: hear.LevelActivity{}})
		}()
		synctest.Wait()
		if _, ok := l.take(bus.Claim{Call: id}); !ok {
			t.Fatal("not claimed")
		}
		for seq := range uint32(60) {
			l.sound(batchOf(call.Caller, seq, 0, seq == 59))
			l.sound(batchOf(call.Agent, seq, 0, seq == 59))
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(20 * time.Second) // what waited is heard
		if _, ok := l.take(bus.Claim{Call: call.NewID()}); ok || status.Calls() > 0 || status.Step() < NoPartial {
			t.Fatalf("claimed: %v; calls %d, step %v: the test is of a listener that is late and has no call", ok, status.Calls(), status.Step())
		}
		time.Sleep(2 * time.Minute)
		if _, ok := l.take(bus.Claim{Call: call.NewID()}); !ok {
			t.Error("two minutes without a call, and none is claimed")
		}
		if status.Step() != Everything || status.Lag() != 0 {
			t.Errorf("shown: %v given up, lag %v", status.Step(), status.Lag())
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A machine that is late stays so however often calls are taken over: each comes with its last seconds of sound, and where there are
// more calls than can be heard, another one is taken over whenever one ends.
func TestTakingOverAgainAndAgainIsOverload(t *testing.T) {
	var l ladder
	at := time.Unix(0, 0)
	for k := range 600 {
		if k%30 == 0 {
			l.excuse(at)
		}
		l.heard(6*time.Second, at)
		at = at.Add(100 * time.Millisecond)
	}
	if l.step != NoWords {
		t.Errorf("late for a minute, a call taken over every three seconds: %v", l.step)
	}
}

// A call that comes with its last five seconds at once is one that was taken over.
func TestACallThatIsTakenOverGivesNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := &fakeLink{}, &slowSpotter{}
		s.slow.Store(int64(20 * time.Millisecond))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- run(ctx, l, Config{Name: "m/1", Budget: 5, Log: slog.New(slog.DiscardHandler)}, &Hearing{words: s, activity: hear.LevelActivity{}})
		}()
		synctest.Wait()
		if _, ok := l.take(bus.Claim{V: bus.Version, Call: id}); !ok {
			t.Fatal("not claimed")
		}
		for seq := uint32(600); seq < 650; seq++ { // of a call of a minute, what the edge has kept
			l.sound(batchOf(call.Caller, seq, 0, seq == 649))
			l.sound(batchOf(call.Agent, seq, 0, seq == 649))
		}
		time.Sleep(3 * time.Second)
		items, done, _ := l.items()
		for _, it := range items {
			if g, ok := it.(evidence.Gap); ok {
				t.Errorf("given up: %+v", g)
			}
		}
		if !done || s.fed.Load() != 50 {
			t.Errorf("heard to the end: %v, %d batches", done, s.fed.Load())
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
