package limits_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
	"commusafe/internal/office/store/storetest"
	"commusafe/internal/policy"
)

const number = "0355550123"

// ledger gives an empty ledger. asked are the numbers whose callers have asked for an accommodation.
func ledger(t *testing.T, asked ...string) *limits.Ledger {
	return &limits.Ledger{Store: storetest.SQLite(t), Public: func() bool { return false }, Changed: func() {},
		Accommodated: func(_ context.Context, n string) (bool, error) {
			return strings.Contains(strings.Join(asked, " "), n), nil
		}}
}

func proposal() limits.Proposal {
	return limits.Proposal{Number: number, Take: policy.TakeRefuse, For: 30 * 24 * time.Hour, Reason: "r", Elsewhere: "letter"}
}

func person(id string) staff.Person { return staff.Person{ID: staff.ID(id)} }

// A limit needs a reason, another way in, an end within 180 days and two people; it has a review date before its end, and
// stops by itself (E-14).
func TestE14ALimitNeedsTwoPeopleAReasonAndAnEnd(t *testing.T) {
	l := ledger(t)
	for name, change := range map[string]func(*limits.Proposal){
		"no reason": func(p *limits.Proposal) { p.Reason = "" }, "no other way in": func(p *limits.Proposal) { p.Elsewhere = "" },
		"181 days": func(p *limits.Proposal) { p.For = 181 * 24 * time.Hour }, "no end": func(p *limits.Proposal) { p.For = 0 },
		"no number": func(p *limits.Proposal) { p.Number = "非通知" }, "no way to take": func(p *limits.Proposal) { p.Take = "" },
	} {
		p := proposal()
		change(&p)
		if _, err := l.Propose(t.Context(), person("a"), p); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	p := proposal()
	p.For = policy.MaxLimit
	e, err := l.Propose(t.Context(), person("a"), p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Approve(t.Context(), person("a"), e.ID); !errors.Is(err, limits.ErrSamePerson) || e.State(time.Now()) != limits.Proposed {
		t.Errorf("one person alone: %v", err)
	}
	if e, err = l.Approve(t.Context(), person("b"), e.ID); err != nil || !e.Review.After(e.From) || !e.Review.Before(e.Until) || e.Until.Sub(e.From) != policy.MaxLimit {
		t.Errorf("%+v %v", e, err)
	}
	in := call.Incoming{ID: call.NewID(), Direction: call.Inbound, From: call.ParseNumber(number)}
	rules := policy.ShippedRules(policy.PresetAsk)
	for at, want := range map[time.Time]call.Verdict{e.From: call.AnswerWithRefusal, e.Until.Add(-time.Second): call.AnswerWithRefusal, e.Until: call.Accept, e.From.Add(-time.Second): call.Accept} {
		if got := rules.Admit(in, []policy.Limit{e.Limit}, at); got.Verdict != want {
			t.Errorf("at %s: %s, want %s", at.Sub(e.From), got.Verdict, want)
		}
	}
}

// A limit for all who withhold their number is proposed like any other; it never refuses.
func TestALimitForAllWhoWithholdTheirNumber(t *testing.T) {
	l := ledger(t)
	p := proposal()
	p.Number, p.Withheld = "", call.Withheld
	if _, err := l.Propose(t.Context(), person("a"), p); !errors.Is(err, limits.ErrWrong) {
		t.Errorf("everybody without a number was refused: %v", err)
	}
	p.Take, p.Matter = policy.TakeVoicebot, " 返金の件 "
	e, err := l.Propose(t.Context(), person("a"), p)
	if err != nil || e.Withheld != call.Withheld || e.Number != "" || e.Matter != "返金の件" {
		t.Errorf("%+v %v", e, err)
	}
}

// Whoever has an objection against a limit has it written down as a task with a due date, which somebody else than those
// who made the limit decides (E-16). What a limited caller hears names the way: TestE16 of package voicebot.
func TestE16AnObjectionIsATask(t *testing.T) {
	l := ledger(t)
	e, err := l.Propose(t.Context(), person("a"), proposal())
	if err != nil {
		t.Fatal(err)
	}
	if e, err = l.Approve(t.Context(), person("b"), e.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Object(t.Context(), person("c"), "none", "letter", "違います"); !errors.Is(err, limits.ErrNone) {
		t.Errorf("an objection against nothing: %v", err)
	}
	o, err := l.Object(t.Context(), person("c"), e.ID, "letter", "人違いです")
	if err != nil || o.Due.Sub(o.At) != limits.AnswerWithin || o.Late(o.Due) || !o.Late(o.Due.Add(time.Second)) {
		t.Fatalf("%+v %v", o, err)
	}
	for _, who := range []string{"a", "b"} {
		if _, err := l.Answer(t.Context(), person(who), o.ID, false, "no"); !errors.Is(err, limits.ErrSamePerson) {
			t.Errorf("%s decides on the own limit: %v", who, err)
		}
	}
	if o, err = l.Answer(t.Context(), person("c"), o.ID, true, "人違いでした"); err != nil || o.Decision != limits.Lifted || o.Late(o.Due.Add(time.Hour)) {
		t.Errorf("%+v %v", o, err)
	}
	all, err := l.Store.ListLimits(t.Context(), 10)
	if err != nil || len(all) != 1 || all[0].State(time.Now()) != limits.Lifted {
		t.Errorf("the limit is in force all the same: %+v %v", all, err)
	}
	if _, err := l.Answer(t.Context(), person("c"), o.ID, false, "again"); !errors.Is(err, limits.ErrAnswered) {
		t.Errorf("answered twice: %v", err)
	}
}

// brittle is a store that can answer objections and not lift limits.
type brittle struct{ *store.Store }

func (brittle) LiftLimit(context.Context, string, string, staff.Deed) (bool, error) {
	return false, errors.New("the database is away")
}

// An objection that is answered with the limit lifted lifts it in the same moment: it is never answered while the caller stays limited.
func TestE16AnAnswerAndItsLiftAreOne(t *testing.T) {
	l := ledger(t)
	l.Store = brittle{l.Store.(*store.Store)}
	e, err := l.Propose(t.Context(), person("a"), proposal())
	if err != nil {
		t.Fatal(err)
	}
	o, err := l.Object(t.Context(), person("c"), e.ID, "letter", "人違いです")
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Answer(t.Context(), person("c"), o.ID, true, "人違いでした")
	if o, err2 := l.Store.Objection(t.Context(), o.ID); err2 != nil || (o.Decision == limits.Lifted) != (err == nil) {
		t.Errorf("%v: the objection is %q (%v)", err, o.Decision, err2)
	}
	if e, err2 := l.Store.Limit(t.Context(), e.ID); err2 != nil || (e.State(time.Now()) == limits.Lifted) != (err == nil) {
		t.Errorf("%v: the limit is %s (%v)", err, e.State(time.Now()), err2)
	}
}

// Nobody who has asked for an accommodation is limited before it was talked over with him (E-22).
func TestE22ADialogueComesFirst(t *testing.T) {
	l := ledger(t, "+81355550123")
	p := proposal()
	for _, words := range []string{"", "  \n"} {
		p.Dialogue = words
		if _, err := l.Propose(t.Context(), person("a"), p); !errors.Is(err, limits.ErrDialogue) {
			t.Errorf("%q: %v", words, err)
		}
	}
	p.Dialogue = "筆談とメールを案内し、本人が電話を希望"
	if e, err := l.Propose(t.Context(), person("a"), p); err != nil || e.Dialogue != p.Dialogue {
		t.Errorf("%+v %v", e, err)
	}
	p.Number, p.Dialogue = "0355550124", ""
	if _, err := l.Propose(t.Context(), person("a"), p); err != nil {
		t.Errorf("somebody who asked for nothing: %v", err)
	}
}

// What a call has led to and two people have not agreed on is put aside together; what they agreed on stays (E-10).
func TestE10NothingOfAComplaintCounts(t *testing.T) {
	l := ledger(t)
	rules, in := policy.ShippedRules(policy.PresetAuto), call.Incoming{ID: call.NewID(), From: call.ParseNumber(number)}
	limit, _ := rules.Provisional(in, time.Now().UTC().Truncate(time.Millisecond))
	suggested, _ := policy.Suggested(in, time.Now().UTC().Truncate(time.Millisecond))
	proposed := proposal()
	proposed.Call = in.ID
	agreed, err := l.Propose(t.Context(), person("a"), proposed)
	if err == nil {
		agreed, err = l.Approve(t.Context(), person("b"), agreed.ID)
	}
	_, err2 := l.Propose(t.Context(), person("a"), proposed)
	if err := errors.Join(err, err2, l.Provisional(t.Context(), limit), l.Suggest(t.Context(), suggested)); err != nil {
		t.Fatal(err)
	}
	if err := l.Release(t.Context(), person("c"), in.ID, "complaint"); err != nil {
		t.Fatal(err)
	}
	all, err := l.Store.ListLimits(t.Context(), 10)
	if err != nil || len(all) != 4 {
		t.Fatalf("%d %v", len(all), err)
	}
	for _, e := range all {
		if want := e.ID == agreed.ID; (e.State(time.Now()) == limits.InForce) != want || !want && e.State(time.Now()) != limits.Lifted {
			t.Errorf("%s is %s", e.ID, e.State(time.Now()))
		}
	}
}
