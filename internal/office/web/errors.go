package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"commusafe/internal/office/after"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/lexicon"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/notify"
	"commusafe/internal/office/opinion"
	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
	"commusafe/internal/office/trial"
	"commusafe/internal/office/voices"
)

// A known error of a service has its status and its sentence here and nowhere else.
type known struct {
	err    error
	status int
	key    string
}

func knownErrors() []known {
	return []known{
		{store.ErrNotFound, 404, "error.not_found"}, {store.ErrText, 422, "error.input"},
		{staff.ErrWeak, 422, "error.password_weak"}, {staff.ErrExists, 409, "error.staff_exists"},
		{staff.ErrLast, 409, "error.staff_last"}, {staff.ErrNoPerson, 404, "error.not_found"},
		{limits.ErrNone, 404, "error.not_found"}, {limits.ErrState, 409, "error.limit_state"},
		{limits.ErrSamePerson, 409, "error.limit_same_person"}, {limits.ErrNumber, 422, "error.limit_number"},
		{limits.ErrPublic, 422, "error.limit_public"}, {limits.ErrWrong, 422, "error.limit"},
		{notify.ErrNone, 404, "error.not_found"}, {notify.ErrState, 409, "error.notice_state"},
		{incident.ErrNone, 404, "error.not_found"}, {incident.ErrState, 409, "error.incident_state"},
		{incident.ErrElements, 422, "error.incident_elements"}, {incident.ErrOutcome, 422, "error.incident_outcome"},
		{incident.ErrType, 422, "error.incident_type"}, {incident.ErrNoTypes, 422, "error.incident_no_types"}, {incident.ErrTypesVersion, 409, "error.incident_types_version"},
		{limits.ErrDialogue, 422, "error.limit_dialogue"}, {limits.ErrAnswered, 409, "error.objection_answered"},
		{settings.ErrVersion, 409, "error.version"}, {settings.ErrRules, 422, "error.rules"}, {settings.ErrReason, 422, "error.auto_reason"},
		{settings.ErrTypes, 422, "error.types"},
		{settings.ErrVoice, 422, "error.voice_input"}, {settings.ErrVoiceState, 409, "error.voice_state"}, {settings.ErrVoicePerson, 409, "error.voice_person"},
		{voices.ErrOff, 409, "error.voice_off"}, {voices.ErrCase, 422, "error.voice_case"}, {voices.ErrShort, 422, "error.voice_short"},
		{voices.ErrKeep, 422, "error.voice_keep"}, {voices.ErrKey, 409, "error.voice_key"}, {voices.ErrEmbed, 503, "error.voice_embed"},
		{lexicon.ErrVersion, 409, "error.lexicon_version"},
		{after.ErrOff, 409, "error.transcription_off"}, {after.ErrBusy, 409, "error.transcription_busy"}, {after.ErrFull, 503, "error.transcription_full"},
		{opinion.ErrOff, 409, "error.opinion_off"}, {opinion.ErrBusy, 409, "error.opinion_busy"}, {opinion.ErrFull, 503, "error.opinion_full"},
		{trial.ErrChange, 422, "error.trial_change"}, {trial.ErrFull, 503, "error.trial_full"}, {trial.ErrNone, 404, "error.not_found"},
		{context.DeadlineExceeded, 503, "error.unavailable"}, {store.ErrAway, 503, "error.unavailable"},
	}
}

// refuse turns an error of a handler into a problem. What nobody foresaw goes to the log with the problem's ID.
func (s *Server) refuse(ctx context.Context, operation string, err error) error {
	var p *Problem
	if !errors.As(err, &p) {
		p = problem(http.StatusInternalServerError, "error.internal", "")
		for _, k := range knownErrors() {
			if errors.Is(err, k.err) {
				p = problem(k.status, k.key, "")
				break
			}
		}
	}
	attrs := []any{slog.String("operation", operation), slog.Int("status", p.Status), slog.String("key", p.Title), slog.String("error_id", p.ErrorID), slog.Any("error", err)}
	switch {
	case ctx.Err() != nil:
		s.Log.Debug("request given up by its client", attrs...)
	case p.Status >= 500:
		s.Log.Error("request failed", attrs...)
	default:
		s.Log.Info("request refused", attrs...)
	}
	return p
}

// writeProblem writes a problem where huma doesn't.
func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // nobody is there to read it
}
