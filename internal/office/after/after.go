// Package after has sealed recordings transcribed once more by a better engine, when a person asks for it.
//
// Owns: the queue of such jobs and their progress, what is added to a folder and how it is read back.
// Never: changing the judgement of the live call or anything that was sealed; recognising (a child process does); SQL.
// Goroutines: none of its own; Run works one job after the other until its context ends.
//
// Flow: Desk.Ask → store → queue → Run → Transcribe (child process) → folder.AppendAfter → Read. A job that waited or ran
// when the office ended is taken up again by Run, once.
package after

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

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

// mostWaiting is how many jobs may be open at once.
const mostWaiting = 100

// mostBegun is how often a job may begin: one that was cut off is taken up again, one that was cut off twice may be what
// ends the office.
const mostBegun = 2

// A Job is one transcription that was asked for.
type Job struct {
	ID      string
	Call    call.ID
	Machine string // the office that works on it
	State   string
	Share   float64 // done, 0 to 1; known only to the office that works on it
	By      staff.ID
	At      time.Time
	Begun   int    // how often it began
	Reason  string // of a failure: a key of the text catalogue
}

// A Store keeps jobs. What changes nothing gives false.
type Store interface {
	// PutJob adds a job that waits; false when its call has an open one.
	PutJob(ctx context.Context, j Job, d staff.Deed) (bool, error)
	// BeginJob counts a beginning; false when the job is over or another office's.
	BeginJob(ctx context.Context, id, machine string) (bool, error)
	// EndJob keeps the state and reason of a job that is over.
	EndJob(ctx context.Context, j Job) (bool, error)
	// OpenJobs gives those of an office that wait or run, oldest first.
	OpenJobs(ctx context.Context, machine string) ([]Job, error)
	// LastJob gives the newest of a call.
	LastJob(ctx context.Context, id call.ID) (Job, error)
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
	Job        string               `json:"job,omitempty"`
	At         time.Time            `json:"at"`
	Utterances []evidence.Utterance `json:"utterances"`
}

// A Desk takes requests and works on them one after the other.
type Desk struct {
	// Transcribe transcribes the recording of a folder; nil when no engine is configured.
	Transcribe func(ctx context.Context, dir string, progress func(float64)) (Result, error)
	// Find gives the folder of a call.
	Find    func(ctx context.Context, id call.ID) (dir string, err error)
	Store   Store
	Machine string    // which office this is
	Changed func(Job) // progress
	Log     *slog.Logger

	wake chan struct{}

	mu      sync.Mutex // guards below
	jobs    map[call.ID]*Job
	queue   []call.ID
	unended []Job // over, but the store did not take it in
}

// Prepare makes the desk ready.
func (d *Desk) Prepare() {
	d.jobs, d.wake = map[call.ID]*Job{}, make(chan struct{}, 1)
}

// On tells whether an engine is configured.
func (d *Desk) On() bool { return d.Transcribe != nil }

// Ask queues a call. The deed says in the trail who let the recording be given to the engine.
func (d *Desk) Ask(ctx context.Context, id call.ID, deed staff.Deed) (Job, error) {
	if !d.On() {
		return Job{}, ErrOff
	}
	d.endAgain(ctx)
	d.mu.Lock()
	full := len(d.jobs) >= mostWaiting
	d.mu.Unlock()
	if full {
		return Job{}, ErrFull
	}
	j := Job{ID: uuid.Must(uuid.NewV7()).String(), Call: id, Machine: d.Machine, State: Waiting, By: deed.By, At: time.Now().UTC().Truncate(time.Millisecond)}
	added, err := d.Store.PutJob(ctx, j, deed)
	if err == nil && !added {
		err = ErrBusy
	}
	if err != nil {
		return Job{}, err
	}
	d.add(j)
	return j, nil
}

func (d *Desk) add(j Job) {
	d.mu.Lock()
	d.jobs[j.Call] = &j
	d.queue = append(d.queue, j.Call)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Of gives the last job of a call; false when there was none.
func (d *Desk) Of(ctx context.Context, id call.ID) (Job, bool, error) {
	d.mu.Lock()
	j := d.jobs[id]
	if j != nil {
		defer d.mu.Unlock()
		return *j, true, nil
	}
	d.mu.Unlock()
	last, err := d.Store.LastJob(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return Job{}, false, nil
	}
	return last, err == nil, err
}

// retry is how long Run waits when the store does not say which jobs were open.
const retry = time.Minute

// Run takes up what was open and works until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	for !d.takeUp(ctx) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(retry):
		}
	}
	for {
		d.endAgain(ctx)
		var again <-chan time.Time
		d.mu.Lock()
		if len(d.unended) > 0 {
			again = time.After(retry)
		}
		var next call.ID
		if len(d.queue) > 0 {
			next, d.queue = d.queue[0], d.queue[1:]
		}
		d.mu.Unlock()
		if next != "" {
			d.work(ctx, next)
		}
		if ctx.Err() != nil {
			return
		}
		if next != "" {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-again:
		case <-d.wake:
		}
	}
}

// takeUp queues what waited or ran when this office ended the last time; false when the store can't be asked. A job that
// was asked for meanwhile is in the queue already.
func (d *Desk) takeUp(ctx context.Context) bool {
	open, err := d.Store.OpenJobs(ctx, d.Machine)
	if err != nil {
		if ctx.Err() == nil {
			d.Log.Error("transcriptions that were open can't be taken up yet", slog.Any("error", err))
		}
		return false
	}
	for _, j := range open {
		d.mu.Lock()
		known := d.jobs[j.Call] != nil
		d.mu.Unlock()
		switch {
		case known:
		case !d.On():
			d.end(ctx, j, Failed, "error.transcription_off")
		case j.Begun >= mostBegun:
			d.Log.Warn("transcription was cut off twice and is given up", slog.String("call_id", string(j.Call)))
			d.end(ctx, j, Failed, "error.transcription_cut_off")
		default:
			j.State = Waiting
			d.add(j)
		}
	}
	return true
}

// work does one job. When ctx ends in the middle it stays open, for the next Run.
func (d *Desk) work(ctx context.Context, id call.ID) {
	d.mu.Lock()
	known := d.jobs[id]
	if known == nil || known.State == Done || known.State == Failed { // asked for while open jobs were taken up, it stands in the queue twice
		d.mu.Unlock()
		return
	}
	j := *known
	d.mu.Unlock()
	begun, err := d.Store.BeginJob(ctx, j.ID, d.Machine)
	switch {
	case err != nil:
		if ctx.Err() == nil {
			d.Log.Error("transcription not begun: the store does not answer", slog.String("call_id", string(id)), slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(retry):
			d.add(j)
		}
		return
	case !begun:
		d.drop(id)
		return
	}
	j = d.set(id, func(j *Job) { j.State, j.Begun = Running, j.Begun+1 })
	dir, err := d.Find(ctx, id)
	if err == nil {
		err = d.once(ctx, j, dir)
	}
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		d.Log.Warn("recording not transcribed", slog.String("call_id", string(id)), slog.Any("error", err))
		d.end(ctx, j, Failed, reason(err))
	default:
		j.Share = 1
		d.end(ctx, j, Done, "")
	}
}

// once transcribes a recording, unless this job has written its words already and was cut off before it could say so.
func (d *Desk) once(ctx context.Context, j Job, dir string) error {
	if j.Begun > 1 {
		list, err := Read(dir)
		if err != nil || slices.ContainsFunc(list, func(t Transcript) bool { return t.Job == j.ID }) {
			return err
		}
	}
	r, err := d.Transcribe(ctx, dir, func(share float64) { d.set(j.Call, func(j *Job) { j.Share = share }) })
	if err != nil {
		return err
	}
	return add(dir, j, r)
}

// end keeps how a job ended and tells the consoles. What the store does not take in is told to it later: until then it
// takes the call for busy.
func (d *Desk) end(ctx context.Context, j Job, state, reason string) {
	j.State, j.Reason = state, reason
	if _, err := d.Store.EndJob(ctx, j); err != nil {
		d.Log.Error("the end of a transcription is not in the store yet", slog.String("call_id", string(j.Call)), slog.Any("error", err))
		d.mu.Lock()
		d.jobs[j.Call] = &j
		d.unended = append(d.unended, j)
		d.mu.Unlock()
	} else {
		d.drop(j.Call)
	}
	if d.Changed != nil {
		d.Changed(j)
	}
}

// endAgain tells the store of ends that it did not take in.
func (d *Desk) endAgain(ctx context.Context) {
	d.mu.Lock()
	left := slices.Clone(d.unended)
	d.mu.Unlock()
	for _, j := range left {
		if _, err := d.Store.EndJob(ctx, j); err != nil {
			return
		}
		d.mu.Lock()
		d.unended = slices.DeleteFunc(d.unended, func(u Job) bool { return u.ID == j.ID })
		if now := d.jobs[j.Call]; now != nil && now.ID == j.ID {
			delete(d.jobs, j.Call)
		}
		d.mu.Unlock()
	}
}

func (d *Desk) drop(id call.ID) {
	d.mu.Lock()
	delete(d.jobs, id)
	d.mu.Unlock()
}

func reason(err error) string {
	switch {
	case errors.Is(err, folder.ErrBroken):
		return "error.folder_broken"
	case errors.Is(err, fs.ErrNotExist):
		return "error.not_found"
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
	Job    string   `json:"job,omitempty"`
	N      int      `json:"n,omitempty"`
}

// add writes a whole transcription behind the seal, or nothing.
func add(dir string, j Job, r Result) error {
	lines := []folder.Addition{{Kind: folder.KindTranscript, Data: mark{Phase: "begin", Engine: r.Source, By: j.By, Job: j.ID}}}
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
			open = &Transcript{Engine: m.Engine, By: m.By, Job: m.Job, At: l.Wall, Utterances: []evidence.Utterance{}}
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
