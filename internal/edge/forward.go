package edge

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/edge/guard"
	"commusafe/internal/evidence"
)

const (
	batch      = 100 * audio.SamplesPerMS // one message
	keepSound  = 5 * audio.SampleRate     // for a listener that claims the call late
	lease      = 3 * time.Second          // a listener that says nothing so long is gone
	standstill = 2 * time.Second          // without a look: this process stood still, not the listener
	claimWait  = 800 * time.Millisecond
	claimTry   = 500 * time.Millisecond
	lastWords  = 4 * time.Second // how long the end of a call waits for what was still being heard
)

// Why something was not heard or recorded; keys of the text catalogue.
const (
	gapUnfinished = "gap.listener_unfinished" // the listener did not hear the call to its end
	gapNobody     = "gap.nobody_listened"     // no listener had the call
	gapGone       = "gap.listener_gone"       // the listener that had it says nothing any more
	gapRefuses    = "gap.disk_refuses"        // sound can't be written from here on
	gapRefused    = "gap.disk_refused"        // sound could not be written
	gapSlow       = "gap.disk_slow"           // sound waited too long to be written
	gapTooMuch    = "gap.edge_behind"         // a listener said more than was taken in
	gapBroken     = "gap.edge_failed"         // a fault of the edge
	gapUnread     = "gap.evidence_unread"     // a listener of a later version said what this edge does not understand
)

// A sender batches one party's sound.
type sender struct {
	party call.Party
	seq   uint32
	open  bus.Sound
	kept  []bus.Sound // the last five seconds, oldest first
}

// forward sends the call's sound to the listener that claimed it, and brings its evidence to the guard.
func (c *live) forward(ctx context.Context, f *fan) {
	w := &forwarder{c: c, heard: make(chan bus.Heard, 256), claims: make(chan bus.Claimed, 1),
		senders: map[call.Party]*sender{call.Caller: {party: call.Caller}, call.Agent: {party: call.Agent}}}
	sub, err := c.edge.link.SubscribeHeard(c.in.ID, func(h bus.Heard) {
		select {
		case w.heard <- h:
		default:
			w.over.Store(true)
		}
	})
	if err != nil {
		c.log.Warn("evidence can't be received; the call is not guarded", slog.Any("error", err))
	}
	defer sub.Stop()
	w.run(ctx, f.hear)
}

// run is the one goroutine of a call's forwarder.
func (w *forwarder) run(ctx context.Context, sound <-chan stretch) {
	defer w.claiming.Wait()
	tick := time.NewTicker(claimTry)
	defer tick.Stop()
	w.claim(ctx)
	var deadline <-chan time.Time
	for {
		select {
		case s, ok := <-sound:
			if !ok {
				sound = nil
				if !w.end() {
					return
				}
				deadline = time.After(lastWords)
				continue
			}
			w.sound(s)
		case h := <-w.heard:
			if w.take(h) && sound == nil {
				return
			}
		case cl := <-w.claims:
			w.claimed(cl)
		case <-tick.C:
			w.check(ctx, sound == nil)
		case <-deadline:
			w.c.gap("", w.upTo, call.At(time.Since(w.c.in.Began)), "words", gapUnfinished)
			return
		}
	}
}

// sound appends a stretch to its party's open batch and sends full ones.
func (w *forwarder) sound(s stretch) {
	p := w.senders[s.party]
	for data := s.Data; len(data) > 0; {
		if len(p.open.Octets.Data) == 0 {
			p.open = bus.Sound{Call: w.c.in.ID, Party: p.party, Octets: audio.Octets{Sample: s.End() - int64(len(data)), Codec: s.Codec}}
		} else if p.open.Octets.End() != s.End()-int64(len(data)) || p.open.Octets.Codec != s.Codec {
			w.send(p)
			continue
		}
		n := min(batch-len(p.open.Octets.Data), len(data))
		if s.Lost {
			first := len(p.open.Octets.Data) / 160
			for i := first; i <= (len(p.open.Octets.Data)+n-1)/160; i++ {
				p.open.Lost |= 1 << i
			}
		}
		p.open.Octets.Data = append(p.open.Octets.Data, data[:n]...)
		data = data[n:]
		if len(p.open.Octets.Data) == batch {
			w.send(p)
		}
	}
}

// send gives a batch away and keeps it for five seconds.
func (w *forwarder) send(p *sender) {
	p.open.Seq = p.seq
	p.seq++
	p.kept = append(p.kept, p.open)
	for len(p.kept) > keepSound/batch {
		p.kept = p.kept[1:]
	}
	if w.listener != "" {
		w.publish(p.open)
	}
	p.open = bus.Sound{}
}

func (w *forwarder) publish(s bus.Sound) {
	if err := w.c.edge.link.PublishSound(s); err != nil {
		w.unsent++
	}
}

// end sends what is left; false when nobody listens. That nobody does any more is told; of a call that nobody ever heard its account says so.
func (w *forwarder) end() bool {
	if w.listener == "" {
		if w.c.heard {
			w.c.gap("", w.upTo, call.At(time.Since(w.c.in.Began)), "words", gapNobody)
		}
		return false
	}
	for _, p := range w.senders {
		if len(p.open.Octets.Data) == 0 {
			p.open = bus.Sound{Call: w.c.in.ID, Party: p.party}
		}
		p.open.End = true
		w.send(p)
	}
	return true
}

// take brings evidence to the guard; true when the listener has heard everything.
func (w *forwarder) take(h bus.Heard) (done bool) {
	if h.Listener != w.listener {
		return false // of a listener that lost the call
	}
	if w.over.Swap(false) {
		w.c.gap("", w.upTo, max(w.upTo, h.CallerMS), "words", gapTooMuch)
	}
	if h.Unread > 0 && !w.unread { // told once of a listener: each of its messages may have some
		w.unread = true
		w.c.log.Warn("evidence is not understood: the listener's version is later than this one's", slog.String("listener", h.Listener), slog.Int("items", h.Unread))
		w.c.gap("", w.upTo, max(w.upTo, h.CallerMS), "words", gapUnread)
	}
	w.lastHeard, w.upTo = time.Now(), max(w.upTo, h.CallerMS)
	for _, it := range h.Items {
		if w.again(it.Item) {
			continue
		}
		w.c.items <- it.Item
	}
	if h.Engine != "" && h.Engine != w.engine {
		w.engine = h.Engine
		w.c.note(guard.Note{Heard: &guard.Hearing{Listener: h.Listener, Engine: h.Engine}})
	}
	return h.Done
}

// again tells whether an earlier listener said the same: its last seconds of sound are heard twice, and what was said in them once is no
// second sign of anything.
func (w *forwarder) again(it evidence.Item) bool {
	if slices.ContainsFunc(w.before, func(b evidence.Item) bool { return evidence.Same(b, it) }) {
		return true
	}
	w.told = append(w.told, it)
	old := w.upTo - keepSound/audio.SamplesPerMS
	w.told = slices.DeleteFunc(w.told, func(t evidence.Item) bool { return t.Span().ToMS < old })
	return false
}

// claim asks the listeners in the background; the answer comes by the claims channel.
func (w *forwarder) claim(ctx context.Context) {
	if w.asking.Swap(true) {
		return
	}
	w.claiming.Go(func() {
		defer w.asking.Store(false)
		cctx, cancel := context.WithTimeout(ctx, claimWait)
		defer cancel()
		cl, err := w.c.edge.link.RequestClaim(cctx, bus.Claim{V: bus.Version, Call: w.c.in.ID, Edge: w.c.edge.cfg.Edge.Name, Began: w.c.in.Began})
		if err == nil {
			select {
			case w.claims <- cl:
			default:
			}
		}
	})
}

// claimed begins with a new listener: it gets the last five seconds first.
func (w *forwarder) claimed(cl bus.Claimed) {
	if w.listener != "" {
		return
	}
	w.listener, w.engine, w.lastHeard = cl.Listener, cl.Engine, time.Now()
	w.c.heard, w.unread = true, false
	w.before, w.told = append(w.before, w.told...), nil
	w.has()
	now := call.At(time.Since(w.c.in.Began))
	if from := w.from(); now-from > 1000 && w.upTo < from {
		w.c.gap("", w.upTo, from, "words", gapNobody)
	}
	for _, p := range w.senders {
		for _, s := range p.kept {
			w.publish(s)
		}
	}
	w.c.note(guard.Note{Heard: &guard.Hearing{Listener: cl.Listener, Engine: cl.Engine}})
}

// has tells the listeners which of them has the call: one that lost it hears the sound that is for another.
func (w *forwarder) has() {
	if err := w.c.edge.link.PublishHas(bus.Has{V: bus.Version, Call: w.c.in.ID, Listener: w.listener}); err != nil {
		w.c.log.Debug("who has the call not told", slog.Any("error", err))
	}
}

// from is the call time of the oldest sound that is kept.
func (w *forwarder) from() call.Millis {
	from := call.At(time.Since(w.c.in.Began))
	for _, p := range w.senders {
		if len(p.kept) > 0 {
			from = min(from, p.kept[0].Octets.At())
		}
	}
	return from
}

// check finds a listener that is gone and looks for another.
func (w *forwarder) check(ctx context.Context, over bool) {
	now := time.Now()
	if !w.looked.IsZero() && now.Sub(w.looked) > standstill { // what the listener said meanwhile waits to be read
		w.lastHeard = now
	}
	w.looked = now
	if w.listener != "" && now.Sub(w.lastHeard) > lease {
		w.c.log.Warn("listener is gone; the call goes on unheard until another takes it", slog.String("listener", w.listener))
		w.c.gap("", w.upTo, call.At(time.Since(w.c.in.Began)), "words", gapGone)
		w.listener = ""
		w.c.note(guard.Note{Heard: &guard.Hearing{}})
	}
	if w.listener != "" {
		w.has()
	} else if !over {
		w.claim(ctx)
	}
}

// gap tells the guard what was not heard or recorded.
func (c *live) gap(p call.Party, from, to call.Millis, what, why string) {
	c.items <- evidence.Gap{Head: evidence.Head{Party: p, FromMS: from, ToMS: max(from, to), Source: "edge"}, What: what, Why: why}
}
