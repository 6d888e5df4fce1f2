// Package web is the office's face: the HTTP API, the live feed, the console's assets and its texts.
//
// Owns: routes and what each needs, the shapes on the wire, errors as people see them, sessions, the live feed.
// Never: SQL, SIP, rules of the domain; telephone numbers or words in a URL or a log.
// Goroutines: those of the HTTP server. The live feed runs in its request and is dropped when its reader is too slow.
//
// Flow: cross-origin check → session → permission of the route (routes.go) → handler: read, check, call a service,
// answer. An error becomes a problem with an ID that stands in the log too (problem.go).
package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"commusafe/internal/office/staff"
)

// A Server answers the console.
type Server struct {
	Config
	routes []Route
	api    huma.API
}

func (s *Server) build(mux *http.ServeMux) {
	reg := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	aliases(reg)
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{OpenAPI: "3.1.0", Info: &huma.Info{Title: "commusafe", Version: "1", Description: "API of the office. Times are RFC 3339 in UTC, call times milliseconds since the INVITE. Errors are problems (RFC 9457) whose title is a key of the text catalogue."},
			Components: &huma.Components{Schemas: reg, SecuritySchemes: map[string]*huma.SecurityScheme{"session": {Type: "apiKey", In: "cookie", Name: sessionCookie}}}},
		Formats: huma.DefaultFormats, DefaultFormat: "application/json", Transformers: []huma.Transformer{transform(s.Log)},
	}
	s.api = humago.New(mux, config)
	t := &table{api: s.api, server: s}
	s.register(t)
	plainArrays(reg)
	s.routes = t.routes
}

// Routes gives the table, for the test of every route and role.
func (s *Server) Routes() []Route { return s.routes }

func unwrap(hc huma.Context) (*http.Request, http.ResponseWriter) { return humago.Unwrap(hc) }

const sessionCookie = "commusafe_session"

type personKey struct{}

// who gives the person who asks; the permission check has put it there.
func who(ctx context.Context) staff.Person {
	p, _ := ctx.Value(personKey{}).(staff.Person)
	return p
}
