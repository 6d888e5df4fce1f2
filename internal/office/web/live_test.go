package web

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/office/staff"
)

// listen opens the live feed and gives its lines.
func (b *browser) listen(lastID string) (*bufio.Scanner, func()) {
	b.k.t.Helper()
	ctx, stop := context.WithCancel(b.k.t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", b.k.http.URL+prefix+"/live", nil)
	if err != nil {
		b.k.t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := b.http.Do(req)
	if err != nil || resp.StatusCode != 200 {
		b.k.t.Fatalf("live feed: %v", err)
	}
	return bufio.NewScanner(resp.Body), func() {
		stop()
		_ = resp.Body.Close()
	}
}

// next gives the next line with one of the prefixes.
func next(t *testing.T, s *bufio.Scanner, prefixes ...string) string {
	t.Helper()
	for s.Scan() {
		for _, p := range prefixes {
			if v, ok := strings.CutPrefix(s.Text(), p); ok {
				return v
			}
		}
	}
	t.Fatalf("the feed ended before %v (%v)", prefixes, s.Err())
	return ""
}

// The first event is a snapshot; who comes back and has missed nothing gets none.
func TestTheFeedBeginsWithASnapshot(t *testing.T) {
	k := newKit(t)
	b := k.as(staff.Operator)
	s, stop := b.listen("")
	id := next(t, s, "id: ")
	if name := next(t, s, "event: "); name != "snapshot" {
		t.Errorf("first event %s", name)
	}
	stop()
	s, stop = b.listen(id)
	if c := next(t, s, ": ", "event: "); c != "nothing was missed" {
		t.Errorf("who missed nothing gets %q", c)
	}
	stop()
	k.server.Live.Update(bus.Update{Call: bus.CallView{Incoming: call.Incoming{ID: call.NewID()}, Revision: 1}})
	s, stop = b.listen(id)
	defer stop()
	if name := next(t, s, "event: "); name != "snapshot" {
		t.Errorf("who missed something gets %s", name)
	}
}

// An operator is not told of notices and limits.
func TestTheFeedKnowsWhoReads(t *testing.T) {
	k := newKit(t)
	operator, stop1 := k.as(staff.Operator).listen("")
	defer stop1()
	supervisor, stop2 := k.as(staff.Supervisor).listen("")
	defer stop2()
	next(t, operator, "event: snapshot")
	next(t, supervisor, "event: snapshot")
	k.server.LimitsChanged()
	k.server.CallGone("x")
	if e := next(t, operator, "event: "); e != "call_gone" {
		t.Errorf("an operator was told of %s", e)
	}
	if e := next(t, supervisor, "event: "); e != "limits" {
		t.Errorf("a supervisor was told of %s first", e)
	}
}

// While the database is away the live calls are still shown to who was watching them: they are in memory.
func TestTheFeedOutlivesTheDatabase(t *testing.T) {
	k := newKit(t)
	s, stop := k.as(staff.Supervisor).listen("")
	defer stop()
	next(t, s, "event: snapshot")
	next(t, s, ": still here")
	if err := k.server.Store.Close(); err != nil {
		t.Fatal(err)
	}
	next(t, s, ": still here")
	id := call.NewID()
	k.server.Live.Update(bus.Update{Call: bus.CallView{Incoming: call.Incoming{ID: id}, Revision: 1}})
	if data := next(t, s, "data: "); !strings.Contains(data, string(id)) {
		t.Errorf("told %s", data)
	}
}

// A browser that does not read is dropped; nobody waits for it.
func TestASlowReaderIsDropped(t *testing.T) {
	f := newFeed()
	slow, _ := f.subscribe(staff.Person{Role: staff.Supervisor})
	began := time.Now()
	for range readerDepth + 10 {
		if err := f.publish("call_gone", staff.SeeLive, CallGone{}); err != nil {
			t.Fatal(err)
		}
	}
	if f.Readers() != 0 || time.Since(began) > time.Second {
		t.Errorf("%d readers after %s", f.Readers(), time.Since(began))
	}
	n := 0
	for range slow.events {
		n++
	}
	if n != readerDepth {
		t.Errorf("%d events were waiting", n)
	}
	f.leave(slow) // a second time is harmless
	f.close()
	if late, _ := f.subscribe(staff.Person{}); late.events == nil {
		t.Error("a reader after the end")
	} else if _, ok := <-late.events; ok {
		t.Error("an event after the end")
	}
}
