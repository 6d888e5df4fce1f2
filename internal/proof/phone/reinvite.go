package phone

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Hold tells the other side by re-INVITE that it is not listened to (RFC 3264 §8.4); our own sound stops.
func (c *Call) Hold(ctx context.Context) error { return c.reinvite(ctx, true) }

// Resume ends a hold.
func (c *Call) Resume(ctx context.Context) error { return c.reinvite(ctx, false) }

// What a re-INVITE that meets another one waits before it comes again, in ms (RFC 3261 §14.1): who began the call longer than the other side.
const (
	beganLeast, beganMost = 2100, 4000
	otherMost             = 2000
	reinvites             = 3 // times it is sent
)

// reinvite holds or resumes; a re-INVITE that is answered 491 comes again.
func (c *Call) reinvite(ctx context.Context, hold bool) error {
	for n := 1; ; n++ {
		err := c.reinviteOnce(ctx, hold)
		var r refusal
		if !errors.As(err, &r) || r.status != 491 || n == reinvites {
			return err
		}
		wait := rand.IntN(otherMost)
		if c.dialled() {
			wait = beganLeast + rand.IntN(beganMost-beganLeast)
		}
		if !c.pause(ctx, time.Duration(wait)*time.Millisecond) {
			return err
		}
	}
}

// A refusal is what a re-INVITE was refused with.
type refusal struct {
	what   string
	status int
}

func (r refusal) Error() string { return fmt.Sprintf("%s was refused with %d", r.what, r.status) }

// dialled tells whether this side began the call.
func (c *Call) dialled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.invite == nil
}

func (c *Call) reinviteOnce(ctx context.Context, hold bool) error {
	what, direction := "resume", "sendrecv"
	if hold {
		what, direction = "hold", "sendonly"
	}
	c.mu.Lock()
	if c.over || c.report.AnsweredMS < 0 || c.busy {
		c.mu.Unlock()
		return errors.New("the call can't be changed now")
	}
	c.busy = true
	c.cseq++
	c.version++
	cseq := c.cseq
	req := c.inDialogLocked(sip.INVITE, cseq, c.offer(direction).write(c.version))
	c.noteLocked(what+" sent", "")
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.busy = false
		c.mu.Unlock()
	}()
	res, err := c.phone.request(ctx, req, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if !res.IsSuccess() {
		c.note(what+" refused", res.StartLine())
		return refusal{what, res.StatusCode}
	}
	s, err := parseSDP(res.Body())
	c.mu.Lock()
	c.hold = hold
	if contact := res.Contact(); contact != nil {
		c.target = contact.Address
	}
	c.mu.Unlock()
	if err == nil {
		c.agree(s, false)
	}
	c.acknowledge(cseq)
	c.note(what+" answered", s.direction)
	return err
}

// onReinvite answers a re-INVITE or UPDATE of the other side.
func (c *Call) onReinvite(req *sip.Request, tx *sip.ServerTx) {
	c.mu.Lock()
	early, busy := c.report.AnsweredMS < 0, c.busy
	if !busy && !early {
		c.report.Reinvites++
		if h := req.Contact(); h != nil {
			c.target = h.Address
		}
	}
	c.mu.Unlock()
	if busy || early { // RFC 3261 §14.2
		c.phone.respond(tx, sip.NewResponseFromRequest(req, 491, "Request Pending", nil))
		return
	}
	var body []byte
	if req.Method == sip.INVITE || len(req.Body()) > 0 {
		var err error
		if body, err = c.respondTo(req.Body()); err != nil {
			c.phone.respond(tx, sip.NewResponseFromRequest(req, 488, "Not Acceptable Here", nil))
			return
		}
	}
	s, _ := parseSDP(req.Body())
	c.note(string(req.Method)+" received", s.direction)
	res := c.success(req, body)
	if req.Method == sip.UPDATE {
		c.phone.respond(tx, res)
		return
	}
	c.confirm(tx, res)
}
