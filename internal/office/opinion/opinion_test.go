package opinion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sealed makes a sealed folder of a call in which the texts were said by the caller.
func sealed(t *testing.T, texts ...string) (call.ID, string) {
	t.Helper()
	id, began := call.NewID(), time.Now()
	w, err := folder.Create(t.TempDir(), id, began, folder.Options{Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Recorder(call.Caller).Write(audio.Octets{Codec: audio.PCMU, Data: bytes.Repeat([]byte{0x20}, 8000)}); err != nil {
		t.Fatal(err)
	}
	items := []evidence.Item{evidence.Phrase{Head: evidence.Head{Party: call.Caller, Source: "builtin/1"}, ID: "x", Confidence: 1}}
	for _, s := range texts {
		items = append(items, evidence.Utterance{Head: evidence.Head{Party: call.Caller, FromMS: 100, ToMS: 900, Source: "t"}, Text: s, Confidence: 0.9, Final: true})
	}
	for _, it := range items {
		raw, err := evidence.Marshal(it)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Append(900, began, folder.KindEvidence, json.RawMessage(raw)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Seal(1000, began.Add(time.Second), nil); err != nil {
		t.Fatal(err)
	}
	return id, w.Dir
}

const good = `{"summary":"返金の話。","categories":["ABUSE","G-CRISIS","NONSENSE"],"elements":[{"met":"yes","reason":"客"},{"met":"perhaps","reason":"?"},{"met":"no","reason":"なし"}]}`

func answer(content string) string {
	b, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"message": map[string]string{"content": content}}}})
	return string(b)
}

// chat is a service that answers with a body, and what it was asked.
func chat(t *testing.T, status int, body string) (*Chat, *string) {
	t.Helper()
	var asked string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		asked = r.Header.Get("Authorization") + "\n" + string(b)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	c, err := NewChat(Config{URL: srv.URL + "/v1/chat/completions", Model: "m", Key: "key-of-the-centre", Private: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, &asked
}

// A proposal is kept behind the seal with who asked, the sealed files stay as they were, and nothing personal left the house.
func TestAnOpinionIsKeptBesideOurs(t *testing.T) {
	c, asked := chat(t, 200, answer("```json\n"+good+"\n```"))
	id, dir := sealed(t, "山田太郎と申します、番号は090-1234-5678です", "ばか野郎")
	before, err := os.ReadFile(filepath.Join(dir, folder.SealFile))
	if err != nil {
		t.Fatal(err)
	}
	states := make(chan string, 10)
	d := &Desk{Service: c, Changed: func(j Job) { states <- j.State }, Log: slog.New(slog.DiscardHandler)}
	d.Prepare()
	if _, err := d.Ask("s1", id, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Ask("s1", id, dir); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	run(t, d, func() { <-states; <-states })
	if j, ok := d.Of(id); !ok || j.State != Done || j.By != "s1" {
		t.Errorf("%+v", j)
	}
	got, err := Read(dir)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	o := got[0]
	if o.Summary != "返金の話。" || len(o.Categories) != 1 || o.Categories[0] != judge.Abuse || o.By != "s1" || o.Source != "opinion/m" || o.At.IsZero() ||
		len(o.Elements) != 3 || o.Elements[0].Met != "yes" || o.Elements[1].Met != "unclear" {
		t.Errorf("%+v", o)
	}
	if after, err := os.ReadFile(filepath.Join(dir, folder.SealFile)); err != nil || !bytes.Equal(before, after) {
		t.Error("the seal changed", err)
	}
	if _, err := folder.Verify(dir); err != nil {
		t.Error(err)
	}
	for _, secret := range []string{"山田", "1234", "5678"} {
		if strings.Contains(*asked, secret) {
			t.Errorf("%s left the house", secret)
		}
	}
	if !strings.Contains(*asked, "ばか野郎") || !strings.Contains(*asked, "Bearer key-of-the-centre") {
		t.Error("the question lacks the words or the key")
	}
}

// run lets the desk work until f returns.
func run(t *testing.T, d *Desk, f func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); d.Run(ctx) }()
	f()
	cancel()
	<-ended
}

// Where nothing was put into words nobody is asked; a service that fails, refuses, raves or says half leaves nothing and is told.
func TestNoOpinion(t *testing.T) {
	for name, c := range map[string]struct {
		status       int
		body, reason string
		words        []string
	}{
		"spotting only": {200, answer(good), "error.opinion_no_words", nil},
		"refused":       {401, "no", "error.opinion_failed", []string{"x"}},
		"raving":        {200, answer("お答えできません"), "error.opinion_failed", []string{"x"}},
		"half":          {200, answer(`{"summary":"s","elements":[]}`), "error.opinion_failed", []string{"x"}},
		"no JSON":       {200, "<html>", "error.opinion_failed", []string{"x"}},
		"endless":       {200, strings.Repeat("x", answerLimit+10), "error.opinion_failed", []string{"x"}},
	} {
		var log bytes.Buffer
		service, asked := chat(t, c.status, c.body)
		id, dir := sealed(t, c.words...)
		states := make(chan string, 10)
		d := &Desk{Service: service, Changed: func(j Job) { states <- j.State }, Log: slog.New(slog.NewTextHandler(&log, nil))}
		d.Prepare()
		if _, err := d.Ask("s1", id, dir); err != nil {
			t.Fatal(err)
		}
		run(t, d, func() { <-states; <-states })
		if j, _ := d.Of(id); j.State != Failed || j.Reason != c.reason {
			t.Errorf("%s: %+v", name, j)
		}
		if got, err := Read(dir); err != nil || len(got) != 0 {
			t.Errorf("%s: %v %v", name, got, err)
		}
		if c.words == nil && *asked != "" {
			t.Errorf("%s: the service was asked", name)
		}
		if strings.Contains(log.String(), "key-of-the-centre") || strings.Contains(log.String(), "お答え") || strings.Contains(log.String(), "127.0.0.1") {
			t.Errorf("%s: the log tells too much: %s", name, log.String())
		}
	}
}

func TestOff(t *testing.T) {
	d := &Desk{}
	d.Prepare()
	if _, err := d.Ask("s1", "c", "dir"); !errors.Is(err, ErrOff) || d.On() {
		t.Error(err)
	}
	for _, c := range []Config{{}, {URL: "http://a.test/v1", Model: "m", Key: "k"}, {URL: "https://a.test/v1", Key: "k"}, {URL: "https://a.test/v1", Model: "m"}} {
		if _, err := NewChat(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	c, err := NewChat(Config{URL: "https://localhost/v1", Model: "m", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Propose(t.Context(), nil); err == nil || strings.Contains(err.Error(), "localhost") {
		t.Errorf("a private address by name: %v", err)
	}
}

// A long call is cut at its beginning, and the order stays.
func TestLongCalls(t *testing.T) {
	c, _ := chat(t, 200, "")
	var words []evidence.Utterance
	for i := range 3000 {
		words = append(words, evidence.Utterance{Head: evidence.Head{Party: call.Agent, FromMS: call.Millis(i)}, Text: "はい承知いたしました"})
	}
	words[2999].Text, words[0].Text = "最後", "最初"
	m := c.material(words)
	if strings.Contains(m, "最初") || !strings.HasSuffix(m, "最後") || !strings.HasPrefix(m, "(これより前は省略)") || len([]rune(m)) > mostLetters+3000 {
		t.Errorf("%d letters: %.60s", len([]rune(m)), m)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(answer(good)))
	f.Add([]byte(`{"choices":[{"message":{"content":"}{"}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parse(b)
		if err == nil && (len(p.Elements) != 3 || p.Summary == "" || len([]rune(p.Summary)) > mostSummary+1) {
			t.Errorf("%+v", p)
		}
	})
}
