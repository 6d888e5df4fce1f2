package store

import (
	"context"

	"commusafe/internal/call"
	"commusafe/internal/office/after"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store/sqlgen"
)

var _ after.Store = (*Store)(nil)

// PutJob adds a transcription that waits; false when its call has an open one.
func (s *Store) PutJob(ctx context.Context, j after.Job, d staff.Deed) (bool, error) {
	return s.doIf(ctx, "put transcription", d, func(q *sqlgen.Queries) (int64, error) {
		return q.PutTranscription(ctx, sqlgen.PutTranscriptionParams{ID: j.ID, Call: string(j.Call), Machine: j.Machine, Who: string(j.By), At: millis(j.At)})
	})
}

// BeginJob counts a beginning; false when the job is over or another office's.
func (s *Store) BeginJob(ctx context.Context, id, machine string) (bool, error) {
	return s.doIf(ctx, "begin transcription", staff.Deed{}, func(q *sqlgen.Queries) (int64, error) {
		return q.BeginTranscription(ctx, sqlgen.BeginTranscriptionParams{ID: id, Machine: machine})
	})
}

// EndJob keeps the state and reason of a transcription that is over; false when it was over already.
func (s *Store) EndJob(ctx context.Context, j after.Job) (bool, error) {
	return s.doIf(ctx, "end transcription", staff.Deed{}, func(q *sqlgen.Queries) (int64, error) {
		return q.EndTranscription(ctx, sqlgen.EndTranscriptionParams{ID: j.ID, State: j.State, Reason: j.Reason})
	})
}

// OpenJobs gives those of an office that wait or run, oldest first.
func (s *Store) OpenJobs(ctx context.Context, machine string) ([]after.Job, error) {
	rows, err := s.queries.OpenTranscriptions(ctx, machine)
	if err != nil {
		return nil, found("open transcriptions", err)
	}
	return each(rows, jobOf)
}

// LastJob gives the newest transcription that was asked for of a call.
func (s *Store) LastJob(ctx context.Context, id call.ID) (after.Job, error) {
	r, err := s.queries.LastTranscription(ctx, string(id))
	if err != nil {
		return after.Job{}, found("transcription", err)
	}
	return jobOf(r)
}

func jobOf(r sqlgen.Transcription) (after.Job, error) {
	j := after.Job{ID: r.ID, Call: call.ID(r.Call), Machine: r.Machine, State: r.State, By: staff.ID(r.Who), At: moment(r.At), Begun: int(r.Begun), Reason: r.Reason}
	if j.State == after.Done {
		j.Share = 1
	}
	return j, nil
}
