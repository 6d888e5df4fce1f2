// Package opinion asks a language model of the operator's choice what it makes of a call that is over, when a person wants to know.
//
// Owns: the question, masking what is personal, the time limit, reading and keeping the answer.
// Never: acting; changing a judgement or anything that was sealed; asking by itself; words or keys in a log or an error.
// Goroutines: none of its own; Run works one question after the other until its context ends.
//
// Flow: Desk.Ask → queue → Run → Words → Mask → Service (OpenAI-compatible chat) → Proposal → folder.AppendAfter → Read.
package opinion

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
	"commusafe/internal/judge"
	"commusafe/internal/office/after"
	"commusafe/internal/office/staff"
)

// KindOpinion is the kind of the line that an opinion adds after the seal.
const KindOpinion folder.Kind = "opinion"

// What a person is told.
var (
	ErrOff     = errors.New("no service for a second opinion is configured")
	ErrBusy    = errors.New("an opinion of the call is being asked for already")
	ErrFull    = errors.New("too many opinions are asked for")
	ErrNoWords = errors.New("nothing of the call was put into words")
)

// States of a question.
const (
	Waiting = "waiting"
	Running = "running"
	Done    = "done"
	Failed  = "failed"
)

const mostWaiting = 50

// A Proposal is what the model said. It is shown beside our own judgement and does nothing.
type Proposal struct {
	Summary    string           `json:"summary"`
	Categories []judge.Category `json:"categories"`
	Elements   []Element        `json:"elements"` // the three of the law, in its order
}

// An Element is one of the three elements of customer harassment (MHLW guideline 2026): from a customer, beyond what society accepts,
// harming the working environment.
type Element struct {
	Met    string `json:"met"` // yes, no, unclear
	Reason string `json:"reason"`
}

// An Opinion is one proposal with where it came from.
type Opinion struct {
	Proposal
	Source string    `json:"source"` // opinion/ and the model
	By     staff.ID  `json:"by"`
	At     time.Time `json:"at"`
}

// A Job is one question that was put. Jobs live in memory: one that a restart cuts off has to be put again.
type Job struct {
	Call   call.ID
	State  string
	By     staff.ID
	At     time.Time
	Reason string // of a failure: a key of the text catalogue

	dir string
}

// A Service gives a proposal for what was said.
type Service interface {
	Propose(ctx context.Context, words []evidence.Utterance) (Proposal, error)
	Source() string
}

// A Desk takes questions and works on them one after the other.
type Desk struct {
	Service Service // nil: off
	Changed func(Job)
	Log     *slog.Logger

	mu    sync.Mutex // guards jobs
	jobs  map[call.ID]*Job
	queue chan call.ID
}

// Prepare makes the desk ready.
func (d *Desk) Prepare() { d.jobs, d.queue = map[call.ID]*Job{}, make(chan call.ID, mostWaiting) }

// On tells whether a service is configured.
func (d *Desk) On() bool { return d.Service != nil }

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
	d.forget()
	j := &Job{Call: id, State: Waiting, By: by, At: time.Now().UTC(), dir: dir}
	d.jobs[id] = j
	return *j, nil
}

// kept is how many answered questions are remembered at most.
const kept = 200

// forget drops answered questions when there are many.
func (d *Desk) forget() {
	if len(d.jobs) < kept {
		return
	}
	for id, j := range d.jobs {
		if j.State == Done || j.State == Failed {
			delete(d.jobs, id)
		}
	}
}

// Of gives the last question about a call.
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
	err := d.answer(ctx, j)
	if err != nil {
		d.Log.Warn("no second opinion", slog.String("call_id", string(id)), slog.Any("error", err))
	}
	d.set(id, func(j *Job) {
		switch j.State = Failed; {
		case err == nil:
			j.State = Done
		case errors.Is(err, ErrNoWords):
			j.Reason = "error.opinion_no_words"
		case errors.Is(err, folder.ErrBroken):
			j.Reason = "error.folder_broken"
		default:
			j.Reason = "error.opinion_failed"
		}
	})
}

func (d *Desk) answer(ctx context.Context, j Job) error {
	words, err := Words(j.dir)
	if err != nil {
		return err
	}
	p, err := d.Service.Propose(ctx, words)
	if err != nil {
		return err
	}
	return folder.AppendAfter(j.dir, time.Now(), []folder.Addition{{Kind: KindOpinion, Data: Opinion{Proposal: p, Source: d.Service.Source(), By: j.By}}})
}

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

// Words gives what was said in a call: by its last later transcription, else by the live one. Spotted phrases are no words.
func Words(dir string) ([]evidence.Utterance, error) {
	later, err := after.Read(dir)
	if err != nil {
		return nil, err
	}
	if n := len(later); n > 0 && len(later[n-1].Utterances) > 0 {
		return later[n-1].Utterances, nil
	}
	var out []evidence.Utterance
	err = folder.Read(dir, func(l folder.Line) error {
		if l.Kind != folder.KindEvidence {
			return nil
		}
		it, err := evidence.Unmarshal(l.Data)
		if err != nil {
			return fmt.Errorf("line %d: %w", l.Seq, err)
		}
		if u, ok := it.(evidence.Utterance); ok && u.Final {
			out = append(out, u)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, ErrNoWords
	}
	return out, nil
}

// Read gives the opinions of a call, oldest first, with the chain checked.
func Read(dir string) (out []Opinion, err error) {
	err = folder.ReadAfter(dir, func(l folder.Line) error {
		if l.Kind != KindOpinion {
			return nil
		}
		var o Opinion
		if err := json.Unmarshal(l.Data, &o); err != nil {
			return fmt.Errorf("line %d: %w", l.Seq, err)
		}
		o.At = l.Wall
		out = append(out, o)
		return nil
	})
	return out, err
}
