package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/dialogue"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

const id = call.ID("019ab000-0000-7000-8000-000000000001")

var wall = time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC)

func messages() []any {
	head := evidence.Head{Party: call.Caller, FromMS: 1, ToMS: 2, Source: "builtin/1"}
	return []any{
		Claim{V: 1, Call: id, Edge: "e", Began: wall},
		Claimed{V: 1, Listener: "l", Engine: "builtin/1"},
		Heard{V: 1, Call: id, Listener: "l", Items: []Item{{evidence.Phrase{Head: head, ID: "ABUSE-01", Reading: "ばか", Score: -0.5, Confidence: 0.75}}}, Done: true, CallerMS: 5, AgentMS: 6},
		Update{V: 1, Wall: wall, Call: CallView{Incoming: call.Incoming{ID: id, Began: wall, Direction: call.Inbound, Trunk: "t", From: call.ParseNumber("0312345678"), Codec: "PCMU"}, Edge: "e", Line: LineWatching,
			Preset: policy.PresetAuto, State: policy.State{Stage: policy.StageWarn1, SinceMS: 5, Busy: policy.Warn2}, Judgement: judge.Judgement{AtMS: 7, Level: judge.Warning, Versions: "v"},
			Outlook: policy.Outlook{Do: policy.Warn2, Mode: policy.Auto, Strikes: 1}, Peak: judge.Warning, Lines: []ViewLine{{Seq: 3, AtMS: 4, Kind: "phrase", Party: call.Caller, Text: "x", Level: judge.Caution}}}},
		Update{V: 1, Wall: wall, Call: CallView{Edge: "e", Line: LineBot, Bot: &dialogue.Summary{Ref: "000001", Way: dialogue.MessageOnly, Step: dialogue.Leaving, Exit: dialogue.Key, Priority: 1,
			Topic: dialogue.Order, Confirmed: true, Number: "12", Said: "x", Hears: true, Asked: 4, Repeats: 1, Misses: 1, Corrections: 1, Rough: 1}}},
		Offer{V: 1, Edge: "e", Call: id, Dir: "d", Last: "h"},
		Reply{V: 1, Error: "error.busy"},
		CommandRequest{V: 1, ID: "c", Call: id, Command: policy.Command{Do: policy.CommandCut, By: "sv", Role: "supervisor", Why: "w"}},
		Settings{V: 1, Version: 2, Rules: policy.ShippedRules(policy.PresetAuto), Thresholds: judge.ShippedThresholds(), Lexicon: judge.Lexicon{Version: "1", Sheets: []judge.Sheet{{Category: judge.Abuse, Entries: []judge.Entry{{ID: "a", Surface: "ばか", Level: judge.Caution}}}},
			Own: judge.Own{Version: 7, Sheets: []judge.Sheet{{Category: judge.Threat, Entries: []judge.Entry{{ID: "OWN-7", Surface: "看板に味噌", Reading: "かんばんにみそ", Level: judge.Warning}}}}}},
			Limits: []policy.Limit{{ID: "l", Number: "+81", Take: policy.TakeVoicebot, From: wall, Until: wall, Provisional: true, Call: id, Reason: "cut"}}, CutsToday: 1, Exempt: "demo"},
		Settings{V: 1, Version: 3, Rules: policy.ShippedRules(policy.PresetAsk), Thresholds: judge.ShippedThresholds(), Voices: map[string]int{"builtin-voice/1": 2},
			Limits: []policy.Limit{{ID: "l", Number: "+81", Voice: "v", Take: policy.TakeVoicebot, From: wall, Until: wall, Reason: "r", Approvers: []string{"a", "b"}}}},
		Update{V: 1, Wall: wall, Call: CallView{Edge: "e", Line: LineWatching, Voices: []evidence.Candidate{{Voiceprint: "v", Score: 0.8}},
			Lines: []ViewLine{{Seq: 4, AtMS: 5, Kind: "voice", Party: call.Caller, Voice: "v", Confidence: 0.8, Source: "builtin-voice/1"}}}},
		VoiceQuery{V: 1, Call: id, Source: "builtin-voice/1", AtMS: 12000, Vector: []float32{0.6, -0.8}},
		VoiceAnswer{V: 1, Candidates: []evidence.Candidate{{Voiceprint: "v", Score: 0.8}}},
		Look{V: 1, Call: id},
		Rough{V: 1, Call: id, Party: call.Caller, AtMS: 1500, Kana: "もしもし"},
		HistoryRequest{V: 1, Call: id, Number: "+81312345678"},
		HistoryReply{V: 1, Known: true, History: Item{evidence.History{Head: evidence.Head{Source: "office"}, OnMatter: 3, CallsToday: 2, MatterToday: 1, Silent: 1, Limits: []string{"l"}, Incidents: []string{"i"}, Accommodation: true}}},
		Health{V: 1, Role: "edge", Machine: "m", PID: 1, Wall: wall, OK: true, Counts: map[string]int{"calls": 2}},
		Has{V: 1, Call: id, Listener: "l"},
	}
}

// The JSON of each message is the contract between processes of different builds.
func TestGoldenMessages(t *testing.T) {
	var b bytes.Buffer
	for _, m := range messages() {
		line, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		back := reflect.New(reflect.TypeOf(m))
		if err := json.Unmarshal(line, back.Interface()); err != nil || !reflect.DeepEqual(back.Elem().Interface(), m) {
			t.Errorf("%s came back as %+v (%v)", line, back.Elem(), err)
		}
		b.Write(append(line, '\n'))
	}
	golden := filepath.Join("testdata", "messages.jsonl")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(want, b.Bytes()) {
		t.Errorf("the messages changed (%v); got:\n%s", err, b.String())
	}
}

func TestSoundComesBack(t *testing.T) {
	s := Sound{Call: id, Party: call.Agent, Seq: 7, Lost: 5, End: true, Octets: audio.Octets{Sample: 123456789, Codec: audio.PCMA, Data: []byte{1, 2, 3}}}
	b, err := s.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := DecodeSound(b); err != nil || !reflect.DeepEqual(back, s) {
		t.Errorf("%+v %v", back, err)
	}
}

func FuzzDecodeSound(f *testing.F) {
	b, _ := Sound{Call: id, Party: call.Caller, Octets: audio.Octets{Data: []byte{1}}}.Encode(nil)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSound(b)
		if err != nil {
			return
		}
		if again, err := s.Encode(nil); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x was read as %+v and written as %x (%v)", b, s, again, err)
		}
	})
}

// Two listeners, one claim: one takes it; evidence and sound find their way; a refused claim goes unanswered.
func TestOverARealServer(t *testing.T) {
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, Authorization: "secret", NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	defer srv.Shutdown()
	if !srv.ReadyForConnections(5 * time.Second) {
		t.Fatal("no server")
	}
	link := func() *Link {
		l, err := Connect(Options{URL: srv.ClientURL(), Token: "secret", Site: "test", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		return l
	}
	edge, a, b := link(), link(), link()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for name, l := range map[string]*Link{"a": a, "b": b} {
		if _, err := l.ServeClaims(func(c Claim) (Claimed, bool) { return Claimed{V: 1, Listener: name}, c.Call == id }); err != nil {
			t.Fatal(err)
		}
	}
	sound := make(chan Sound, 1)
	if _, err := a.SubscribeSound(id, func(s Sound) { sound <- s }); err != nil {
		t.Fatal(err)
	}
	heard := make(chan Heard, 1)
	if _, err := edge.SubscribeHeard(id, func(h Heard) { heard <- h }); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*Link{edge, a, b} {
		if err := l.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := edge.RequestClaim(ctx, Claim{V: 1, Call: id}); err != nil || c.Listener == "" {
		t.Errorf("%+v %v", c, err)
	}
	if err := edge.PublishSound(Sound{Call: id, Party: call.Caller, Octets: audio.Octets{Data: []byte{9}}}); err != nil {
		t.Fatal(err)
	}
	if s := <-sound; s.Octets.Data[0] != 9 {
		t.Errorf("%+v", s)
	}
	if err := a.PublishHeard(Heard{V: 1, Call: id, Listener: "a", Items: []Item{{evidence.DTMF{Digit: "5"}}}}); err != nil {
		t.Fatal(err)
	}
	if h := <-heard; h.Items[0].Item.(evidence.DTMF).Digit != "5" {
		t.Errorf("%+v", h)
	}
	short, stop := context.WithTimeout(ctx, 50*time.Millisecond)
	defer stop()
	if _, err := edge.RequestClaim(short, Claim{V: 1, Call: call.NewID()}); err == nil {
		t.Error("a refused claim was answered")
	}
}

// A listener of a later version may know more: what is not understood is counted, and the rest of its message holds, its lease too.
func TestEvidenceOfALaterVersion(t *testing.T) {
	var h Heard
	err := json.Unmarshal([]byte(`{"v":1,"call":"`+string(id)+`","listener":"l","done":true,"caller_ms":7,"later":1,"items":[
		{"type":"laughter","from_ms":1,"to_ms":2,"source":"x"},
		{"type":"phrase","party":"caller","from_ms":1,"to_ms":2,"source":"x","id":"a","reading":"","score":0,"confidence":1},
		{"type":"phrase","party":"caller","from_ms":1,"to_ms":2,"source":"x","id":"a","reading":"","score":0,"confidence":1,"later":1},
		null]}`), &h)
	if err != nil || len(h.Items) != 1 || h.Items[0].Kind() != evidence.KindPhrase || h.Unread != 3 || !h.Done || h.CallerMS != 7 || h.Listener != "l" {
		t.Errorf("%+v %v", h, err)
	}
}
