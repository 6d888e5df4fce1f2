package edge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/edge/media"
	"commusafe/internal/folder"
)

// A fan reads one tap of each party and gives every stretch to all readers: recorder, forwarder, voicebot. A reader
// that is too slow loses stretches, which are counted; the others don't wait for it.
type fan struct {
	pair    *media.Pair
	record  chan stretch
	hear    chan stretch
	line    *line
	dropped [3]atomic.Int64 // record, hear, tap
}

// A stretch is a party's sound.
type stretch struct {
	party call.Party
	audio.Octets
}

// recordDepth and hearDepth are how many stretches wait for a reader: about five and two seconds.
const (
	recordDepth = 512
	hearDepth   = 200
)

func newFan(p *media.Pair, l *line) *fan {
	return &fan{pair: p, line: l, record: make(chan stretch, recordDepth), hear: make(chan stretch, hearDepth)}
}

// run reads until the call's sound has ended.
func (f *fan) run() {
	var both sync.WaitGroup
	for _, p := range []call.Party{call.Caller, call.Agent} {
		tap := f.pair.Tap(p, tapDepth)
		both.Go(func() {
			for {
				o, err := tap.Next(context.Background())
				if err != nil {
					f.dropped[2].Add(int64(tap.Dropped()))
					return
				}
				f.give(stretch{p, o})
			}
		})
	}
	both.Wait()
	close(f.record)
	close(f.hear)
	f.line.soundEnds()
}

func (f *fan) give(s stretch) {
	select {
	case f.record <- s:
	default:
		f.dropped[0].Add(1)
	}
	select {
	case f.hear <- s:
	default:
		f.dropped[1].Add(1)
	}
	f.line.sound(s)
}

func (f *fan) drops() map[string]int {
	out := map[string]int{}
	for i, name := range []string{"record", "hear", "tap"} {
		if n := f.dropped[i].Load(); n > 0 {
			out[name] = int(n)
		}
	}
	return out
}

// record writes both parties' sound into the folder. What the disk refuses is told as a gap as soon as it is known.
func (c *live) record(f *fan) {
	failing, next := map[call.Party]time.Time{}, map[call.Party]int64{}
	for s := range f.record {
		if from, begun := next[s.party]; begun && from < s.Sample { // what waited for a slow disk was too much
			c.write.LoseSound(s.party, folder.LostStretch{From: from, To: s.Sample})
			c.gap(s.party, call.Millis(from/audio.SamplesPerMS), s.At(), "recording", gapSlow)
		}
		next[s.party] = s.End()
		back, err := c.write.Recorder(s.party).Write(s.Octets)
		if err != nil && failing[s.party].IsZero() {
			failing[s.party] = time.Now()
			c.log.Error("sound can't be written; the call goes on", "error", err)
			c.gap(s.party, s.At(), s.At(), "recording", gapRefuses)
		}
		if back != nil {
			failing[s.party] = time.Time{}
			c.write.LoseSound(s.party, *back)
			c.gap(s.party, call.Millis(back.From/audio.SamplesPerMS), call.Millis(back.To/audio.SamplesPerMS), "recording", gapRefused)
		}
	}
}
