package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/after"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/intake"
	"commusafe/internal/office/lexicon"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/notify"
	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
	"commusafe/internal/office/trial"
	"commusafe/internal/policy"
	"commusafe/internal/replay"
)

//nolint:gochecknoglobals // of the test kit, read only
var now = time.Date(2026, 11, 23, 1, 2, 3, 456e6, time.UTC)

// Run puts a fresh, empty store through everything the office does with it.
func Run(t *testing.T, s *store.Store) {
	for _, e := range []struct {
		name string
		run  func(*testing.T, *store.Store)
	}{
		{"what isn't there", absent},
		{"staff comes back", people},
		{"two change staff at once", changingStaff},
		{"sessions", sessions},
		{"calls", calls},
		{"a call taken in twice", twice},
		{"a call with an octet that no text has", zeros},
		{"search", search},
		{"limits need two people", limitEntries},
		{"a limit with a voice", voiceprints},
		{"notices and deliveries", notices},
		{"settings have versions", versions},
		{"the lexicon has versions", lexiconVersions},
		{"incidents", incidents},
		{"official types of cases", officialTypes},
		{"transcriptions survive a restart", transcriptions},
		{"objections", objections},
		{"examples and shadow reports", trials},
		{"trials that have ended", ended},
		{"earlier calls of a number", earlier},
		{"automatic cuts by day", cuts},
		{"two writers, one trail", trail},
		{"nothing is written halfway", halfway},
	} {
		t.Run(e.name, func(t *testing.T) { e.run(t, s) })
	}
	proveWhole(t, s)
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got\n%+v, want\n%+v", what, got, want)
	}
}

func absent(t *testing.T, s *store.Store) {
	ctx := t.Context()
	_, e1 := s.Staff(ctx, "nobody")
	_, e2 := s.Call(ctx, "none")
	_, e3 := s.Limit(ctx, "none")
	_, e4 := s.Notice(ctx, "none")
	_, e5 := s.Incident(ctx, "none")
	_, e6 := s.LastSettings(ctx)
	_, e7 := s.LastLexicon(ctx)
	_, e8 := s.LastJob(ctx, "none")
	for i, err := range []error{e1, e2, e3, e4, e5, e6, e7, e8} {
		if !errors.Is(err, store.ErrNotFound) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%d: %v is not ErrNotFound", i+1, err)
		}
	}
}

func deed(what, subject string) staff.Deed {
	return staff.Deed{By: "p1", What: what, Subject: subject, At: now}
}

func people(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p := staff.Person{ID: "p1", Login: "yamada", Name: "山田", Role: staff.Supervisor, Rights: []staff.Right{staff.ConsultationDesk}, Password: "x", MustChange: true, Created: now}
	check(t, s.PutStaff(ctx, p, deed("trail.staff_add", "p1")))
	same(t, "by login", must[staff.Person](t)(s.StaffByLogin(ctx, "yamada")), p)
	p.Disabled, p.MustChange, p.Rights = true, false, nil
	check(t, s.PutStaff(ctx, p, deed("trail.staff_change", "p1")))
	same(t, "changed", must[staff.Person](t)(s.Staff(ctx, "p1")), p)
	other := p
	other.ID = "p2"
	if s.PutStaff(ctx, other, deed("trail.staff_add", "p2")) == nil {
		t.Error("two people log in with one name")
	}
}

// changingStaff changes two people at once, each time with what stands there: nothing of the other is undone, and of two administrators
// who take each other's account away one stays.
func changingStaff(t *testing.T, s *store.Store) {
	book := &staff.Book{Store: s}
	a, _, err := book.Add(t.Context(), staff.Person{}, "first", "一", staff.Administrator)
	check(t, err)
	b, _, err := book.Add(t.Context(), staff.Person{}, "second", "二", staff.Administrator)
	check(t, err)
	for range 20 {
		var both sync.WaitGroup
		disabled, enabled := true, false
		for _, who := range [][2]staff.Person{{a, b}, {b, a}} {
			both.Go(func() {
				if _, err := book.Change(context.Background(), who[0], who[1].ID, staff.Patch{Disabled: &disabled}); err != nil && !errors.Is(err, staff.ErrLast) {
					t.Error(err)
				}
			})
		}
		both.Wait()
		one, two := must[staff.Person](t)(s.Staff(t.Context(), a.ID)), must[staff.Person](t)(s.Staff(t.Context(), b.ID))
		if one.Disabled == two.Disabled {
			t.Fatalf("disabled: %v and %v", one.Disabled, two.Disabled)
		}
		for _, p := range []staff.Person{a, b} {
			_, err := book.Change(t.Context(), a, p.ID, staff.Patch{Disabled: &enabled})
			check(t, err)
		}
	}
	if _, err := book.Change(t.Context(), a, "nobody", staff.Patch{}); !errors.Is(err, staff.ErrNoPerson) {
		t.Errorf("somebody who isn't there: %v", err)
	}
}

func sessions(t *testing.T, s *store.Store) {
	ctx, x := t.Context(), store.Sessions{Store: s}
	check(t, x.CommitCtx(ctx, "token", []byte{0, 1, 255}, time.Now().Add(time.Minute)), x.CommitCtx(ctx, "old", []byte{1}, time.Now().Add(-time.Minute)))
	if b, ok, err := x.FindCtx(ctx, "token"); err != nil || !ok || len(b) != 3 {
		t.Errorf("%v %v %v", b, ok, err)
	}
	if _, ok, err := x.FindCtx(ctx, "old"); ok || err != nil {
		t.Errorf("an expired session was found (%v)", err)
	}
	check(t, x.Clear(ctx), x.DeleteCtx(ctx, "token"))
	if _, ok, _ := x.FindCtx(ctx, "token"); ok {
		t.Error("a deleted session was found")
	}
}

func folderOf(n int, level judge.Level, words string) intake.Folder {
	id := call.ID(fmt.Sprintf("019ab000-0000-7000-8000-%012d", n))
	return intake.Folder{Call: intake.Call{Incoming: call.Incoming{ID: id, Began: now.Add(time.Duration(n) * time.Hour), Direction: call.Inbound, Trunk: "t",
		From: call.Number{Raw: "0312345678", E164: fmt.Sprintf("+8131234%04d", n)}, To: call.Number{Raw: "200"}},
		Duration: 61000, Peak: level, Categories: []judge.Category{judge.Abuse, judge.SNS}, Stage: policy.StageWarn1, Actions: []policy.Do{policy.Notify, policy.Warn1},
		Ended: call.EndReason{By: call.ByCaller, Why: "hangup"}, Preset: policy.PresetAuto, Lexicon: "shipped/1", Program: "commusafe test",
		Dir: "2026/11/23/" + string(id), State: "sealed", Sealed: now, Lines: 7, Last: "hash", Lost: []string{"one"}},
		Lines: []intake.Line{{Seq: 1, AtMS: 20000, Kind: "utterance", Words: intake.Fold(words), Data: json.RawMessage(`{"seq":1}`)},
			{Seq: 2, Part: 1, AtMS: 20001, Kind: "proposal", Data: json.RawMessage(`{"seq":2}`)}}}
}

func calls(t *testing.T, s *store.Store) {
	ctx := t.Context()
	f := folderOf(1, judge.Warning, "ふざけんな")
	check(t, s.PutFolder(ctx, f))
	same(t, "call", must[intake.Call](t)(s.Call(ctx, f.Call.Incoming.ID)), f.Call)
	same(t, "lines", must[[]intake.Line](t)(s.CallLines(ctx, f.Call.Incoming.ID)), f.Lines)
	check(t, s.DropCall(ctx, f.Call.Incoming.ID))
	if n := len(must[[]intake.Line](t)(s.CallLines(ctx, f.Call.Incoming.ID))); n != 0 {
		t.Errorf("%d lines of a dropped call", n)
	}
}

func twice(t *testing.T, s *store.Store) {
	ctx := t.Context()
	f := folderOf(2, judge.Severe, "a")
	check(t, s.PutFolder(ctx, f), s.PutFolder(ctx, f))
	same(t, "lines", must[[]intake.Line](t)(s.CallLines(ctx, f.Call.Incoming.ID)), f.Lines)
	f.Call.State, f.Call.Why, f.Lines = intake.Broken, "line 3", f.Lines[:1]
	check(t, s.PutFolder(ctx, f))
	same(t, "broken later", must[intake.Call](t)(s.Call(ctx, f.Call.Incoming.ID)), f.Call)
	check(t, s.DropCall(ctx, f.Call.Incoming.ID))
}

// zeros takes in a call whose words and number hold the octet 0, which PostgreSQL has in no text: what a recogniser or a telephone sends
// must not keep a call out of the index for ever.
func zeros(t *testing.T, s *store.Store) {
	f := folderOf(41, judge.None, "味噌\x00樽")
	f.Call.Incoming.From.Raw, f.Call.Why = "anonymous\x00", "line \x00"
	f.Wrong = []intake.WrongFlag{{AtMS: 1, Level: judge.Caution, By: "p1", Note: "\x00", At: now}}
	check(t, s.PutFolder(t.Context(), f))
	lines := must[[]intake.Line](t)(s.CallLines(t.Context(), f.Call.Incoming.ID))
	if len(lines) != len(f.Lines) || strings.Contains(lines[0].Words, "\x00") {
		t.Errorf("%+v", lines)
	}
	check(t, s.DropCall(t.Context(), f.Call.Incoming.ID))
}

func search(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for n := 10; n < 16; n++ {
		check(t, s.PutFolder(ctx, folderOf(n, judge.Level(n%4), fmt.Sprintf("責任者を出せ １００％_%d", n))))
	}
	count := func(want int, p store.Page) []intake.Call {
		t.Helper()
		if p.Most == 0 {
			p.Most = 100
		}
		out := must[[]intake.Call](t)(s.Calls(ctx, p))
		if len(out) != want {
			t.Errorf("%+v: %d calls, want %d", p, len(out), want)
		}
		return out
	}
	count(6, store.Page{})
	count(2, store.Page{Level: judge.Severe})
	count(6, store.Page{Category: judge.SNS})
	count(0, store.Page{Category: judge.Threat})
	count(1, store.Page{Number: "0012"})
	count(6, store.Page{Words: "出せ"})
	count(1, store.Page{Words: "100%_12"})
	count(0, store.Page{Words: "100%x12"})
	count(2, store.Page{Since: now.Add(14 * time.Hour)})
	first := count(4, store.Page{Most: 4})
	last := first[3].Incoming
	rest := count(2, store.Page{Most: 4, Before: last.Began, BeforeID: last.ID})
	if first[0].Incoming.Began.Before(first[1].Incoming.Began) || !rest[0].Incoming.Began.Before(last.Began) {
		t.Error("the newest don't come first")
	}
	if n := len(must[[]call.ID](t)(s.CallIDs(ctx))); n != 6 {
		t.Errorf("%d ids", n)
	}
}

func limitEntries(t *testing.T, s *store.Store) {
	ctx := t.Context()
	e := limits.Entry{Limit: policy.Limit{ID: "l1", Number: "+81312345678", Take: policy.TakeVoicebot, From: now, Until: now.Add(48 * time.Hour),
		Review: now.Add(24 * time.Hour), Call: "c", Reason: "r", Elsewhere: "書面", Matter: "返金の件"}, ProposedBy: "p1", Proposed: now}
	kind := limits.Entry{Limit: policy.Limit{ID: "l0", Withheld: call.Withheld, Take: policy.TakeTeam, From: now, Until: now.Add(time.Hour), Review: now,
		Reason: "r", Elsewhere: "書面"}, ProposedBy: "p1", Proposed: now}
	must[bool](t)(s.PutLimit(ctx, kind, deed("trail.limit_propose", "l0")))
	same(t, "a kind", must[limits.Entry](t)(s.Limit(ctx, "l0")), kind)
	before := must[int64](t)(s.Revision(ctx))
	changed := func(want bool) func(bool, error) {
		return func(ok bool, err error) {
			t.Helper()
			if ok != want || err != nil {
				t.Errorf("changed %v, want %v (%v)", ok, want, err)
			}
		}
	}
	changed(true)(s.PutLimit(ctx, e, deed("trail.limit_propose", "l1")))
	changed(false)(s.PutLimit(ctx, e, deed("trail.limit_propose", "l1")))
	same(t, "entry", must[limits.Entry](t)(s.Limit(ctx, "l1")), e)
	e.ApprovedBy, e.Approved = "p1", now
	changed(false)(s.ApproveLimit(ctx, e, nil, deed("trail.limit_approve", "l1")))
	e.ApprovedBy, e.Until, e.Review, e.Approvers = "p2", now.Add(72*time.Hour), now.Add(36*time.Hour), []string{"p1", "p2"}
	changed(true)(s.ApproveLimit(ctx, e, nil, deed("trail.limit_approve", "l1")))
	changed(false)(s.ApproveLimit(ctx, e, nil, deed("trail.limit_approve", "l1")))
	same(t, "approved", must[limits.Entry](t)(s.Limit(ctx, "l1")), e)
	same(t, "in force", must[[]policy.Limit](t)(s.LimitsInForce(ctx, now)), []policy.Limit{e.Limit})
	changed(true)(s.LiftLimit(ctx, "l1", "wrong person", deed("trail.limit_lift", "l1")))
	changed(false)(s.LiftLimit(ctx, "l1", "again", deed("trail.limit_lift", "l1")))
	if n := len(must[[]policy.Limit](t)(s.LimitsInForce(ctx, now))); n != 0 {
		t.Errorf("%d limits in force after lifting", n)
	}
	if after := must[int64](t)(s.Revision(ctx)); after != before+3 {
		t.Errorf("revision %d, want %d", after, before+3)
	}
	if n := len(must[[]staff.Entry](t)(s.TrailOf(ctx, "l1", "trail.limit_approve"))); n != 1 {
		t.Errorf("%d approvals in the trail; what changed nothing must not be there", n)
	}
}

func notices(t *testing.T, s *store.Store) {
	ctx := t.Context()
	n := notify.Notice{ID: "n1", Call: "c1", Level: judge.Severe, Category: judge.Abuse, State: notify.Triggered, At: now}
	d := notify.Delivery{ID: "d1", Channel: "webhook", Message: notify.Message{Call: "c1", Level: judge.Severe, State: notify.Triggered, At: now, Path: "/calls/c1"}}
	if ok := must[bool](t)(s.PutNotice(ctx, n, []notify.Delivery{d})); !ok {
		t.Error("not added")
	}
	again := n
	again.ID = "n2"
	if ok := must[bool](t)(s.PutNotice(ctx, again, []notify.Delivery{{ID: "d2"}})); ok {
		t.Error("a second notice of one call and level")
	}
	same(t, "notice", must[notify.Notice](t)(s.Notice(ctx, "n1")), n)
	same(t, "due", must[[]notify.Notice](t)(s.DueNotices(ctx, now)), []notify.Notice{n})
	same(t, "deliveries", must[[]notify.Delivery](t)(s.DueDeliveries(ctx, now, 10)), []notify.Delivery{d})
	if !must[bool](t)(s.HoldDelivery(ctx, d, now.Add(time.Minute))) || must[bool](t)(s.HoldDelivery(ctx, d, now.Add(time.Minute))) {
		t.Error("a delivery is held by exactly one")
	}
	if len(must[[]notify.Delivery](t)(s.DueDeliveries(ctx, now, 10))) != 0 {
		t.Error("a held delivery is due")
	}
	check(t, s.EndDelivery(ctx, "d1", true, ""))
	if !must[bool](t)(s.EscalateNotice(ctx, "n1", now, nil)) || must[bool](t)(s.EscalateNotice(ctx, "n1", now, nil)) {
		t.Error("a notice is escalated once")
	}
	if !must[bool](t)(s.AcknowledgeNotice(ctx, "n1", "見ます", deed("trail.notice_acknowledge", "n1"))) || must[bool](t)(s.AcknowledgeNotice(ctx, "n1", "", deed("trail.notice_acknowledge", "n1"))) {
		t.Error("a notice is acknowledged once")
	}
	done := must[[]notify.Notice](t)(s.ResolveNotices(ctx, "c1", now))
	if len(done) != 1 || done[0].State != notify.Resolved || done[0].Note != "見ます" || done[0].AcknowledgedBy != "p1" {
		t.Errorf("%+v", done)
	}
}

func versions(t *testing.T, s *store.Store) {
	ctx := t.Context()
	v := settings.Version{Version: 1, Author: "p1", At: now, Reason: "r", Data: settings.Data{Rules: policy.ShippedRules(policy.PresetAuto), Thresholds: judge.ShippedThresholds(), Exempt: "e"}}
	if !must[bool](t)(s.PutSettings(ctx, v, deed("trail.settings", "1"))) || must[bool](t)(s.PutSettings(ctx, v, deed("trail.settings", "1"))) {
		t.Error("a version is put once")
	}
	same(t, "settings", must[settings.Version](t)(s.LastSettings(ctx)), v)
}

func lexiconVersions(t *testing.T, s *store.Store) {
	ctx := t.Context()
	before := must[int64](t)(s.Revision(ctx))
	v := lexicon.Version{Version: 1, Author: "p1", At: now, Words: []lexicon.Word{{Category: judge.Threat, Entry: judge.Entry{ID: "OWN-1", Surface: "看板に\"味噌\"", Reading: "かんばんにみそ",
		Forms: []string{"一つ", "二つ"}, Level: judge.Severe, Weight: 0.5, Negations: []string{"三つ"}, Note: "注記", Off: true}}, {Category: judge.GBus, Entry: judge.Entry{ID: "OWN-2", Surface: "業務の語"}}}, Trade: []string{"finance", "medical"}}
	if !must[bool](t)(s.PutLexicon(ctx, v, deed("trail.lexicon", "1"))) || must[bool](t)(s.PutLexicon(ctx, v, deed("trail.lexicon", "1"))) {
		t.Error("a version is put once")
	}
	same(t, "lexicon", must[lexicon.Version](t)(s.LastLexicon(ctx)), v)
	empty := lexicon.Version{Version: 2, Author: "p1", At: now, Words: []lexicon.Word{}}
	if !must[bool](t)(s.PutLexicon(ctx, empty, deed("trail.lexicon", "2"))) {
		t.Error("not put")
	}
	same(t, "emptied", must[lexicon.Version](t)(s.LastLexicon(ctx)), empty)
	if after := must[int64](t)(s.Revision(ctx)); after != before+2 {
		t.Errorf("revision %d, want %d: edges would not notice", after, before+2)
	}
	if n := len(must[[]staff.Entry](t)(s.TrailOf(ctx, "1", "trail.lexicon"))); n != 1 {
		t.Errorf("%d entries in the trail", n)
	}
}

func incidents(t *testing.T, s *store.Store) {
	ctx := t.Context()
	f := folderOf(30, judge.Severe, "x")
	check(t, s.PutFolder(ctx, f), s.PutFolder(ctx, f))
	i := must[incident.Incident](t)(s.IncidentOf(ctx, f.Call.Incoming.ID))
	if i.Status != incident.New || i.Level != judge.Severe || i.Category != judge.Abuse {
		t.Errorf("%+v", i)
	}
	review := incident.Review{Conduct: incident.Yes, Beyond: incident.No, Harmed: incident.No, Note: "正当な苦情"}
	move := func(to incident.Status) bool {
		x := i
		x.Status, x.MovedBy, x.Moved = to, "p1", now
		if to == incident.Closed {
			x.Outcome, x.Review = incident.Complaint, review
		}
		return must[bool](t)(s.MoveIncident(ctx, x, deed("trail.incident_move", string(i.ID))))
	}
	if !move(incident.Open) || move(incident.Open) || !move(incident.Closed) || move(incident.Open) {
		t.Error("new → open → closed, each once")
	}
	check(t, s.PutFolder(ctx, f))
	if i = must[incident.Incident](t)(s.Incident(ctx, i.ID)); i.Status != incident.Closed || i.MovedBy != "p1" || i.Outcome != incident.Complaint || i.Review != review {
		t.Errorf("taking the folder in again changed what people did: %+v", i)
	}
	check(t, s.DropCall(ctx, f.Call.Incoming.ID))
	calm := folderOf(31, judge.Caution, "x")
	check(t, s.PutFolder(ctx, calm))
	opened := incident.Draft(calm.Call.Incoming.ID, judge.Repeat, judge.Caution, now)
	opened.Status, opened.MovedBy, opened.Moved = incident.Open, "p1", now
	if !must[bool](t)(s.OpenIncident(ctx, opened, deed("trail.incident_open", "x"))) || must[bool](t)(s.OpenIncident(ctx, opened, deed("trail.incident_open", "x"))) {
		t.Error("a person opens a case of a call once")
	}
	same(t, "opened by a person", must[incident.Incident](t)(s.IncidentOf(ctx, calm.Call.Incoming.ID)), opened)
	check(t, s.DropCall(ctx, calm.Call.Incoming.ID))
}

// objections are tasks until they are answered.
func objections(t *testing.T, s *store.Store) {
	ctx := t.Context()
	e := limits.Entry{Limit: policy.Limit{ID: "objected", Number: "+81312345678", Take: policy.TakeMessage, From: now, Until: now.Add(time.Hour), Call: "c-objected",
		Reason: "r", Elsewhere: "letter", Review: now}, ProposedBy: "p1", Proposed: now, Dialogue: "talked it over"}
	must[bool](t)(s.PutLimit(ctx, e, deed("trail.limit_propose", e.ID)))
	same(t, "what a call led to", must[[]limits.Entry](t)(s.LimitsOfCall(ctx, "c-objected")), []limits.Entry{e})
	same(t, "no call", len(must[[]limits.Entry](t)(s.LimitsOfCall(ctx, ""))), 0)
	early := limits.Objection{ID: "o1", Limit: e.ID, Way: "letter", Words: "違います", At: now, TakenBy: "p1", Due: now.Add(time.Hour)}
	late := early
	late.ID, late.Due = "o2", now.Add(2*time.Hour)
	check(t, s.PutObjection(ctx, late, deed("trail.objection", "o2")), s.PutObjection(ctx, early, deed("trail.objection", "o1")))
	same(t, "most urgent first", must[[]limits.Objection](t)(s.ListObjections(ctx, 10)), []limits.Objection{early, late})
	early.Decision, early.Answer, early.DoneBy, early.Done = limits.Kept, "because", "p2", now
	lift := deed("trail.limit_lift", e.ID)
	if !must[bool](t)(s.AnswerObjection(ctx, early, deed("trail.objection_answer", "o1"), lift)) || must[bool](t)(s.AnswerObjection(ctx, early, deed("trail.objection_answer", "o1"), lift)) {
		t.Error("an objection is answered once")
	}
	same(t, "open ones first", must[[]limits.Objection](t)(s.ListObjections(ctx, 10)), []limits.Objection{late, early})
	same(t, "kept", must[limits.Entry](t)(s.Limit(ctx, e.ID)).State(now), limits.Proposed)
	rights(t, s, e)
	must[bool](t)(s.LiftLimit(ctx, e.ID, "test", deed("trail.limit_lift", e.ID)))
	same(t, "lifted", len(must[[]limits.Entry](t)(s.LimitsOfCall(ctx, "c-objected"))), 0)
}

// rights answers an objection by lifting its limit; one that has ended by itself stays ended.
func rights(t *testing.T, s *store.Store, e limits.Entry) {
	ctx := t.Context()
	over := e
	over.ID, over.Approved, over.ApprovedBy = "objected-ended", now, "p2"
	must[bool](t)(s.PutLimit(ctx, over, deed("trail.limit_propose", over.ID)))
	must[bool](t)(s.ApproveLimit(ctx, over, nil, deed("trail.limit_approve", over.ID)))
	e.ID, e.Call = "objected-lifted", "c-lifted"
	must[bool](t)(s.PutLimit(ctx, e, deed("trail.limit_propose", e.ID)))
	for _, c := range []struct {
		id, limit string
		done      time.Time
		want      string
	}{{"o3", e.ID, now, limits.Lifted}, {"o4", over.ID, now.Add(2 * time.Hour), limits.Ended}} {
		o := limits.Objection{ID: c.id, Limit: c.limit, Way: "letter", Words: "違います", At: now, TakenBy: "p1", Due: now}
		check(t, s.PutObjection(ctx, o, deed("trail.objection", o.ID)))
		o.Decision, o.Answer, o.DoneBy, o.Done = limits.Lifted, "人違い", "p3", c.done
		before := must[int64](t)(s.Revision(ctx))
		must[bool](t)(s.AnswerObjection(ctx, o, deed("trail.objection_answer", o.ID), deed("trail.limit_lift", c.limit)))
		same(t, c.limit, must[limits.Entry](t)(s.Limit(ctx, c.limit)).State(c.done), c.want)
		lifted := c.want == limits.Lifted
		if n := len(must[[]staff.Entry](t)(s.TrailOf(ctx, c.limit, "trail.limit_lift"))); (n == 1) != lifted || (must[int64](t)(s.Revision(ctx)) > before) != lifted {
			t.Errorf("%s: %d entries in the trail", c.limit, n)
		}
	}
}

// trials find past calls; examples are kept once a moment, by hand and from folders.
func trials(t *testing.T, s *store.Store) {
	ctx := t.Context()
	f := folderOf(50, judge.Warning, "x")
	f.Wrong = []intake.WrongFlag{{AtMS: 7000, Level: judge.Warning, Category: judge.Abuse, By: "p1", Note: "冗談", At: now}}
	broken := folderOf(51, judge.None, "x")
	broken.Call.State = intake.Broken
	check(t, s.PutFolder(ctx, f), s.PutFolder(ctx, f), s.PutFolder(ctx, broken))
	past := must[[]trial.Past](t)(s.FoldersSince(ctx, f.Call.Incoming.Began, 10))
	if len(past) == 0 || past[0] != (trial.Past{ID: f.Call.Incoming.ID, Began: f.Call.Incoming.Began, Dir: f.Call.Dir}) {
		t.Errorf("%+v", past)
	}
	for _, p := range past {
		if p.ID == broken.Call.Incoming.ID {
			t.Error("a broken folder is tried")
		}
	}
	if all := must[[]trial.Past](t)(s.FoldersSince(ctx, time.Time{}, 1000)); len(all) < 2 || !slices.Equal(must[[]trial.Past](t)(s.FoldersSince(ctx, time.Time{}, 2)), all[len(all)-2:]) {
		t.Errorf("of too many calls the newest are tried; there are %d", len(all))
	}
	same(t, "later", len(must[[]trial.Past](t)(s.FoldersSince(ctx, now.Add(1000*time.Hour), 10))), 0)
	e := trial.Example{Call: f.Call.Incoming.ID, AtMS: 9000, Level: judge.Caution, By: "p2", At: now.Add(time.Minute)}
	if !must[bool](t)(s.PutExample(ctx, e, deed("trail.example", "x"))) || must[bool](t)(s.PutExample(ctx, e, deed("trail.example", "x"))) {
		t.Error("a moment is an example once")
	}
	e.Dir = f.Call.Dir
	same(t, "examples", must[[]trial.Example](t)(s.ListExamples(ctx, 10)), []trial.Example{e,
		{Call: f.Call.Incoming.ID, AtMS: 7000, Level: judge.Warning, Category: judge.Abuse, Note: "冗談", By: "p1", At: now, Dir: f.Call.Dir}})
	same(t, "of a call", must[[]call.Millis](t)(s.ExamplesOf(ctx, f.Call.Incoming.ID)), []call.Millis{7000, 9000})
	check(t, s.DropCall(ctx, f.Call.Incoming.ID), s.DropCall(ctx, broken.Call.Incoming.ID))
	same(t, "of a call that is gone", len(must[[]trial.Example](t)(s.ListExamples(ctx, 10))), 0)

	if _, err := s.LastShadowReport(ctx); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v", err)
	}
	r := trial.Report{ID: "r1", At: now, By: "p1", Versions: "v1", Enough: true, From: now.Add(-time.Hour), To: now, Days: 14, Heard: 10, Sum: replay.Sum{Calls: 3}, Alerts: 1.5, Calls: []trial.TriedCall{}}
	short := r
	short.ID, short.Versions, short.Enough, short.At = "r2", "v2", false, now.Add(time.Second)
	check(t, s.PutShadowReport(ctx, r, deed("trail.shadow_report", "r1")), s.PutShadowReport(ctx, short, deed("trail.shadow_report", "r2")))
	same(t, "newest", must[trial.Report](t)(s.LastShadowReport(ctx)), short)
	for versions, want := range map[string]bool{"v1": true, "v2": false, "v3": false} {
		same(t, versions, must[bool](t)(s.HasShadowReport(ctx, versions)), want)
	}
}

// The newest trials stay with what they found, each once.
func ended(t *testing.T, s *store.Store) {
	ctx := t.Context()
	trade := []string{}
	job := func(id string, after time.Duration) trial.Job {
		return trial.Job{ID: id, By: "p1", At: now.Add(after), Question: trial.Question{Kind: trial.Change, Days: 7, Thresholds: []byte(`{"pair_ms":61000}`), Trade: &trade,
			Own: &judge.Own{Version: 2, Sheets: []judge.Sheet{{Category: judge.Threat, Entries: []judge.Entry{{ID: "TRY-1", Surface: "看板", Level: judge.Warning}}}}}},
			State: trial.Done, Done: 2, All: 2, Sum: replay.Sum{Calls: 2, Differ: 1}, Calls: []trial.TriedCall{{ID: "c", Began: now, After: judge.Warning,
				Gone: []replay.Event{}, New: []replay.Event{{AtMS: 31000, What: replay.EventLevel, Level: judge.Warning}}}}}
	}
	for i, id := range []string{"t1", "t2", "t3"} {
		check(t, s.PutTrial(ctx, job(id, time.Duration(i)*time.Second), 2))
	}
	again := job("t3", 2*time.Second)
	again.State, again.Reason = trial.Failed, "error.trial_failed"
	check(t, s.PutTrial(ctx, again, 2))
	got := must[[]trial.Job](t)(s.ListTrials(ctx, 10))
	for i := range got { // null in JSON, as a field that is not there
		got[i].Question.Rules = nil
	}
	same(t, "trials", got, []trial.Job{again, job("t2", time.Second)})
}

// earlier calls of a number come with what people found of them.
func earlier(t *testing.T, s *store.Store) {
	ctx := t.Context()
	first, second := folderOf(40, judge.Severe, "x"), folderOf(41, judge.None, "x")
	for _, f := range []*intake.Folder{&first, &second} {
		f.Call.Incoming.From, f.Call.Incoming.Direction = call.ParseNumber("0355550199"), call.Inbound
	}
	second.Call.Incoming.Began = first.Call.Incoming.Began.Add(time.Hour)
	second.Call.Marks = []string{"accommodation", "accommodation_kept"}
	check(t, s.PutFolder(ctx, second), s.PutFolder(ctx, first))
	got := must[[]intake.Earlier](t)(s.CallsOfNumber(ctx, "+81355550199", time.Time{}))
	want := []intake.Earlier{
		{Call: first.Call.Incoming.ID, Began: first.Call.Incoming.Began, Categories: first.Call.Categories, Incident: incident.ID(first.Call.Incoming.ID), Status: incident.New},
		{Call: second.Call.Incoming.ID, Began: second.Call.Incoming.Began, Categories: second.Call.Categories, Marks: second.Call.Marks}}
	same(t, "earlier calls", got, want)
	same(t, "since", len(must[[]intake.Earlier](t)(s.CallsOfNumber(ctx, "+81355550199", second.Call.Incoming.Began))), 1)
	same(t, "another number", len(must[[]intake.Earlier](t)(s.CallsOfNumber(ctx, "+81355550198", time.Time{}))), 0)
	same(t, "marks", must[intake.Call](t)(s.Call(ctx, second.Call.Incoming.ID)).Marks, second.Call.Marks)
	check(t, s.DropCall(ctx, first.Call.Incoming.ID), s.DropCall(ctx, second.Call.Incoming.ID))
}

func officialTypes(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ccaj := []incident.CCAJType{{Name: "暴言(当社訳)", Categories: []judge.Category{judge.Abuse}}, {Name: "その他"}}
	offer := incident.OfferFor([]judge.Category{judge.Abuse}, ccaj)
	chosen := incident.Types{MHLW2026: []string{"mhlw2026.mental"}, MHLW9: []string{}, Tokyo: []string{"tokyo.mental"}, CCAJ: []string{"その他"}}
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	shut := func(n int, o incident.Outcome, stated *incident.Stated, deeds ...staff.Deed) incident.Incident {
		t.Helper()
		f := folderOf(n, judge.Severe, "x")
		check(t, s.PutFolder(ctx, f))
		i := must[incident.Incident](t)(s.IncidentOf(ctx, f.Call.Incoming.ID))
		if i.Proposed != nil || i.Stated != nil {
			t.Errorf("a draft has types already: %+v", i)
		}
		i.Status, i.MovedBy, i.Moved, i.Outcome, i.Proposed, i.Stated = incident.Closed, "p1", at(n), o, &offer.Proposed, stated
		if !must[bool](t)(s.MoveIncident(ctx, i, deeds...)) || must[bool](t)(s.MoveIncident(ctx, i, deeds...)) {
			t.Error("closed once")
		}
		same(t, "closed", must[incident.Incident](t)(s.Incident(ctx, i.ID)), i)
		return i
	}
	first := &incident.Stated{Version: 1, Types: chosen, By: "p1", At: at(50)}
	i := shut(50, incident.Harassment, first, deed("trail.incident_move", "types"), deed("trail.incident_types", "types"))
	if n := len(must[[]staff.Entry](t)(s.TrailOf(ctx, "types", "trail.incident_types"))); n != 1 {
		t.Errorf("%d statements in the trail; what changed nothing must not be there", n)
	}

	// A second statement follows the first; one that follows the same is too late.
	next := i
	next.Stated = &incident.Stated{Version: 2, Types: offer.Proposed, By: "p2", At: at(60)}
	state := func(i incident.Incident) bool {
		return must[bool](t)(s.StateTypes(ctx, i, deed("trail.incident_types", "types")))
	}
	if !state(next) || state(next) {
		t.Error("a statement follows the one that was read, once")
	}
	same(t, "stated anew", must[incident.Incident](t)(s.Incident(ctx, i.ID)), next)
	complaint := shut(51, incident.Complaint, nil)
	wrong := complaint
	wrong.Stated = first
	if state(wrong) || must[incident.Incident](t)(s.Incident(ctx, wrong.ID)).Stated != nil {
		t.Error("a complaint got official types")
	}
	same(t, "closed between", must[[]incident.Incident](t)(s.ClosedIncidents(ctx, at(50), at(51))), []incident.Incident{next})
	same(t, "closed since", must[[]incident.Incident](t)(s.ClosedIncidents(ctx, at(50), time.Time{})), []incident.Incident{next, complaint})
	check(t, s.DropCall(ctx, i.Call), s.DropCall(ctx, complaint.Call))
	same(t, "without its call", must[incident.Incident](t)(s.Incident(ctx, i.ID)), next)
}

func transcriptions(t *testing.T, s *store.Store) {
	ctx := t.Context()
	j := after.Job{ID: "j1", Call: "c1", Machine: "here", State: after.Waiting, By: "p1", At: now}
	put := func(j after.Job) bool {
		return must[bool](t)(s.PutJob(ctx, j, deed("trail.call_transcribe", string(j.Call))))
	}
	second := j
	second.ID = "j2"
	if !put(j) || put(second) {
		t.Error("a call has one open transcription")
	}
	if n := len(must[[]staff.Entry](t)(s.TrailOf(ctx, "c1", "trail.call_transcribe"))); n != 1 {
		t.Errorf("%d entries in the trail", n)
	}
	other := after.Job{ID: "j3", Call: "c2", Machine: "there", State: after.Waiting, By: "p1", At: now}
	if !put(other) {
		t.Error("another call's was not put")
	}
	same(t, "open", must[[]after.Job](t)(s.OpenJobs(ctx, "here")), []after.Job{j})
	if must[bool](t)(s.BeginJob(ctx, "j1", "there")) || !must[bool](t)(s.BeginJob(ctx, "j1", "here")) {
		t.Error("a job is begun by its own office")
	}

	waiting := after.Job{ID: "j4", Call: "c4", Machine: "here", State: after.Waiting, By: "p2", At: now.Add(time.Second)}
	if !put(waiting) {
		t.Error("not put")
	}

	// The office ended in the middle. The next one takes up what ran (its folder is not there any more) and what waited,
	// and what another office has it leaves alone.
	taken := make(chan struct{}, 10)
	run := func(f func(context.Context) error) {
		d := &after.Desk{Store: s, Machine: "here", Log: slog.New(slog.DiscardHandler), Find: func(context.Context, call.ID) (string, error) { return t.TempDir(), nil },
			Transcribe: func(ctx context.Context, _ string, _ func(float64)) (after.Result, error) {
				taken <- struct{}{}
				return after.Result{}, f(ctx)
			}}
		ended := make(chan struct{}, 10)
		d.Changed = func(j after.Job) {
			if j.State == after.Failed {
				ended <- struct{}{}
			}
		}
		d.Prepare()
		rctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		running.Go(func() { d.Run(rctx) })
		for range 2 {
			select {
			case <-ended:
			case <-time.After(20 * time.Second):
				t.Error("an open job did not end")
			}
		}
		cancel()
		running.Wait()
	}
	run(func(context.Context) error { return errors.New("away") })
	if len(taken) != 1 {
		t.Errorf("%d jobs taken up, want 1", len(taken))
	}
	last := must[after.Job](t)(s.LastJob(ctx, "c1"))
	if last.State != after.Failed || last.Reason != "error.not_found" || last.Begun != 2 || last.ID != "j1" {
		t.Errorf("%+v", last)
	}
	if w := must[after.Job](t)(s.LastJob(ctx, "c4")); w.State != after.Failed || w.Reason != "error.transcription_failed" || w.Begun != 1 || w.By != "p2" {
		t.Errorf("%+v", w)
	}
	if o := must[after.Job](t)(s.LastJob(ctx, "c2")); o.State != after.Waiting || o.Begun != 0 {
		t.Errorf("%+v", o)
	}
	if must[bool](t)(s.EndJob(ctx, last)) || must[bool](t)(s.BeginJob(ctx, "j1", "here")) || len(must[[]after.Job](t)(s.OpenJobs(ctx, "here"))) != 0 {
		t.Error("what is over is over")
	}
	if !put(second) {
		t.Error("after the first is over a call may be transcribed again")
	}
	if last := must[after.Job](t)(s.LastJob(ctx, "c1")); last.ID != "j2" {
		t.Errorf("%+v is not the newest", last)
	}
}

func cuts(t *testing.T, s *store.Store) {
	ctx := t.Context()
	at := time.Date(2026, 11, 23, 14, 59, 0, 0, time.UTC) // 23:59 in Japan
	check(t, s.PutCut(ctx, "a", at), s.PutCut(ctx, "a", at), s.PutCut(ctx, "b", at.Add(time.Minute)))
	for day, want := range map[string]int{"2026-11-23": 1, "2026-11-24": 1, "2026-11-25": 0} {
		if n := must[int](t)(s.CutsOn(ctx, day)); n != want {
			t.Errorf("%s: %d cuts, want %d", day, n, want)
		}
	}
}

func trail(t *testing.T, s *store.Store) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 5 {
				if err := s.AppendTrail(context.Background(), deed("trail.log_in", "p1")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	page := must[[]staff.Entry](t)(s.ListTrail(t.Context(), 0, 3))
	if len(page) != 3 || page[0].Seq != page[1].Seq+1 || !page[0].Follows(page[1]) {
		t.Errorf("%+v", page)
	}
	if next := must[[]staff.Entry](t)(s.ListTrail(t.Context(), page[2].Seq, 1)); len(next) != 1 || next[0].Seq != page[2].Seq-1 {
		t.Errorf("%+v", next)
	}
	proveWhole(t, s)
}

func halfway(t *testing.T, s *store.Store) {
	f := folderOf(40, judge.None, "x")
	f.Lines = append(f.Lines, f.Lines[0]) // the same line twice can't be
	if s.PutFolder(t.Context(), f) == nil {
		t.Fatal("two lines in one place")
	}
	if _, err := s.Call(t.Context(), f.Call.Incoming.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("half a call is there: %v", err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func proveWhole(t *testing.T, s *store.Store) {
	t.Helper()
	if broken := must[int64](t)(s.ProveTrail(t.Context())); broken != 0 {
		t.Errorf("the trail is broken at %d", broken)
	}
}
