package sherpa

import (
	"context"
	"errors"
	"strings"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// A whole recording gives every utterance at its place, however fast it is fed, with each kind of model.
func TestARecordingIsTranscribedWhole(t *testing.T) {
	dir := runtimeDir(t)
	for name, model := range map[string]func(*testing.T) Model{"SenseVoice": toySense, "transducer": toyTransducer, "online": toyOnline} {
		m := model(t)
		e, err := OpenEngine(Config{Library: dir, Words: m}, nil)
		if err != nil {
			t.Fatal(err)
		}
		const n = 12
		var share float64
		got, err := e.Transcribe(t.Context(), call.Agent, tones(strings.Repeat("ak  ", n)), func(s float64) { share = s })
		if err != nil || share != 1 || len(got) != n {
			t.Errorf("%s: %d utterances, share %v (%v)", name, len(got), share, err)
		}
		var after call.Millis
		for k, u := range got {
			begins := call.Millis(500 + k*3040)
			if squeeze(u.Text, true) != "アカ" || u.Party != call.Agent || u.FromMS < after || u.FromMS < begins-400 || u.FromMS > begins+400 {
				t.Errorf("%s: %+v, want about %d", name, u, begins)
			}
			after = u.ToMS
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestATranscriptionCanBeGivenUp(t *testing.T) {
	e := fakeEngine(&fakeDecoder{})
	defer e.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Transcribe(ctx, call.Caller, tones("a "), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	broken := fakeEngine(&fakeDecoder{fail: errors.New("panic")})
	defer broken.Close()
	if us, err := broken.Transcribe(t.Context(), call.Caller, tones("a  "), nil); err == nil {
		t.Errorf("%v", us)
	}
	x, err := e.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	x.Close(func(evidence.Item) {})
}
