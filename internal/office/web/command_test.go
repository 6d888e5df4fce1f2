package web

import (
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/office/staff"
)

// An operator may help and mark; acting on a call is for supervisors. What the edge says reaches the person.
func TestCommands(t *testing.T) {
	k := newKit(t)
	id := call.NewID()
	k.server.Live.Update(bus.Update{V: 1, Wall: time.Now(), Call: bus.CallView{Incoming: call.Incoming{ID: id}, Edge: "e1", Revision: 1}})
	operator, supervisor := k.as(staff.Operator), k.as(staff.Supervisor)
	path := "/calls/" + string(id) + "/commands"
	for _, c := range []struct {
		who    *browser
		do     string
		reply  string
		status int
		key    string
	}{
		{operator, "help", "", 200, ""},
		{operator, "wrong_flag", "", 200, ""},
		{operator, "cut", "", 403, "error.forbidden"},
		{supervisor, "cut", "", 200, ""},
		{supervisor, "warn", "error.busy", 409, "error.busy"},
		{supervisor, "warn", "error.over", 409, "error.over"},
		{supervisor, "voicebot", "error.cannot", 422, "error.cannot"},
		{supervisor, "rejoin", "error.no_call", 404, "error.no_call"},
		{supervisor, "explode", "", 422, "error.input"},
	} {
		k.reply.Error = c.reply
		status, p := c.who.do("POST", path, CommandBody{ID: "12345678", Do: c.do, Why: "w"})
		if status != c.status || p.Title != c.key {
			t.Errorf("%s: %d %q, want %d %q", c.do, status, p.Title, c.status, c.key)
		}
	}
	if n := len(k.asked); n != 7 {
		t.Errorf("the edge was asked %d times, want 7", n)
	}
	if a := k.asked[2]; a.Command.Do != "cut" || a.Command.Role != "supervisor" || a.Command.By == "" || a.ID != "12345678" {
		t.Errorf("%+v", a)
	}
	if status, p := supervisor.do("POST", "/calls/"+string(call.NewID())+"/commands", CommandBody{ID: "12345678", Do: "warn"}); status != 404 || p.Title != "error.no_call" {
		t.Errorf("an unknown call: %d %s", status, p.Title)
	}
	written, err := k.server.Store.TrailOf(t.Context(), string(id), "trail.command")
	if err != nil || len(written) != 7 {
		t.Errorf("%d commands in the trail (%v)", len(written), err)
	}
}
