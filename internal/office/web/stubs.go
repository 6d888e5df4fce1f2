package web

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"commusafe/internal/office/staff"
)

// A Config is what a server needs.
type Config struct{ Log *slog.Logger }

type (
	body[T any] struct{ Body T }
	byID        struct {
		ID string `path:"id" maxLength:"80"`
	}
	onID[T any] struct {
		ID   string `path:"id" maxLength:"80"`
		Body T
	}
	soundIn struct {
		ID    string `path:"id" maxLength:"80"`
		Party string `path:"party" enum:"caller,agent"`
	}
	callsIn struct {
		Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		Cursor   string `query:"cursor" maxLength:"100"`
		Level    string `query:"level" enum:"S0,S1,S2,S3,S4"`
		Category string `query:"category" maxLength:"10"`
		From     string `query:"from" format:"date-time"`
		To       string `query:"to" format:"date-time"`
	}
	trailIn struct {
		Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"100"`
		Before int64 `query:"before" minimum:"0"`
	}
	liveIn struct {
		LastEventID string `header:"Last-Event-ID" maxLength:"64"`
	}
	logInOut struct {
		Body Me
	}
)

func soon[T any]() (*T, error) { return nil, problem(http.StatusNotImplemented, "error.internal", "") }

func (s *Server) allow(huma.API, staff.Permission) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) { next(c) }
}
func (s *Server) refuse(_ context.Context, _ string, err error) error { return err }

func (s *Server) logIn(context.Context, *body[LogIn]) (*logInOut, error) { return soon[logInOut]() }
func (s *Server) logOut(context.Context, *none) (*none, error)           { return soon[none]() }
func (s *Server) me(context.Context, *none) (*body[Me], error)           { return soon[body[Me]]() }
func (s *Server) changePassword(context.Context, *body[NewPassword]) (*none, error) {
	return soon[none]()
}
func (s *Server) live(context.Context, *liveIn) (func(http.ResponseWriter, *http.Request), error) {
	return nil, problem(501, "error.internal", "")
}
func (s *Server) command(context.Context, *onID[CommandBody]) (*body[Done], error) {
	return soon[body[Done]]()
}
func (s *Server) listCalls(context.Context, *callsIn) (*body[CallPage], error) {
	return soon[body[CallPage]]()
}
func (s *Server) searchCalls(context.Context, *body[CallFilter]) (*body[CallPage], error) {
	return soon[body[CallPage]]()
}
func (s *Server) getCall(context.Context, *byID) (*body[CallDetail], error) {
	return soon[body[CallDetail]]()
}
func (s *Server) peaks(context.Context, *byID) (*body[Peaks], error) { return soon[body[Peaks]]() }
func (s *Server) sound(context.Context, *soundIn) (func(http.ResponseWriter, *http.Request), error) {
	return nil, problem(501, "error.internal", "")
}
func (s *Server) listLimits(context.Context, *none) (*body[Limits], error) {
	return soon[body[Limits]]()
}
func (s *Server) proposeLimit(context.Context, *body[LimitProposal]) (*body[LimitView], error) {
	return soon[body[LimitView]]()
}
func (s *Server) approveLimit(context.Context, *byID) (*body[LimitView], error) {
	return soon[body[LimitView]]()
}
func (s *Server) liftLimit(context.Context, *onID[Reason]) (*body[LimitView], error) {
	return soon[body[LimitView]]()
}
func (s *Server) listNotices(context.Context, *none) (*body[Notices], error) {
	return soon[body[Notices]]()
}
func (s *Server) acknowledge(context.Context, *onID[Note]) (*body[NoticeView], error) {
	return soon[body[NoticeView]]()
}
func (s *Server) listIncidents(context.Context, *none) (*body[Incidents], error) {
	return soon[body[Incidents]]()
}
func (s *Server) moveIncident(context.Context, *onID[IncidentStatus]) (*body[IncidentView], error) {
	return soon[body[IncidentView]]()
}
func (s *Server) getSettings(context.Context, *none) (*body[SettingsView], error) {
	return soon[body[SettingsView]]()
}
func (s *Server) putSettings(context.Context, *body[SettingsChange]) (*body[SettingsView], error) {
	return soon[body[SettingsView]]()
}
func (s *Server) listStaff(context.Context, *none) (*body[People], error) {
	return soon[body[People]]()
}
func (s *Server) addStaff(context.Context, *body[NewPerson]) (*body[FirstPassword], error) {
	return soon[body[FirstPassword]]()
}
func (s *Server) changeStaff(context.Context, *onID[PersonPatch]) (*body[PersonView], error) {
	return soon[body[PersonView]]()
}
func (s *Server) resetPassword(context.Context, *byID) (*body[FirstPassword], error) {
	return soon[body[FirstPassword]]()
}
func (s *Server) getHealth(context.Context, *none) (*body[HealthView], error) {
	return soon[body[HealthView]]()
}
func (s *Server) listTrail(context.Context, *trailIn) (*body[TrailPage], error) {
	return soon[body[TrailPage]]()
}
