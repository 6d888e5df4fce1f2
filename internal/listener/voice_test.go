package listener

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/listener/builtin"
	"commusafe/internal/listener/hear"
	"commusafe/internal/voiceprint"
)

// A fakeEmbedder's vector is the mean of what it was given and how much that was, in seconds.
type fakeEmbedder struct{ refuses int }

func (e *fakeEmbedder) Source() string                           { return "fake-voice/1" }
func (e *fakeEmbedder) Score(_ [][]float32, _ []float32) float64 { return 0 }
func (e *fakeEmbedder) Embed(pcm []int16) ([]float32, bool) {
	if e.refuses > 0 {
		e.refuses--
		return nil, false
	}
	var sum float64
	for _, x := range pcm {
		sum += float64(x)
	}
	return []float32{float32(sum / float64(len(pcm))), float32(len(pcm)) / audio.SampleRate}, true
}

// everything takes all but silence for speech.
type everything struct{}

func (everything) Open() hear.Activity { return &slots{} }
func (everything) Source() string      { return "all" }

type slots struct{}

func (*slots) Feed(pcm []int16, out []hear.Slot) []hear.Slot {
	for s := range slices.Chunk(pcm, 160) {
		out = append(out, hear.Slot{Speech: s[0] != 0})
	}
	return out
}
func (*slots) Close(out []hear.Slot) []hear.Slot { return out }

// A voiceKit is a listener with a fake embedder, and an office that answers.
type voiceKit struct {
	t       *testing.T
	l       *fakeLink
	log     bytes.Buffer
	asked   []bus.VoiceQuery // copies
	sent    [][]float32      // the vectors themselves
	answer  []evidence.Candidate
	err     error
	refuses int
}

func (k *voiceKit) settings(voices map[string]int) bus.Settings {
	return bus.Settings{V: 1, Version: 1, Lexicon: judge.Lexicon{Sheets: []judge.Sheet{{Category: judge.Abuse}}}, Voices: voices}
}

// call has a caller speak for so many seconds, and the agent with another voice; it gives the candidates.
func (k *voiceKit) call(voices map[string]int, seconds int, change func(second int)) (found []evidence.Voice) {
	k.t.Helper()
	synctest.Test(k.t, func(t *testing.T) {
		k.l = &fakeLink{}
		office := k.settings(voices)
		k.l.office = &office
		k.l.search = func(_ context.Context, q bus.VoiceQuery) (bus.VoiceAnswer, error) {
			k.sent = append(k.sent, q.Vector)
			q.Vector = slices.Clone(q.Vector)
			k.asked = append(k.asked, q)
			return bus.VoiceAnswer{Candidates: k.answer}, k.err
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- run(ctx, k.l, Config{Name: "m/1", Budget: 1, Log: slog.New(slog.NewTextHandler(&k.log, &slog.HandlerOptions{Level: slog.LevelDebug}))},
				&Hearing{words: &fakeSpotter{}, activity: everything{}, voice: &fakeEmbedder{refuses: k.refuses}})
		}()
		synctest.Wait()
		if _, ok := k.l.take(bus.Claim{Call: id}); !ok {
			t.Fatal("not claimed")
		}
		synctest.Wait()
		n := uint32(0)
		for s := range seconds {
			if change != nil {
				change(s)
			}
			for range 10 {
				k.l.sound(loud(call.Caller, n, 500, false))
				k.l.sound(loud(call.Agent, n, -900, false))
				n++
			}
			time.Sleep(100 * time.Millisecond)
		}
		k.l.sound(loud(call.Caller, n, 0, true))
		k.l.sound(loud(call.Agent, n, 0, true))
		synctest.Wait()
		items, done, _ := k.l.items()
		if !done {
			t.Error("the call was not heard to its end")
		}
		for _, it := range items {
			if v, ok := it.(evidence.Voice); ok {
				found = append(found, v)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return found
}

// loud is a batch of one value.
func loud(who call.Party, seq uint32, level int16, end bool) bus.Sound {
	pcm := make([]int16, batch)
	for i := range pcm {
		pcm[i] = level
	}
	return bus.Sound{Call: id, Party: who, Seq: seq, End: end, Octets: audio.Octets{Sample: int64(seq) * batch, Data: audio.PCMU.Encode(nil, pcm)}}
}

// After 10, 20 and 40 seconds of the caller's speech an office is asked, and what it names is evidence. Of the agent's voice
// nothing is in it, the vectors are gone from memory afterwards, and no log line has a number of one.
func TestAVoiceIsComparedAsSpeechGrows(t *testing.T) {
	k := &voiceKit{t: t, answer: []evidence.Candidate{{Voiceprint: "v", Score: 0.9}}}
	found := k.call(map[string]int{"fake-voice/1": 1}, 90, nil)
	var seconds []float32
	for _, q := range k.asked {
		seconds = append(seconds, q.Vector[1])
		if q.Vector[0] < 400 || q.Vector[0] > 600 || q.Call != id || q.Source != "fake-voice/1" {
			t.Errorf("asked for %+v", q)
		}
	}
	if !slices.Equal(seconds, []float32{10, 20, 40}) || len(found) != 3 {
		t.Fatalf("asked after %v s, found %+v", seconds, found)
	}
	if f := found[1]; f.Party != call.Caller || f.Source != "fake-voice/1" || f.ToMS != 20_000 || !slices.Equal(f.Candidates, k.answer) {
		t.Errorf("%+v", f)
	}
	for _, v := range k.sent {
		if !slices.Equal(v, make([]float32, len(v))) {
			t.Errorf("the vector %v is still in memory", v)
		}
	}
	for _, q := range k.asked {
		if strings.Contains(k.log.String(), fmt.Sprint(q.Vector[0])) {
			t.Error("a vector is in the log")
		}
	}
}

// While nothing is registered that can be compared, nobody is asked and nothing is kept; nor while the machine is behind.
func TestNobodyIsComparedWithoutReason(t *testing.T) {
	for name, c := range map[string]struct {
		voices map[string]int
		change func(k *voiceKit) func(int)
		want   []float32
	}{
		"off":            {nil, nil, nil},
		"another source": {map[string]int{"sherpa/x": 4}, nil, nil},
		"too short":      {map[string]int{"fake-voice/1": 1}, nil, nil},
		"turned off": {map[string]int{"fake-voice/1": 1}, func(k *voiceKit) func(int) {
			return func(s int) {
				if s == 15 {
					off := k.settings(nil)
					off.Version = 2
					k.l.mu.Lock()
					k.l.office = &off
					k.l.mu.Unlock()
					k.l.settings(off)
					synctest.Wait()
				}
			}
		}, []float32{10}},
		"turned on": {nil, func(k *voiceKit) func(int) {
			return func(s int) {
				if s == 65 {
					on := k.settings(map[string]int{"fake-voice/1": 1})
					on.Version = 2
					k.l.mu.Lock()
					k.l.office = &on
					k.l.mu.Unlock()
					k.l.settings(on)
					synctest.Wait()
				}
			}
		}, []float32{10, 20}},
	} {
		t.Run(name, func(t *testing.T) {
			k := &voiceKit{t: t}
			seconds := 90
			if name == "too short" {
				seconds = 9
			}
			var change func(int)
			if c.change != nil {
				change = c.change(k)
			}
			found := k.call(c.voices, seconds, change)
			var got []float32
			for _, q := range k.asked {
				got = append(got, q.Vector[1])
			}
			if !slices.Equal(got, c.want) || len(found) > 0 {
				t.Errorf("asked after %v s, want %v; found %+v", got, c.want, found)
			}
		})
	}
}

// Comparing voices is the first thing that a machine gives up.
func TestVoicesAreGivenUpFirst(t *testing.T) {
	l := &fakeLink{}
	w := &wing{cfg: Config{Log: slog.New(slog.DiscardHandler)}, link: l}
	w.voices.Store(1)
	p := &pair{words: &fakeEar{}, sound: hear.NewConversation(everything{}), activity: everything{}, voice: &fakeEmbedder{}}
	for step, want := range map[Step]int{Everything: 8000, NoVoice: 0, NoWords: 0} {
		f := &follower{w: w, pair: p, step: step, side: map[call.Party]*progress{call.Caller: {}, call.Agent: {}}, log: w.cfg.Log, seconds: &seconds{}}
		f.voice = f.newVoicer()
		for n := range uint32(10) {
			f.hear(t.Context(), loud(call.Caller, n, 500, false))
		}
		if len(f.voice.speech) != want {
			t.Errorf("%s: %d samples of the voice are kept, want %d", step, len(f.voice.speech), want)
		}
	}
}

// An embedder that wants more speech is asked again at the next mark; an office that is away costs nothing but the hint.
func TestAnAnswerThatDoesNotCome(t *testing.T) {
	k := &voiceKit{t: t, refuses: 1, err: errors.New("away")}
	if found := k.call(map[string]int{"fake-voice/1": 1}, 90, nil); len(found) > 0 || len(k.asked) != 2 {
		t.Errorf("%+v, asked %d times", found, len(k.asked))
	}
}

// The shipped embedder and threshold on rendered voices: the same voice in another call is a candidate, another voice is not.
func TestRealVoices(t *testing.T) {
	if raced {
		t.Skip("one goroutine only, and much arithmetic")
	}
	leg := func(name string) []int16 {
		w, err := audio.ReadWAVFile(filepath.Join("..", "proof", "demo", "sound", name+".wav"))
		if err != nil {
			t.Fatal(err)
		}
		return w.Channels[0]
	}
	abuse := leg("abuse-caller")
	enrolled, err := VoiceOf(abuse[:len(abuse)/2])
	if err != nil || enrolled.Source != builtin.SpeakerSource || enrolled.Speech < 10_000 {
		t.Fatal(enrolled.Source, enrolled.Speech, err)
	}
	if _, err := VoiceOf(abuse[:5*audio.SampleRate]); !errors.Is(err, ErrShort) {
		t.Errorf("a voice of five seconds: %v", err)
	}
	g, err := voiceprint.NewGallery(len(enrolled.Vector))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Enrol("v", enrolled.Vector); err != nil {
		t.Fatal(err)
	}
	h, _, err := NewHearing("builtin", judge.Lexicon{})
	if err != nil {
		t.Fatal(err)
	}
	w := &wing{cfg: Config{Log: slog.New(slog.DiscardHandler)}, link: &fakeLink{search: func(_ context.Context, q bus.VoiceQuery) (out bus.VoiceAnswer, err error) {
		m, err := g.Identify(q.Vector, 1)
		if least, known := voiceprint.Threshold(q.Source); known && m[0].Score >= least {
			out.Candidates = []evidence.Candidate{{Voiceprint: m[0].ID, Score: float64(m[0].Score)}}
		}
		return out, err
	}}}
	w.voices.Store(1)
	for name, pcm := range map[string][]int16{"the same": abuse[len(abuse)/2:], "complaint": leg("complaint-caller"), "threat": leg("threat-caller"), "limited": leg("limited-caller")} {
		p, err := h.open()
		if err != nil {
			t.Fatal(err)
		}
		f := &follower{w: w, pair: p, log: w.cfg.Log}
		v := f.newVoicer()
		var found, asked int
		for at := 0; at+batch <= len(pcm); at += batch {
			v.hear(t.Context(), audio.Frame{At: call.Millis(at / audio.SamplesPerMS), PCM: pcm[at : at+batch]})
			if v.asking {
				asked++
				v.answered(<-v.answers, func(evidence.Item) { found++ })
			}
		}
		if asked == 0 || (found > 0) != (name == "the same") {
			t.Errorf("%s: asked %d times, %d candidates", name, asked, found)
		}
	}
}
