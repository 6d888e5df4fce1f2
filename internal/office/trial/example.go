package trial

import (
	"context"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
	"commusafe/internal/replay"
)

// An Example is a moment of a call whose judgement a person has called wrong. Later rules are tried against it.
type Example struct {
	Call     call.ID        `json:"call"`
	AtMS     call.Millis    `json:"at_ms"`
	Level    judge.Level    `json:"level"` // as it was flagged
	Category judge.Category `json:"category,omitempty"`
	Note     string         `json:"-"` // a person's words stay in the office
	By       staff.ID       `json:"-"`
	At       time.Time      `json:"at"`
	Dir      string         `json:"-"` // of the call's folder, below the calls directory
}

// A Verdict is what rules make of an example.
type Verdict struct {
	Example
	Now   judge.Level `json:"now"`
	Wrong bool        `json:"wrong"`
	Error string      `json:"error,omitempty"` // why it could not be tried
}

// Wrong tells whether a level is wrong where people have said that a level was: it alerts all the same, or it is no lower
// than it was.
func (e Example) Wrong(now judge.Level) bool { return now >= judge.Warning || now >= e.Level }

// Try tries examples. Each is judged as if nobody had flagged it.
func Try(all []Example, try func(dir string, checks []call.Millis) (replay.Tried, error), progress func()) []Verdict {
	out := make([]Verdict, 0, len(all))
	for _, e := range all {
		v := Verdict{Example: e}
		t, err := try(e.Dir, []call.Millis{e.AtMS})
		switch {
		case err != nil:
			v.Error = err.Error()
		case len(t.Checked) != 1:
			v.Error = "the call is shorter than that"
		default:
			v.Now, v.Wrong = t.Checked[0], e.Wrong(t.Checked[0])
		}
		out = append(out, v)
		progress()
	}
	return out
}

// Flag keeps a moment of a past call as an example. A second flag of the same moment is harmless.
func (d *Desk) Flag(ctx context.Context, by staff.Person, e Example) error {
	e.By, e.At = by.ID, time.Now().UTC().Truncate(time.Millisecond)
	_, err := d.Store.PutExample(ctx, e, by.By("trail.example", string(e.Call), ""))
	return err
}

// TryExamples tries all examples with a change.
func (d *Desk) TryExamples(ctx context.Context, rules *judge.Rules, change replay.Change, progress func(all int)) ([]Verdict, error) {
	all, err := d.Store.ListExamples(ctx, mostExamples)
	if err != nil {
		return nil, err
	}
	progress(len(all))
	out := Try(all, func(dir string, checks []call.Millis) (replay.Tried, error) {
		if err := ctx.Err(); err != nil {
			return replay.Tried{}, err
		}
		return d.try(dir, rules, change, checks)
	}, func() { progress(len(all)) })
	return out, ctx.Err()
}

func (d *Desk) examples(ctx context.Context, j *Job, rules *judge.Rules, change replay.Change) error {
	done := -1
	out, err := d.TryExamples(ctx, rules, change, func(all int) {
		done++
		d.set(j, func(j *Job) { j.All, j.Done = all, done })
	})
	if err != nil {
		return err
	}
	d.set(j, func(j *Job) { j.Examples = out })
	return nil
}
