package phone

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/audio"
)

// Sound is what a call says, hears and keeps; the same for calls placed and answered.
type Sound struct {
	Codec audio.Codec        // to offer, and to prefer in an answer
	Say   []byte             // G.711 octets said from the answer on, then silence
	SayIn audio.Codec        // codec of Say
	Heard func(audio.Octets) // told each packet of sound on arrival; Sample is the arrival on the call's time
	Digit func(digit byte)   // told each key heard

	// MediaAt is where the RTP of this side lies when it is somewhere else, such as in a load generator: the phone
	// names it in its SDP, opens no port of its own and neither speaks nor hears. Remote tells where the other side's is.
	MediaAt netip.AddrPort
}

// A Call is one call of a Phone. Its methods may be called from any goroutine.
type Call struct {
	phone    *Phone
	id       string
	began    time.Time
	sound    Sound
	line     *line
	answered chan struct{}
	ended    chan struct{} // closed when the dialog is over
	settled  chan struct{} // closed when the goroutines of the call ended
	running  sync.WaitGroup

	mu        sync.Mutex // guards what follows
	report    Report
	over      bool
	local     sip.FromHeader // our side of the dialog, as From
	remote    sip.ToHeader   // the other side, as To
	target    sip.Uri        // remote Contact
	routes    []sip.Uri
	cseq      uint32
	version   int // of our SDP
	hold      bool
	cancelled bool // our CANCEL is out
	codec     audio.Codec
	lastACK   *sip.Request
	busy      bool          // a re-INVITE of ours is under way
	confirmed chan struct{} // closed by the ACK to our last 2xx
	accepted  bool          // a 2xx of ours is out
	invite    *sip.Request  // incoming
	tx        *sip.ServerTx // of invite
}

func (p *Phone) newCall(direction, id string, sound Sound) *Call {
	c := &Call{phone: p, id: id, began: time.Now(), sound: sound, codec: sound.Codec,
		answered: make(chan struct{}), ended: make(chan struct{}), settled: make(chan struct{})}
	c.report = Report{Direction: direction, CallID: id, AnsweredMS: -1, Provisional: []int{}, Events: []Event{}}
	c.report.Media.FirstHeardMS = -1
	return c
}

// openLine makes the RTP port.
func (c *Call) openLine() error {
	l, err := newLine(c.phone.addr.Addr(), c.sound.MediaAt, c.began)
	if err != nil {
		return err
	}
	l.onHeard = c.sound.Heard
	l.onDigit = func(d byte) {
		c.note("digit heard", string(d))
		if c.sound.Digit != nil {
			c.sound.Digit(d)
		}
	}
	c.line = l
	return nil
}

// runLine starts speaking and hearing, once.
func (c *Call) runLine() {
	if c.line.conn == nil {
		return
	}
	c.running.Go(func() { c.line.hear() })
	c.running.Go(func() { c.line.speak(c.ended) })
}

// up marks the call answered and begins to speak.
func (c *Call) up(status int) {
	if c.answeredBy(status) {
		c.talk()
	}
}

// answeredBy notes the answer, once. A caller notes it before his ACK, since a BYE may follow that one at once.
func (c *Call) answeredBy(status int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || c.report.AnsweredMS >= 0 {
		return false
	}
	c.report.Result, c.report.Status, c.report.AnsweredMS = "answered", status, c.since()
	c.noteLocked("answered", "")
	return true
}

// talk begins to speak and lets those go on who waited for the answer.
func (c *Call) talk() {
	if len(c.sound.Say) > 0 {
		c.line.say(c.sound.SayIn, c.sound.Say)
	}
	close(c.answered)
}

// end closes the dialog once, whoever ended it.
func (c *Call) end(by, why string) bool {
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return false
	}
	c.over = true
	if c.report.Result == "" {
		c.report.Result = "failed"
	}
	c.report.EndedBy, c.report.Why, c.report.EndedMS = by, why, c.since()
	c.noteLocked("ended", why+" by "+by)
	l := c.line
	c.mu.Unlock()
	close(c.ended)
	go func() { // Close waits for settled
		if l != nil {
			l.close()
		}
		c.running.Wait()
		c.phone.drop(c)
		close(c.settled)
	}()
	return true
}

// Answered is closed when the call was answered.
func (c *Call) Answered() <-chan struct{} { return c.answered }

// Ended is closed when the call is over.
func (c *Call) Ended() <-chan struct{} { return c.ended }

// Wait waits until the call is over and gives the report.
func (c *Call) Wait(ctx context.Context) (Report, error) {
	select {
	case <-c.settled:
		return c.Report(), nil
	case <-ctx.Done():
		return c.Report(), context.Cause(ctx)
	}
}

// Report gives what happened so far.
func (c *Call) Report() Report {
	c.mu.Lock()
	r := c.report
	r.Events = append([]Event{}, r.Events...)
	r.Provisional = append([]int{}, r.Provisional...)
	c.mu.Unlock()
	if c.line != nil {
		c.line.mu.Lock()
		r.Media = c.line.media
		c.line.mu.Unlock()
	}
	return r
}

// Recording gives what was heard so far, placed by RTP timestamps, from Report.Media.RecordFromMS on.
func (c *Call) Recording() (audio.Codec, []byte) {
	if c.line == nil {
		return c.sound.Codec, nil
	}
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	return c.line.in.law, append([]byte(nil), c.line.in.sound...)
}

// Say speaks octets now, in place of what is being said, and returns when they are out.
func (c *Call) Say(ctx context.Context, codec audio.Codec, octets []byte) error {
	if c.line == nil {
		return errors.New("the call has no media")
	}
	s := c.line.say(codec, octets)
	select {
	case <-s.done:
		return nil
	case <-c.ended:
		return errors.New("the call is over")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// SendDTMF presses keys one after the other (RFC 4733), 100 ms each.
func (c *Call) SendDTMF(digits string) error {
	for _, d := range digits {
		if d > 127 || keyCode(byte(d)) == 0 && d != '0' {
			return errors.New("a key is one of 0–9 * # A–D")
		}
	}
	c.line.mu.Lock()
	known := c.line.events != 0
	c.line.mu.Unlock()
	if !known {
		return errors.New("the other side takes no telephone events")
	}
	c.note("digits sent", digits)
	c.line.press(digits)
	return nil
}

// Remote gives the address of the other side's RTP.
func (c *Call) Remote() netip.AddrPort {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	return c.line.to
}
