package listener

import (
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/listener/hear"
)

// The measured budget names the engines in use.
func TestBudgetIsMeasured(t *testing.T) {
	if raced {
		t.Skip("the race detector makes the net fifty times slower")
	}
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	h, _, err := NewHearing("", lexicon)
	if err != nil {
		t.Fatal(err)
	}
	all, err := h.Measure()
	if err != nil || all.Calls < 1 || all.CallsACore < 1 || all.Engines != "builtin/1 builtin-activity/1 builtin-anger/2" {
		t.Errorf("%+v %v", all, err)
	}
}

// A busyEar uses some of a core at each batch of sound.
type busyEar struct {
	used   *time.Duration
	each   time.Duration
	number int
	order  *[]int // of the ears that heard
}

func (e busyEar) Hear(audio.Frame, hear.Report) {
	*e.used += e.each
	*e.order = append(*e.order, e.number)
}
func (busyEar) Close(hear.Report) {}

type busySpotter struct {
	fakeSpotter
	ear busyEar
}

func (s *busySpotter) Open(call.Party) (hear.Ear, error) {
	s.ear.number++
	return s.ear, nil
}

// Twice the work gives half the calls, also by a clock of coarse ticks; where the thread's clock stands still, the
// wall's counts.
func TestBudgetByAnyClock(t *testing.T) {
	const batches = audio.SampleRate / batch // a second, of the caller's words only
	measure := func(each time.Duration, thread, wall func(used time.Duration) time.Duration) Budget {
		var used time.Duration
		var order []int
		h := &Hearing{words: &busySpotter{ear: busyEar{used: &used, each: each, order: &order}}, activity: hear.LevelActivity{}}
		b, err := h.measure(func() time.Duration { return thread(used) }, func() time.Duration { return wall(used) })
		if err != nil {
			t.Fatal(err)
		}
		for i, ear := range order {
			if ear != i%abreast+1 {
				t.Fatalf("batch %d was heard by call %d of %d: not in turn", i, ear, abreast)
			}
		}
		return b
	}
	fine := func(used time.Duration) time.Duration { return used }
	coarse := func(used time.Duration) time.Duration { return used.Truncate(tick) }
	frozen := func(time.Duration) time.Duration { return 0 }
	slower := func(used time.Duration) time.Duration { return 2 * used }
	if b := measure(time.Second/batches/100, fine, slower); b.ACall != 10*time.Millisecond || b.CallsACore != 100 {
		t.Errorf("10 ms of a core a second: %+v", b)
	}
	if b := measure(time.Second/batches/50, fine, slower); b.ACall != 20*time.Millisecond || b.CallsACore != 50 {
		t.Errorf("20 ms of a core a second: %+v", b)
	}
	if b := measure(time.Second/batches/140, coarse, slower); b.CallsACore < 130 || b.CallsACore > 150 {
		t.Errorf("7 ms of a core a second by a coarse clock: %+v", b)
	}
	if b := measure(time.Second/batches/2, frozen, slower); b.CallsACore != 1 {
		t.Errorf("a second of the wall's clock a second: %+v", b)
	}
	if b := measure(0, frozen, frozen); b.CallsACore < 1000 || b.Calls < 1 {
		t.Errorf("no work: %+v", b)
	}
}
