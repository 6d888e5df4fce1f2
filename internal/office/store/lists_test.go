package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/notify"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
	"commusafe/internal/office/store/storetest"
	"commusafe/internal/policy"
)

// What still waits for somebody, or is in force, stands in a list however much has been done since.
func TestListsKeepWhatIsOpen(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { keepsOpen(t, open(t, filepath.Join(t.TempDir(), "office.sqlite"))) })
	t.Run("PostgreSQL", func(t *testing.T) { keepsOpen(t, open(t, storetest.Postgres(t))) })
}

func keepsOpen(t *testing.T, s *store.Store) {
	ctx, now := t.Context(), time.Now().UTC().Truncate(time.Millisecond)
	deed := staff.Deed{By: "p", What: "trail.limit_propose", Subject: "x", At: now}
	done := func(ok bool, err error) {
		t.Helper()
		if !ok || err != nil {
			t.Fatalf("%v %v", ok, err)
		}
	}
	for k := range 4 { // the first is the oldest, and open
		id, at := fmt.Sprint("x", k), now.Add(time.Duration(k-100)*24*time.Hour)
		until := now.Add(time.Hour)
		if k == 3 {
			until = now.Add(-time.Hour)
		}
		done(s.PutLimit(ctx, limits.Entry{Limit: policy.Limit{ID: id, Number: "+81312345678", Take: policy.TakeVoicebot, From: at, Until: until, Review: at, Reason: "r", Elsewhere: "e"},
			ProposedBy: "p", Proposed: at}, deed))
		done(s.PutNotice(ctx, notify.Notice{ID: id, Call: call.ID(id), Level: judge.Severe, Category: judge.Abuse, State: notify.Triggered, At: at}, nil))
		i := incident.Draft(call.ID(id), judge.Repeat, judge.Caution, at)
		i.Status, i.MovedBy, i.Moved = incident.Open, "p", at
		done(s.OpenIncident(ctx, i, deed))
		if k == 0 {
			continue
		}
		if k < 3 {
			done(s.LiftLimit(ctx, id, "why", deed))
		}
		done(s.AcknowledgeNotice(ctx, id, "", deed))
		i.Status, i.Outcome = incident.Closed, incident.Complaint
		done(s.MoveIncident(ctx, i, deed))
	}
	entries, err1 := s.ListLimits(ctx, 2)
	told, err2 := s.ListNotices(ctx, 2)
	cases, err3 := s.ListIncidents(ctx, 2)
	if err1 != nil || err2 != nil || err3 != nil || len(entries) != 2 || len(told) != 2 || len(cases) != 2 {
		t.Fatal(len(entries), len(told), len(cases), err1, err2, err3)
	}
	if entries[0].ID != "x3" || entries[1].ID != "x0" {
		t.Errorf("limits %s, %s", entries[0].ID, entries[1].ID)
	}
	if told[0].ID != "x3" || told[1].ID != "x0" {
		t.Errorf("notices %s, %s", told[0].ID, told[1].ID)
	}
	if cases[0].Call != "x3" || cases[1].Call != "x0" {
		t.Errorf("cases of %s, %s", cases[0].Call, cases[1].Call)
	}
}

// An octet that PostgreSQL has in no text is the fault of who sends it, whether it is looked for or kept.
func TestATextThatTheDatabaseCannotHold(t *testing.T) {
	s := open(t, storetest.Postgres(t))
	_, searched := s.Calls(t.Context(), store.Page{Words: "a\x00b", Most: 5})
	_, asked := s.Call(t.Context(), "a\x00b")
	kept := s.AppendTrail(t.Context(), staff.Deed{What: "trail.log_in", At: time.Now(), Detail: "a\x00b"})
	for name, err := range map[string]error{"search": searched, "call": asked, "trail": kept} {
		if !errors.Is(err, store.ErrText) || errors.Is(err, store.ErrAway) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Calls(t.Context(), store.Page{Words: `100%_'😀ｶｽ\`, Most: 5}); err != nil {
		t.Error(err)
	}
}
