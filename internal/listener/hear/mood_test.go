package hear

import (
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// A scripted reader gives one reading a second, with the odds that stand in the first sample of the second.
type scripted struct{}

func (scripted) Open() EmotionStream    { return &scriptedStream{} }
func (scripted) Latency() time.Duration { return 0 }
func (scripted) Source() string         { return "scripted/1" }
func (scripted) Threshold() float64     { return 0 }

type scriptedStream struct{ at call.Millis }

func (s *scriptedStream) Feed(pcm []int16, out []Reading) []Reading {
	s.at += call.Millis(len(pcm) / audio.SamplesPerMS)
	return append(out, Reading{FromMS: max(0, s.at-3000), ToMS: s.at, Odds: float64(pcm[0])})
}

func (s *scriptedStream) Close(out []Reading) []Reading {
	s.at = 0
	return out
}

// told plays odds, one a second, and gives what was told.
func told(odds []int16, step int) []evidence.Emotion {
	m := NewMood(scripted{}, call.Caller)
	m.Step = step
	var out []evidence.Emotion
	report := func(it evidence.Item) { out = append(out, it.(evidence.Emotion)) }
	for k, o := range odds {
		pcm := make([]int16, 8000)
		pcm[0] = o
		m.Hear(audio.Frame{At: call.Millis(k * 1000), PCM: pcm}, report)
	}
	m.Close(report)
	return out
}

func repeated(o int16, n int) (out []int16) {
	for range n {
		out = append(out, o)
	}
	return out
}

func most(items []evidence.Emotion) float64 {
	top := -2.0
	for _, e := range items {
		top = max(top, e.Anger)
	}
	return top
}

func TestMoodWaitsForTheCalm(t *testing.T) {
	if got := told(repeated(4, calmReadings), 1); len(got) != 0 {
		t.Errorf("told in the warm-up: %+v", got)
	}
}

func TestAngerMustLast(t *testing.T) {
	calm := repeated(-3, 20)
	if got := most(told(append(append(calm, 5), calm...), 1)); got > 0.3 {
		t.Errorf("one angry second: anger %.2f", got)
	}
	if got := most(told(append(calm, repeated(5, 4)...), 1)); got < 0.8 {
		t.Errorf("four angry seconds: anger %.2f", got)
	}
}

// A voice that always reads a little angry is less angry than one that became so; but who is angry from his first word
// is not taken for calm.
func TestMoodIsRelative(t *testing.T) {
	always := most(told(repeated(1, 40), 1))
	became := most(told(append(repeated(-3, 20), repeated(1, 20)...), 1))
	fromTheFirst := most(told(repeated(6, 40), 1))
	if always >= became || fromTheFirst < 0.8 {
		t.Errorf("always %.2f, became %.2f, angry from the first %.2f", always, became, fromTheFirst)
	}
}

// Half as many readings are used when the step is doubled.
func TestMoodStep(t *testing.T) {
	odds := repeated(-3, calmReadings+moodLasting)
	if len(told(odds, 1)) != 1 || len(told(odds, 2)) != 0 {
		t.Errorf("step 1: %v, step 2: %v", told(odds, 1), told(odds, 2))
	}
}
