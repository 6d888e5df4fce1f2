package web

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/office/after"
	"commusafe/internal/office/intake"
	"commusafe/internal/office/staff"
)

// A supervisor has a recording transcribed, follows it, and reads both who asked and what came; the trail has it.
func TestTranscribingARecording(t *testing.T) {
	k := newKit(t)
	c := k.recorded()
	sv := k.as(staff.Supervisor)
	path := "/calls/" + string(c) + "/transcripts"
	if status, p := sv.do("POST", path, nil); status != 409 || p.Title != "error.transcription_off" {
		t.Errorf("without an engine: %d %s", status, p.Title)
	}
	release := make(chan struct{})
	k.server.After.Transcribe = func(_ context.Context, _ string, progress func(float64)) (after.Result, error) {
		progress(0.25)
		<-release
		return after.Result{Source: "remote/m", Utterances: []evidence.Utterance{{Head: evidence.Head{Party: call.Agent, FromMS: 10, ToMS: 20, Source: "remote/m"}, Text: "もしもし", Confidence: 0.5, Final: true}}}, nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); k.server.After.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	if status, _ := sv.do("POST", path, nil); status != 200 {
		t.Fatal(status)
	}
	if status, p := sv.do("POST", path, nil); status != 409 || p.Title != "error.transcription_busy" {
		t.Errorf("asked twice: %d %s", status, p.Title)
	}
	see := func(state string) (v TranscriptsView) {
		for range 200 {
			status, raw := sv.raw("GET", path, nil)
			if err := json.Unmarshal(raw, &v); status != 200 || err != nil {
				t.Fatal(status, err)
			}
			if v.Job != nil && v.Job.State == state {
				return v
			}
			<-time.After(10 * time.Millisecond)
		}
		t.Fatalf("never %s: %+v", state, v)
		return v
	}
	if v := see(after.Running); !v.Possible || v.Job.By != "supervisor" || len(v.Transcripts) != 0 {
		t.Errorf("%+v", v)
	}
	close(release)
	v := see(after.Done)
	if len(v.Transcripts) != 1 || v.Transcripts[0].Engine != "remote/m" || v.Transcripts[0].By != "supervisor" || v.Transcripts[0].Lines[0].Text != "もしもし" {
		t.Errorf("%+v", v)
	}
	if !k.inTrail("trail.call_transcribe") {
		t.Error("the trail does not say who let the recording be transcribed")
	}
}

// recorded puts a sealed call into the index.
func (k *kit) recorded(items ...evidence.Item) call.ID {
	k.t.Helper()
	id, began := call.NewID(), time.Now().UTC()
	w, err := folder.Create(k.server.Calls, id, began, folder.Options{Program: "test"})
	if err != nil {
		k.t.Fatal(err)
	}
	for _, it := range items {
		raw, err := evidence.Marshal(it)
		if err != nil {
			k.t.Fatal(err)
		}
		if _, err := w.Append(it.Span().ToMS, began, folder.KindEvidence, json.RawMessage(raw)); err != nil {
			k.t.Fatal(err)
		}
	}
	if _, err := w.Append(0, began, folder.KindCall, map[string]string{"what": "began"}); err != nil {
		k.t.Fatal(err)
	}
	if _, err := w.Seal(1000, began.Add(time.Second), nil); err != nil {
		k.t.Fatal(err)
	}
	rel, err := filepath.Rel(k.server.Calls, w.Dir)
	if err != nil {
		k.t.Fatal(err)
	}
	f := intake.Folder{Call: intake.Call{Incoming: call.Incoming{ID: id, Began: began, Direction: call.Inbound, Codec: "PCMU"}, Dir: filepath.ToSlash(rel), State: folder.Sealed, Sealed: began}}
	if err := k.server.Store.PutFolder(k.t.Context(), f); err != nil {
		k.t.Fatal(err)
	}
	return id
}

func (k *kit) inTrail(what string) bool {
	k.t.Helper()
	list, err := k.server.Store.ListTrail(k.t.Context(), 1<<40, 100)
	if err != nil {
		k.t.Fatal(err)
	}
	return slices.ContainsFunc(list, func(e staff.Entry) bool { return e.What == what })
}
