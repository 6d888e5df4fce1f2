package listener

import (
	"context"
	"slices"
	"sync"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

const (
	secondLease = 3 * time.Second         // an engine's process that says nothing so long is gone
	standstill  = 2500 * time.Millisecond // without a look: this process stood still, not the engine's
	secondWait  = 800 * time.Millisecond  // for an answer to an offer
	secondLast  = 3 * time.Second         // for the last words of a call
	keepSound   = 5000                    // ms of both parties kept for a process that takes the call late
	adoptWait   = 1500 * time.Millisecond
)

// Why an engine beside the built-in one did not hear; keys of the text catalogue.
const (
	gapEngineAbsent = "gap.engine_absent"   // none of its processes took the call
	gapEngineGone   = "gap.engine_gone"     // its process ended in the middle
	gapEngineLate   = "gap.engine_late"     // it did not finish
	gapUnread       = "gap.evidence_unread" // its version is later, and it said what is not understood here
)

// secondLink is what of the bus the engines beside the built-in one need.
type secondLink interface {
	RequestWords(ctx context.Context, engine string, c bus.Claim) (bus.Claimed, error)
	SubscribeWords(id call.ID, handle func(bus.Heard)) (*bus.Subscription, error)
	PublishSound(bus.Sound) error
	PublishKept(bus.Kept) error
	PublishWordsHas(engine string, h bus.Has) error
}

var _ secondLink = (*bus.Link)(nil)

// seconds are the engines that hear one call beside the built-in one, in processes of their own. They belong to the
// goroutine of the follower, but for the channels.
type seconds struct {
	f       *follower
	link    secondLink
	list    []*second
	sub     *bus.Subscription
	kept    []bus.Sound
	words   chan bus.Heard
	answers chan answer
	asking  sync.WaitGroup
	looked  time.Time // when it was last looked whether an engine is gone
	from    time.Time // no offers before: a process that has the call already says so meanwhile
}

// A second is one engine.
type second struct {
	engine string // of the configuration
	name   string // of the process that hears; empty: none
	source string // what it names itself in evidence
	asking bool
	fresh  bool // it has been sent the kept sound, and has not heard yet
	done   bool
	unread bool // that it says what is not understood was told
	last   time.Time
	upTo   call.Millis // both parties heard so far
	final  call.Millis // end of what it has reported for good
}

type answer struct {
	engine  string
	claimed bus.Claimed
	err     error
}

// newSeconds prepares for the engines of the configuration; none without a bus that knows them.
func (f *follower) newSeconds() (*seconds, error) {
	s := &seconds{f: f}
	l, ok := f.w.link.(secondLink)
	if !ok || len(f.w.cfg.Seconds) == 0 {
		return s, nil
	}
	s.link, s.words, s.answers = l, make(chan bus.Heard, 64), make(chan answer, len(f.w.cfg.Seconds))
	if since := time.Since(f.claim.Began); since > 2*time.Second && !f.claim.Began.IsZero() {
		s.from = time.Now().Add(adoptWait)
	}
	for _, e := range f.w.cfg.Seconds {
		s.list = append(s.list, &second{engine: e})
	}
	var err error
	s.sub, err = l.SubscribeWords(f.claim.Call, func(h bus.Heard) {
		select {
		case s.words <- h:
		default: // its evidence is lost, and its lease goes on with the next message
		}
	})
	return s, err
}

func (s *seconds) stop() {
	s.asking.Wait()
	if s.sub != nil {
		s.sub.Stop()
	}
}

// keep keeps a batch for a process that comes late.
func (s *seconds) keep(b bus.Sound) {
	if len(s.list) == 0 {
		return
	}
	s.kept = append(s.kept, b)
	drop := slices.IndexFunc(s.kept, func(k bus.Sound) bool { return b.Octets.At()-k.Octets.At() <= keepSound })
	s.kept = s.kept[max(0, drop):]
}

// check offers the call to each engine that has no process, and finds those whose process is gone.
func (s *seconds) check(ctx context.Context, now time.Time) {
	stood := !s.looked.IsZero() && now.Sub(s.looked) > standstill
	s.looked = now
	for _, x := range s.list {
		if stood {
			x.last = now // what it said meanwhile waits to be read
		}
		if x.name != "" && !x.done && now.Sub(x.last) > secondLease {
			s.f.log.Warn("engine is gone; the built-in one goes on", "engine", x.source)
			x.name = ""
		}
		if x.name != "" || x.asking || now.Before(s.from) {
			continue
		}
		x.asking = true
		s.asking.Go(func() {
			wait, cancel := context.WithTimeout(ctx, secondWait)
			defer cancel()
			c, err := s.link.RequestWords(wait, x.engine, bus.Claim{V: bus.Version, Call: s.f.claim.Call, Edge: s.f.claim.Edge, Began: s.f.claim.Began})
			s.answers <- answer{x.engine, c, err} // room for one of each engine, and one is under way at most
		})
	}
}

// claimed takes the answer to an offer: the process gets the kept sound that nobody of its engine has reported on.
func (s *seconds) claimed(a answer) {
	i := slices.IndexFunc(s.list, func(x *second) bool { return x.engine == a.engine })
	if i < 0 {
		return
	}
	x := s.list[i]
	x.asking = false
	if a.err != nil || x.name != "" {
		return
	}
	x.name, x.source, x.last, x.fresh = a.claimed.Listener, a.claimed.Engine, time.Now(), true
	from := max(x.final, s.oldest())
	if from > x.upTo {
		why := gapEngineGone
		if x.upTo == 0 {
			why = gapLate
		}
		s.gap(x, from, why)
	}
	for _, b := range s.kept {
		if b.End || b.Octets.End() > int64(from)*audio.SamplesPerMS {
			if err := s.link.PublishSound(b); err != nil {
				s.f.log.Warn("kept sound not sent", "error", err)
			}
		}
	}
	if err := s.link.PublishKept(bus.Kept{V: bus.Version, Call: s.f.claim.Call, Listener: x.name}); err != nil {
		s.f.log.Warn("the end of the kept sound not told", "error", err)
	}
}

// oldest is the call time from which sound of both parties is kept.
func (s *seconds) oldest() (at call.Millis) {
	for _, b := range s.kept {
		if len(b.Octets.Data) > 0 && (at == 0 || b.Octets.At() < at) {
			at = b.Octets.At()
		}
	}
	return at
}

// take brings an engine's evidence to the call. A process that nobody here has asked was asked by the listener before.
func (s *seconds) take(h bus.Heard) {
	i := slices.IndexFunc(s.list, func(x *second) bool { return x.name == h.Listener })
	if i < 0 {
		i = slices.IndexFunc(s.list, func(x *second) bool {
			return x.name == "" && !x.asking && h.Engine != "" && engineOf(h.Engine) == x.engine
		})
		switch {
		case i < 0:
			s.other(h)
			return // while an offer is out, its answer says who hears
		case h.CallerMS+h.AgentMS == 0: // it has taken the call, and its answer was late
			s.claimed(answer{engine: s.list[i].engine, claimed: bus.Claimed{Listener: h.Listener, Engine: h.Engine}})
		default:
			s.adopt(s.list[i], h)
		}
	}
	x := s.list[i]
	switch {
	case h.CallerMS+h.AgentMS > 0:
		x.fresh = false
	case !x.fresh: // it has taken the call anew, by an offer that it got late
		x.name = ""
		s.claimed(answer{engine: x.engine, claimed: bus.Claimed{Listener: h.Listener, Engine: h.Engine}})
	}
	x.last, x.done = time.Now(), x.done || h.Done
	if h.Unread > 0 && !x.unread {
		x.unread = true
		s.gap(x, max(x.upTo, min(h.CallerMS, h.AgentMS)), gapUnread)
	}
	x.upTo = max(x.upTo, min(h.CallerMS, h.AgentMS))
	for _, it := range h.Items {
		s.f.items = append(s.f.items, it)
		if u, ok := it.Item.(evidence.Utterance); !ok || u.Final {
			x.final = max(x.final, it.Span().ToMS)
		}
	}
}

// other tells a process that the call is another's of its kind: it stood still, and does not know that it lost the call.
func (s *seconds) other(h bus.Heard) {
	i := slices.IndexFunc(s.list, func(x *second) bool { return h.Engine != "" && engineOf(h.Engine) == x.engine })
	if i < 0 || s.list[i].name == "" || time.Since(s.list[i].last) > secondLease {
		return
	}
	if err := s.link.PublishWordsHas(s.list[i].engine, bus.Has{V: bus.Version, Call: s.f.claim.Call, Listener: s.list[i].name}); err != nil {
		s.f.log.Warn("a process of an engine not told that it lost the call", "error", err)
	}
}

// adopt goes on with a process that the listener before had asked, or that was taken for gone. What it sent when nobody heeded it is lost.
func (s *seconds) adopt(x *second, h bus.Heard) {
	why := gapEngineGone
	if x.upTo == 0 {
		x.upTo, why = s.oldest(), gapLate
	}
	x.name, x.source, x.last, x.fresh = h.Listener, h.Engine, time.Now(), false
	if to := min(h.CallerMS, h.AgentMS); to > x.upTo {
		s.gap(x, to, why)
	}
}

// finish waits a limited time for the last words.
func (s *seconds) finish(ctx context.Context) {
	limit := time.NewTimer(secondLast)
	defer limit.Stop()
	tick := time.NewTicker(renew)
	defer tick.Stop()
	for slices.ContainsFunc(s.list, func(x *second) bool { return x.name != "" && !x.done }) {
		select {
		case h := <-s.words:
			s.take(h)
		case a := <-s.answers:
			s.claimed(a)
		case <-tick.C:
			s.f.publish(false)
		case <-ctx.Done():
			s.rest()
			return
		case <-limit.C:
			s.rest()
			return
		}
	}
	s.rest()
}

// rest tells what each engine has not heard of the call.
func (s *seconds) rest() {
	end := max(s.f.side[call.Caller].heard, s.f.side[call.Agent].heard)
	for _, x := range s.list {
		switch {
		case x.done:
		case x.name != "":
			s.gap(x, end, gapEngineLate)
		case x.source != "":
			s.gap(x, end, gapEngineGone)
		default:
			s.gap(x, end, gapEngineAbsent)
		}
	}
}

func (s *seconds) gap(x *second, to call.Millis, why string) {
	source := x.source
	if source == "" {
		source = x.engine
	}
	s.f.report(evidence.Gap{Head: evidence.Head{FromMS: min(x.upTo, to), ToMS: to, Source: source}, What: "words", Why: why})
}

// engines names all that hear, the built-in one first; empty when there are no others.
func (s *seconds) engines(first string) string {
	if len(s.list) == 0 && !s.f.w.cfg.tell {
		return ""
	}
	for _, x := range s.list {
		if x.name != "" {
			first += " + " + x.source
		}
	}
	return first
}

// engineOf gives the engine of a source: sherpa of sherpa/asr-ja-reazon; a network one names itself remote/amivoice.
func engineOf(source string) string {
	for i := range len(source) {
		if source[i] != '/' {
			continue
		}
		if source[:i] == "remote" {
			return source[i+1:]
		}
		return source[:i]
	}
	return source
}
