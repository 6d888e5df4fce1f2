package voicebot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"commusafe/internal/audio"
	"commusafe/internal/dialogue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A caller is a fake line in fake time: every prompt takes 5 s, sound comes in stretches of 20 ms.
type caller struct {
	began time.Time
	said  []string // prompts with how long they were heard
	hear  chan audio.Octets
	fails string
}

func (c *caller) Say(ctx context.Context, id string) error {
	if id == c.fails {
		return ErrNoPrompt
	}
	from := time.Now()
	select {
	case <-time.After(5 * time.Second):
	case <-ctx.Done():
	}
	c.said = append(c.said, fmt.Sprintf("%s %s", id, time.Since(from)))
	return nil
}

func (c *caller) Hear() <-chan audio.Octets { return c.hear }

// makes makes a sound for a time, in real time of the bubble.
func (c *caller) makes(loud bool, d time.Duration) {
	o := audio.Octets{Data: bytes.Repeat([]byte{audio.PCMU.Silence()}, 160)}
	if loud {
		o.Data = bytes.Repeat([]byte{0x10, 0x90}, 80)
	}
	for range d / (20 * time.Millisecond) {
		select {
		case c.hear <- o:
		default: // as the edge does
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// A told event, with when it came.
type told struct {
	at time.Duration
	dialogue.Event
}

// A stage is a runner with everything around it.
type stage struct {
	*caller
	turns chan dialogue.Command
	told  []told
	err   error
	done  chan struct{}
	stop  context.CancelCauseFunc
}

// rehearse runs a runner in a bubble while play plays the caller and the dialogue.
func rehearse(t *testing.T, play func(*stage)) *stage {
	t.Helper()
	var s *stage
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancelCause(t.Context())
		s = &stage{caller: &caller{began: time.Now(), hear: make(chan audio.Octets, 10)}, turns: make(chan dialogue.Command, dialogue.MaxCommands),
			done: make(chan struct{}), stop: stop}
		go func() {
			defer close(s.done)
			s.err = Run(ctx, s, s.turns, func(e dialogue.Event) { s.told = append(s.told, told{time.Since(s.began), e}) })
		}()
		play(s)
		stop(errors.New("the test is over"))
		<-s.done
	})
	return s
}

func (s *stage) events() string {
	var out []string
	for _, e := range s.told {
		line := fmt.Sprintf("%s %s %d", e.at, e.Kind, e.N)
		if e.Barged {
			line += " barged"
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func ask(n int, barge bool) dialogue.Command {
	return dialogue.Command{N: n, Do: dialogue.Ask, Prompts: []string{"a", "b"}, Barge: barge, LongestMS: 45000, QuietMS: 4000, PatienceMS: 8000}
}

func TestTheRunner(t *testing.T) {
	for name, v := range map[string]struct {
		play   func(*stage)
		events string
		said   string
	}{
		"a prompt is played to its end": {func(s *stage) {
			s.turns <- dialogue.Command{N: 1, Do: dialogue.Say, Prompts: []string{"a"}, Barge: false}
			s.makes(true, 6*time.Second)
		}, "5s prompt_ended 1", "a 5s"},
		"an answer ends with four seconds of silence": {func(s *stage) {
			s.turns <- ask(1, true)
			time.Sleep(12 * time.Second)
			s.makes(true, 2*time.Second)
			s.makes(false, 3*time.Second)
			s.makes(true, time.Second)
			s.makes(false, 10*time.Second)
		}, "10s prompt_ended 1\n21.98s turn_ended 1", "a 5s, b 5s"},
		"an answer lasts 45 seconds at most": {func(s *stage) {
			s.turns <- ask(1, true)
			time.Sleep(10 * time.Second)
			s.makes(true, time.Minute)
		}, "10s prompt_ended 1\n55s turn_ended 1", "a 5s, b 5s"},
		"who does not speak is waited for eight seconds": {func(s *stage) {
			s.turns <- ask(1, true)
			s.makes(false, 30*time.Second)
		}, "10s prompt_ended 1\n18s silence 1", "a 5s, b 5s"},
		"no sound at all is silence": {func(s *stage) {
			s.turns <- ask(1, true)
			time.Sleep(30 * time.Second)
		}, "10s prompt_ended 1\n18s silence 1", "a 5s, b 5s"},
		"a cough is no answer": {func(s *stage) {
			s.turns <- ask(1, true)
			time.Sleep(13 * time.Second)
			s.makes(true, 100*time.Millisecond)
			s.makes(false, 20*time.Second)
		}, "10s prompt_ended 1\n21.08s silence 1", "a 5s, b 5s"},
		"speech ends the prompts and is the beginning of the answer": {func(s *stage) {
			s.turns <- ask(1, true)
			s.makes(false, 2*time.Second)
			s.makes(true, 3*time.Second)
			s.makes(false, 10*time.Second)
		}, "2.22s prompt_ended 1 barged\n8.98s turn_ended 1", "a 2.22s"},
		"not where the prompts are to be heard to their end": {func(s *stage) {
			s.turns <- ask(1, false)
			s.makes(false, 2*time.Second)
			s.makes(true, 3*time.Second)
			s.makes(false, 20*time.Second)
		}, "10s prompt_ended 1\n18s silence 1", "a 5s, b 5s"},
		"what was being said when the prompts began is no answer": {func(s *stage) {
			s.turns <- ask(1, true)
			s.makes(true, 3*time.Second)
			s.makes(false, 20*time.Second)
		}, "10s prompt_ended 1\n18s silence 1", "a 5s, b 5s"},
		"another command takes the place of a prompt": {func(s *stage) {
			s.turns <- ask(1, true)
			time.Sleep(6 * time.Second)
			s.turns <- dialogue.Command{N: 2, Do: dialogue.Say, Prompts: []string{"c"}}
			time.Sleep(20 * time.Second)
		}, "11s prompt_ended 2", "a 5s, b 1s, c 5s"},
		"another command takes the place of listening": {func(s *stage) {
			s.turns <- ask(1, true)
			time.Sleep(12 * time.Second)
			s.turns <- dialogue.Command{N: 2, Do: dialogue.Listen, LongestMS: 10000, QuietMS: 4000, PatienceMS: 4000}
			time.Sleep(20 * time.Second)
		}, "10s prompt_ended 1\n16s silence 2", "a 5s, b 5s"},
		"the end of the call is told once": {func(s *stage) {
			s.turns <- ask(1, true)
			time.Sleep(time.Second)
			close(s.hear)
			time.Sleep(20 * time.Second)
		}, "1s line_ended 0\n10s prompt_ended 1\n18s silence 1", "a 5s, b 5s"},
	} {
		t.Run(name, func(t *testing.T) {
			s := rehearse(t, v.play)
			if got := s.events(); got != v.events {
				t.Errorf("told\n%s\nwant\n%s", got, v.events)
			}
			if got := strings.Join(s.said, ", "); got != v.said {
				t.Errorf("said %s, want %s", got, v.said)
			}
		})
	}
}

// What ends the dialogue ends the runner at once; a prompt that can't be played is an error, as is a broken-off dialogue.
func TestTheRunnerEnds(t *testing.T) {
	for _, do := range []dialogue.Do{dialogue.Transfer, dialogue.End} {
		s := rehearse(t, func(s *stage) {
			s.turns <- ask(1, true)
			time.Sleep(2 * time.Second)
			s.turns <- dialogue.Command{N: 2, Do: do}
			<-s.done
			if at := time.Since(s.began); at != 2*time.Second {
				t.Errorf("ended after %s", at)
			}
		})
		if s.err != nil || s.events() != "" {
			t.Errorf("%v, told %s", s.err, s.events())
		}
	}
	s := rehearse(t, func(s *stage) {
		s.fails = "b"
		s.turns <- ask(1, true)
		<-s.done
	})
	if !errors.Is(s.err, ErrNoPrompt) {
		t.Errorf("%v", s.err)
	}
	s = rehearse(t, func(s *stage) {
		s.turns <- ask(1, true)
		time.Sleep(time.Second)
	})
	if s.err == nil || s.err.Error() != "the test is over" {
		t.Errorf("%v", s.err)
	}
}

// Machine and runner together end with every caller: whatever he does and whenever, within the times of C3.
func TestEveryCallerComesToAnEnd(t *testing.T) {
	exits := map[dialogue.Exit]int{}
	for seed := range uint64(80) {
		random := rand.New(rand.NewPCG(seed, 3))
		synctest.Test(t, func(t *testing.T) {
			s := &stage{caller: &caller{began: time.Now(), hear: make(chan audio.Octets, 10)}, turns: make(chan dialogue.Command, dialogue.MaxCommands)}
			events := make(chan dialogue.Event)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			go func() {
				s.err = Run(ctx, s, s.turns, func(e dialogue.Event) {
					select {
					case events <- e:
					case <-ctx.Done():
					}
				})
			}()
			go func() { // a caller who does anything
				for ctx.Err() == nil {
					s.makes(random.IntN(2) == 0, time.Duration(random.IntN(8))*time.Second)
					if random.IntN(4) > 0 {
						continue
					}
					say := []dialogue.Event{{Kind: dialogue.Pressed, Key: string("01259#"[random.IntN(6)])}, {Kind: dialogue.Words, Text: "はい"},
						{Kind: dialogue.Words, Text: "違う注文"}, {Kind: dialogue.Found, Finding: dialogue.FoundRough}}
					select {
					case events <- say[random.IntN(len(say))]:
					case <-ctx.Done():
					}
				}
			}()
			state, c := dialogue.State{}.Next(dialogue.Event{Kind: dialogue.Began, Words: seed%2 == 0})
			for s.turns <- *c; state.Step != dialogue.Over; {
				var c *dialogue.Command
				if state, c = state.Next(<-events); c != nil {
					s.turns <- *c
				}
			}
			if took := time.Since(s.began); took > 8*time.Minute || state.Asked.Total() > dialogue.MaxQuestions {
				t.Errorf("seed %d: %s, %+v", seed, took, state)
			}
			exits[state.Exit]++
			stop()
			time.Sleep(20 * time.Second) // lets the caller end
		})
	}
	if len(exits) < 5 || slices.Contains([]int{exits[dialogue.Routed], exits[dialogue.Key], exits[dialogue.Message]}, 0) {
		t.Errorf("exits %v", exits)
	}
}

// Lost sound is no speech, whatever stands in its place.
func TestLostSoundIsSilence(t *testing.T) {
	var s speech
	for range 100 {
		s.add(audio.Octets{Data: bytes.Repeat([]byte{0x10, 0x90}, 80), Lost: true})
	}
	if s.sure() {
		t.Error("lost sound was taken for speech")
	}
}
