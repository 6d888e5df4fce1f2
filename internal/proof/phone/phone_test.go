package phone

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"commusafe/internal/audio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newPhone(t *testing.T) *Phone {
	t.Helper()
	p, err := New(Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// pair makes two phones; address is where the second one is called.
func pair(t *testing.T) (caller, agent *Phone, address string) {
	t.Helper()
	caller, agent = newPhone(t), newPhone(t)
	return caller, agent, "sip:0312345678@" + agent.Addr().String()
}

// talking gives both sides of a call that is up.
func talking(t *testing.T) (out, in *Call) {
	t.Helper()
	a, b, address := pair(t)
	ctx := limited(t)
	out, err := a.Dial(ctx, DialOptions{To: address})
	if err != nil {
		t.Fatal(err)
	}
	in, err = b.Accept(ctx, AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	up(t, out)
	up(t, in)
	return out, in
}

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// tone is d of one octet.
func tone(d time.Duration, v byte) []byte {
	b := make([]byte, d.Milliseconds()*audio.SamplesPerMS)
	for i := range b {
		b[i] = v
	}
	return b
}

func wait(t *testing.T, c *Call) Report {
	t.Helper()
	r, err := c.Wait(limited(t))
	if err != nil {
		t.Fatalf("call did not end: %v, %+v", err, r)
	}
	return r
}

func up(t *testing.T, c *Call) {
	t.Helper()
	select {
	case <-c.Answered():
	case <-limited(t).Done():
		t.Fatalf("call was not answered: %+v", c.Report())
	}
}

func happened(r Report, what string) bool {
	return slices.ContainsFunc(r.Events, func(e Event) bool { return e.What == what })
}

func TestTwoPhonesTalk(t *testing.T) {
	a, b, address := pair(t)
	ctx := limited(t)
	heard := make(chan struct{}, 1)
	out, err := a.Dial(ctx, DialOptions{To: address, From: "0390001111", Display: "Test", Identity: "0390001111",
		Sound: Sound{Codec: audio.PCMA, Say: tone(600*time.Millisecond, 7), SayIn: audio.PCMA}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.Accept(ctx, AnswerOptions{Ring: true, After: 50 * time.Millisecond,
		Sound: Sound{Codec: audio.PCMU, Heard: func(o audio.Octets) {
			if o.Data[0] == 7 {
				select {
				case heard <- struct{}{}:
				default:
				}
			}
		}}})
	if err != nil {
		t.Fatal(err)
	}
	up(t, out)
	up(t, in)
	<-heard
	if err := in.Say(ctx, audio.PCMA, tone(200*time.Millisecond, 9)); err != nil {
		t.Error(err)
	}
	if err := out.SendDTMF("5#"); err != nil {
		t.Error(err)
	}
	pressed := make(chan struct{})
	go func() {
		defer close(pressed)
		for in.Report().Media.Digits != "5#" && ctx.Err() == nil {
			in.pause(ctx, frame)
		}
	}()
	<-pressed
	if err := out.Hangup(ctx); err != nil {
		t.Error(err)
	}
	ro, ri := wait(t, out), wait(t, in)
	if ro.Result != "answered" || ro.Status != 200 || ro.EndedBy != "us" || ri.EndedBy != "them" || !slices.Contains(ro.Provisional, 180) {
		t.Errorf("caller %+v\nagent %+v", ro, ri)
	}
	if ri.Media.Digits != "5#" || ri.Media.Codec != "PCMA" || ri.Media.Lost != 0 || ri.Media.SSRCChanges != 0 {
		t.Errorf("agent's media %+v", ri.Media)
	}
	codec, sound := out.Recording()
	if n := count(sound, 9); codec != audio.PCMA || n < 1400 || n > 1700 {
		t.Errorf("caller recorded %d samples of the agent in %v", n, codec)
	}
	if !strings.Contains(strings.Join(ri.Asked, "\n"), "P-Asserted-Identity: <sip:0390001111@127.0.0.1>") {
		t.Errorf("asked %v", ri.Asked)
	}
}

func count(b []byte, v byte) (n int) {
	for _, o := range b {
		if o == v {
			n++
		}
	}
	return n
}

// A hold that meets a re-INVITE of the other side comes again.
func TestAHoldThatIsRefusedForAnotherOne(t *testing.T) {
	ctx := limited(t)
	out, in := talking(t)
	busy := func(yes bool) {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.busy = yes
	}
	busy(true)
	held := make(chan error, 1)
	go func() { held <- out.Hold(ctx) }()
	for {
		out.mu.Lock()
		refused := happened(out.report, "hold refused")
		out.mu.Unlock()
		if refused {
			break
		}
		select {
		case err := <-held:
			t.Fatalf("%v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	busy(false)
	if err := <-held; err != nil {
		t.Error(err)
	}
	if err := out.Hangup(ctx); err != nil {
		t.Error(err)
	}
	if r := wait(t, in); r.Reinvites != 1 {
		t.Errorf("%+v", r)
	}
}

func TestHoldAndResume(t *testing.T) {
	ctx := limited(t)
	out, in := talking(t)
	if err := out.Hold(ctx); err != nil {
		t.Fatal(err)
	}
	in.line.mu.Lock()
	sending := in.line.sending
	in.line.mu.Unlock()
	if sending {
		t.Error("the held side goes on sending")
	}
	if err := out.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	if err := in.Hangup(ctx); err != nil {
		t.Error(err)
	}
	ro, ri := wait(t, out), wait(t, in)
	if ri.Reinvites != 2 || ro.EndedBy != "them" || !happened(ro, "bye received") || !happened(ro, "hold answered") {
		t.Errorf("caller %+v\nagent %+v", ro, ri)
	}
}

func TestCancelBeforeTheAnswer(t *testing.T) {
	a, b, address := pair(t)
	ctx := limited(t)
	calling, cancel := context.WithCancel(ctx)
	out, err := a.Dial(calling, DialOptions{To: address, Privacy: true})
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.Accept(ctx, AnswerOptions{Ring: true, After: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for len(out.Report().Provisional) == 0 {
		out.pause(ctx, time.Millisecond)
	}
	cancel()
	ro, ri := wait(t, out), wait(t, in)
	if ro.Result != "cancelled" || ro.Status != 487 || ri.Result != "cancelled" || ri.EndedBy != "them" {
		t.Errorf("caller %+v\nagent %+v", ro, ri)
	}
	if !strings.Contains(ri.Asked[0], "anonymous.invalid") {
		t.Errorf("asked %v", ri.Asked)
	}
}

func TestRejection(t *testing.T) {
	a, b, address := pair(t)
	ctx := limited(t)
	out, err := a.Dial(ctx, DialOptions{To: address})
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.Accept(ctx, AnswerOptions{Reject: 486})
	if err != nil {
		t.Fatal(err)
	}
	ro, ri := wait(t, out), wait(t, in)
	if ro.Result != "rejected" || ro.Status != 486 || ro.Phrase != "Busy Here" || ri.Status != 486 {
		t.Errorf("caller %+v\nagent %+v", ro, ri)
	}
}

func TestAScriptIsFollowed(t *testing.T) {
	a, b, address := pair(t)
	ctx := limited(t)
	dtmf, err := ParseDTMF("1@100ms,2@300ms")
	if err != nil {
		t.Fatal(err)
	}
	hold, err := ParseHold("500ms..600ms")
	if err != nil {
		t.Fatal(err)
	}
	out, err := a.Dial(ctx, DialOptions{To: address, NoOffer: true})
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.Accept(ctx, AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out.Follow(ctx, Script{Steps: append(dtmf, hold...), HangupAfter: 700 * time.Millisecond})
	if r := wait(t, in); r.Reinvites != 2 || r.EndedBy != "them" {
		t.Errorf("agent %+v", r)
	}
}

func TestErrorsAreOneSentence(t *testing.T) {
	p := newPhone(t)
	_, err := New(Config{Listen: p.Addr().String()})
	if want := fmt.Sprintf("SIP address %s is in use by another program", p.Addr()); err == nil || err.Error() != want {
		t.Errorf("port in use: %v", err)
	}
	if _, err := New(Config{Listen: "0.0.0.0:5060"}); err == nil {
		t.Error("an unspecified address was taken")
	}
	if _, err := p.Dial(t.Context(), DialOptions{To: "tel:110"}); err == nil {
		t.Error("a tel: address was taken")
	}
	if _, err := ParseDTMF("5"); err == nil {
		t.Error("keys without a time were taken")
	}
	if _, err := ParseHold("6s..4s"); err == nil {
		t.Error("a hold that ends before it begins was taken")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := p.Accept(ctx, AnswerOptions{}); !errors.Is(err, enough) {
		t.Errorf("accept: %v", err)
	}
}

func FuzzParseSDP(f *testing.F) {
	f.Add([]byte("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseSDP(b)
		if err != nil || len(s.codecs) == 0 || s.addr.Addr().Zone() != "" {
			return
		}
		back, err := parseSDP(s.write(1))
		if err != nil || back.addr != s.addr || back.direction != s.direction || back.events != s.events || !slices.Equal(back.codecs, s.codecs) {
			t.Fatalf("%+v came back as %+v, %v", s, back, err)
		}
	})
}

func TestMediaMayLieElsewhere(t *testing.T) {
	a, b, address := pair(t)
	ctx := limited(t)
	callers, agents := netip.MustParseAddrPort("127.0.0.1:40002"), netip.MustParseAddrPort("127.0.0.1:40004")
	out, err := a.Dial(ctx, DialOptions{To: address, Sound: Sound{MediaAt: callers}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.Accept(ctx, AnswerOptions{Sound: Sound{MediaAt: agents}})
	if err != nil {
		t.Fatal(err)
	}
	up(t, out)
	up(t, in)
	if out.Remote() != agents || in.Remote() != callers {
		t.Errorf("caller is told %s, agent %s", out.Remote(), in.Remote())
	}
	if err := out.Hangup(ctx); err != nil {
		t.Error(err)
	}
	wait(t, in)
	if r := wait(t, out); r.Media.Sent != 0 || r.Result != "answered" {
		t.Errorf("%+v", r)
	}
}

// A phone that hangs up between its 200 and the ACK says BYE when the ACK has come: the other side is not left alone.
func TestHangingUpBeforeTheAck(t *testing.T) {
	caller, agent, address := pair(t)
	for range 20 {
		ctx := limited(t)
		out, err := caller.Dial(ctx, DialOptions{To: address})
		if err != nil {
			t.Fatal(err)
		}
		in, err := agent.Accept(ctx, AnswerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for said := false; !said && ctx.Err() == nil; runtime.Gosched() {
			in.mu.Lock()
			said = in.accepted
			in.mu.Unlock()
		}
		if err := in.Hangup(ctx); err != nil {
			t.Fatal(err)
		}
		if r := wait(t, out); r.EndedBy != "them" || r.Result != "answered" {
			t.Fatalf("%+v", r)
		}
	}
}
