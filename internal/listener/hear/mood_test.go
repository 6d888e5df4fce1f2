package hear

import (
	"slices"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// A scripted reader gives one reading a second, with the odds that stand in the first sample of the second.
// With changes, the second sample is the odds by the change.
type scripted struct{ changes bool }

func (s scripted) Open() EmotionStream  { return &scriptedStream{changes: s.changes} }
func (scripted) Latency() time.Duration { return 0 }
func (scripted) Source() string         { return "scripted/1" }
func (scripted) Threshold() float64     { return 0 }

type scriptedStream struct {
	at      call.Millis
	n       int
	changes bool
}

func (s *scriptedStream) Feed(pcm []int16, out []Reading) []Reading {
	s.at += call.Millis(len(pcm) / audio.SamplesPerMS)
	r := Reading{FromMS: max(0, s.at-3000), ToMS: s.at, Odds: float64(pcm[0])}
	if s.n++; s.changes && s.n > CalmReadings {
		r.Change, r.HasChange = float64(pcm[1]), true
	}
	return append(out, r)
}

func (s *scriptedStream) Close(out []Reading) []Reading {
	s.at = 0
	return out
}

// told plays odds, one a second, and gives what was told.
func told(odds []int16, step int) []evidence.Emotion { return toldBy(scripted{}, odds, nil, step) }

// toldBy is told of a reader that may know the change too.
func toldBy(r scripted, odds, changes []int16, step int) []evidence.Emotion {
	c := NewConversation(LevelActivity{})
	c.Read(call.Caller, r).Step = step
	var out []evidence.Emotion
	report := func(it evidence.Item) {
		if e, ok := it.(evidence.Emotion); ok {
			out = append(out, e)
		}
	}
	for k, o := range odds {
		pcm := make([]int16, 8000)
		pcm[0] = o
		if changes != nil {
			pcm[1] = changes[k]
		}
		c.Hear(call.Caller, audio.Frame{At: call.Millis(k * 1000), PCM: pcm}, report)
	}
	c.Close(report)
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
	if got := told(repeated(4, CalmReadings), 1); len(got) != 0 {
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

// Where the reader knows how the voice has changed, that counts: a voice that merely reads as angry by nature doesn't, one that has
// become angry does though it reads as calm. A voice that was angry while its calm was to be learned has none, so both count.
func TestMoodGoesByTheChange(t *testing.T) {
	r := scripted{changes: true}
	for name, c := range map[string]struct {
		calm, odds, change int16
		from, to           float64
	}{
		"reads as angry, unchanged":           {-1, 3, -3, -1, 0.1},
		"reads as calm, changed":              {-6, -3, 3, 0.9, 1},
		"as calm as ever":                     {-3, -3, -3, -1, 0.1},
		"angry from the first word":           {6, 6, -3, 0.8, 1},
		"angry at first, and then it changed": {3, -3, 3, 0.9, 1},
	} {
		got := most(toldBy(r, append(repeated(c.calm, 10), repeated(c.odds, 10)...), append(repeated(-3, 10), repeated(c.change, 10)...), 1))
		if got < c.from || got > c.to {
			t.Errorf("%s: anger %.2f, not from %.1f to %.1f", name, got, c.from, c.to)
		}
	}
}

// Half as many readings are used when the step is doubled.
func TestMoodStep(t *testing.T) {
	odds := repeated(-3, CalmReadings+moodLasting)
	if len(told(odds, 1)) != 1 || len(told(odds, 2)) != 0 {
		t.Errorf("step 1: %v, step 2: %v", told(odds, 1), told(odds, 2))
	}
}

// A mood that is off reads nothing, and what comes after it is read at its own time.
func TestMoodOff(t *testing.T) {
	c := NewConversation(LevelActivity{})
	m := c.Read(call.Caller, scripted{})
	var at []call.Millis
	for k := range 40 {
		m.Off(k >= 10 && k < 30)
		pcm := make([]int16, 8000)
		if k >= 32 {
			pcm[0] = 5
		}
		c.Hear(call.Caller, audio.Frame{At: call.Millis(k * 1000), PCM: pcm}, func(it evidence.Item) {
			if e, ok := it.(evidence.Emotion); ok {
				at = append(at, e.ToMS)
			}
		})
	}
	if !slices.Equal(at, []call.Millis{(CalmReadings + moodLasting) * 1000, 31000, 34000}) { // the second one because a while has passed
		t.Errorf("told at %v", at)
	}
}
