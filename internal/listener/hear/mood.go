package hear

import (
	"math"
	"slices"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// A Mood follows one voice's anger through a call: readings against the voice's own calm, told when they last. Nothing
// is told before the calm is known. It belongs to the goroutine that feeds its Conversation.
type Mood struct {
	Step int // seconds between the readings that are used; 0 is 1

	off      bool
	who      call.Party
	reader   EmotionReader
	stream   EmotionStream
	sharing  SharingStream // the same, where it lives by the conversation's activity; nil otherwise
	calm     Calm
	base     call.Millis // call time of the stream's first sample
	started  bool
	scratch  []Reading
	last     []float64 // anger of the last readings, against the calm
	used     call.Millis
	told     float64
	toldAt   call.Millis
	toldOnce bool
}

// newMood begins to follow a voice, of which a finds the activity.
func newMood(r EmotionReader, who call.Party, a Activity) *Mood {
	m := &Mood{who: who, reader: r}
	if s, ok := r.(SharingReader); ok {
		if on, ok := s.OpenOn(a); ok {
			m.stream, m.sharing = on, on
			return m
		}
	}
	m.stream = r.Open()
	return m
}

// Off stops the reading of the voice, or takes it up again; the calm is kept.
func (m *Mood) Off(off bool) {
	if m.off == off {
		return
	}
	m.off = off
	if m.sharing != nil {
		m.sharing.Rest(off)
	} else {
		m.started = false // what comes next is no continuation
	}
}

// Numbers of what is told of a mood.
const (
	moodLasting = 2     // readings in a row that anger must last for
	moodScale   = 6.0   // odds from calm to an anger of 1
	moodStep    = 0.25  // change of anger that is told
	moodEvery   = 15000 // ms after which it is told again while the voice speaks
	moodSurest  = 0.8   // greatest confidence: a voice alone is a weak sign
)

// begin begins a new stretch of sound at a call time, after the activity was closed.
func (m *Mood) begin(at call.Millis, report Report) {
	m.end(report)
	m.started, m.base = true, at
}

// hear takes a frame that the activity has taken.
func (m *Mood) hear(f audio.Frame, report Report) {
	if m.off && m.sharing == nil {
		return
	}
	if !m.started {
		m.begin(f.At, report)
	}
	m.scratch = m.stream.Feed(f.PCM, m.scratch[:0])
	m.take(report)
}

// end tells the last reading of a stretch.
func (m *Mood) end(report Report) {
	m.scratch = m.stream.Close(m.scratch[:0])
	m.take(report)
}

func (m *Mood) take(report Report) {
	for _, r := range m.scratch {
		at := m.base + r.ToMS
		if m.Step > 1 && at-m.used < call.Millis(m.Step)*1000-500 {
			continue
		}
		m.used = at
		m.reading(r, report)
	}
}

// reading takes one reading: it is learned from while the calm is not known, and told of when it changed or lasts.
func (m *Mood) reading(r Reading, report Report) {
	known := m.calm.Known()
	m.calm.Learn(r.Odds)
	if !known {
		return
	}
	anger := (m.calm.Relative(r, m.reader.Threshold()) - usualCalm) / moodScale
	m.last = append(m.last, max(-1, min(1, anger)))
	if len(m.last) < moodLasting {
		return
	}
	m.last = m.last[:copy(m.last, m.last[len(m.last)-moodLasting:])]
	lasting := slices.Min(m.last) // what all of them say
	at := m.base + r.ToMS
	if m.toldOnce && math.Abs(lasting-m.told) < moodStep && at-m.toldAt < moodEvery {
		return
	}
	m.told, m.toldAt, m.toldOnce = lasting, at, true
	from := m.base + r.FromMS
	report(evidence.Emotion{
		Head:  evidence.Head{Party: m.who, FromMS: from, ToMS: at, Source: m.reader.Source()},
		Anger: lasting, Confidence: moodSurest * min(1, math.Abs(lasting)), WindowMS: int64(at - from),
	})
}
