package listener

import (
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
)

// An angryReader finds anger in everything that it is given.
type angryReader struct{}

func (angryReader) Open() hear.EmotionStream { return &angryStream{} }
func (angryReader) Latency() time.Duration   { return 0 }
func (angryReader) Source() string           { return "angry/1" }
func (angryReader) Threshold() float64       { return 0 }

type angryStream struct{ at call.Millis }

func (s *angryStream) Feed(pcm []int16, out []hear.Reading) []hear.Reading {
	s.at += call.Millis(len(pcm) / audio.SamplesPerMS)
	odds := -5.0
	if s.at > 20000 {
		odds = 5
	}
	return append(out, hear.Reading{FromMS: max(0, s.at-3000), ToMS: s.at, Odds: odds})
}

func (s *angryStream) Close(out []hear.Reading) []hear.Reading { return out }

// Anger is read from the caller's voice and never inferred from an agent's, whatever the agent sounds like (E-40).
func TestE40NoEmotionOfAnAgent(t *testing.T) {
	of := map[call.Party]int{}
	h := &Hearing{words: &fakeSpotter{}, activity: hear.LevelActivity{}, emotion: angryReader{}}
	loud := make([]int16, 40*audio.SampleRate)
	for i := range loud {
		loud[i] = int16(20000 * (i / 20 % 2))
	}
	for _, r := range []Recording{{Caller: loud, Agent: loud}, {Agent: loud}} {
		items, err := h.HearCall(t.Context(), r, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range items {
			if it.Kind() == evidence.KindEmotion {
				of[it.Span().Party]++
			}
		}
	}
	if of[call.Agent] != 0 || of[""] != 0 || of[call.Caller] == 0 {
		t.Errorf("emotions by party: %v", of)
	}
}
