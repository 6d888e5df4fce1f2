package media

import (
	"context"
	"errors"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// Relay, prompt, silence and relay again are one stream: one SSRC, sequence without a hole, timestamps on real time.
func TestTheStreamIsContinuousOverSwitches(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{}))
	defer p.Close()
	agent.speak(audio.PCMU, 1)
	last := caller.hear()
	start, startTS := time.Now(), last.ts
	check := func(what string, k packet, marker bool) {
		t.Helper()
		real := int32(time.Since(start).Milliseconds() * 8)
		if k.ssrc != last.ssrc || k.sequence != last.sequence+1 || int32(k.ts-last.ts) < 160 || k.marker != marker {
			t.Fatalf("%s: %+v after %+v", what, k, last)
		}
		if d := int32(k.ts-startTS) - real; d > 400 || d < -1600 {
			t.Fatalf("%s: timestamp is %d samples from real time", what, d)
		}
		last = k
	}
	type result struct {
		played Played
		err    error
	}
	results := make(chan result, 1)
	go func() {
		played, err := p.Play(t.Context(), call.Caller, audio.PCMA, make([]byte, 10*160+40))
		results <- result{played, err}
	}()
	for i := range 11 {
		k := caller.hear()
		check("prompt", k, i == 0)
		if i == 2 {
			if got, want := p.String(), "X prompt(PCMA) -> caller"; !contains(got, want) {
				t.Errorf("chain %s has no %s", got, want)
			}
			agent.speak(audio.PCMU, 66) // not heard over the prompt
			agent.write(key(96, agent.seq, agent.ts, agent.ssrc, 1, true, 160))
			agent.seq++
		}
		if k.typ != 0 || k.payload[0] != audio.PCMA.Transcode(nil, []byte{0}, audio.PCMU)[0] {
			t.Fatalf("prompt packet %d: type %d, %x", i, k.typ, k.payload[0])
		}
		if i == 10 && (len(k.payload) != 160 || k.payload[100] != audio.PCMU.Silence()) {
			t.Errorf("the last packet is not filled with silence")
		}
	}
	r := <-results
	if r.err != nil || !r.played.Complete || r.played.Packets != 11 || r.played.LastAt-r.played.FirstAt < 190 {
		t.Errorf("played %+v, %v", r.played, r.err)
	}
	agent.speak(audio.PCMU, 2)
	check("relay again", caller.hear(), true)
	p.Hear(call.Caller, Silence)
	for i := range 3 {
		k := caller.hear()
		check("silence", k, i == 0)
		if k.payload[0] != audio.PCMU.Silence() {
			t.Errorf("silence is %x", k.payload[0])
		}
	}
}

func contains(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if s[i:i+len(part)] == part {
			return true
		}
	}
	return false
}

func TestAPromptKeepsItsPace(t *testing.T) {
	p, caller, _ := talk(t, engine(t, Config{}))
	defer p.Close()
	done := make(chan error, 1)
	begun := time.Now()
	go func() {
		_, err := p.Play(t.Context(), call.Caller, audio.PCMU, make([]byte, 50*160))
		done <- err
	}()
	var ts uint32
	for i := range 50 {
		k := caller.hear()
		if i > 0 && (k.ts-ts < 160 || k.ts-ts > 60*8) {
			t.Errorf("packet %d: gap of %d samples", i, k.ts-ts)
		}
		ts = k.ts
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if d := time.Since(begun); d < 975*time.Millisecond {
		t.Errorf("a second was played in %v", d)
	}
}

func TestAPromptEndsWhenItsContextDoesOrAnotherComes(t *testing.T) {
	e := engine(t, Config{})
	p, caller, _ := talk(t, e)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	type result struct {
		Played
		error
	}
	results := make(chan result, 1)
	play := func(ctx context.Context) {
		played, err := p.Play(ctx, call.Caller, audio.PCMU, make([]byte, 8000*60))
		results <- result{played, err}
	}
	go play(ctx)
	caller.hear()
	cancel(enough)
	if r := <-results; !errors.Is(r.error, enough) || r.Complete || r.Packets == 0 {
		t.Errorf("cancelled: %+v", r)
	}
	go play(t.Context())
	caller.hear()
	loop, stop := context.WithCancel(t.Context())
	looped := make(chan error, 1)
	go func() { looped <- p.Loop(loop, call.Caller, audio.PCMU, []byte{1, 2, 3}) }()
	if r := <-results; !errors.Is(r.error, ErrReplaced) {
		t.Errorf("replaced: %+v", r)
	}
	caller.hear()
	stop()
	if err := <-looped; err != nil {
		t.Errorf("loop: %v", err)
	}
	go play(t.Context())
	caller.hear()
	p.Close()
	if r := <-results; !errors.Is(r.error, ErrClosed) {
		t.Errorf("closed: %+v", r)
	}
	if _, err := p.Play(t.Context(), call.Caller, audio.PCMU, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("play after close: %v", err)
	}
}

func TestAPromptWaitsUntilThePartyMayBeSentTo(t *testing.T) {
	p, caller, _ := talk(t, engine(t, Config{}))
	defer p.Close()
	p.SetRemote(call.Caller, Remote{Addr: caller.addr(), Codec: audio.PCMU, Receive: true})
	done := make(chan Played, 1)
	go func() {
		played, _ := p.Play(t.Context(), call.Caller, audio.PCMU, make([]byte, 320))
		done <- played
	}()
	caller.quiet()
	p.SetRemote(call.Caller, Remote{Addr: caller.addr(), Codec: audio.PCMU, Send: true, Receive: true})
	caller.hear()
	caller.hear()
	if played := <-done; !played.Complete || played.Packets != 2 || played.FirstAt < 50 {
		t.Errorf("played %+v", played)
	}
}

func TestTimeoutIsToldOfAPartyThatShouldSend(t *testing.T) {
	p, caller, agent := talk(t, engine(t, Config{Timeout: 50 * time.Millisecond}))
	defer p.Close()
	p.SetRemote(call.Agent, Remote{Addr: agent.addr(), Codec: audio.PCMU, Send: true}) // on hold
	caller.speak(audio.PCMU, 1)
	event(t, p) // latched
	if e := event(t, p); e.Kind != Timeout || e.Party != call.Caller || e.At < 50 {
		t.Errorf("event %+v", e)
	}
}
