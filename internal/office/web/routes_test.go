package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
)

// who may use which route: o operator, s supervisor, m manager, a administrator, u auditor, * also who has not logged in.
// A new route fails the test until it stands here.
func allowedTo() map[string]string {
	return map[string]string{
		"POST /api/v1/session":                  "*osmau",
		"DELETE /api/v1/session":                "osmau",
		"GET /api/v1/me":                        "osmau",
		"POST /api/v1/me/password":              "osmau",
		"GET /api/v1/texts/{lang}":              "*osmau",
		"GET /api/v1/live":                      "osmau",
		"GET /api/v1/calls/{id}/rough":          "osmau",
		"POST /api/v1/calls/{id}/commands":      "os",
		"GET /api/v1/calls":                     "smu",
		"POST /api/v1/calls/search":             "smu",
		"GET /api/v1/calls/{id}":                "smu",
		"GET /api/v1/calls/{id}/peaks":          "sm",
		"GET /api/v1/calls/{id}/sound/{party}":  "sm",
		"GET /api/v1/calls/{id}/transcripts":    "smu",
		"POST /api/v1/calls/{id}/transcripts":   "sm",
		"GET /api/v1/types":                     "smau",
		"PUT /api/v1/types":                     "a",
		"GET /api/v1/types/export":              "smau",
		"GET /api/v1/calls/{id}/opinions":       "smu",
		"POST /api/v1/calls/{id}/opinions":      "sm",
		"GET /api/v1/limits":                    "smau",
		"POST /api/v1/limits":                   "s",
		"POST /api/v1/limits/{id}/approve":      "sm",
		"POST /api/v1/limits/{id}/lift":         "sm",
		"GET /api/v1/notices":                   "smau",
		"POST /api/v1/notices/{id}/acknowledge": "sm",
		"GET /api/v1/incidents":                 "smu",
		"POST /api/v1/criteria/check":           "smau",
		"GET /api/v1/trials":                    "smau",
		"POST /api/v1/trials":                   "sma",
		"GET /api/v1/trials/{id}":               "smau",
		"POST /api/v1/trials/{id}/stop":         "sma",
		"POST /api/v1/calls/{id}/wrong-flag":    "sm",
		"POST /api/v1/incidents/{id}/status":    "sm",
		"POST /api/v1/incidents/{id}/types":     "sm",
		"GET /api/v1/objections":                "smau",
		"POST /api/v1/limits/{id}/objections":   "s",
		"POST /api/v1/objections/{id}/answer":   "sm",
		"POST /api/v1/calls/{id}/incident":      "sm",
		"GET /api/v1/settings":                  "smau",
		"PUT /api/v1/settings":                  "a",
		"POST /api/v1/settings/closed-days":     "a",
		"POST /api/v1/voices/ask":               "a",
		"POST /api/v1/voices/approve":           "ma",
		"POST /api/v1/voices/off":               "ma",
		"GET /api/v1/lexicon":                   "smau",
		"PUT /api/v1/lexicon":                   "sma",
		"POST /api/v1/lexicon/check":            "sma",
		"POST /api/v1/lexicon/import":           "sma",
		"GET /api/v1/lexicon/export":            "smau",
		"GET /api/v1/staff":                     "a",
		"POST /api/v1/staff":                    "a",
		"PATCH /api/v1/staff/{id}":              "a",
		"POST /api/v1/staff/{id}/password":      "a",
		"GET /api/v1/health":                    "smau",
		"GET /api/v1/trail":                     "u",
	}
}

// Every route, for every role and for nobody.
func TestEveryRouteForEveryRole(t *testing.T) {
	k := newKit(t)
	people := map[string]*browser{"*": k.nobody(), "o": k.as(staff.Operator), "s": k.as(staff.Supervisor), "m": k.as(staff.Manager),
		"a": k.as(staff.Administrator), "u": k.as(staff.Auditor)}
	if len(k.server.Routes()) != len(allowedTo()) {
		t.Errorf("%d routes, %d in the table", len(k.server.Routes()), len(allowedTo()))
	}
	for _, r := range k.server.Routes() {
		name := r.Method + " " + r.Path
		may, known := allowedTo()[name]
		if !known {
			t.Errorf("%s is not in the table", name)
			continue
		}
		path := strings.NewReplacer("{id}", "none", "{lang}", "ja", "{party}", "caller", prefix, "").Replace(r.Path)
		for who, b := range people {
			if name == "DELETE /api/v1/session" && who != "*" {
				continue // nobody could go on; see TestLogOut
			}
			status, _ := b.do(r.Method, path, map[string]any{})
			want := strings.Contains(may, who)
			refused := status == http.StatusForbidden || status == http.StatusUnauthorized && who == "*"
			if name == "POST /api/v1/session" {
				refused = status != http.StatusUnprocessableEntity
			}
			if want == refused || status >= 500 {
				t.Errorf("%s for %s: %d, allowed %v", name, who, status, want)
			}
		}
	}
}

func TestLogOut(t *testing.T) {
	b := newKit(t).as(staff.Auditor)
	if status, _ := b.do("DELETE", "/session", nil); status != 204 {
		t.Errorf("log-out: %d", status)
	}
	if status, p := b.do("GET", "/me", nil); status != 401 || p.Title != "error.log_in" {
		t.Errorf("after the log-out: %d %s", status, p.Title)
	}
}

// Behind a proxy, who guesses passwords keeps nobody else out; what a browser says of itself is believed of nobody.
func TestGuessingBehindAProxy(t *testing.T) {
	k := newKit(t)
	k.as(staff.Operator)
	try := func(password, forwarded string) int {
		t.Helper()
		b, err := json.Marshal(LogIn{Login: "the operator", Password: password})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", prefix+"/session", bytes.NewReader(b))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Forwarded-For", forwarded)
		w := httptest.NewRecorder()
		k.server.ServeHTTP(w, r)
		return w.Code
	}
	k.server.Secure = true
	for i := range 6 {
		want := http.StatusUnauthorized
		if i == 5 {
			want = http.StatusTooManyRequests
		}
		if status := try("x", fmt.Sprintf("203.0.113.%d, 192.0.2.1", i)); status != want {
			t.Errorf("guess %d: %d, want %d", i+1, status, want)
		}
	}
	if status := try("correct horse battery", "192.0.2.2"); status != http.StatusOK {
		t.Errorf("another one behind the proxy: %d", status)
	}
	k.server.Secure = false
	for i := range 6 {
		try("x", fmt.Sprintf("192.0.2.%d", 10+i))
	}
	if status := try("x", "192.0.2.3"); status != http.StatusTooManyRequests {
		t.Errorf("without a proxy a browser's word is believed: %d", status)
	}
}

// Somebody who logs in while another program holds the database is asked to try again, and not to report a fault.
func TestALogInWhileTheDatabaseIsLocked(t *testing.T) {
	k := newKit(t)
	k.as(staff.Operator)
	k.server.Staff = &staff.Book{Store: locked{k.server.Store}}
	status, p := k.nobody().do("POST", "/session", LogIn{Login: "the operator", Password: "correct horse battery"})
	if status != http.StatusServiceUnavailable || p.Title != "error.unavailable" {
		t.Errorf("%d %s", status, p.Title)
	}
}

// locked is a store that somebody else holds.
type locked struct{ *store.Store }

func (locked) AppendTrail(context.Context, staff.Deed) error {
	return fmt.Errorf("trail: %w", store.ErrAway)
}

// A role or an account that is taken away counts at the next request.
func TestWhatIsTakenAwayCountsAtOnce(t *testing.T) {
	k := newKit(t)
	b, admin := k.as(staff.Supervisor), k.as(staff.Administrator)
	p, err := k.server.Staff.Store.StaffByLogin(t.Context(), "the supervisor")
	if err != nil {
		t.Fatal(err)
	}
	operator, disabled := staff.Operator, true
	if status, _ := admin.do("PATCH", "/staff/"+string(p.ID), PersonPatch{Role: &operator}); status != 200 {
		t.Fatal(status)
	}
	if status, _ := b.do("GET", "/calls", nil); status != 403 {
		t.Errorf("past calls for somebody who is an operator by now: %d", status)
	}
	if status, _ := admin.do("PATCH", "/staff/"+string(p.ID), PersonPatch{Disabled: &disabled}); status != 200 {
		t.Fatal(status)
	}
	if status, _ := b.do("GET", "/me", nil); status != 401 {
		t.Errorf("a disabled account: %d", status)
	}
	me, err := k.server.Staff.Store.StaffByLogin(t.Context(), "the administrator")
	if err != nil {
		t.Fatal(err)
	}
	if status, p := admin.do("PATCH", "/staff/"+string(me.ID), PersonPatch{Disabled: &disabled}); status != 409 || p.Title != "error.staff_last" {
		t.Errorf("the last administrator was disabled: %d %s", status, p.Title)
	}
}

// A new password ends every session that the old one opened, but not the one in which it was changed.
func TestANewPasswordEndsTheOtherSessions(t *testing.T) {
	k := newKit(t)
	here, elsewhere, admin := k.as(staff.Supervisor), k.nobody(), k.as(staff.Administrator)
	const old, fresh = "correct horse battery", "another staple of mine"
	if status, _ := elsewhere.do("POST", "/session", LogIn{Login: "the supervisor", Password: old}); status != 200 {
		t.Fatal(status)
	}
	if status, _ := here.do("POST", "/me/password", NewPassword{Old: old, New: fresh}); status != 204 {
		t.Fatal(status)
	}
	if status, _ := elsewhere.do("GET", "/me", nil); status != 401 {
		t.Errorf("a session of the old password: %d", status)
	}
	if status, _ := here.do("GET", "/me", nil); status != 200 {
		t.Errorf("the session in which the password was changed: %d", status)
	}
	p, err := k.server.Staff.Store.StaffByLogin(t.Context(), "the supervisor")
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := admin.do("POST", "/staff/"+string(p.ID)+"/password", nil); status != 200 {
		t.Fatal(status)
	}
	if status, _ := here.do("GET", "/me", nil); status != 401 {
		t.Errorf("a session after an administrator's reset: %d", status)
	}
}

func TestLogInsAreSlowedDown(t *testing.T) {
	b := newKit(t).nobody()
	var last int
	for range 7 {
		last, _ = b.do("POST", "/session", LogIn{Login: "nobody", Password: "guess"})
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the seventh guess: %d", last)
	}
}

func TestAnotherSiteIsRefused(t *testing.T) {
	k := newKit(t)
	req, err := http.NewRequestWithContext(t.Context(), "POST", k.http.URL+prefix+"/session", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := k.http.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 403 {
		t.Errorf("cross-site: %d", resp.StatusCode)
	}
	for h, want := range map[string]string{"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if !strings.HasPrefix(resp.Header.Get(h), want) {
			t.Errorf("%s is %q", h, resp.Header.Get(h))
		}
	}
}
