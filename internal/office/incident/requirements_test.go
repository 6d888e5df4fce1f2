package incident

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
)

// shelf is a store of cases.
type shelf map[ID]Incident

func (s shelf) Incident(_ context.Context, id ID) (Incident, error) {
	i, ok := s[id]
	if !ok {
		return i, fs.ErrNotExist
	}
	return i, nil
}

func (s shelf) OpenIncident(_ context.Context, i Incident, _ staff.Deed) (bool, error) {
	if _, there := s[i.ID]; there {
		return false, nil
	}
	s[i.ID] = i
	return true, nil
}

func (s shelf) StateTypes(_ context.Context, i Incident, _ staff.Deed) (bool, error) {
	s[i.ID] = i
	return true, nil
}

func (s shelf) MoveIncident(_ context.Context, i Incident, _ ...staff.Deed) (bool, error) {
	if old := s[i.ID]; old.Status == Closed || old.Status == i.Status {
		return false, nil
	}
	s[i.ID] = i
	return true, nil
}

// A case can't be closed, as whatever it is, with one of the three elements unanswered; and what it was must follow from
// the answers (E-02).
func TestE02EachElementIsAnswered(t *testing.T) {
	answers := []Answer{"", Yes, No, "maybe"}
	for _, o := range append(Outcomes(), "", "other") {
		for _, a := range answers {
			for _, b := range answers {
				for _, c := range answers {
					s := shelf{"i": Draft("i", judge.Abuse, judge.Severe, Incident{}.Created)}
					_, err := (&Book{Store: s}).Close(t.Context(), staff.Person{ID: "sv"}, "i", Finding{Outcome: o, Review: Review{Conduct: a, Beyond: b, Harmed: c}}, Offer{})
					blank := slices.ContainsFunc([]Answer{a, b, c}, func(x Answer) bool { return x != Yes && x != No })
					all := a == Yes && b == Yes && c == Yes
					may := !blank && slices.Contains(Outcomes(), o) && all == (o == Harassment)
					if may != (err == nil) || may != (s["i"].Status == Closed) || blank && !errors.Is(err, ErrElements) {
						t.Fatalf("%q with %q %q %q: %v, %+v", o, a, b, c, err, s["i"])
					}
					if may && s["i"].Review != (Review{Conduct: a, Beyond: b, Harmed: c}) {
						t.Fatalf("the answers are not kept: %+v", s["i"])
					}
				}
			}
		}
	}
}

// A legitimate complaint is an outcome of its own. What the call had led to is put aside; harassment leaves it (E-10).
func TestE10AComplaintIsAnOutcome(t *testing.T) {
	for o, want := range map[Outcome]bool{Complaint: true, Neither: true, WrongFlag: true, Harassment: false} {
		var cleared []call.ID
		s := shelf{"i": Draft("i", judge.Abuse, judge.Severe, Incident{}.Created)}
		b := &Book{Store: s, Cleared: func(_ context.Context, _ staff.Person, i Incident) error {
			cleared = append(cleared, i.Call)
			return nil
		}}
		r := Review{Conduct: Yes, Beyond: Yes, Harmed: Yes}
		if o != Harassment {
			r.Beyond = No
		}
		i, err := b.Close(t.Context(), staff.Person{ID: "sv"}, "i", Finding{Outcome: o, Review: r}, Offer{})
		if err != nil || i.Outcome != o || (len(cleared) == 1) != want {
			t.Errorf("%s: %+v %v, cleared %v", o, i, err, cleared)
		}
		if _, err := b.Close(t.Context(), staff.Person{ID: "sv"}, "i", Finding{Outcome: o, Review: r}, Offer{}); !errors.Is(err, ErrState) || len(cleared) > 1 {
			t.Errorf("%s: closed twice: %v, cleared %v", o, err, cleared)
		}
	}
}

// A complaint whose limits can't be put aside, as the database is away for a moment, stays open and can be closed again: no case says that
// somebody was in the right while the next call of theirs is limited.
func TestE10WhatCantBePutAsideKeepsTheCaseOpen(t *testing.T) {
	away := errors.New("the database is away")
	s := shelf{"i": Draft("i", judge.Abuse, judge.Severe, Incident{}.Created)}
	b := &Book{Store: s, Cleared: func(context.Context, staff.Person, Incident) error { return away }}
	f := Finding{Outcome: Complaint, Review: Review{Conduct: Yes, Beyond: No, Harmed: No}}
	if _, err := b.Close(t.Context(), staff.Person{ID: "sv"}, "i", f, Offer{}); !errors.Is(err, away) || s["i"].Status == Closed {
		t.Errorf("%v, the case is %s", err, s["i"].Status)
	}
	away = nil
	if i, err := b.Close(t.Context(), staff.Person{ID: "sv"}, "i", f, Offer{}); err != nil || i.Outcome != Complaint {
		t.Errorf("%+v %v", i, err)
	}
}

func TestACaseOfAPerson(t *testing.T) {
	b := &Book{Store: shelf{}}
	i, err := b.Open(t.Context(), staff.Person{ID: "sv"}, "c", judge.Repeat, judge.None)
	if err != nil || i.Status != Open || i.MovedBy != "sv" || i.Category != judge.Repeat {
		t.Errorf("%+v %v", i, err)
	}
	if _, err := b.Open(t.Context(), staff.Person{ID: "sv"}, "c", judge.Repeat, judge.None); !errors.Is(err, ErrState) {
		t.Errorf("opened twice: %v", err)
	}
	if _, err := b.Take(t.Context(), staff.Person{ID: "sv"}, "none"); !errors.Is(err, ErrNone) {
		t.Errorf("a case that is not there: %v", err)
	}
}
