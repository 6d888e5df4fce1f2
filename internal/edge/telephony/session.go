package telephony

import (
	"context"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/edge/media"
)

// A Kind says what an Event tells.
type Kind string

// Kinds of events.
const (
	LegUp         Kind = "leg_up"         // the party's leg is answered; Detail: codec
	LegGone       Kind = "leg_gone"       // the party's leg is over
	Ringing       Kind = "ringing"        // the PBX rings; Detail: SIP status
	Hold          Kind = "hold"           // the party holds the other; Detail: SDP direction
	Resume        Kind = "resume"         // the hold is over
	DTMF          Kind = "dtmf"           // the party pressed a key; Detail: the key
	CodecMismatch Kind = "codec_mismatch" // the party sends what was not agreed
	Ended         Kind = "ended"          // the call is over; Detail: why
)

// An Event is something that happened to a call.
type Event struct {
	At     call.Millis
	Kind   Kind
	Party  call.Party
	Detail string
}

// eventRoom is how many events wait for the reader; further ones are lost and counted.
const eventRoom = 64

// sound is what a call needs of its media. *media.Pair is one.
type sound interface {
	Local(call.Party) netip.AddrPort
	SetRemote(call.Party, media.Remote)
	Renew(call.Party) error
	Events() <-chan media.Event
	Close()
}

var _ sound = (*media.Pair)(nil)

// A Session is a call in hand: a leg to the caller and, once connected, one to an agent. Its methods may be called
// from any goroutine. Those that take a context wait for the call's actor, which does one thing after the other.
type Session struct {
	server    *Server
	in        call.Incoming
	id        callerIdentity
	trunk     Trunk
	admission call.Admission
	began     time.Time
	log       *slog.Logger
	mail      *mailbox
	sound     sound
	events    chan Event
	ended     chan struct{}
	ctx       context.Context // the call's; its cause is the EndReason
	cancel    context.CancelCauseFunc
	reason    atomic.Pointer[call.EndReason]
	lost      atomic.Uint64 // events that nobody took in time

	// The rest belongs to the actor, see actor.go.
	caller, agent *leg
	live          map[*leg]bool // legs that are not gone
	dismissed     *leg          // an agent's, which may end without ending the call
	connected     func(error)   // who waits for Connect
	pbx           int           // the one being tried
	agents        int           // agent legs so far
	about         introduction  // of the caller, for the next agent
	closed        bool
	limit         *time.Timer
	answered      time.Duration // since began; 0: never
}

// Incoming tells who calls whom.
func (s *Session) Incoming() call.Incoming { return s.in }

// Admission tells how the call was let in.
func (s *Session) Admission() call.Admission { return s.admission }

// Can tells what this front can do: everything.
func (s *Session) Can() call.Ability {
	return call.Ability{Announce: true, Voicebot: true, Rejoin: true, Cut: true}
}

// Media gives the call's sound. Its events are read by the session and come with Events.
func (s *Session) Media() *media.Pair {
	p, _ := s.sound.(*media.Pair)
	return p
}

// Ended is closed when the call is over: every leg has ended, or did not answer in time.
func (s *Session) Ended() <-chan struct{} { return s.ended }

// Reason tells how the call ended; before that it is empty.
func (s *Session) Reason() call.EndReason {
	if r := s.reason.Load(); r != nil {
		return *r
	}
	return call.EndReason{}
}

// Events tells what happens to the call. The channel is closed when the call is over; a reader who is too slow loses events.
func (s *Session) Events() <-chan Event { return s.events }

// Connect dials the PBX and joins caller and agent. It returns when the agent has answered. A caller who was not answered
// yet hears the PBX's ringing, is answered with the agent, and gets the PBX's failure as its own: then the call is over
// and the error is a *ConnectError with Passed set. A caller who was answered before is joined without a re-INVITE
// and stays when the PBX fails. Cancelling ctx gives the dialling up.
func (s *Session) Connect(ctx context.Context) error {
	err := s.ask(ctx, s.connect)
	if err != nil && ctx.Err() != nil {
		s.mail.post(func() { s.dropAgent(ErrDropped) })
	}
	return err
}

// Introduce says what is known of the caller: it goes with every INVITE to a PBX from then on, before an agent answers.
// about is printable ASCII; anything else in it is left out. Urgent calls carry Priority: urgent (RFC 3261 §20.26).
func (s *Session) Introduce(about string, urgent bool) {
	s.mail.post(func() { s.about = introduction{about, urgent} })
}

// Answer answers the caller without an agent. It returns when the answer is sent.
func (s *Session) Answer(ctx context.Context) error {
	return s.ask(ctx, func(reply func(error)) { reply(s.answer()) })
}

// Dismiss lets the agent hang up without ending the call, until DropAgent or Connect. It does not wait.
func (s *Session) Dismiss() {
	s.mail.post(func() { s.dismissed = s.agent })
}

// DropAgent ends the agent's leg with BYE, or with CANCEL while it rings; the caller stays. It returns when that is sent.
func (s *Session) DropAgent(ctx context.Context) error {
	return s.ask(ctx, func(reply func(error)) { s.dropAgent(ErrDropped); reply(nil) })
}

// End ends every leg once and returns when all are over, or after Config.EndTimeout. Of several reasons the first counts.
// r.Status is the final response where the caller has had none yet.
func (s *Session) End(ctx context.Context, r call.EndReason) error {
	s.mail.post(func() { s.finish(r) })
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ask has the actor do f and waits for its answer, for ctx or for the end of the call.
func (s *Session) ask(ctx context.Context, f func(reply func(error))) error {
	answer := make(chan error, 1)
	reply := func(err error) {
		select {
		case answer <- err:
		default:
		}
	}
	if !s.mail.post(func() { f(reply) }) {
		return &EndedError{s.Reason()}
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
	case <-s.ended:
	}
	select {
	case err := <-answer: // it came at the same time
		return err
	case <-s.ended:
		return &EndedError{s.Reason()}
	default:
		return context.Cause(ctx)
	}
}

// tell adds an event without ever waiting.
func (s *Session) tell(kind Kind, party call.Party, detail string) {
	s.tellAt(call.At(time.Since(s.began)), kind, party, detail)
}

func (s *Session) tellAt(at call.Millis, kind Kind, party call.Party, detail string) {
	if s.closed {
		return
	}
	select {
	case s.events <- Event{At: at, Kind: kind, Party: party, Detail: detail}:
	default:
		s.lost.Add(1)
	}
}
