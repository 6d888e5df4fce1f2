package web

import (
	"context"
	"net/http"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/office/after"
)

// A TranscriptsView is what later transcriptions a call has, and whether another one is under way.
type TranscriptsView struct {
	Possible    bool             `json:"possible" doc:"An engine for finished recordings is configured."`
	Job         *TranscriptJob   `json:"job,omitempty"`
	Transcripts []TranscriptView `json:"transcripts"`
}

// A TranscriptJob is a transcription that was asked for.
type TranscriptJob struct {
	State  string    `json:"state" enum:"waiting,running,done,failed"`
	Share  float64   `json:"share" doc:"0 to 1"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty" doc:"Of a failure: a key of the text catalogue."`
}

// A TranscriptView is one later transcription. The live one stays what it was, and so does the judgement.
type TranscriptView struct {
	Engine string               `json:"engine"`
	By     string               `json:"by"`
	At     time.Time            `json:"at"`
	Lines  []TranscriptLineView `json:"lines"`
}

// A TranscriptLineView is one utterance.
type TranscriptLineView struct {
	Party      call.Party  `json:"party" enum:"caller,agent"`
	FromMS     call.Millis `json:"from_ms"`
	ToMS       call.Millis `json:"to_ms"`
	Text       string      `json:"text"`
	Confidence float64     `json:"confidence"`
}

func (s *Server) transcripts(ctx context.Context, in *byID) (*body[TranscriptsView], error) {
	_, dir, err := s.found(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	j, asked := s.After.Of(call.ID(in.ID)) // before reading: what is done by then has been added
	list, err := after.Read(dir)
	if err != nil {
		return nil, problem(http.StatusConflict, "error.folder_broken", err.Error())
	}
	if err := s.Store.AppendTrail(ctx, who(ctx).By("trail.call_see", in.ID, "")); err != nil {
		return nil, err
	}
	names, err := s.Staff.Names(ctx)
	if err != nil {
		return nil, err
	}
	v := TranscriptsView{Possible: s.After.On(), Transcripts: []TranscriptView{}}
	if asked {
		v.Job = &TranscriptJob{State: j.State, Share: j.Share, By: names[j.By], At: j.At, Reason: j.Reason}
	}
	for _, t := range list {
		one := TranscriptView{Engine: t.Engine, By: names[t.By], At: t.At, Lines: []TranscriptLineView{}}
		for _, u := range t.Utterances {
			one.Lines = append(one.Lines, TranscriptLineView{u.Party, u.FromMS, u.ToMS, u.Text, u.Confidence})
		}
		v.Transcripts = append(v.Transcripts, one)
	}
	return &body[TranscriptsView]{v}, nil
}

// transcribe queues a call. The trail says who let the recording be given to the engine.
func (s *Server) transcribe(ctx context.Context, in *byID) (*body[TranscriptJob], error) {
	_, dir, err := s.found(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !s.After.On() {
		return nil, after.ErrOff
	}
	p := who(ctx)
	if err := s.Store.AppendTrail(ctx, p.By("trail.call_transcribe", in.ID, "")); err != nil {
		return nil, err
	}
	j, err := s.After.Ask(p.ID, call.ID(in.ID), dir)
	if err != nil {
		return nil, err
	}
	return &body[TranscriptJob]{TranscriptJob{State: j.State, Share: j.Share, By: p.Name, At: j.At}}, nil
}
