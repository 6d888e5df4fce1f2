package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/office/staff"
)

// While the database is away a supervisor ends a call all the same, and a page that is loaded anew shows the live calls. It lets nobody in
// whom it has not confirmed, and nobody do more than before.
func TestCommandsWhileTheDatabaseIsAway(t *testing.T) {
	k := newKit(t)
	id := call.NewID()
	k.server.Live.Update(bus.Update{V: 1, Wall: time.Now(), Call: bus.CallView{Incoming: call.Incoming{ID: id}, Edge: "e1", Revision: 1}})
	operator, supervisor, gone, stranger := k.as(staff.Operator), k.as(staff.Supervisor), k.as(staff.Manager), k.nobody()
	admin := k.as(staff.Administrator)
	for _, b := range []*browser{operator, supervisor, gone} {
		if status, _ := b.do("GET", "/me", nil); status != 200 {
			t.Fatalf("got %d", status)
		}
	}
	out := true
	all, err := k.server.Staff.Store.ListStaff(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Role == staff.Manager {
			if status, p := admin.do("PATCH", "/staff/"+string(p.ID), PersonPatch{Disabled: &out}); status != 200 {
				t.Fatalf("%d %+v", status, p)
			}
		}
	}
	if err := k.server.Store.Close(); err != nil {
		t.Fatal(err)
	}
	path := "/calls/" + string(id) + "/commands"
	for name, c := range map[string]struct {
		who    *browser
		status int
	}{"supervisor": {supervisor, 200}, "operator": {operator, 403}, "stranger": {stranger, 401}} {
		if status, p := c.who.do("POST", path, CommandBody{ID: "12345678", Do: "cut"}); status != c.status {
			t.Errorf("%s: %d %q, want %d", name, status, p.Title, c.status)
		}
	}
	if status, p := gone.do("GET", "/me", nil); status < 400 { // who was disabled just before is not remembered as they were
		t.Errorf("who was disabled before got %d %+v", status, p)
	}
	if len(k.asked) != 1 {
		t.Errorf("the edge was asked %d times", len(k.asked))
	}
	s, stop := supervisor.listen("")
	defer stop()
	next(t, s, "event: snapshot")
	if data := next(t, s, "data: "); !strings.Contains(data, string(id)) || !strings.Contains(data, `"database":false`) {
		t.Errorf("told %s", data)
	}
}

// A page that was loaded while the database was away is told the rest when it is back: its feed ends, and the next one begins with all.
func TestAFeedThatBeganWithAPart(t *testing.T) {
	k := newKit(t)
	b := k.as(staff.Supervisor)
	part := httptest.NewServer(k.server.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		p, err := k.server.person(req.Context())
		if err != nil {
			t.Error(err)
		}
		r, _ := k.server.feed.subscribe(p)
		defer k.server.feed.leave(r)
		if err := k.server.follow(req.Context(), &eventWriter{w: w, c: http.NewResponseController(w)}, r, start{id: partly, data: []byte("{}")}); err != nil {
			t.Error(err)
		}
	})))
	defer part.Close()
	resp, err := b.http.Get(part.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if all, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(all), "event: snapshot") {
		t.Errorf("%s %v", all, err)
	}
	s, stop := b.listen(partly)
	defer stop()
	next(t, s, "event: snapshot")
}

// What is remembered is used while nothing answers, for an hour; what is answered counts at once, and nobody waits longer than a second.
func TestWhatIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := remembered[string, int]{known: map[string]answered[int]{}}
		ask := func(v int, there bool, err error) (int, bool, error) {
			return m.ask(t.Context(), "k", func(context.Context) (int, bool, error) { return v, there, err })
		}
		away := errors.New("away")
		if _, _, err := ask(0, false, away); !errors.Is(err, away) {
			t.Errorf("nothing is known yet: %v", err)
		}
		ask(7, true, nil)
		time.Sleep(59 * time.Minute)
		if v, there, err := ask(0, false, away); v != 7 || !there || err != nil {
			t.Error(v, there, err)
		}
		began := time.Now()
		v, there, err := m.ask(t.Context(), "k", func(ctx context.Context) (int, bool, error) { <-ctx.Done(); return 0, false, ctx.Err() })
		if took := time.Since(began); v != 7 || !there || err != nil || took > time.Second {
			t.Error(v, there, err, took)
		}
		time.Sleep(2 * time.Minute)
		if _, _, err := ask(0, false, away); !errors.Is(err, away) {
			t.Errorf("known for more than an hour: %v", err)
		}
		ask(7, true, nil)
		ask(0, false, nil)
		if _, there, err := ask(0, false, away); there || err == nil {
			t.Errorf("what is there no more is remembered: %v", err)
		}
	})
}
