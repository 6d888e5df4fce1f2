package sherpa

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
	"commusafe/internal/listener/hear/heartest"
)

// The suite of all recognisers, on a decoder of the test.
func TestConformsWithAFake(t *testing.T) {
	for _, kind := range []Kind{Transducer, OnlineTransducer} {
		t.Run(string(kind), func(t *testing.T) {
			heartest.Recogniser(t, heartest.RecogniserKit{Speech: tones("ak  kka  "), Words: []string{"low high", "high high low"}, Pace: 2 * time.Millisecond,
				Open: func(*testing.T) hear.Recogniser { return fakeEngine(&fakeDecoder{online: kind.Online()}) }})
		})
	}
}

// The same suite on the real library.
func TestConformsWithTheRealLibrary(t *testing.T) {
	dir := runtimeDir(t)
	for name, m := range map[string]Model{"CTC": toyCTC(t), "SenseVoice": toySense(t)} {
		t.Run(name, func(t *testing.T) {
			heartest.Recogniser(t, heartest.RecogniserKit{Speech: tones("ak  kka  "), Words: []string{"アカ", "カカア"}, Pace: 2 * time.Millisecond,
				Open: func(t *testing.T) hear.Recogniser {
					e, err := OpenEngine(Config{Library: dir, Words: m, Workers: 2}, nil)
					if err != nil {
						t.Fatal(err)
					}
					return e
				}})
		})
	}
}

func fakeEngine(d *fakeDecoder) *Engine {
	kind := Transducer
	if d.online {
		kind = OnlineTransducer
	}
	return newEngine(Config{Words: Model{ID: "fake", Kind: kind}, Workers: 2}, d, levels, nil)
}

// A fakeDecoder hears tones by counting zero crossings. It notices when two goroutines use one stream.
type fakeDecoder struct {
	online bool
	hold   chan struct{} // nil: never waits
	fail   error
	closed atomic.Bool
	shared atomic.Int32

	mu      sync.Mutex // guards below
	expects []string   // hot words of each stream, as opened
}

type fakeStream struct {
	inUse atomic.Bool
	pcm   []int16
	ended atomic.Bool
}

func (s *fakeStream) close() { s.ended.Store(true) }

func (d *fakeDecoder) open(hot string) (stream, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expects = append(d.expects, hot)
	return &fakeStream{}, nil
}
func (d *fakeDecoder) close() { d.closed.Store(true) }

func (d *fakeDecoder) decode(batch []*work) {
	for _, w := range batch {
		s := w.stream.(*fakeStream)
		if !s.inUse.CompareAndSwap(false, true) || s.ended.Load() || d.closed.Load() {
			d.shared.Add(1)
		}
		if d.hold != nil {
			<-d.hold
		}
		if w.err = d.fail; d.fail != nil && d.fail.Error() == "panic" {
			s.inUse.Store(false)
			panic("broken")
		}
		pcm := w.pcm
		if d.online {
			s.pcm = append(s.pcm, w.pcm...)
			pcm = s.pcm
		}
		w.found.Text = spell(pcm)
		if d.online {
			quiet := len(pcm) >= 6400 && spell(pcm[len(pcm)-6400:]) == ""
			w.over = quiet && w.found.Text != ""
			if w.over || w.last || quiet {
				s.pcm = nil
			}
		}
		s.inUse.Store(false)
	}
}

// spell names the tones of a stretch of sound.
func spell(pcm []int16) string {
	const step = 160
	var words []string
	last := ""
	for ; len(pcm) >= step; pcm = pcm[step:] {
		crossings, word := 0, ""
		for i := 1; i < step; i++ {
			if (pcm[i] < 0) != (pcm[i-1] < 0) {
				crossings++
			}
		}
		if audio.Loudness(pcm[:step]) > -30 {
			word = "low"
			if crossings > 50 {
				word = "high"
			}
		}
		if word != "" && word != last {
			words = append(words, word)
		}
		last = word
	}
	return strings.Join(words, " ")
}

// A stuck recogniser makes no ear wait, keeps only so much, and tells what it did not hear.
func TestWhatIsNotRecognisedIsAGap(t *testing.T) {
	for _, online := range []bool{false, true} {
		d := &fakeDecoder{online: online, hold: make(chan struct{})}
		e := fakeEngine(d)
		x, err := e.Open(call.Caller)
		if err != nil {
			t.Fatal(err)
		}
		gaps, unheard := 0, call.Millis(0)
		report := func(it evidence.Item) {
			if g, ok := it.(evidence.Gap); ok && g.Why == hear.GapBehind && g.What == "words" {
				gaps++
				unheard += g.ToMS - g.FromMS
			}
		}
		kit := tones(strings.Repeat("k  ", 12))
		for at := 0; at < len(kit); at += 800 {
			x.Hear(audio.Frame{At: call.Millis(at / 8), PCM: kit[at:min(at+800, len(kit))]}, report)
		}
		if gaps < 5 {
			t.Errorf("online %v: %d gaps", online, gaps)
		}
		waits, limit := 0, (2*mostFinals+2)*20*audio.SampleRate // stretches of 20 s at most
		for _, w := range x.(*ear).todo {
			waits += len(w.pcm)
		}
		if online {
			limit = mostPending + pieceMS*audio.SamplesPerMS
		}
		if waits > limit {
			t.Errorf("online %v: %d samples wait", online, waits)
		}
		close(d.hold)
		x.Close(report)
		if online && (gaps > 15 || unheard < 18_000 || unheard > 21_000) { // of 30 s ten may wait
			t.Errorf("%d gaps of together %d ms", gaps, unheard)
		}
		if err := e.Close(); err != nil || !d.closed.Load() || d.shared.Load() != 0 {
			t.Errorf("%v closed %v shared %d", err, d.closed.Load(), d.shared.Load())
		}
	}
}

// A streaming model that is half as fast as speech hears longer stretches and misses longer ones, instead of a bit of everything.
func TestASlowModelMissesStretches(t *testing.T) {
	d := &fakeDecoder{online: true, hold: make(chan struct{})}
	e := fakeEngine(d)
	x, err := e.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	var gaps []evidence.Gap
	report := func(it evidence.Item) {
		if g, ok := it.(evidence.Gap); ok {
			gaps = append(gaps, g)
		}
	}
	for i := range 1200 {
		x.Hear(audio.Frame{At: call.Millis(i * 100), PCM: make([]int16, 800)}, report)
		if i%6 == 5 {
			d.hold <- struct{}{}
		}
	}
	close(d.hold)
	x.Close(report)
	e.Close()
	var unheard call.Millis
	for _, g := range gaps {
		unheard += g.ToMS - g.FromMS
	}
	if len(gaps) > 40 || unheard < 40_000 || unheard > 70_000 {
		t.Errorf("%d gaps of together %d ms in 120 s", len(gaps), unheard)
	}
}

// A streaming model that falls behind gets what waited all at once: two utterances stay two.
func TestUtterancesThatWaitedAreNotJoined(t *testing.T) {
	d := &fakeDecoder{online: true, hold: make(chan struct{})}
	e := fakeEngine(d)
	x, err := e.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	var all []evidence.Item
	report := func(it evidence.Item) { all = append(all, it) }
	kit := tones("ak  kka  ")
	for at := 0; at < len(kit); at += 800 {
		x.Hear(audio.Frame{At: call.Millis(at / 8), PCM: kit[at:min(at+800, len(kit))]}, report)
	}
	close(d.hold)
	x.Close(report)
	e.Close()
	if got := finals(all); len(got) != 2 || got[0].Text != "low high" || got[1].Text != "high high low" {
		t.Errorf("heard %s", texts(all))
	}
}

func TestAFailingRecogniserIsAGap(t *testing.T) {
	for _, why := range []string{"failed", "panic"} {
		d := &fakeDecoder{fail: errors.New(why)}
		e := fakeEngine(d)
		all, err := heard(e, call.Agent, tones("a  "), nil)
		if err != nil {
			t.Fatal(err)
		}
		g, ok := all[len(all)-1].(evidence.Gap)
		if !ok || g.Why != hear.GapFailed || g.Party != call.Agent || g.ToMS < 1000 {
			t.Errorf("%s: %s", why, texts(all))
		}
		e.Close()
	}
}

// Many ears on few workers: no stream is ever in two hands, and each hears its own words.
func TestManyStreamsOnFewWorkers(t *testing.T) {
	for _, online := range []bool{false, true} {
		d := &fakeDecoder{online: online}
		e := fakeEngine(d)
		wrong := make(chan string, 32)
		for i := range 32 {
			say, want := "a  ", "low"
			if i%2 == 1 {
				say, want = "ka  ", "high low"
			}
			go func() {
				all, err := heard(e, call.Caller, tones(say), nil)
				if got := finals(all); err != nil || len(got) != 1 || got[0].Text != want {
					wrong <- fmt.Sprint(err, texts(all))
					return
				}
				wrong <- ""
			}()
		}
		for range 32 {
			if w := <-wrong; w != "" {
				t.Errorf("online %v: %s", online, w)
			}
		}
		e.Close()
		if d.shared.Load() != 0 {
			t.Error("a stream was used by two goroutines, or after its end")
		}
	}
}

func TestThereIsRoomForSoManyEars(t *testing.T) {
	e := fakeEngine(&fakeDecoder{})
	var open []hear.Ear
	for range mostEars {
		x, err := e.Open(call.Caller)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, x)
	}
	if _, err := e.Open(call.Caller); err == nil {
		t.Error("one ear too many")
	}
	for _, x := range open {
		x.Close(func(evidence.Item) {})
	}
	if x, err := e.Open(call.Caller); err != nil {
		t.Error(err)
	} else {
		x.Close(nil)
	}
	e.Close()
}

func TestHotWords(t *testing.T) {
	e := fakeEngine(&fakeDecoder{})
	defer e.Close()
	err := e.Hint([]string{"殺すぞ", "a/b", "死ね よ", "殺すぞ", ""})
	if err == nil || !strings.Contains(err.Error(), "a/b") || *e.hot.Load() != "死ねよ/殺すぞ" {
		t.Errorf("%v, %q", err, *e.hot.Load())
	}
	for kind, want := range map[Kind]bool{Transducer: true, OnlineTransducer: true, SenseVoice: false, NemoCTC: false, NemoTransducer: false} {
		if (Config{HotWords: 2, Words: Model{Kind: kind}}).hinted() != want {
			t.Errorf("hot words with %s", kind)
		}
	}
}

// A call that begins after a change expects the new words; one that runs keeps those it began with.
func TestHotWordsAreThoseOfTheNextCall(t *testing.T) {
	for _, online := range []bool{false, true} {
		d := &fakeDecoder{online: online}
		e := fakeEngine(d)
		for _, words := range [][]string{nil, {"看板に味噌"}, {"看板に味噌", "門に砂糖"}, {}} {
			if words != nil {
				if err := e.Hint(words); err != nil {
					t.Fatal(err)
				}
			}
			x, err := e.Open(call.Caller)
			if err != nil {
				t.Fatal(err)
			}
			x.Close(func(evidence.Item) {})
		}
		if want := []string{"", "看板に味噌", "看板に味噌/門に砂糖", ""}; !slices.Equal(d.expects, want) {
			t.Errorf("online %v: streams expect %q, want %q", online, d.expects, want)
		}
		e.Close()
	}
}

func TestTagsAreRead(t *testing.T) {
	for text, want := range map[string]struct {
		anger  float64
		told   bool
		speech bool
		sure   float64
	}{
		`{"text":"ア","emotion":"<|ANGRY|>","event":"<|Speech|>","ys_log_probs":[0,0]}`: {1, true, true, 1},
		`{"text":"ア","emotion":"<|EMO_UNKNOWN|>","event":"<|BGM|>"}`:                   {0, false, false, plainConfidence},
		`{"text":"ア","emotion":"<|NEUTRAL|>","event":""}`:                              {0, true, true, plainConfidence},
		``: {0, false, true, plainConfidence},
	} {
		r, err := readResult(text)
		if anger, told := r.anger(); err != nil || anger != want.anger || told != want.told || r.speech() != want.speech || r.confidence() != want.sure {
			t.Errorf("%s: %+v (%v)", text, r, err)
		}
	}
	for _, bad := range []string{"{", `{"text":1}`, `{"timestamps":[-1]}`, `{"timestamps":[1e9]}`} {
		if r, err := readResult(bad); err == nil || r.Text != "" {
			t.Errorf("%s was believed", bad)
		}
	}
}

func FuzzResult(f *testing.F) {
	f.Add(`{"text":" ア カ","timestamps":[0.1,0.2],"ys_log_probs":[-0.5]}`)
	f.Fuzz(func(t *testing.T, s string) {
		r, err := readResult(s)
		if err != nil {
			if r.Text != "" {
				t.Error("text of an answer that can't be read")
			}
			return
		}
		if c := r.confidence(); !(c >= 0 && c <= 1) {
			t.Errorf("confidence %v", c)
		}
	})
}
