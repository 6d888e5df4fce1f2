package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	_ "modernc.org/sqlite" // the driver named sqlite

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/listener/builtin"
	"commusafe/internal/listener/hear"
	"commusafe/internal/proof/console"
)

// leg reads a caller of the demonstration.
func leg(t *testing.T, name string) []int16 {
	t.Helper()
	w, err := audio.ReadWAVFile(filepath.Join("..", "..", "internal", "proof", "demo", "sound", name+"-caller.wav"))
	if err != nil {
		t.Fatal(err)
	}
	return w.Channels[0]
}

// spoken gives twelve seconds of the speech in a leg without its pauses, so that the test is short.
func spoken(t *testing.T, pcm []int16) []byte {
	t.Helper()
	a, err := builtin.LoadActivity()
	if err != nil {
		t.Fatal(err)
	}
	s := hear.SpeechOf(a, pcm)
	return audio.PCMU.Encode(nil, s[:min(len(s), 12*audio.SampleRate)])
}

// earlier leaves the sealed folder of a call that is over.
func (m *machine) earlier(caller []int16) call.ID {
	m.t.Helper()
	id, now := call.NewID(), time.Now().Add(-time.Hour)
	w, err := folder.Create(m.calls(), id, now, folder.Options{Program: "test"})
	if err != nil {
		m.t.Fatal(err)
	}
	if _, err := w.Recorder(call.Caller).Write(audio.Octets{Codec: audio.PCMU, Data: audio.PCMU.Encode(nil, caller)}); err != nil {
		m.t.Fatal(err)
	}
	if _, err := w.Recorder(call.Agent).Write(audio.Octets{Codec: audio.PCMU, Data: audio.PCMU.Encode(nil, make([]int16, 8000))}); err != nil {
		m.t.Fatal(err)
	}
	in := call.Incoming{ID: id, Began: now, Direction: call.Inbound, Trunk: "carrier", From: call.ParseNumber("0390007777"), To: call.ParseNumber("0355550100"), Codec: "PCMU"}
	end := call.Millis(len(caller) / audio.SamplesPerMS)
	if _, err := w.Append(0, now, folder.KindCall, map[string]any{"what": "began", "incoming": in}); err != nil {
		m.t.Fatal(err)
	}
	if _, err := w.Seal(end, now.Add(end.Duration()), map[string]any{"incoming": in, "ended": call.EndReason{By: call.ByCaller, Why: "hangup"}, "end_ms": end}); err != nil {
		m.t.Fatal(err)
	}
	return id
}

// A spy sees what listeners ask offices about voices.
type spy struct {
	mu    sync.Mutex
	asked []bus.VoiceQuery
}

func (m *machine) spy() *spy {
	m.t.Helper()
	e, err := bus.ReadEndpoint(filepath.Join(m.data, "run", "bus.json"))
	if err != nil {
		m.t.Fatal(err)
	}
	conn, err := nats.Connect(e.URL, nats.Token(e.Token))
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(conn.Close)
	s := &spy{}
	_, err = conn.Subscribe("cs.e2e.voice.search", func(msg *nats.Msg) {
		var q bus.VoiceQuery
		if json.Unmarshal(msg.Data, &q) == nil {
			s.mu.Lock()
			s.asked = append(s.asked, q)
			s.mu.Unlock()
		}
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return s
}

// written tells in which files of the machine a part of a vector is, as numbers or as text.
func (m *machine) written(v []float32) (found []string) {
	m.t.Helper()
	var raw []byte
	for _, x := range v[:2] {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	double := math.Float64bits(float64(v[0]))
	texts := [][]byte{raw, binary.LittleEndian.AppendUint64(nil, double), binary.BigEndian.AppendUint64(nil, double), fmt.Append(nil, v[0]), fmt.Append(nil, v[len(v)/2]), []byte(base64.StdEncoding.EncodeToString(raw)[:8])}
	err := filepath.WalkDir(m.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, t := range texts {
			if bytes.Contains(b, t) {
				found = append(found, path)
			}
		}
		return err
	})
	if err != nil {
		m.t.Error(err)
	}
	return found
}

// voices counts the rows of registered voices: a sealed vector would not be found by its bytes.
func (m *machine) voices() (n int) {
	m.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(m.data, "db", "office.sqlite"))
	if err != nil {
		m.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("SELECT count(*) FROM voiceprint").Scan(&n); err != nil {
		m.t.Error(err)
	}
	return n
}

// likeOnScreen waits until the live feed shows a call with candidates, and gives them and the call.
func (m *machine) likeOnScreen(ctx context.Context, sv *console.Client) (call.ID, []evidence.Candidate) {
	m.t.Helper()
	stream, err := sv.Live(ctx)
	if err != nil {
		m.t.Fatal(err)
	}
	defer stream.Close()
	s := bufio.NewScanner(stream)
	s.Buffer(nil, 4<<20)
	for s.Scan() {
		data, _ := strings.CutPrefix(s.Text(), "data: ")
		var v bus.CallView
		if strings.Contains(data, `"voices":[{`) && json.Unmarshal([]byte(data), &v) == nil && len(v.Voices) > 0 {
			return v.Incoming.ID, v.Voices
		}
	}
	m.t.Fatal("the live feed ended, and no call had a candidate")
	return "", nil
}

// The voice of a closed case is registered by two people, and is a candidate for reference in the next call of the same voice from another
// number, in no call of another voice. Neither call leaves its vector anywhere (E-30 to E-34).
func TestAVoiceIsACandidate(t *testing.T) {
	abuse := leg(t, "abuse")
	m := newMachine(t)
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	key := filepath.Join(m.dir, "voices.key")
	if err := os.WriteFile(key, []byte(base64.StdEncoding.EncodeToString(secret)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("COMMUSAFE_OFFICE_VOICES_KEY_FILE", key)
	id := m.earlier(abuse[:len(abuse)/2])
	m.start()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	do := func(c *console.Client, method, path string, in, out any) {
		t.Helper()
		if err := c.Do(ctx, method, path, in, out); err != nil {
			t.Fatalf("%s %s: %v\n%s", method, path, err, m.logs())
		}
	}
	first, err := console.FirstLogin(m.data)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := console.Open(ctx, "http://"+m.console, first)
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]*console.Client{}
	for _, role := range []string{"supervisor", "manager", "auditor"} {
		if people[role], err = admin.Hire(ctx, role, role, role); err != nil {
			t.Fatal(err)
		}
	}
	sv, manager := people["supervisor"], people["manager"]
	m.until("the earlier call is taken in", func() bool { return sv.Do(ctx, http.MethodGet, "/calls/"+string(id), nil, nil) == nil })

	var settings struct {
		Version int64 `json:"version"`
	}
	do(admin, http.MethodGet, "/settings", nil, &settings)
	do(admin, http.MethodPost, "/voices/ask", map[string]any{"version": settings.Version, "purpose": "終了した事案の発信者に似た声を参考に示す", "days": 90}, &settings)
	do(manager, http.MethodPost, "/voices/approve", map[string]any{"version": settings.Version}, &settings)
	proposal := map[string]any{"call": id, "voice": true, "take": "candidate", "days": 30, "reason": "脅迫の事案", "elsewhere": "書面"}
	if err := sv.Do(ctx, http.MethodPost, "/limits", proposal, nil); err == nil {
		t.Error("a voice was registered without a closed case")
	}
	var c struct {
		ID string `json:"id"`
	}
	do(sv, http.MethodPost, "/calls/"+string(id)+"/incident", map[string]any{"category": "THREAT"}, &c)
	do(sv, http.MethodPost, "/incidents/"+c.ID+"/status", map[string]any{"status": "closed", "outcome": "harassment",
		"review": map[string]any{"conduct": "yes", "beyond": "yes", "harmed": "yes"}}, nil)
	type limit struct {
		ID    string `json:"id"`
		Voice struct {
			ID    string `json:"id"`
			State string `json:"state"`
		} `json:"voice"`
	}
	var l limit
	do(sv, http.MethodPost, "/limits", proposal, &l)
	do(manager, http.MethodPost, "/limits/"+l.ID+"/approve", nil, &l)
	if l.Voice.State != "registered" {
		t.Fatalf("%+v", l)
	}
	m.until("the machine knows that there is a voice to compare with", func() bool {
		b, _ := os.ReadFile(filepath.Join(m.data, "settings", "snapshot.json"))
		return strings.Contains(string(b), `"voices":{"builtin-voice/1":1}`)
	})

	const same, other = "0390000011", "0390000012"
	spy := m.spy()
	sounds := map[string][]byte{same: spoken(t, abuse[len(abuse)/2:]), other: spoken(t, leg(t, "complaint"))}
	var live call.ID
	var near []evidence.Candidate
	heard := m.say(ctx, sounds, 12*audio.SampleRate, func() { live, near = m.likeOnScreen(ctx, sv) })
	if string(live) != filepath.Base(heard[same].dir) || len(near) != 1 || near[0].Voiceprint != l.Voice.ID || near[0].Score < 0.73 {
		t.Errorf("on the screen: call %s, %+v; want %s", live, near, heard[same].dir)
	}
	for from, h := range heard {
		var voices []evidence.Voice
		err := folder.Read(h.dir, func(line folder.Line) error {
			if it, err := evidence.Unmarshal(line.Data); line.Kind == folder.KindEvidence && err == nil {
				if v, ok := it.(evidence.Voice); ok {
					voices = append(voices, v)
				}
			}
			return nil
		})
		if err != nil || (len(voices) > 0) != (from == same) || from == same && voices[0].Candidates[0].Voiceprint != l.Voice.ID {
			t.Errorf("%s: %+v (%v)", from, voices, err)
		}
		if out, err := exec.CommandContext(ctx, m.binary, "replay", h.dir).CombinedOutput(); err != nil {
			t.Errorf("the folder does not prove the judgement: %v\n%s", err, out)
		}
		path := "/calls/" + filepath.Base(h.dir)
		var d struct{ Lines []bus.ViewLine }
		m.until("the call is in the index", func() bool { return sv.Do(ctx, http.MethodGet, path, nil, &d) == nil })
		shown := false
		for _, line := range d.Lines {
			shown = shown || line.Kind == "voice" && line.Voice == l.Voice.ID
		}
		if shown != (from == same) {
			t.Errorf("%s: the past call shows a candidate: %v", from, shown)
		}
	}
	m.leftNothing(spy, heard)

	var trail struct {
		Entries []struct{ What, Subject, Detail string }
	}
	do(people["auditor"], http.MethodGet, "/trail?limit=200", nil, &trail)
	matched := 0
	for _, e := range trail.Entries {
		if e.What == "trail.voice_match" {
			if matched++; e.Subject != l.Voice.ID || !strings.Contains(e.Detail, filepath.Base(heard[same].dir)) {
				t.Errorf("%+v", e)
			}
		}
	}
	if matched == 0 {
		t.Error("the match is not in the trail")
	}
	do(sv, http.MethodPost, "/limits/"+l.ID+"/lift", map[string]any{"reason": "終わり"}, &l)
	if l.Voice.State != "erased" {
		t.Errorf("after lifting: %+v", l)
	}
}

// leftNothing searches all files of the machine for the vectors that were compared.
func (m *machine) leftNothing(s *spy, heard map[string]heardCall) {
	m.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := map[call.ID]bool{}
	for _, q := range s.asked {
		asked[q.Call] = true
		if in := m.written(q.Vector); len(in) > 0 {
			m.t.Errorf("a vector of call %s is in %v", q.Call, in)
		}
	}
	if n := m.voices(); n != 1 {
		m.t.Errorf("%d voices are in the database, want the one that was registered", n)
	}
	if len(asked) != len(heard) {
		m.t.Errorf("%d of %d calls were compared: that no vector was found says nothing", len(asked), len(heard))
	}
}
