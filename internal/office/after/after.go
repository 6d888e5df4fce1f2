// Package after has sealed recordings transcribed once more by a better engine, when a person asks for it.
//
// Owns: the queue of such jobs and their progress, what is added to a folder and how it is read back.
// Never: changing the judgement of the live call or anything that was sealed; recognising (a child process does).
// Goroutines: none of its own; Run works one job after the other until its context ends.
//
// Flow: Desk.Ask → queue → Run → Transcribe (child process) → folder.AppendAfter → Read.
package after

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/office/staff"
)

// What a person is told.
var (
	ErrOff  = errors.New("no engine for transcription is configured")
	ErrBusy = errors.New("the call is being transcribed already")
	ErrFull = errors.New("too many transcriptions wait")
)

// States of a job.
const (
	Waiting = "waiting"
	Running = "running"
	Done    = "done"
	Failed  = "failed"
)

// mostWaiting is how many jobs may wait; kept is how many finished ones are remembered.
const (
	mostWaiting = 100
	kept        = 500
)

// A Job is one transcription that was asked for. Jobs live in memory: one that a restart cuts off has to be asked for
// again, and has left nothing in the folder.
type Job struct {
	Call   call.ID   `json:"call"`
	State  string    `json:"state"`
	Share  float64   `json:"share"` // done, 0 to 1
	By     staff.ID  `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"` // of a failure: a key of the text catalogue

	dir string
}

// A Result is what an engine found.
type Result struct {
	Source     string
	Utterances []evidence.Utterance
}

// A Transcript is one later transcription of a call.
type Transcript struct {
	Engine     string               `json:"engine"`
	By         staff.ID             `json:"by"`
	At         time.Time            `json:"at"`
	Utterances []evidence.Utterance `json:"utterances"`
}

// A Desk takes requests and works on them one after the other.
type Desk struct {
	// Transcribe transcribes the recording of a folder; nil when no engine is configured.
	Transcribe func(ctx context.Context, dir string, progress func(float64)) (Result, error)
	Changed    func(Job) // progress
	Log        *slog.Logger

	mu    sync.Mutex // guards below
	jobs  map[call.ID]*Job
	order []call.ID
	queue chan call.ID
}

// Prepare makes the desk ready.
func (d *Desk) Prepare() {
	d.jobs, d.queue = map[call.ID]*Job{}, make(chan call.ID, mostWaiting)
}

// On tells whether an engine is configured.
func (d *Desk) On() bool { return d.Transcribe != nil }

// Ask queues a call.
func (d *Desk) Ask(by staff.ID, id call.ID, dir string) (Job, error) {
	if !d.On() {
		return Job{}, ErrOff
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if j := d.jobs[id]; j != nil && (j.State == Waiting || j.State == Running) {
		return Job{}, ErrBusy
	}
	select {
	case d.queue <- id:
	default:
		return Job{}, ErrFull
	}
	j := &Job{Call: id, State: Waiting, By: by, At: time.Now().UTC(), dir: dir}
	if d.jobs[id] == nil {
		d.order = append(d.order, id)
	}
	d.jobs[id] = j
	for len(d.order) > kept {
		if old := d.jobs[d.order[0]]; old.State == Waiting || old.State == Running {
			break
		}
		delete(d.jobs, d.order[0])
		d.order = d.order[1:]
	}
	return *j, nil
}

// Of gives the last job of a call.
func (d *Desk) Of(id call.ID) (Job, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if j := d.jobs[id]; j != nil {
		return *j, true
	}
	return Job{}, false
}

// Run works until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-d.queue:
			d.work(ctx, id)
		}
	}
}

func (d *Desk) work(ctx context.Context, id call.ID) {
	j := d.set(id, func(j *Job) { j.State = Running })
	r, err := d.Transcribe(ctx, j.dir, func(share float64) { d.set(id, func(j *Job) { j.Share = share }) })
	if err == nil {
		err = add(j.dir, j.By, r)
	}
	if err != nil {
		d.Log.Warn("recording not transcribed", slog.String("call_id", string(id)), slog.Any("error", err))
		d.set(id, func(j *Job) { j.State, j.Reason = Failed, reason(err) })
		return
	}
	d.set(id, func(j *Job) { j.State, j.Share = Done, 1 })
}

func reason(err error) string {
	if errors.Is(err, folder.ErrBroken) {
		return "error.folder_broken"
	}
	return "error.transcription_failed"
}

// set changes a job and tells the consoles.
func (d *Desk) set(id call.ID, change func(*Job)) Job {
	d.mu.Lock()
	j := d.jobs[id]
	change(j)
	out := *j
	d.mu.Unlock()
	if d.Changed != nil {
		d.Changed(out)
	}
	return out
}

// head and tail of a transcription in after.jsonl; between them one line an utterance.
type mark struct {
	Phase  string   `json:"phase"` // begin, end
	Engine string   `json:"engine,omitempty"`
	By     staff.ID `json:"by,omitempty"`
	N      int      `json:"n,omitempty"`
}

// add writes a whole transcription behind the seal, or nothing.
func add(dir string, by staff.ID, r Result) error {
	lines := []folder.Addition{{Kind: folder.KindTranscript, Data: mark{Phase: "begin", Engine: r.Source, By: by}}}
	for _, u := range r.Utterances {
		raw, err := evidence.Marshal(u)
		if err != nil {
			return err
		}
		lines = append(lines, folder.Addition{Kind: folder.KindTranscript, Data: json.RawMessage(raw)})
	}
	lines = append(lines, folder.Addition{Kind: folder.KindTranscript, Data: mark{Phase: "end", N: len(r.Utterances)}})
	return folder.AppendAfter(dir, time.Now(), lines)
}

// Read gives the later transcriptions of a call, oldest first, with the chain checked.
func Read(dir string) (out []Transcript, err error) {
	var open *Transcript
	err = folder.ReadAfter(dir, func(l folder.Line) error {
		if l.Kind != folder.KindTranscript {
			return nil
		}
		var m mark
		if err := json.Unmarshal(l.Data, &m); err != nil {
			return fmt.Errorf("line %d: %w", l.Seq, err)
		}
		switch m.Phase {
		case "begin":
			open = &Transcript{Engine: m.Engine, By: m.By, At: l.Wall, Utterances: []evidence.Utterance{}}
		case "end":
			if open == nil || m.N != len(open.Utterances) {
				return fmt.Errorf("line %d: a transcription ends that did not begin, or lacks lines", l.Seq)
			}
			out, open = append(out, *open), nil
		default:
			it, err := evidence.Unmarshal(l.Data)
			u, ok := it.(evidence.Utterance)
			if err != nil || !ok || open == nil {
				return fmt.Errorf("line %d is no utterance of a transcription: %w", l.Seq, err)
			}
			open.Utterances = append(open.Utterances, u)
		}
		return nil
	})
	return out, err
}
