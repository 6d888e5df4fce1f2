package listener

import (
	"sync"
	"time"
)

// A Step says what of hearing is given up when the machine can't keep up, each with all before it. Recording and relay
// are never given up: they are not ours.
type Step int

// The steps, in the order in which they are given up.
const (
	Everything  Step = iota // nothing is given up
	NoVoice                 // matching of voices
	SlowEmotion             // anger is read half as often
	NoEmotion               // anger is not read
	NoPartial               // rough and unfinished words are not shown
	NoWords                 // words are not heard
)

// what names what a step gives up, as evidence.Gap has it, and why, as a key of the text catalogue.
func (s Step) what() (what, why string) {
	switch s {
	case NoVoice:
		return "voice", "overload_voice"
	case SlowEmotion:
		return "emotion", "overload_emotion_step"
	case NoEmotion:
		return "emotion", "overload_emotion"
	case NoPartial:
		return "words", "overload_partial"
	case NoWords:
		return "words", "overload_words"
	case Everything:
	}
	return "", ""
}

// String names the step for logs.
func (s Step) String() string {
	return [...]string{"everything", "no voice", "slow emotion", "no emotion", "no partial words", "no words"}[s]
}

// limit is the lag of a leg over which a step is given up. Words that come late are still worth having, so they go only
// when they are later than what a listener that takes the call over would bring.
func (s Step) limit() time.Duration {
	return [...]time.Duration{0, 300 * time.Millisecond, 600 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second}[s]
}

// Limits of the ladder.
const (
	inTime     = 200 * time.Millisecond // lag under which a step is taken back
	downEvery  = time.Second            // between two steps down: the one before must have time to help
	upAfter    = 10 * time.Second       // in time for so long before a step is taken back
	upAfterMax = 5 * time.Minute        // the same after it was taken back too early again and again
	lagForgets = time.Second            // how long a lag counts
	takeover   = 10 * time.Second       // in which the sound of a call that was taken over is caught up with
)

// A ladder decides for a whole process what is given up, by the lag of its legs: how long a batch of sound lay before it
// was heard. It is safe for several goroutines.
type ladder struct {
	mu      sync.Mutex
	step    Step
	changed time.Time     // when the step last changed
	late    time.Time     // when a leg was last not in time
	wait    time.Duration // in time for so long before a step is taken back
	up      bool          // the last move was one back
	excused time.Time     // nothing is given up before
	worst   time.Duration
	since   time.Time // of worst
	moved   func(from, to Step, lag time.Duration)
}

// heard takes the lag of one batch and gives the step in force.
func (l *ladder) heard(lag time.Duration, now time.Time) Step {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.late.IsZero() {
		l.late, l.changed, l.wait = now, now.Add(-downEvery), upAfter
	}
	if lag >= l.worst || now.Sub(l.since) > lagForgets {
		l.worst, l.since = lag, now
	}
	if lag > inTime {
		l.late = now
	}
	switch {
	case l.step < NoWords && lag > (l.step+1).limit() && now.Sub(l.changed) >= downEvery && !now.Before(l.excused):
		l.move(l.step+1, lag, now)
	case l.step > Everything && now.Sub(l.late) >= l.wait && now.Sub(l.changed) >= upAfter:
		l.move(l.step-1, lag, now)
	}
	return l.step
}

func (l *ladder) move(to Step, lag time.Duration, now time.Time) {
	from := l.step
	switch down := to > from; {
	case down && l.up && now.Sub(l.changed) < 2*upAfter: // taken back too early
		l.wait = min(2*l.wait, upAfterMax)
	case to == Everything:
		l.wait = upAfter
	}
	l.step, l.changed, l.up = to, now, to < from
	if l.moved != nil {
		l.moved(from, to, lag)
	}
}

// excuse lets lag count for nothing for a while: a call that is taken over comes with seconds of sound at once. After that it counts
// for as long at least, however many calls are taken over.
func (l *ladder) excuse(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !now.Before(l.excused.Add(takeover)) {
		l.excused = now.Add(takeover)
	}
}

// inForce gives the step in force and the worst lag of the last second.
func (l *ladder) inForce(now time.Time) (Step, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) > lagForgets {
		return l.step, 0
	}
	return l.step, l.worst
}

// room tells whether another call may be heard: not while unfinished words are given up, or more.
func (l *ladder) room() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.step < NoPartial
}
