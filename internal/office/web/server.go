// Package web is the office's face: the HTTP API, the live feed, the console's assets and its texts.
//
// Owns: routes and what each needs, the shapes on the wire, errors as people see them, sessions, the live feed.
// Never: SQL, SIP, rules of the domain; telephone numbers or words in a URL or a log.
// Goroutines: those of the HTTP server. The live feed and the rough reading of a call run in their requests; a reader that is
// too slow is dropped.
//
// Flow: cross-origin check → session → permission of the route (routes.go) → handler: read, check, call a service,
// answer. An error becomes a problem with an ID that stands in the log too (errors.go, problem.go).
package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/office/after"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/intake"
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

// A Config is what a server stands on. All of it is needed.
type Config struct {
	Version   string
	Calls     string // directory of the call folders
	Store     *store.Store
	Staff     *staff.Book
	Limits    *limits.Ledger
	Voices    *voices.Book
	Lexicon   *lexicon.Book
	Notices   *notify.Desk
	Incidents *incident.Book
	Settings  *settings.Keeper
	Live      *intake.Live
	After     *after.Desk
	Opinion   *opinion.Desk
	Trials    *trial.Desk
	// Command asks the edge that owns a call; an error says that it did not answer.
	Command func(ctx context.Context, edge string, c bus.CommandRequest) (bus.Reply, error)
	// Look tells the listener of a call that somebody looks at its rough reading; Rough gives it until stopped.
	Look      func(call.ID) error
	Rough     func(id call.ID, take func(bus.Rough)) (stop func(), err error)
	Processes func() []Process
	BusUp     func() bool
	// Secure marks the cookie for HTTPS only: the office stands behind a proxy that speaks TLS.
	Secure bool
	Log    *slog.Logger
}

// A Server answers the console.
type Server struct {
	Config
	routes   []Route
	api      huma.API
	sessions *scs.SessionManager
	feed     *Feed
	handler  http.Handler
	people   remembered[staff.ID, staff.Person]
	closed   chan struct{} // when the server stops
	close    sync.Once

	mu    sync.Mutex // guards below
	heard map[string]time.Time
}

// New makes a server. pages are further pages beside the API: health and metrics.
func New(c Config, pages http.Handler) *Server {
	s := &Server{Config: c, closed: make(chan struct{}), feed: newFeed(), people: remembered[staff.ID, staff.Person]{known: map[staff.ID]answered[staff.Person]{}},
		sessions: newSessions(&rememberedSessions{store.Sessions{Store: c.Store}, remembered[string, []byte]{known: map[string]answered[[]byte]{}}}, c.Secure)}
	mux := http.NewServeMux()
	s.build(mux)
	mux.HandleFunc(prefix+"/", func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, problem(http.StatusNotFound, "error.not_found", ""))
	})
	top := http.NewServeMux()
	for _, p := range []string{"/healthz", "/readyz", "/metrics"} {
		top.Handle("GET "+p, pages)
	}
	top.Handle(prefix+"/", s.sessions.LoadAndSave(mux))
	top.Handle("/", reading(console(assets())))
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, problem(http.StatusForbidden, "error.cross_origin", ""))
	}))
	s.handler = patient(headers(cross.Handler(top)))
	return s
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close ends the live feeds, so that the HTTP server can stop.
func (s *Server) Close() {
	s.close.Do(func() { close(s.closed) })
	s.feed.close()
}

// Readers is how many browsers follow the live feed.
func (s *Server) Readers() int { return s.feed.Readers() }

// headers are those of every answer. Styles may stand in the page: the wave picture writes its own.
func headers(next http.Handler) http.Handler {
	csp := strings.Join([]string{"default-src 'self'", "img-src 'self' data: blob:", "media-src 'self' blob:", "style-src 'self' 'unsafe-inline'",
		"frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "object-src 'none'"}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if strings.HasPrefix(r.URL.Path, prefix) {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
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
