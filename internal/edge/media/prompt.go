package media

import (
	"context"
	"errors"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// packetTime is the length of a packet of our making, and its octets.
const (
	packetTime   = 20 * time.Millisecond
	packetOctets = 20 * audio.SamplesPerMS
)

// maxCatchUp is how many packets a late timer sends at once; what is later than that is left out of the pace.
const maxCatchUp = 3

// Played says what a party was really sent of a prompt.
type Played struct {
	FirstAt, LastAt call.Millis // of the first and the last packet
	Packets         int
	Complete        bool // the whole prompt was sent
}

// A prompt is sound being played to a party; guarded by Pair.mu, but ended and err are the reader's once ended is closed.
type prompt struct {
	codec  audio.Codec
	octets []byte
	next   int // octet
	loop   bool
	id     uint32
	played Played
	err    error
	ended  chan struct{}
}

// Play sends octets to party from the start to the end, a packet each 20 ms, in place of its feed, and returns when
// the last one has had its time. Another codec than the leg's is transcoded. While the party may not be sent to
// (hold, no address yet) the prompt waits. The end of ctx stops it: Played then says what was sent.
func (p *Pair) Play(ctx context.Context, party call.Party, codec audio.Codec, octets []byte) (Played, error) {
	return p.play(ctx, party, &prompt{codec: codec, octets: octets, ended: make(chan struct{})})
}

// Loop plays octets over and over until ctx ends, which is no error.
func (p *Pair) Loop(ctx context.Context, party call.Party, codec audio.Codec, octets []byte) error {
	if len(octets) == 0 {
		return errors.New("no sound to loop")
	}
	_, err := p.play(ctx, party, &prompt{codec: codec, octets: octets, loop: true, ended: make(chan struct{})})
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return nil
	}
	return err
}

func (p *Pair) play(ctx context.Context, party call.Party, q *prompt) (Played, error) {
	if err := ctx.Err(); err != nil {
		return Played{}, context.Cause(ctx)
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return Played{}, ErrClosed
	}
	l := p.leg(party)
	l.stop(ErrReplaced)
	p.prompts++
	q.id = p.prompts
	l.playing = q
	p.mu.Unlock()
	p.worker.pace(l)
	select {
	case <-q.ended:
	case <-ctx.Done():
		p.mu.Lock()
		if l.playing == q {
			l.stop(context.Cause(ctx))
		}
		p.mu.Unlock()
		<-q.ended
	}
	return q.played, q.err
}

// stop ends what is played with err, nil for its own end.
func (l *leg) stop(err error) {
	if q := l.playing; q != nil {
		q.err, q.played.Complete = err, err == nil
		l.playing = nil
		close(q.ended)
	}
}

// tick sends what is due to the party of l at the moment at; false when nothing is to be paced any more.
func (p *Pair) tick(l *leg, at time.Duration) bool {
	if p.closed || l.playing == nil && l.feed != Silence {
		l.pacing = false
		return false
	}
	if !l.canSend() {
		l.pacing = false
		return true
	}
	if !l.pacing {
		l.due, l.pacing = at, true
	}
	for n := 0; l.due <= at+packetTime/4; n++ {
		if n == maxCatchUp {
			l.due = at + packetTime
			break
		}
		if q := l.playing; q != nil && !q.loop && q.next >= len(q.octets) {
			l.stop(nil)
			if l.feed != Silence {
				l.pacing = false
				return false
			}
		}
		p.step(l, at)
		l.due += packetTime
	}
	return true
}

// step sends one packet of the prompt, or of silence.
func (p *Pair) step(l *leg, at time.Duration) {
	b := p.worker.out[:headerSize]
	from := source{kind: fromSilence}
	to := l.remote.Codec
	if q := l.playing; q != nil {
		from = source{fromPrompt, q.id}
		b = q.fill(b, to)
	}
	for len(b) < headerSize+packetOctets {
		b = append(b, to.Silence())
	}
	sequence, ts, first := l.out.next(from, at, packetOctets)
	putHeader(b, first, uint8(to), sequence, ts, l.out.ssrc)
	p.emit(l, b)
	if q := l.playing; q != nil {
		if q.played.Packets == 0 {
			q.played.FirstAt = call.At(at)
		}
		q.played.Packets++
		q.played.LastAt = call.At(at)
	}
}

// fill appends the next packet's octets in codec to.
func (q *prompt) fill(b []byte, to audio.Codec) []byte {
	if q.loop && q.next >= len(q.octets) {
		q.next = 0
	}
	n := min(packetOctets, len(q.octets)-q.next)
	b = q.codec.Transcode(b, q.octets[q.next:q.next+n], to)
	q.next += n
	return b
}
