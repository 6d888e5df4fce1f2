package edge

import (
	"context"
	"slices"
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/policy"
	"commusafe/internal/proof/phone"
)

// ring dials an agent who lets it ring, and has a supervisor command something meanwhile.
func (h *house) ring(ctx context.Context, do string) *phone.Call {
	h.t.Helper()
	rings := make(chan struct{})
	go func() {
		if _, err := h.desk.Accept(ctx, phone.AnswerOptions{Ring: true, After: time.Minute}); err != nil {
			h.t.Error(err)
		}
		close(rings)
	}()
	c, err := h.caller.Dial(ctx, phone.DialOptions{Sound: phone.Sound{Say: tone(time.Minute)}, To: "sip:0355550100@" + h.addr().String(), From: "0390001111"})
	if err != nil {
		h.t.Fatal(err)
	}
	<-rings
	v := h.until(ctx, "the ringing", func(v bus.CallView) bool { return v.Line == bus.LineRinging })
	cmd := bus.CommandRequest{V: bus.Version, Call: v.Incoming.ID, ID: "1", Command: policy.Command{Do: do, By: "op7"}}
	if r, err := h.office.Command(ctx, v.Edge, cmd); err != nil || r.Error != "" {
		h.t.Fatalf("%+v %v", r, err)
	}
	return c
}

// A caller who was not answered yet can't be spoken to: a cut does not wait for it.
func TestACutWhileItRings(t *testing.T) {
	h := newHouse(t, nil)
	defer h.stop()
	ctx := limited(t)
	h.ring(ctx, policy.CommandCut)
	begun := time.Now()
	v := h.until(ctx, "the end", func(v bus.CallView) bool { return v.Ended != nil && slices.Contains(v.Actions, policy.Cut) })
	if took := time.Since(begun); v.Ended.Why != "cut" || took > reachLimit+3*time.Second {
		t.Errorf("ended after %v: %v", took, v.Ended)
	}
}

// The voicebot answers a caller for whom it still rings, and speaks to him.
func TestTheVoicebotTakesARingingCall(t *testing.T) {
	h := newHouse(t, nil)
	defer h.stop()
	ctx := limited(t)
	c := h.ring(ctx, policy.CommandVoicebot)
	select {
	case <-c.Answered():
	case <-time.After(10 * time.Second):
		t.Error("the voicebot doesn't answer")
	}
	h.until(ctx, "the voicebot", func(v bus.CallView) bool { return v.Line == bus.LineBot })
	if err := c.Hangup(ctx); err != nil {
		t.Error(err)
	}
}
