package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/proof/console"
	"commusafe/internal/proof/phone"
	japanese "commusafe/internal/text"
)

// wordBegins is where the made-up word begins in own-word.wav, in samples: before it nothing is said that is meant ill
// (train/render_word.py).
const wordBegins = 23409

// A heardCall is what a call left.
type heardCall struct {
	dir      string
	phrases  []evidence.Phrase
	findings []judge.Finding
	level    judge.Level // the highest
	heard    bool        // a listener was there
	versions string
	wanted   []string // what the policy wanted done
}

// speak has a caller say something to an agent who is silent, from now on.
func (m *machine) speak(ctx context.Context, from string, octets []byte) *phone.Call {
	m.t.Helper()
	answered := make(chan error, 1)
	go func() {
		_, err := m.desk.Accept(ctx, phone.AnswerOptions{Sound: phone.Sound{Codec: audio.PCMU}})
		answered <- err
	}()
	c, err := m.caller.Dial(ctx, phone.DialOptions{To: "sip:0355550100@" + m.sip, From: from, Sound: phone.Sound{Codec: audio.PCMU, Say: octets, SayIn: audio.PCMU}})
	if err != nil {
		m.t.Fatal(err)
	}
	if err := <-answered; err != nil {
		m.t.Fatal(err)
	}
	<-c.Answered()
	return c
}

// say lets callers speak at once, for so many samples at least and until what is done meanwhile is done, and gives what
// the folders have.
func (m *machine) say(ctx context.Context, octets map[string][]byte, samples int, meanwhile func()) map[string]heardCall {
	m.t.Helper()
	var calls []*phone.Call
	for from, o := range octets {
		calls = append(calls, m.speak(ctx, from, o))
	}
	over := time.After(time.Duration(samples)*time.Second/audio.SampleRate + time.Second)
	meanwhile()
	<-over
	out := map[string]heardCall{}
	for _, c := range calls {
		if err := c.Hangup(ctx); err != nil {
			m.t.Fatal(err)
		}
	}
	for from := range octets {
		out[from] = m.left(from)
	}
	return out
}

// left waits for the sealed folder of the newest call from a number and reads it.
func (m *machine) left(from string) (h heardCall) {
	m.t.Helper()
	m.until("the folder of the call from "+from+" is sealed", func() bool {
		dirs, _ := folder.All(m.calls())
		for _, d := range dirs {
			b, err := os.ReadFile(filepath.Join(d, folder.JournalFile))
			if _, serr := folder.ReadSeal(d); err == nil && serr == nil && strings.Contains(string(b), `"raw":"`+from+`"`) {
				h.dir = d
			}
		}
		return h.dir != ""
	})
	journal, err := os.ReadFile(filepath.Join(h.dir, folder.JournalFile))
	if err != nil || strings.Contains(string(journal), `"kana"`) {
		m.t.Errorf("a rough reading is in the journal (%v)", err)
	}
	err = folder.Read(h.dir, func(l folder.Line) error {
		switch l.Kind {
		case folder.KindEvidence:
			it, err := evidence.Unmarshal(l.Data)
			if p, ok := it.(evidence.Phrase); ok {
				h.phrases = append(h.phrases, p)
			}
			if _, ok := it.(evidence.Sound); ok {
				h.heard = true
			}
			return err
		case folder.KindPlan:
			var p struct {
				Actions []struct{ Do string }
			}
			if err := json.Unmarshal(l.Data, &p); err != nil {
				return err
			}
			for _, a := range p.Actions {
				h.wanted = append(h.wanted, a.Do)
			}
		case folder.KindJudgement:
			var j judge.Judgement
			if err := json.Unmarshal(l.Data, &j); err != nil {
				return err
			}
			h.findings, h.level, h.versions = append(h.findings, j.Findings...), max(h.level, j.Level), j.Versions
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	if !h.heard {
		m.t.Fatalf("nobody listened to the call from %s: that nothing was found says nothing", from)
	}
	return h
}

// A word that the lexicon lacks is not noticed, but perhaps what it is like. A supervisor enters it at the console, and in the next call the same
// sound is evidence and a finding. A call in which it isn't said has none, and the folder proves the judgement.
func TestAWordThatIsEnteredIsHeardInTheNextCall(t *testing.T) {
	_, sound, err := audio.ReadG711File(filepath.Join("testdata", "own-word.wav"))
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t)
	m.start()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	first, err := console.FirstLogin(m.data)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := console.Open(ctx, "http://"+m.console, first)
	if err != nil {
		t.Fatal(err)
	}
	sv, err := admin.Hire(ctx, "sv", "上席者", "supervisor")
	if err != nil {
		t.Fatal(err)
	}
	const before, next, innocent = "0390000001", "0390000002", "0390000003"
	goesOn := append(slices.Clone(sound), bytes.Repeat(sound[:wordBegins], 10)...)
	if h := m.say(ctx, map[string][]byte{before: goesOn}, len(sound), func() { m.looksRoughly(ctx, sv) })[before]; len(sure(h.phrases)) != 0 || h.level > judge.Warning || slices.ContainsFunc(h.findings, func(f judge.Finding) bool { return !f.ForPeople() }) ||
		slices.ContainsFunc(h.wanted, func(do string) bool { return do != "notify" }) {
		t.Errorf("before the word is known: %+v", h)
	}

	var view struct {
		Own []struct{ ID string }
	}
	word := map[string]any{"category": "THREAT", "surface": "看板に味噌を塗ってやる", "reading": "かんばんにみそをぬってやる", "level": "S2"}
	if err := sv.Do(ctx, http.MethodPut, "/lexicon", map[string]any{"version": 0, "put": []any{word}}, &view); err != nil || len(view.Own) != 1 {
		t.Fatal(err, view)
	}
	id := view.Own[0].ID
	m.until("edge and listener have the word", func() bool {
		snapshot, _ := os.ReadFile(filepath.Join(m.data, "settings", "snapshot.json"))
		log, _ := os.ReadFile(filepath.Join(m.data, "run", "listener.log"))
		return strings.Contains(string(snapshot), id) && strings.Contains(string(log), "own/1")
	})
	after := m.say(ctx, map[string][]byte{next: sound, innocent: sound[:wordBegins]}, len(sound), func() {})
	h := after[next]
	if heard := sure(h.phrases); len(heard) != 1 || heard[0].ID != id {
		t.Errorf("the word is not in the evidence: %+v", h.phrases)
	}
	if len(h.findings) == 0 || h.findings[0].Entry != id || h.findings[0].Category != judge.Threat || h.findings[0].Words != "看板に味噌を塗ってやる" || h.level != judge.Warning ||
		!strings.Contains(h.versions, "own/1") {
		t.Errorf("the word leads to no finding: %s %s %+v", h.level, h.versions, h.findings)
	}
	if !slices.Contains(h.wanted, "notify") {
		t.Errorf("nobody is told: %q", h.wanted)
	}
	if h := after[innocent]; len(sure(h.phrases)) != 0 || h.level != judge.None || len(h.wanted) != 0 {
		t.Errorf("a call in which the word isn't said: %+v", h)
	}
	if out, err := exec.CommandContext(ctx, m.binary, "replay", h.dir).CombinedOutput(); err != nil {
		t.Errorf("the folder does not prove the judgement: %v\n%s", err, out)
	}
}

// sure gives the phrases that need no second cue. 塗ってやる is a little like ぶんなぐってやる: whether people see that hangs on the packets.
func sure(phrases []evidence.Phrase) []evidence.Phrase {
	return slices.DeleteFunc(slices.Clone(phrases), func(p evidence.Phrase) bool { return p.Confidence < judge.ShippedThresholds().PhraseSure })
}

// looksRoughly has a supervisor look at the rough reading of the only call until some of it is shown.
func (m *machine) looksRoughly(ctx context.Context, sv *console.Client) {
	m.t.Helper()
	open, err := folder.Unsealed(m.calls())
	if err != nil || len(open) != 1 {
		m.t.Fatalf("%d calls are under way (%v)", len(open), err)
	}
	var stream io.ReadCloser
	m.until("the console knows the call", func() bool {
		stream, err = sv.Stream(ctx, "/calls/"+filepath.Base(open[0])+"/rough")
		return err == nil
	})
	defer stream.Close()
	for s := bufio.NewScanner(stream); s.Scan(); {
		data, ok := strings.CutPrefix(s.Text(), "data: ")
		var v struct{ Party, Kana string }
		if ok && json.Unmarshal([]byte(data), &v) == nil && v.Kana != "" {
			if v.Party != "caller" || !japanese.InKana(v.Kana) {
				m.t.Errorf("shown as a rough reading: %s", data)
			}
			return
		}
	}
	m.t.Errorf("nothing of the call was shown")
}
