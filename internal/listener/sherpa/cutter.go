package sherpa

import (
	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/listener/hear"
)

// How speech is cut into stretches for a model that needs the whole of one.
const (
	preRollMS    = 300   // sound before the first window of speech
	endSilenceMS = 600   // silence that ends a stretch
	tailMS       = 250   // of that silence kept
	longestMS    = 15000 // a stretch is cut here
	partialMS    = 700   // growth after which an open stretch is recognised again
	jumpMS       = 500   // a hole or a jump of call time begins anew
)

// An activity tells speech window by window.
type activity interface {
	Feed(pcm []int16, out []bool) []bool
	Close()
}

// A cutter cuts one party's sound into stretches of speech. It belongs to one goroutine.
type cutter struct {
	act    activity
	stepMS call.Millis

	pcm    []int16     // kept sound
	at     call.Millis // call time of pcm[0]
	seen   call.Millis // call time up to which windows were decided
	next   call.Millis // call time expected
	begun  bool
	open   bool
	spoken call.Millis // end of the last window of speech
	told   call.Millis // end of the last partial
	flags  []bool
}

// A stretch is one piece of speech, finished or growing.
type stretch struct {
	from, to call.Millis
	pcm      []int16
	final    bool
}

// hear takes a frame and hands stretches to give; their sound is valid during the call.
func (c *cutter) hear(f audio.Frame, give func(stretch)) {
	if !c.begun || f.At-c.next > jumpMS || c.next-f.At > jumpMS {
		c.flush(give)
		c.begun, c.at, c.seen, c.next, c.pcm = true, f.At, f.At, f.At, c.pcm[:0]
	}
	c.next += call.Millis(len(f.PCM) / audio.SamplesPerMS)
	c.pcm = append(c.pcm, f.PCM...)
	c.flags = c.act.Feed(f.PCM, c.flags[:0])
	for _, speech := range c.flags {
		c.seen += c.stepMS
		c.window(speech, give)
	}
	if !c.open {
		c.drop(max(c.at, c.seen-preRollMS))
	}
}

func (c *cutter) window(speech bool, give func(stretch)) {
	if speech {
		if !c.open {
			c.open = true
			c.drop(max(c.at, c.seen-c.stepMS-preRollMS))
			c.told = c.at
		}
		c.spoken = c.seen
	}
	switch {
	case !c.open:
	case c.seen-c.spoken >= endSilenceMS:
		c.end(c.spoken+tailMS, give)
	case c.seen-c.at >= longestMS:
		c.end(c.seen, give)
		c.open, c.spoken, c.told = speech, c.seen, c.at
	case c.seen-c.told >= partialMS && speech:
		c.told = c.seen
		to := c.heard(c.seen)
		give(stretch{from: c.at, to: to, pcm: c.upTo(to)})
	}
}

// end gives the open stretch up to a call time and forgets it.
func (c *cutter) end(to call.Millis, give func(stretch)) {
	to = c.heard(to)
	give(stretch{from: c.at, to: to, pcm: c.upTo(to), final: true})
	c.open = false
	c.drop(to)
}

// flush ends what is open.
func (c *cutter) flush(give func(stretch)) {
	if c.open {
		c.end(c.seen, give)
	}
}

// heard bounds a time by the sound that there is: after a jump the activity still holds a part of a window from before it, and what is
// decided runs ahead by that.
func (c *cutter) heard(t call.Millis) call.Millis { return min(t, c.next) }

func (c *cutter) upTo(t call.Millis) []int16 {
	return c.pcm[:min(len(c.pcm), int(t-c.at)*audio.SamplesPerMS)]
}

func (c *cutter) drop(to call.Millis) {
	n := min(len(c.pcm), int(to-c.at)*audio.SamplesPerMS)
	if n <= 0 {
		return
	}
	c.pcm = c.pcm[:copy(c.pcm, c.pcm[n:])]
	c.at += call.Millis(n / audio.SamplesPerMS)
}

// level tells speech by level, where Silero's model is not installed.
type level struct {
	hear.Activity
	slots []hear.Slot
}

func newLevel() *level { return &level{Activity: hear.LevelActivity{}.Open()} }

// Feed appends the decision for each 20 ms.
func (l *level) Feed(pcm []int16, out []bool) []bool {
	l.slots = l.Activity.Feed(pcm, l.slots[:0])
	for _, s := range l.slots {
		out = append(out, s.Speech)
	}
	return out
}

// Close does nothing.
func (l *level) Close() {}
