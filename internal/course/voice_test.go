package course

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// An event is one line of a journal that a course takes.
type event struct {
	at  call.Millis
	do  func(c *Course, at call.Millis) Step
	its string
}

// stream makes a call of harsh, calm and odd evidence, commands and endings in random order.
func stream(r *rand.Rand) []event {
	harsh := []string{"ふざけんな、てめえ", "なめてんのか、こら", "殺すぞ", "迷惑料として十万払えよ", "ネットに晒してやるからな", "納得するまで切らせねえからな", "弁護士に相談します", "はい、わかりました", "死にたいです"}
	marks := []string{evidence.MarkFinalAnswer, evidence.MarkAccommodation, policy.CommandWrongFlag, policy.CommandCut}
	dos := []policy.Do{policy.Warn1, policy.Warn2, policy.Final, policy.Closing, policy.Cut, policy.AskKey}
	at := call.Millis(1000)
	var out []event
	for range 60 {
		at += call.Millis(r.IntN(20_000))
		switch n := r.IntN(12); {
		case n < 5:
			it := said(max(0, at-2000), at, harsh[r.IntN(len(harsh))])
			out = append(out, event{at, func(c *Course, at call.Millis) Step { return c.Evidence(at, it) }, "words"})
		case n < 7:
			it := evidence.Sound{Head: evidence.Head{Party: call.Caller, FromMS: at - 1000, ToMS: at}, LoudnessDB: 20 * r.Float64(), SilenceMS: int64(r.IntN(40_000)), Bangs: r.IntN(2)}
			out = append(out, event{at, func(c *Course, at call.Millis) Step { return c.Evidence(at, it) }, "sound"})
		case n < 8:
			out = append(out, event{at, (*Course).Timer, "timer"})
		case n < 10:
			do, whole := dos[r.IntN(len(dos))], r.IntN(4) > 0
			out = append(out, event{at, func(c *Course, at call.Millis) Step { return c.Done(at, do, whole) }, "done " + string(do)})
		case n < 11:
			cmd := policy.Command{Do: marks[r.IntN(len(marks))], By: "sv"}
			out = append(out, event{at, func(c *Course, at call.Millis) Step { s, _ := c.Command(at, cmd); return s }, "command " + cmd.Do})
		default:
			out = append(out, event{at, func(c *Course, at call.Millis) Step {
				return c.Dialogue(at, dialogue.Event{Kind: dialogue.Began, Words: true})
			}, "voicebot"})
		}
	}
	return out
}

// all is everything that a course says of itself, as bytes.
func all(t *testing.T, c *Course, s Step) string {
	t.Helper()
	b, err := json.Marshal([]any{s, c.Judgement(), c.State(), c.Proposed(), c.Peak(), c.Outlook(), c.Next(), c.Talking()})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A voice, however like a registered one and however often it is told, changes neither judgement nor plan nor the next
// moment of either, bit for bit, in any call and with any preset (E-34).
func TestE34AVoiceChangesNothing(t *testing.T) {
	rules, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	can := call.Ability{Announce: true, Voicebot: true, Rejoin: true, Cut: true}
	acts, levels := 0, map[judge.Level]bool{}
	for seed := range uint64(6) {
		for _, p := range []policy.Preset{policy.PresetWatch, policy.PresetAsk, policy.PresetAuto} {
			calls := stream(rand.New(rand.NewPCG(seed, 1)))
			r := rand.New(rand.NewPCG(seed, 2))
			with, without := New(rules, policy.ShippedRules(p), can, 0), New(rules, policy.ShippedRules(p), can, 0)
			for i, e := range calls {
				for range r.IntN(3) {
					// between the last event and this one, as live evidence comes, and late, as it may
					at := e.at - call.Millis(r.IntN(3000))
					before := all(t, with, Step{})
					v := evidence.Voice{Head: evidence.Head{Party: call.Caller, FromMS: 0, ToMS: max(0, at), Source: "builtin-voice/1"},
						Candidates: []evidence.Candidate{{Voiceprint: fmt.Sprint(r.IntN(3)), Score: r.Float64()}}}
					if s := with.Evidence(max(0, at), v); s.Judgement != nil || len(s.Actions) > 0 || s.Turn != nil || all(t, with, s) != before {
						t.Fatalf("seed %d, %s, before event %d: a voice led to %+v", seed, p, i, s)
					}
				}
				a, b := all(t, with, e.do(with, e.at)), all(t, without, e.do(without, e.at))
				if a != b {
					t.Fatalf("seed %d, %s, event %d (%s at %d):\n%s\nwithout voices\n%s", seed, p, i, e.its, e.at, a, b)
				}
				acts += len(with.Proposed())
				levels[with.Judgement().Level] = true
			}
		}
	}
	if acts == 0 || len(levels) < 4 {
		t.Fatalf("the calls are too tame to show anything: %d proposals, levels %v", acts, levels)
	}
}
