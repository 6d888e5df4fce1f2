package media

import (
	"context"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"commusafe/internal/audio"
)

const (
	// window is how long a missing packet is waited for, in samples; what is there in order is given at once.
	window = 80 * audio.SamplesPerMS
	// stretchMax is the longest stretch that Next gives, in samples: 100 ms.
	stretchMax = 100 * audio.SamplesPerMS
	slotOctets = packetOctets
)

// A slot is a copied packet on its way from the relay to a tap's reader.
type slot struct {
	sample int64
	codec  audio.Codec
	n      uint8
	octets [slotOctets]byte
}

// A Tap is a copy of what one party sends, on call time. One goroutine reads it. The relay writes into a ring of fixed
// length and never waits: when the ring is full, the newest packet is left out and counted.
type Tap struct {
	pair *Pair
	leg  *leg

	slots   []slot
	head    atomic.Uint64 // slots written; moved by the relay only
	tail    atomic.Uint64 // slots read; moved by the reader only
	dropped atomic.Uint64
	late    atomic.Uint64
	ended   chan struct{} // closed by end, under Pair.mu
	last    int64         // samples to be given in all, set before ended is closed

	// the reader's
	line  timeline
	timer *time.Timer
}

func newTap(p *Pair, l *leg, depth time.Duration) *Tap {
	n := max(int(depth/packetTime), 2*window/slotOctets)
	t := &Tap{pair: p, leg: l, slots: make([]slot, n), ended: make(chan struct{})}
	t.line.read = samples(p.now())
	t.line.newest, t.line.law = t.line.read, l.remote.Codec
	t.line.sound = -1
	return t
}

// push copies a packet into the ring. Called with Pair.mu held.
func (t *Tap) push(sample int64, codec audio.Codec, octets []byte) {
	for len(octets) > 0 {
		n := min(len(octets), slotOctets)
		head := t.head.Load()
		if head-t.tail.Load() == uint64(len(t.slots)) {
			t.dropped.Add(1)
			return
		}
		s := &t.slots[head%uint64(len(t.slots))]
		s.sample, s.codec, s.n = sample, codec, uint8(n)
		copy(s.octets[:], octets[:n])
		t.head.Store(head + 1)
		octets, sample = octets[n:], sample+int64(n)
	}
}

// end lets the reader come to io.EOF after what there is. Called once, with Pair.mu held.
func (t *Tap) end(at time.Duration) {
	t.last = samples(at)
	close(t.ended)
}

// Next gives the next stretch, at most 100 ms long: sound as received, or silence marked Lost. Stretches follow each
// other without hole or overlap from the moment the tap was made, through hold, until the pair closed; then io.EOF.
// Sound that is there in order is given each 100 ms; a packet that is missing is waited for 80 ms. Data is the caller's.
func (t *Tap) Next(ctx context.Context) (audio.Octets, error) {
	for {
		over := false
		select {
		case <-t.ended:
			over = true
		default:
		}
		t.pull(over)
		limit := samples(t.pair.now())
		if over {
			limit = max(t.last, t.line.newest)
			if t.line.read >= limit && t.head.Load() == t.tail.Load() {
				return audio.Octets{}, io.EOF
			}
		}
		o, wait, ok := t.line.take(limit, over)
		if ok {
			return o, nil
		}
		if err := t.sleep(ctx, wait); err != nil {
			return audio.Octets{}, err
		}
	}
}

// sleep waits n samples, or for the end.
func (t *Tap) sleep(ctx context.Context, n int64) error {
	d := time.Duration(n) * time.Second / audio.SampleRate
	if t.timer == nil {
		t.timer = time.NewTimer(d)
	} else {
		t.timer.Reset(d)
	}
	select {
	case <-t.timer.C:
	case <-t.ended:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// pull moves what the line has room for out of the ring. When over, what is placed after the end is left out: its time never comes.
func (t *Tap) pull(over bool) {
	for tail := t.tail.Load(); tail < t.head.Load(); tail++ {
		s := &t.slots[tail%uint64(len(t.slots))]
		if s.sample+int64(s.n) > t.line.read+lineOctets-1 { // the octet before read is kept, to close a slip's hole
			if over && s.sample >= t.last {
				t.dropped.Add(1)
				t.tail.Store(tail + 1)
				continue
			}
			t.line.beyond = s.sample
			return
		}
		if !t.line.put(s.sample, s.codec, s.octets[:s.n]) {
			t.late.Add(1)
		}
		t.tail.Store(tail + 1)
	}
	t.line.beyond = 0
}

// Dropped counts the packets lost because the reader was too slow.
func (t *Tap) Dropped() (stretches uint64) { return t.dropped.Load() }

// Late counts the packets that came after their place had been given as Lost.
func (t *Tap) Late() uint64 { return t.late.Load() }

// Close ends the copying, for a reader that leaves before the call is over. Closing twice is fine.
func (t *Tap) Close() {
	t.pair.mu.Lock()
	defer t.pair.mu.Unlock()
	if i := slices.Index(t.leg.taps, t); i >= 0 && !t.pair.closed {
		t.leg.taps = slices.Delete(slices.Clone(t.leg.taps), i, i+1)
		t.end(t.pair.now())
	}
}
