package course

import (
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

func said(from, to call.Millis, text string) evidence.Item {
	return evidence.Utterance{Head: evidence.Head{Party: call.Caller, FromMS: from, ToMS: to, Source: "test"}, Text: text, Confidence: 0.9, Final: true}
}

func begun(t *testing.T) *Course {
	t.Helper()
	rules, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	c := New(rules, policy.ShippedRules(policy.PresetAuto), call.Ability{Announce: true, Voicebot: true, Rejoin: true, Cut: true}, 0)
	if s := c.Dialogue(10_000, dialogue.Event{Kind: dialogue.Began, Words: true}); s.Turn == nil || !c.Talking() || c.State().Busy != policy.Voicebot {
		t.Fatalf("%+v, busy %q", s, c.State().Busy)
	}
	return c
}

// Words that were said before the question are no answer to it, be they recognised ever so late.
func TestLateWordsAreNoAnswer(t *testing.T) {
	c := begun(t)
	c.Dialogue(20_000, dialogue.Event{Kind: dialogue.PromptEnded, N: 1})
	c.Evidence(22_000, said(18_000, 19_500, "請求の件です"))
	if s := c.Dialogue(30_000, dialogue.Event{Kind: dialogue.TurnEnded, N: 2}); c.Talk().Topic != "" || c.Talk().Misses != 1 {
		t.Errorf("%+v, %+v", s.Turn, c.Talk())
	}
	c.Evidence(36_000, said(34_000, 35_500, "請求の件です"))
	if s := c.Dialogue(40_000, dialogue.Event{Kind: dialogue.TurnEnded, N: 3}); c.Talk().Topic != dialogue.Billing {
		t.Errorf("%+v, %+v", s.Turn, c.Talk())
	}
}

// Who speaks into the greeting has begun before that was noticed: his words are the answer.
func TestWordsThatEndTheGreetingAreTheAnswer(t *testing.T) {
	c := begun(t)
	c.Dialogue(12_500, dialogue.Event{Kind: dialogue.PromptEnded, N: 1, Barged: true})
	c.Evidence(15_000, said(12_200, 14_000, "請求の件です"))
	if s := c.Dialogue(18_000, dialogue.Event{Kind: dialogue.TurnEnded, N: 2}); c.Talk().Topic != dialogue.Billing || c.Talk().Misses != 0 {
		t.Errorf("%+v, %+v", s.Turn, c.Talk())
	}
}

// What the agent says, and what does not count for the judge, is nothing to the voicebot.
func TestWhatDoesNotCount(t *testing.T) {
	c := begun(t)
	agent := said(11_000, 12_000, "胸が苦しくて動けません").(evidence.Utterance)
	agent.Party = call.Agent
	c.Evidence(12_000, agent)
	c.Evidence(14_000, said(13_000, 14_000, "自殺未遂で保険がおりるかの書類の件です")) // words of the trade
	if c.Talk().Exit != "" {
		t.Errorf("%+v", c.Talk())
	}
	if s := c.Evidence(17_000, said(15_000, 17_000, "胸が苦しくて動けません")); s.Turn == nil || s.Turn.Do != dialogue.Transfer || c.Talk().Exit != dialogue.Danger {
		t.Errorf("%+v, %+v", s, c.Talk())
	}
}

// While the voicebot has the caller the ladder waits; afterwards it goes on.
func TestTheLadderWaitsForTheVoicebot(t *testing.T) {
	c := begun(t)
	for at := call.Millis(12_000); at < 40_000; at += 7000 {
		for _, a := range c.Evidence(at, said(at-1000, at, "ふざけんな、てめえ")).Actions {
			if a.Do != policy.Notify {
				t.Errorf("%+v at %s", a, at)
			}
		}
	}
	if c.Talk().Step != dialogue.Recording || c.Talk().Rough < 2 {
		t.Errorf("%+v", c.Talk())
	}
	c.Done(100_000, policy.Voicebot, true)
	if c.Talking() || c.State().Busy != "" {
		t.Errorf("busy %q", c.State().Busy)
	}
	if s := c.Evidence(101_000, evidence.DTMF{Head: evidence.Head{Party: call.Caller, FromMS: 101_000, ToMS: 101_000}, Digit: "0"}); s.Turn != nil {
		t.Errorf("a dialogue that is over goes on: %+v", s.Turn)
	}
}
