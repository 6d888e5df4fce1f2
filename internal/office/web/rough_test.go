package web

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/office/staff"
)

// Who looks at a live call is shown its rough reading as long as they look; the listener is told that somebody looks, and
// of a call that is over there is none.
func TestTheRoughReadingIsShownToWhoLooks(t *testing.T) {
	k := newKit(t)
	id := call.NewID()
	tell := func(revision int, line string) {
		k.server.Live.Update(bus.Update{Call: bus.CallView{Incoming: call.Incoming{ID: id}, Edge: "e", Revision: revision, Line: line}})
	}
	b := k.as(staff.Operator)
	if status, p := b.do("GET", "/calls/"+string(id)+"/rough", nil); status != 404 || p.Title != "error.no_call" {
		t.Errorf("a call that nobody knows: %d %s", status, p.Title)
	}
	tell(1, bus.LineWatching)
	look := func() (*bufio.Scanner, func()) {
		ctx, leave := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, "GET", k.http.URL+prefix+"/calls/"+string(id)+"/rough", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := b.http.Do(req)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%v %v", resp, err)
		}
		return bufio.NewScanner(resp.Body), func() { leave(); _ = resp.Body.Close() }
	}
	s, leave := look()
	show := <-k.shown
	if looked := <-k.looks; looked != id {
		t.Errorf("the listener of %s was told", looked)
	}
	show(bus.Rough{Call: id, Party: call.Caller, AtMS: 1500, Kana: "もしもし"})
	if name, data := next(t, s, "event: "), next(t, s, "data: "); name != "rough" || data != `{"party":"caller","at_ms":1500,"kana":"もしもし"}` {
		t.Errorf("%s %s", name, data)
	}
	<-k.looks // told again while somebody looks
	leave()
	<-k.ended

	s, leave = look()
	defer leave()
	show = <-k.shown
	tell(2, bus.LineEnded)
	for range 10 * roughDepth { // nobody waits for a browser
		show(bus.Rough{Call: id, Kana: "あ"})
	}
	for {
		name := next(t, s, "event: ")
		if name == "over" {
			break
		}
		if name != "rough" {
			t.Fatal(name)
		}
	}
	<-k.ended
	if s.Scan() && strings.HasPrefix(s.Text(), "event: rough") {
		t.Error("something after the end")
	}
}
