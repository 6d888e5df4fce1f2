package web

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"commusafe/internal/office/staff"
)

// A Route is one line of the table: what it is and what it needs.
type Route struct {
	Method, Path string
	Needs        staff.Permission
}

// register is the table of routes. Beside each stands the permission it needs; what role has which is in package staff.
func (s *Server) register(t *table) {
	add(t, "POST", "/session", staff.Anybody, "log-in", s.logIn)
	add(t, "DELETE", "/session", staff.OwnAccount, "log-out", s.logOut)
	add(t, "GET", "/me", staff.OwnAccount, "me", s.me)
	add(t, "POST", "/me/password", staff.OwnAccount, "change-password", s.changePassword)
	add(t, "GET", "/texts/{lang}", staff.Anybody, "texts", s.texts)

	stream(t, "GET", "/live", staff.SeeLive, "live", s.live)
	stream(t, "GET", "/calls/{id}/rough", staff.SeeLive, "call-rough", s.rough)
	add(t, "POST", "/calls/{id}/commands", staff.Assist, "command-call", s.command)

	add(t, "GET", "/calls", staff.SeeCalls, "list-calls", s.listCalls)
	add(t, "POST", "/calls/search", staff.SeeCalls, "search-calls", s.searchCalls)
	add(t, "GET", "/calls/{id}", staff.SeeCalls, "get-call", s.getCall)
	add(t, "GET", "/calls/{id}/peaks", staff.Listen, "call-peaks", s.peaks)
	stream(t, "GET", "/calls/{id}/sound/{party}", staff.Listen, "call-sound", s.sound)

	add(t, "GET", "/calls/{id}/transcripts", staff.SeeCalls, "call-transcripts", s.transcripts)
	add(t, "POST", "/calls/{id}/transcripts", staff.Listen, "transcribe-call", s.transcribe)
	add(t, "GET", "/types", staff.SeeSettings, "official-types", s.officialTypes)
	add(t, "PUT", "/types", staff.ChangeSettings, "put-types", s.putTypes)
	stream(t, "GET", "/types/export", staff.SeeSettings, "export-types", s.exportTypes)
	add(t, "GET", "/calls/{id}/opinions", staff.SeeCalls, "call-opinions", s.opinions)
	add(t, "POST", "/calls/{id}/opinions", staff.Listen, "ask-opinion", s.askOpinion)

	add(t, "GET", "/limits", staff.SeeLimits, "list-limits", s.listLimits)
	add(t, "POST", "/limits", staff.ProposeLimit, "propose-limit", s.proposeLimit)
	add(t, "POST", "/limits/{id}/approve", staff.ApproveLimit, "approve-limit", s.approveLimit)
	add(t, "POST", "/limits/{id}/lift", staff.LiftLimit, "lift-limit", s.liftLimit)

	add(t, "GET", "/objections", staff.SeeLimits, "list-objections", s.listObjections)
	add(t, "POST", "/limits/{id}/objections", staff.ProposeLimit, "object-to-limit", s.object)
	add(t, "POST", "/objections/{id}/answer", staff.ApproveLimit, "answer-objection", s.answerObjection)

	add(t, "GET", "/notices", staff.SeeNotices, "list-notices", s.listNotices)
	add(t, "POST", "/notices/{id}/acknowledge", staff.AcknowledgeNotice, "acknowledge-notice", s.acknowledge)

	add(t, "GET", "/incidents", staff.SeeIncidents, "list-incidents", s.listIncidents)
	add(t, "POST", "/calls/{id}/incident", staff.HandleIncidents, "open-incident", s.openIncident)
	add(t, "POST", "/incidents/{id}/status", staff.HandleIncidents, "move-incident", s.moveIncident)
	add(t, "POST", "/incidents/{id}/types", staff.HandleIncidents, "state-types", s.stateTypes)

	add(t, "GET", "/trials", staff.SeeSettings, "list-trials", s.listTrials)
	add(t, "POST", "/trials", staff.TryRules, "ask-trial", s.askTrial)
	add(t, "GET", "/trials/{id}", staff.SeeSettings, "get-trial", s.getTrial)
	add(t, "POST", "/trials/{id}/stop", staff.TryRules, "stop-trial", s.stopTrial)
	add(t, "POST", "/calls/{id}/wrong-flag", staff.HandleIncidents, "flag-wrong", s.flagWrong)

	add(t, "POST", "/criteria/check", staff.SeeSettings, "check-criteria", s.checkCriteria)
	add(t, "GET", "/settings", staff.SeeSettings, "get-settings", s.getSettings)
	add(t, "PUT", "/settings", staff.ChangeSettings, "put-settings", s.putSettings)
	add(t, "POST", "/settings/closed-days", staff.ChangeSettings, "read-closed-days", s.readClosed)

	add(t, "POST", "/voices/ask", staff.ChangeSettings, "ask-voices", s.askVoice)
	add(t, "POST", "/voices/approve", staff.ApproveVoices, "approve-voices", s.approveVoice)
	add(t, "POST", "/voices/off", staff.ApproveVoices, "voices-off", s.voiceOff)

	add(t, "GET", "/lexicon", staff.SeeLexicon, "get-lexicon", s.getLexicon)
	add(t, "PUT", "/lexicon", staff.ChangeLexicon, "put-lexicon", s.putLexicon)
	add(t, "POST", "/lexicon/check", staff.ChangeLexicon, "check-lexicon", s.checkLexicon)
	add(t, "POST", "/lexicon/import", staff.ChangeLexicon, "import-lexicon", s.importLexicon)
	stream(t, "GET", "/lexicon/export", staff.SeeLexicon, "export-lexicon", s.exportLexicon)

	add(t, "GET", "/staff", staff.ManageStaff, "list-staff", s.listStaff)
	add(t, "POST", "/staff", staff.ManageStaff, "add-staff", s.addStaff)
	add(t, "PATCH", "/staff/{id}", staff.ManageStaff, "change-staff", s.changeStaff)
	add(t, "POST", "/staff/{id}/password", staff.ManageStaff, "reset-password", s.resetPassword)

	add(t, "GET", "/health", staff.SeeHealth, "get-health", s.getHealth)
	add(t, "GET", "/trail", staff.SeeTrail, "list-trail", s.listTrail)
}

// A table collects the routes while they are registered with the API.
type table struct {
	api    huma.API
	server *Server
	routes []Route
}

const prefix = "/api/v1"

func (t *table) operation(method, path string, needs staff.Permission, id string) huma.Operation {
	t.routes = append(t.routes, Route{method, prefix + path, needs})
	op := huma.Operation{OperationID: id, Method: method, Path: prefix + path, MaxBodyBytes: 1 << 20,
		Summary: "Needs " + string(needs) + ".", Middlewares: huma.Middlewares{t.server.allow(t.api, needs)}}
	if needs != staff.Anybody {
		op.Security = []map[string][]string{{"session": {}}}
	}
	return op
}

// A none is the input of a request that has none.
type none struct{}

// add registers a handler. Its error becomes a problem; its cause goes to the log under the problem's ID.
func add[I, O any](t *table, method, path string, needs staff.Permission, id string, h func(context.Context, *I) (*O, error)) {
	huma.Register(t.api, t.operation(method, path, needs, id), func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, t.server.refuse(ctx, id, err)
		}
		return out, nil
	})
}

// stream registers a handler that writes its answer itself: the live feed, sound.
func stream[I any](t *table, method, path string, needs staff.Permission, id string, h func(context.Context, *I) (func(http.ResponseWriter, *http.Request), error)) {
	op := t.operation(method, path, needs, id)
	ok := &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{}}
	switch id {
	case "live":
		ok.Content["text/event-stream"] = &huma.MediaType{Schema: liveSchema(t.api.OpenAPI().Components.Schemas)}
	case "call-rough":
		ok.Content["text/event-stream"] = &huma.MediaType{Schema: t.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[RoughView](), true, "rough")}
	case "export-lexicon", "export-types":
		ok.Content["text/csv"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	default:
		ok.Content["audio/wav"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	op.Responses = map[string]*huma.Response{"200": ok}
	huma.Register(t.api, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		write, err := h(ctx, in)
		if err != nil {
			return nil, t.server.refuse(ctx, id, err)
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) { r, w := unwrap(hc); write(w, r) }}, nil
	})
}
