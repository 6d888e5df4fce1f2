package edge

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// At S4 without an office the edge itself calls for help, and says nothing of the words or the number.
func TestTheEdgeCallsForHelp(t *testing.T) {
	got := make(chan map[string]any, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m map[string]any
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		got <- m
	}))
	defer hook.Close()
	a := newAlarm(slog.New(slog.DiscardHandler))
	defer a.client.CloseIdleConnections()
	v := bus.CallView{Incoming: call.Incoming{ID: call.NewID(), From: call.ParseNumber("0390001111")}, Actions: []policy.Do{policy.Alert},
		Judgement: judge.Judgement{Level: judge.Emergency, Findings: []judge.Finding{{Category: judge.Threat, Words: "secret"}}}}
	if a.needed(v, "") || !a.needed(v, hook.URL) {
		t.Error("needed without a webhook, or not needed with one")
	}
	if err := a.call(t.Context(), hook.URL, v); err != nil {
		t.Fatal(err)
	}
	m := <-got
	if m["category"] != "THREAT" || m["level"] != "S4" || len(m) != 6 {
		t.Errorf("%v", m)
	}
	a.officeAnswered()
	if a.needed(v, hook.URL) {
		t.Error("the office is there and would tell people itself")
	}
	quiet := v
	quiet.Actions = []policy.Do{policy.Notify}
	if newAlarm(slog.Default()).needed(quiet, hook.URL) {
		t.Error("a mere notice is no emergency")
	}
}

// A clock that is put forward makes no office absent, and one that is put back hides no absence.
func TestAStepOfTheClockIsNoAbsence(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		a := newAlarm(slog.New(slog.DiscardHandler))
		a.officeAnswered()
		at := *a.answered.Load()
		*(*int64)(unsafe.Pointer(&at)) -= int64(by/time.Second) << 30 // the seconds beside a monotonic reading: as if the clock had been stepped since
		a.answered.Store(&at)
		if away := a.away(); away < 0 || away > officeAway {
			t.Errorf("clock put by %v: the office seems to be away for %v", by, away)
		}
	}
}

// An emergency in a call that ends before the office is known to be away is told all the same; an office that answers tells it itself.
func TestTheEdgeCallsForHelpAfterTheCall(t *testing.T) {
	for name, answers := range map[string]bool{"away": false, "there": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &Edge{alarm: newAlarm(slog.New(slog.DiscardHandler)), settings: &settings{snap: bus.Settings{Webhook: "http://help.invalid"}}}
				rung := 0
				e.alarm.client.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
					rung++
					return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
				})
				e.alarm.officeAnswered()
				time.Sleep(3 * time.Second)
				c := &live{edge: e, log: slog.New(slog.DiscardHandler)}
				v := bus.CallView{Actions: []policy.Do{policy.Alert}}
				c.ring(v)
				v.Ended = &call.EndReason{By: call.ByCaller}
				c.ring(v)
				c.ring(v)
				if time.Sleep(4 * time.Second); answers {
					e.alarm.officeAnswered()
				}
				e.ringing.Wait()
				if want := map[bool]int{false: 1}[answers]; rung != want {
					t.Errorf("rung %d times, want %d", rung, want)
				}
			})
		})
	}
}

// A roundTrip stands in for the network.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
