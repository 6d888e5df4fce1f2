package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
	"commusafe/internal/listener/hear/heartest"
	"commusafe/internal/outward"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "a-key-that-must-stay-secret"

// A service speaks AmiVoice's protocol: it names the tones that it hears, low and high, an utterance a pause.
type service struct {
	mode     string // what it does wrong
	sessions atomic.Int32
	wrong    atomic.Pointer[string]
	over     chan struct{} // closed: the test has ended
}

func (s *service) complain(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.wrong.Store(&text)
}

func (s *service) start(t *testing.T) string {
	t.Helper()
	s.over = make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.mode == "redirects" {
			http.Redirect(w, r, "http://example.test/", http.StatusFound)
			return
		}
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		s.sessions.Add(1)
		s.serve(r.Context(), c)
	}))
	t.Cleanup(func() {
		close(s.over)
		srv.CloseClientConnections()
		srv.Close()
		if w := s.wrong.Load(); w != nil {
			t.Error(*w)
		}
	})
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

func (s *service) serve(ctx context.Context, c *websocket.Conn) {
	say := func(text string) { _ = c.Write(ctx, websocket.MessageText, []byte(text)) }
	kind, b, err := c.Read(ctx)
	if err != nil || kind != websocket.MessageText || string(b) != "s MULAW -a-general authorization="+key+" resultUpdatedInterval=500" {
		s.complain("start %q (%v)", b, err)
		return
	}
	switch s.mode {
	case "refuses":
		say("s received illegal service authorization " + key)
	case "silent":
		for err == nil {
			_, _, err = c.Read(ctx)
		}
		return
	default:
		say("s")
	}
	var pcm []int16 // of the utterance under way
	var at, from int
	speaking := false
	for {
		kind, b, err := c.Read(ctx)
		if err != nil {
			return
		}
		if kind == websocket.MessageText {
			if string(b) != "e" {
				s.complain("command %q", b)
			}
			if speaking {
				s.final(say, pcm, from, at)
			}
			say("e")
			continue
		}
		if b[0] != 'p' {
			s.complain("binary %q", b[0])
		}
		x := audio.PCMU.Decode(nil, b[1:])
		loud := spell(x) != ""
		if loud && !speaking {
			speaking, pcm, from = true, nil, at
			say(fmt.Sprintf("S %d", at/8))
			say("C")
		}
		at += len(x)
		if speaking {
			pcm = append(pcm, x...)
			say(fmt.Sprintf(`U {"results":[{"tokens":[],"text":%q}],"text":%q}`, spell(pcm), spell(pcm)))
		}
		if speaking && len(pcm) > 4800 && spell(pcm[len(pcm)-4800:]) == "" {
			say(fmt.Sprintf("E %d", at/8))
			s.final(say, pcm, from, at)
			speaking = false
		}
		if s.spoil(say, at) {
			return
		}
	}
}

// spoil does what the mode says once so many samples have come; true when the connection is over.
func (s *service) spoil(say func(string), at int) bool {
	switch {
	case s.mode == "stalls" && at > 4*8000 && s.sessions.Load() == 1:
		<-s.over
		return true
	case s.mode == "drops" && at > 3*8000:
		return true
	case s.mode == "junk" && at > 8000:
		say(`A {"text": 7}`)
	case s.mode == "huge" && at > 8000:
		say("A " + strings.Repeat("x", 2<<20))
	case s.mode == "endless" && at > 8000:
		say(`A {"text":"` + strings.Repeat("あ", 10_000) + `"}`)
	case s.mode == "floods" && at > 8000:
		for range 100 {
			say(`A {"text":"` + strings.Repeat("あ", 1000) + `"}`)
		}
	case s.mode == "lies" && at > 8000:
		say(`A {"text":"x","results":[{"starttime":-5,"endtime":1e300}]}`)
	}
	return false
}

func (s *service) final(say func(string), pcm []int16, from, at int) {
	text := spell(pcm)
	a, _ := json.Marshal(map[string]any{"text": text, "code": "", "message": "", "utteranceid": "x",
		"results": []any{map[string]any{"confidence": 0.9, "starttime": from / 8, "endtime": at / 8, "text": text, "tokens": []any{map[string]any{"written": text, "spoken": "よみ"}}}}})
	say("A " + string(a))
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

func tones(letters string) []int16 {
	var pcm []int16
	add := func(ms int, hz float64) {
		for i := range ms * audio.SamplesPerMS {
			x := float64(i*7919%61) - 30
			if hz > 0 {
				x += 9000 * math.Sin(2*math.Pi*hz*float64(i)/audio.SampleRate)
			}
			pcm = append(pcm, int16(x))
		}
	}
	add(500, 0)
	for _, l := range letters {
		switch l {
		case 'a':
			add(400, 500)
			add(100, 0)
		case 'k':
			add(400, 2500)
			add(100, 0)
		default:
			add(1000, 0)
		}
	}
	return pcm
}

func open(t *testing.T, address string) *AmiVoice {
	t.Helper()
	a, err := NewAmiVoice(Config{URL: address, Profile: "-a-general", Key: key, Private: true, Log: slog.New(slog.DiscardHandler)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestConforms(t *testing.T) {
	address := (&service{}).start(t)
	heartest.Recogniser(t, heartest.RecogniserKit{Speech: tones("ak  kka  "), Words: []string{"low high", "high high low"}, Pace: 5 * time.Millisecond,
		Open: func(t *testing.T) hear.Recogniser { return open(t, address) }})
}

// feed hears a recording at a pace that lets a session come and go.
func feed(t *testing.T, a *AmiVoice, pcm []int16, pace time.Duration) (all []evidence.Item) {
	t.Helper()
	x, err := a.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	report := func(it evidence.Item) { all = append(all, it) }
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for at := 0; at < len(pcm); at += 800 {
		<-tick.C
		x.Hear(audio.Frame{At: call.Millis(at / 8), PCM: pcm[at:min(at+800, len(pcm))]}, report)
	}
	x.Close(report)
	return all
}

// cover adds up what was told: final utterances and gaps. Everything that was said must be in one or the other.
func cover(all []evidence.Item) (words []string, gaps []evidence.Gap) {
	for _, it := range all {
		switch it := it.(type) {
		case evidence.Utterance:
			if it.Final {
				words = append(words, it.Text)
			}
		case evidence.Gap:
			gaps = append(gaps, it)
		}
	}
	return words, gaps
}

// A service that drops the connection: what was said is heard in the next session, or told as a gap.
func TestADroppingServiceLosesNothingSilently(t *testing.T) {
	s := &service{mode: "drops"}
	a := open(t, s.start(t))
	defer a.Close()
	all := feed(t, a, tones(strings.Repeat("a  ", 12)), 8*time.Millisecond)
	words, gaps := cover(all)
	var unheard, heard call.Millis
	for _, it := range all {
		if u, ok := it.(evidence.Utterance); ok && u.Final {
			heard += u.ToMS - u.FromMS
		}
	}
	for _, g := range gaps { // how long they are depends on how fast the machine connects again: the sound here is ten times as fast
		unheard += g.ToMS - g.FromMS
		if g.Why != hear.GapAway || g.What != "words" || g.Source != "remote/amivoice" || g.FromMS < 0 || g.ToMS > 31_000 {
			t.Errorf("gap %+v", g)
		}
	}
	if s.sessions.Load() < 2 || len(words) == 0 || len(gaps) == 0 {
		t.Errorf("%d sessions, %d utterances, %d gaps", s.sessions.Load(), len(words), len(gaps))
	}
	if unheard+heard > 30_000 { // what is heard is no gap too
		t.Errorf("%d ms heard and %d ms of gaps in 30 s", heard, unheard)
	}
	for k := range 12 { // each tone lies in an utterance or in a gap
		at := call.Millis(500 + k*2500)
		told := false
		for _, it := range all {
			h := it.Span()
			u, isWord := it.(evidence.Utterance)
			_, isGap := it.(evidence.Gap)
			told = told || (isGap || isWord && u.Final) && h.FromMS <= at+300 && h.ToMS >= at
		}
		if !told {
			t.Errorf("tone %d at %d ms is neither heard nor told as a gap", k, at)
		}
	}
}

// A service that stays connected and takes nothing any more is left, and what it was sent meanwhile is told as unheard.
func TestAStalledServiceIsLeft(t *testing.T) {
	s := &service{mode: "stalls"}
	a := open(t, s.start(t))
	defer a.Close()
	a.beat = 20 * time.Millisecond
	words, gaps := cover(feed(t, a, tones(strings.Repeat("a  ", 12)), 8*time.Millisecond))
	if s.sessions.Load() < 2 || len(words) < 2 || len(gaps) == 0 {
		t.Errorf("%d sessions, %d utterances, %d gaps", s.sessions.Load(), len(words), len(gaps))
	}
}

// Services that are wrong in every way: no words are made up, the whole call is told as unheard, nothing hangs.
func TestWrongServices(t *testing.T) {
	for _, mode := range []string{"refuses", "silent", "junk", "huge", "endless", "lies", "redirects"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			a := open(t, (&service{mode: mode}).start(t))
			defer a.Close()
			words, gaps := cover(feed(t, a, tones("  a   a   a "), time.Millisecond))
			if len(words) > 1 || len(gaps) == 0 {
				t.Errorf("words %q, gaps %+v", words, gaps)
			}
		})
	}
}

// A service that sends words without end fills neither the memory nor the journal.
func TestAFloodOfWordsIsBounded(t *testing.T) {
	a := open(t, (&service{mode: "floods"}).start(t))
	defer a.Close()
	words, gaps := cover(feed(t, a, tones("  a   a   a "), 5*time.Millisecond))
	if told := len(strings.Join(words, "")); told > 2*longestText || len(gaps) == 0 {
		t.Errorf("%d bytes of words for 12 s of sound, gaps %+v", told, gaps)
	}
}

func TestAnAbsentServiceIsAGap(t *testing.T) {
	var log strings.Builder
	a, err := NewAmiVoice(Config{URL: "ws://127.0.0.1:1/path?secret=query", Profile: "-a-general", Key: key, Private: true, Log: slog.New(slog.NewTextHandler(&log, nil))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, gaps := cover(feed(t, a, tones(strings.Repeat("a ", 20)), time.Millisecond))
	a.Close()
	var unheard call.Millis
	for _, g := range gaps {
		unheard += g.ToMS - g.FromMS
	}
	if unheard < 30_000 {
		t.Errorf("%d ms of 30500 are told as unheard: %+v", unheard, gaps)
	}
	if strings.Contains(log.String(), key) || strings.Contains(log.String(), "secret=query") || log.Len() == 0 {
		t.Errorf("the log: %s", log.String())
	}
}

// Public addresses only, unless the operator says otherwise; TLS always, unless the address is private.
func TestAddresses(t *testing.T) {
	for raw, ok := range map[string]bool{"wss://a.test/v1/": true, "ws://a.test/": false, "https://a.test/": false, "wss://user:pw@a.test/": false, "": false} {
		if _, err := NewAmiVoice(Config{URL: raw, Profile: "-a-general", Key: key, Log: slog.Default()}, nil); (err == nil) != ok || err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("%q: %v", raw, err)
		}
	}
	if _, err := NewAmiVoice(Config{URL: "wss://a.test/", Profile: "-a-general x=1", Key: key}, nil); err == nil {
		t.Error("a profile with another parameter in it")
	}
	tr := outward.Transport(false, firstByte)
	for _, address := range []string{"127.0.0.1:80", "10.1.2.3:80", "[::1]:80", "169.254.1.1:80", "100.64.1.1:80", "[fd00::1]:80"} {
		if _, err := tr.DialContext(t.Context(), "tcp", address); !errors.Is(err, outward.ErrPrivate) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// private: true is for the own network; it doesn't let the sound of calls and the key go out without TLS.
func TestWithoutTLSOnlyTheOwnNetworkIsCalled(t *testing.T) {
	const public = "203.0.113.7/" // RFC 5737: nobody's
	tr, err := NewTranscriber(TranscriberConfig{URL: "http://" + public, Model: "m", Key: key, Private: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Transcribe(t.Context(), call.Caller, tones("a"), nil); !errors.Is(err, outward.ErrPlain) {
		t.Errorf("a transcription: %v", err)
	}
	a, err := NewAmiVoice(Config{URL: "ws://" + public, Profile: "-a-general", Key: key, Private: true, Log: slog.New(slog.DiscardHandler)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := (&ear{a: a, ctx: t.Context()}).session(); !errors.Is(err, outward.ErrPlain) {
		t.Errorf("a live call: %v", err)
	}
}

func FuzzEvent(f *testing.F) {
	for _, s := range []string{"s", "s error", "S 10", "E 2000", "C", `A {"text":"x","results":[{"starttime":1,"endtime":2,"confidence":0.5,"tokens":[{"written":"x"}]}]}`, "G x", "U {}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := parseEvent(s)
		if err != nil {
			return
		}
		if c := e.found.confidence(); !(c >= 0 && c <= 1) {
			t.Errorf("confidence %v", c)
		}
		if from, to, ok := e.found.span(); ok && (from < 0 || to < from) || e.at < 0 {
			t.Errorf("times %d %d %d", from, to, e.at)
		}
	})
}

func TestTheClock(t *testing.T) {
	var c clock
	for i := range int64(10) {
		c.sends(i*100, call.Millis(5000+i*100))
	}
	c.sends(1000, 9000) // three seconds were not sent
	c.sends(1100, 9100)
	for ms, want := range map[int64]call.Millis{0: 5000, 950: 5950, 1000: 9000, 1500: 9500} {
		if got := c.call(ms); got != want {
			t.Errorf("%d ms of the session is %d, want %d", ms, got, want)
		}
	}
	if len(c.marks) != 2 {
		t.Errorf("%d marks", len(c.marks))
	}
}

// A transcription service names the tones of what it is sent.
type transcription struct {
	fail  atomic.Int32 // so many answers are errors first
	code  int
	body  string // instead of the truth
	posts atomic.Int32
}

func (s *transcription) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.posts.Add(1)
	if s.fail.Add(-1) >= 0 {
		w.WriteHeader(s.code)
		return
	}
	if s.body != "" {
		_, _ = io.WriteString(w, s.body)
		return
	}
	f, _, err := r.FormFile("file")
	if err != nil || r.Header.Get("Authorization") != "Bearer "+key || r.FormValue("model") != "m" || r.FormValue("language") != "ja" || r.FormValue("response_format") != "verbose_json" {
		w.WriteHeader(400)
		return
	}
	x, err := audio.ReadWAV(f)
	if err != nil {
		w.WriteHeader(400)
		return
	}
	pcm := x.Channels[0]
	var segments []any
	for at := 0; at+8000 <= len(pcm); at += 8000 {
		if text := spell(pcm[at : at+8000]); text != "" {
			segments = append(segments, map[string]any{"start": float64(at) / 8000, "end": float64(at+8000) / 8000, "text": " " + text, "avg_logprob": -0.1, "no_speech_prob": 0.01})
		}
	}
	segments = append(segments, map[string]any{"start": 0, "end": 1, "text": "ご視聴ありがとうございました", "avg_logprob": -2, "no_speech_prob": 0.9})
	_ = json.NewEncoder(w).Encode(map[string]any{"text": "", "segments": segments})
}

func transcriber(t *testing.T, s *transcription) *Transcriber {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	tr, err := NewTranscriber(TranscriberConfig{URL: srv.URL, Model: "m", Language: "ja", Key: key, Private: true}, func(s string) []evidence.Token { return []evidence.Token{{Surface: s}} })
	if err != nil {
		t.Fatal(err)
	}
	tr.pause = time.Millisecond
	t.Cleanup(tr.Close)
	return tr
}

// Eleven minutes go in three pieces, cut where it is quiet, with every word at its place; one error passes.
func TestALongRecordingIsTranscribed(t *testing.T) {
	s := &transcription{code: 503}
	s.fail.Store(1)
	tr := transcriber(t, s)
	pcm := make([]int16, 11*60*8000)
	tone := tones("a")[4000:7200]
	for _, second := range []int{5, 290, 299, 330, 655} {
		copy(pcm[second*8000:], tone)
	}
	var last float64
	us, err := tr.Transcribe(t.Context(), call.Agent, pcm, func(share float64) { last = share })
	if err != nil || last != 1 || s.posts.Load() != 4 {
		t.Fatal(err, last, s.posts.Load())
	}
	var at []call.Millis
	for _, u := range us {
		at = append(at, u.FromMS/1000)
		if u.Text != "low" || !u.Final || u.Party != call.Agent || u.Source != "remote/m" || len(u.Tokens) != 1 || u.Confidence < 0.89 {
			t.Errorf("%+v", u)
		}
	}
	if len(at) < 5 || at[0] != 5 || at[len(at)-1] < 654 {
		t.Errorf("words at %v s", at)
	}
}

func TestWrongTranscriptions(t *testing.T) {
	for name, c := range map[string]struct {
		s     *transcription
		want  string
		posts int32
	}{
		"refused":    {&transcription{code: 401}, "answered 401", 1},
		"overloaded": {&transcription{code: 429}, "answered 429", postTries},
		"junk":       {&transcription{body: "<html>"}, "can't be read", 1},
		"huge":       {&transcription{body: strings.Repeat(" ", answerLimit+5)}, "too long", 1},
		"no words":   {&transcription{body: `{"error":{"message":"quota"}}`}, "no transcription", 1},
		"nothing":    {&transcription{body: `null`}, "no transcription", 1},
		"endless":    {&transcription{body: `{"text":"` + strings.Repeat("x", 7<<20) + `"}`}, "more words than", 1},
		"lies":       {&transcription{body: `{"segments":[{"start":9,"end":3,"text":"x"}]}`}, "impossible times", 1},
	} {
		if c.s.body == "" {
			c.s.fail.Store(100)
		}
		_, err := transcriber(t, c.s).Transcribe(t.Context(), call.Caller, tones("a"), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || c.s.posts.Load() != c.posts || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: want %q, got %v after %d posts", name, c.want, err, c.s.posts.Load())
		}
	}
	if us, err := transcriber(t, &transcription{body: `{"text":""}`}).Transcribe(t.Context(), call.Caller, tones("a"), nil); err != nil || len(us) != 0 {
		t.Errorf("nothing was said: %v %v", us, err)
	}
	if us, err := transcriber(t, &transcription{}).Transcribe(t.Context(), call.Caller, make([]int16, 80000), nil); err != nil || len(us) != 0 {
		t.Errorf("silence: %v %v", us, err)
	}
}

func TestTranscriptionAddresses(t *testing.T) {
	for raw, ok := range map[string]bool{"https://a.test/v1/audio/transcriptions": true, "http://a.test/": false, "wss://a.test/": false} {
		if _, err := NewTranscriber(TranscriberConfig{URL: raw, Model: "m", Key: key}, nil); (err == nil) != ok {
			t.Errorf("%s: %v", raw, err)
		}
	}
	srv := httptest.NewServer(&transcription{})
	defer srv.Close()
	tr := &Transcriber{cfg: TranscriberConfig{URL: srv.URL, Model: "m", Key: key}, client: &http.Client{Transport: outward.Transport(false, firstByte)}, pause: time.Millisecond}
	defer tr.Close()
	if _, err := tr.Transcribe(t.Context(), call.Caller, tones("a"), nil); !errors.Is(err, outward.ErrPrivate) {
		t.Errorf("a private address: %v", err)
	}
	if err := outward.Hidden(&url.Error{Op: "Post", URL: "https://a.test/?key=" + key, Err: errors.New("x")}); strings.Contains(err.Error(), key) {
		t.Errorf("%v", err)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"text":"x","segments":[{"start":0.5,"end":1,"text":"x","avg_logprob":-0.2}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := readAnswer(b)
		if err != nil {
			return
		}
		last := call.Millis(0)
		for _, u := range (&Transcriber{}).utterances(a, call.Caller, 1000, 9000) {
			if u.FromMS < last || u.ToMS < u.FromMS || u.FromMS < 1000 || u.ToMS > 9000 || u.Text == "" || !(u.Confidence >= 0 && u.Confidence <= 1) {
				t.Errorf("%+v", u)
			}
			last = u.ToMS
		}
	})
}
