package web

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/danielgtaylor/huma/v2"

	"commusafe/internal/office/staff"
)

// A working day; the session ends then, used or not.
const sessionLength = 12 * time.Hour

// What a session carries.
const (
	personID     = "person"
	passwordMark = "password" // staff.Person.PasswordMark at the log-in
)

// newSessions fills the manager by hand: scs.New starts a goroutine for a store that is not used here.
func newSessions(store scs.Store, secure bool) *scs.SessionManager {
	return &scs.SessionManager{Store: store, Lifetime: sessionLength, Codec: scs.GobCodec{},
		Cookie: scs.SessionCookie{Name: sessionCookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure},
		ErrorFunc: func(w http.ResponseWriter, _ *http.Request, _ error) {
			writeProblem(w, problem(http.StatusServiceUnavailable, "error.unavailable", ""))
		}}
}

// allow lets a request through to a route when the person of its session may.
func (s *Server) allow(api huma.API, needs staff.Permission) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		p, err := s.person(hc.Context())
		switch {
		case needs == staff.Anybody:
		case err != nil && !errors.Is(err, errNobody):
			_ = huma.WriteErr(api, hc, http.StatusServiceUnavailable, "") // the answer can't be written: nobody is there
			return
		case err != nil:
			_ = huma.WriteErr(api, hc, http.StatusUnauthorized, "")
			return
		case p.MustChange && needs != staff.OwnAccount:
			// Somebody else has seen this password: nothing but changing it works with it.
			_ = huma.WriteErr(api, hc, http.StatusPreconditionRequired, "")
			return
		case !p.May(needs):
			_ = huma.WriteErr(api, hc, http.StatusForbidden, "")
			return
		}
		next(huma.WithValue(hc, personKey{}, p))
	}
}

var errNobody = errors.New("nobody has logged in")

// person gives who has logged in, as they are now: a role that is taken away and a password that is changed count at once. While the
// database does not answer, they are as it said last.
func (s *Server) person(ctx context.Context) (staff.Person, error) {
	id := s.sessions.GetString(ctx, personID)
	if id == "" {
		return staff.Person{}, errNobody
	}
	p, there, err := s.people.ask(ctx, staff.ID(id), func(ctx context.Context) (staff.Person, bool, error) {
		p, err := s.Staff.Store.Staff(ctx, staff.ID(id))
		if errors.Is(err, fs.ErrNotExist) {
			return p, false, nil
		}
		return p, true, err
	})
	if err == nil && (!there || p.Disabled || s.sessions.GetString(ctx, passwordMark) != p.PasswordMark()) {
		return staff.Person{}, errNobody
	}
	return p, err
}

type logInIn struct {
	Body LogIn
	// From is the peer's address, Behind the one that a proxy names as its own peer's; set by Resolve.
	From   string `hidden:"true" json:"-"`
	Behind string `hidden:"true" json:"-"`
}

// Resolve notes where the request came from.
func (in *logInIn) Resolve(hc huma.Context) []error {
	host, _, err := net.SplitHostPort(hc.RemoteAddr())
	if err != nil {
		host = hc.RemoteAddr()
	}
	in.From = host
	r, _ := unwrap(hc)
	all := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if a, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil { // the last is the proxy's word, those before are anybody's
		in.Behind = a.String()
	}
	return nil
}

// from is who guesses: behind a proxy the peer is the same for everybody, and one who guesses would keep all others out.
func (s *Server) from(in *logInIn) string {
	if s.Secure && in.Behind != "" {
		return in.Behind
	}
	return in.From
}

func (s *Server) logIn(ctx context.Context, in *logInIn) (*body[Me], error) {
	p, err := s.Staff.LogIn(ctx, in.Body.Login, in.Body.Password, s.from(in))
	switch {
	case errors.Is(err, staff.ErrTooMany):
		return nil, problem(http.StatusTooManyRequests, "error.too_many", "")
	case errors.Is(err, staff.ErrWrong):
		return nil, problem(http.StatusUnauthorized, "error.login_wrong", "")
	case err != nil:
		return nil, err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return nil, err
	}
	s.sessions.Put(ctx, personID, string(p.ID))
	s.sessions.Put(ctx, passwordMark, p.PasswordMark())
	return &body[Me]{s.meOf(p)}, nil
}

func (s *Server) logOut(ctx context.Context, _ *none) (*none, error) {
	p := who(ctx)
	if err := s.sessions.Destroy(ctx); err != nil {
		return nil, err
	}
	return nil, s.Store.AppendTrail(ctx, p.By("trail.log_out", string(p.ID), ""))
}

func (s *Server) meOf(p staff.Person) Me {
	return Me{ID: p.ID, Login: p.Login, Name: p.Name, Role: p.Role, Rights: filled(p.Rights), Permissions: p.Role.Permissions(), MustChange: p.MustChange, Version: s.Version}
}

func (s *Server) me(ctx context.Context, _ *none) (*body[Me], error) {
	return &body[Me]{s.meOf(who(ctx))}, nil
}

func (s *Server) changePassword(ctx context.Context, in *body[NewPassword]) (*none, error) {
	defer s.people.forget(who(ctx).ID)
	p, err := s.Staff.ChangePassword(ctx, who(ctx), in.Body.Old, in.Body.New)
	switch {
	case errors.Is(err, staff.ErrTooMany):
		return nil, problem(http.StatusTooManyRequests, "error.too_many", "")
	case errors.Is(err, staff.ErrWrong):
		return nil, problem(http.StatusUnprocessableEntity, "error.password_wrong", "")
	case err != nil:
		return nil, err
	}
	s.sessions.Put(ctx, passwordMark, p.PasswordMark())
	return nil, s.sessions.RenewToken(ctx)
}

// filled gives an empty list for none, so that it is [] on the wire.
func filled[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}
