package listener

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
)

// slowEnd is a recogniser whose last words take as long as those of a service far away may.
type slowEnd struct{ counting }

func (slowEnd) Open(who call.Party) (hear.Ear, error) { return slowEndEar{who}, nil }

type slowEndEar struct{ who call.Party }

func (slowEndEar) Hear(audio.Frame, hear.Report) {}
func (e slowEndEar) Close(report hear.Report) {
	wait := 2500 * time.Millisecond
	if e.who == call.Agent {
		wait = 10 * time.Second
	}
	time.Sleep(wait)
	report(evidence.Utterance{Head: evidence.Head{Party: e.who, ToMS: 100, Source: "toy/1"}, Text: "では", Confidence: 1, Final: true})
}

// The listener waits three seconds for the last words of an engine: the caller's must not lie until the agent's have come.
func TestTheLastWordsOfOnePartyDontWaitForTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fakeLink{}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- runEngine(ctx, l, Config{Name: "m/1", Budget: 1, Log: slog.New(slog.DiscardHandler), tell: true},
				wordsOf{slowEnd{counting{"toy/1"}}, []call.Party{call.Agent, call.Caller}})
		}()
		synctest.Wait()
		if _, ok := l.take(bus.Claim{Call: id}); !ok {
			t.Fatal("not claimed")
		}
		l.sound(batchOf(call.Caller, 0, 0, true))
		l.sound(batchOf(call.Agent, 0, 0, true))
		time.Sleep(secondLast)
		synctest.Wait()
		items, _, _ := l.items()
		if len(items) != 1 || items[0].Span().Party != call.Caller {
			t.Errorf("told in time: %+v", items)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if items, done, _ := l.items(); len(items) != 2 || !done {
			t.Errorf("told in the end: %+v, done %v", items, done)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// An office that takes its time over the caller's voice does not hold what was heard last: the edge waits four seconds for all of it.
func TestTheLastEvidenceDoesNotWaitForAnOffice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fakeLink{search: func(ctx context.Context, _ bus.VoiceQuery) (bus.VoiceAnswer, error) {
			<-ctx.Done()
			return bus.VoiceAnswer{}, ctx.Err()
		}}
		office := (&voiceKit{}).settings(map[string]int{"fake-voice/1": 1})
		l.office = &office
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- run(ctx, l, Config{Name: "m/1", Budget: 1, Log: slog.New(slog.DiscardHandler)},
				&Hearing{words: &fakeSpotter{}, activity: everything{}, voice: &fakeEmbedder{}})
		}()
		synctest.Wait()
		if _, ok := l.take(bus.Claim{Call: id}); !ok {
			t.Fatal("not claimed")
		}
		for n := range uint32(105) { // 10.5 s: the voice is asked about, and the last window is told at the end
			l.sound(loud(call.Caller, n, 500, n == 104))
			l.sound(loud(call.Agent, n, -900, n == 104))
		}
		synctest.Wait()
		var last call.Millis
		items, done, _ := l.items()
		for _, it := range items {
			last = max(last, it.Span().ToMS)
		}
		if last != 10500 || done {
			t.Errorf("told up to %d ms, done %v", last, done)
		}
		time.Sleep(searchTime)
		synctest.Wait()
		if _, done, _ := l.items(); !done {
			t.Error("not done")
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// After a standstill of this process what an engine said meanwhile still waits to be read.
func TestAnEngineIsNotGoneAfterAStandstill(t *testing.T) {
	now := time.Now()
	x := &second{engine: "toy", name: "p", source: "toy/1", asking: true, last: now.Add(-20 * time.Second)}
	s := &seconds{f: &follower{log: slog.New(slog.DiscardHandler)}, list: []*second{x}, looked: now.Add(-20 * time.Second)}
	s.check(t.Context(), now)
	if x.name != "p" {
		t.Fatal("taken for gone, though it was this process that stood still")
	}
	s.check(t.Context(), now.Add(time.Second))
	x.last = now.Add(-20 * time.Second)
	s.check(t.Context(), now.Add(2*time.Second))
	if x.name != "" {
		t.Error("an engine that says nothing is not found")
	}
}
