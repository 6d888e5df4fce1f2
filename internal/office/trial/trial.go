// Package trial tries rules over past calls before anybody has to trust them: what a change would have done, what 自動
// would have done (the shadow report), and whether the moments that people have flagged as wrong are still judged wrong.
//
// Owns: the queue of trials and their progress, what the newest of them found, the shadow report and when it is enough, the examples.
// Never: changing a rule, acting on a call, words of a call in what it gives.
// Goroutines: none of its own; Run works one trial after the other until its context ends.
//
// Flow: Desk.Ask → queue → Run → replay.Try over the folders of the stretch → Job; what has ended is stored.
package trial

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
	"commusafe/internal/replay"
)

// What a person is told.
var (
	ErrChange = errors.New("what is to be tried is not right")
	ErrFull   = errors.New("too many trials wait")
	ErrNone   = errors.New("there is no such trial")
)

// Kinds of trials.
const (
	Change   = "change"   // another preset, other rules, thresholds, words or packs
	Shadow   = "shadow"   // 自動 with the rules in force
	Examples = "examples" // the moments that people have flagged as wrong, with a change or with the rules in force
)

// States of a job.
const (
	Waiting = "waiting"
	Running = "running"
	Done    = "done"
	Failed  = "failed"
	Stopped = "stopped" // by a person
)

// Bounds: how many trials may wait, how many finished ones are remembered, how many calls one goes over, how many calls
// that differ it keeps, and how many examples.
const (
	mostWaiting  = 20
	kept         = 50
	mostCalls    = 50000
	mostShown    = 300
	mostExamples = 5000
)

// A Question is what is to be tried, over the calls of the last days.
type Question struct {
	Kind       string
	Days       int
	Preset     policy.Preset
	Rules      json.RawMessage
	Thresholds json.RawMessage
	Own        *judge.Own // entries of the centre's own; nil: those that each call had
	Trade      *[]string  // packs of trades; nil: those that each call had
}

// change is what the question asks for.
func (q Question) change() replay.Change {
	return replay.Change{Preset: q.Preset, Rules: q.Rules, Thresholds: q.Thresholds, Own: q.Own, Trade: q.Trade, Ready: &replay.Ready{}}
}

// A TriedCall is one call of the result: what was, what would have been, what only one of both has.
type TriedCall struct {
	ID     call.ID        `json:"id"`
	Began  time.Time      `json:"began"`
	Before judge.Level    `json:"before"`
	After  judge.Level    `json:"after"`
	Gone   []replay.Event `json:"gone"`
	New    []replay.Event `json:"new"`
}

// A Job is one trial. While it waits or runs it lives in memory; a restart ends it.
type Job struct {
	ID        string
	By        staff.ID
	At        time.Time
	Question  Question
	State     string
	Done, All int // calls
	Broken    int // calls that could not be tried
	Sum       replay.Sum
	Calls     []TriedCall // those that differ, the newest first; of a shadow those in which something would have been done
	Examples  []Verdict   // of kind examples
	Report    string      // ID of the stored shadow report
	Reason    string      // of a failure: a key of the text catalogue
	stop      context.CancelFunc
}

// ended tells whether nothing more comes of a job.
func (j *Job) ended() bool { return j.State != Waiting && j.State != Running }

// A Past is a past call with the place of its folder below the calls directory.
type Past struct {
	ID    call.ID
	Began time.Time
	Dir   string
}

// A Store keeps examples and shadow reports and knows the past calls.
type Store interface {
	FoldersSince(ctx context.Context, since time.Time, most int) ([]Past, error) // oldest first
	PutExample(ctx context.Context, e Example, d staff.Deed) (bool, error)
	ListExamples(ctx context.Context, most int) ([]Example, error)
	PutShadowReport(ctx context.Context, r Report, d staff.Deed) error
	// PutTrial keeps a job that has ended, and of all no more than the newest.
	PutTrial(ctx context.Context, j Job, newest int) error
	ListTrials(ctx context.Context, most int) ([]Job, error) // the newest first
}

// A Desk takes questions and works on them one after the other. Fill the exported fields, then Prepare.
type Desk struct {
	Calls string // directory of the call folders
	Store Store
	// InForce gives the lexicon and the rules in force.
	InForce func() (*judge.Rules, policy.Rules, error)
	// Reported is told of a stored shadow report.
	Reported func()
	Log      *slog.Logger

	mu    sync.Mutex // guards below
	jobs  []*Job     // oldest first
	queue chan *Job
}

// Prepare makes the desk ready.
func (d *Desk) Prepare() { d.queue = make(chan *Job, mostWaiting) }

// Ask queues a question.
func (d *Desk) Ask(by staff.ID, q Question) (Job, error) {
	if err := q.change().Check(); err != nil {
		return Job{}, errors.Join(ErrChange, err)
	}
	if q.Days < 1 || !slices.Contains([]string{Change, Shadow, Examples}, q.Kind) {
		return Job{}, ErrChange
	}
	j := &Job{ID: uuid.Must(uuid.NewV7()).String(), By: by, At: time.Now().UTC(), Question: q, State: Waiting}
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case d.queue <- j:
	default:
		return Job{}, ErrFull
	}
	d.jobs = append(d.jobs, j)
	for len(d.jobs) > kept && d.jobs[0].ended() {
		d.jobs = d.jobs[1:]
	}
	return *j, nil
}

// Recall remembers the trials that ended before this program began.
func (d *Desk) Recall(ctx context.Context) error {
	old, err := d.Store.ListTrials(ctx, kept)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, j := range old {
		d.jobs = append([]*Job{&j}, d.jobs...)
	}
	return nil
}

// Stop ends a trial before it is done. One that has ended stays as it is.
func (d *Desk) Stop(id string) (Job, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.jobs, func(j *Job) bool { return j.ID == id })
	if i < 0 {
		return Job{}, ErrNone
	}
	j := d.jobs[i]
	if !j.ended() {
		if j.State = Stopped; j.stop != nil {
			j.stop()
		}
	}
	return *j, nil
}

// Jobs gives the trials that are remembered, the newest first.
func (d *Desk) Jobs() []Job {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]Job, 0, len(d.jobs))
	for _, j := range slices.Backward(d.jobs) {
		out = append(out, *j)
	}
	return out
}

// Job gives one trial.
func (d *Desk) Job(id string) (Job, error) {
	for _, j := range d.Jobs() {
		if j.ID == id {
			return j, nil
		}
	}
	return Job{}, ErrNone
}

// Run works until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-d.queue:
			d.run(ctx, j)
		}
	}
}

// run works on one job, unless a person has stopped it.
func (d *Desk) run(ctx context.Context, j *Job) {
	working, stop := context.WithCancel(ctx)
	defer stop()
	begun := false
	d.set(j, func(j *Job) {
		if begun = j.State == Waiting; begun {
			j.State, j.stop = Running, stop
		}
	})
	var err error
	if begun {
		err = d.work(working, j)
	}
	if ctx.Err() != nil {
		return // the program ends
	}
	var ended Job
	d.set(j, func(j *Job) {
		switch {
		case j.State == Stopped:
		case err != nil:
			j.State, j.Reason = Failed, "error.trial_failed"
		default:
			j.State = Done
		}
		ended = *j
	})
	if ended.State == Failed {
		d.Log.Warn("trial not finished", slog.String("trial", j.ID), slog.Any("error", err))
	}
	if err := d.Store.PutTrial(ctx, ended, kept); err != nil && ctx.Err() == nil {
		d.Log.Error("what a trial found can't be kept; it is lost with the next restart", slog.String("trial", j.ID), slog.Any("error", err))
	}
}

// set changes a job.
func (d *Desk) set(j *Job, change func(*Job)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(j)
}

func (d *Desk) work(ctx context.Context, j *Job) error {
	rules, p, err := d.InForce()
	if err != nil {
		return err
	}
	q := j.Question
	change := q.change()
	switch q.Kind {
	case Examples:
		return d.examples(ctx, j, rules, change)
	case Shadow:
		if change, err = inForce(rules, p); err != nil {
			return err
		}
	}
	past, err := d.Store.FoldersSince(ctx, time.Now().AddDate(0, 0, -q.Days), mostCalls)
	if err != nil {
		return err
	}
	d.set(j, func(j *Job) { j.All = len(past) })
	r := newReport(j, rules, p)
	for _, c := range past {
		if err := ctx.Err(); err != nil {
			return err
		}
		d.one(j, &r, c, rules, change)
	}
	if q.Kind != Shadow {
		return nil
	}
	r.finish(j.Sum)
	if err := d.Store.PutShadowReport(ctx, r, staff.Deed{By: j.By, What: "trail.shadow_report", Subject: r.ID, At: r.At}); err != nil {
		return err
	}
	d.set(j, func(j *Job) { j.Report = r.ID })
	d.Reported()
	return nil
}

// one tries one call.
func (d *Desk) one(j *Job, r *Report, c Past, rules *judge.Rules, change replay.Change) {
	t, err := d.try(c.Dir, rules, change, nil)
	d.set(j, func(j *Job) {
		j.Done++
		if err != nil {
			j.Broken++ // refused at the door, broken, or gone: nothing was judged
			return
		}
		j.Sum.Add(t)
		r.add(c, t)
		shown := t.Differs()
		if j.Question.Kind == Shadow {
			shown = slices.ContainsFunc(t.After.Events, func(e replay.Event) bool { return e.What == replay.EventDone })
		}
		if !shown {
			return
		}
		row := TriedCall{ID: c.ID, Began: c.Began, Before: t.Before.Peak, After: t.After.Peak, Gone: t.Gone, New: t.New}
		calls := append([]TriedCall{row}, j.Calls...) // never in place: readers hold the old one
		j.Calls = calls[:min(len(calls), mostShown)]
	})
}

func (d *Desk) try(dir string, rules *judge.Rules, change replay.Change, checks []call.Millis) (replay.Tried, error) {
	if !filepath.IsLocal(dir) {
		return replay.Tried{}, errors.New("not a place below the calls directory")
	}
	return replay.Try(filepath.Join(d.Calls, filepath.FromSlash(dir)), rules, change, checks)
}
