package incident

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
)

func ccaj() []CCAJType {
	return []CCAJType{{Name: "暴言", Categories: []judge.Category{judge.Abuse}}, {Name: "その他"}}
}

func abuse() Offer { return OfferFor([]judge.Category{judge.Abuse, judge.Insult}, ccaj()) }

func yes() Review { return Review{Conduct: Yes, Beyond: Yes, Harmed: Yes} }

// Every category offers types of each list as the mapping has them, in the list's order, each once.
func TestWhatIsProposed(t *testing.T) {
	o := abuse()
	want := Types{MHLW2026: []string{"mhlw2026.mental", "mhlw2026.intimidating"}, MHLW9: []string{"mhlw9.abuse"}, Tokyo: []string{"tokyo.mental", "tokyo.intimidating"}, CCAJ: []string{"暴言"}}
	if !reflect.DeepEqual(o.Proposed, want) {
		t.Errorf("%+v, want %+v", o.Proposed, want)
	}
	for _, c := range judge.Categories() {
		o := OfferFor([]judge.Category{c, c}, nil)
		twice := OfferFor([]judge.Category{c}, nil)
		if !reflect.DeepEqual(o, twice) || len(o.All.MHLW9) != 9 || len(o.All.Tokyo) != 15 || c.IsGuard() == (len(o.Proposed.MHLW2026) > 0) {
			t.Errorf("%s: %+v", c, o.Proposed)
		}
	}
}

// What is proposed is no decision: a case that is closed without a person's types has none.
func TestNothingIsStatedByItself(t *testing.T) {
	b := &Book{Store: shelf{"i": Draft("i", judge.Abuse, judge.Severe, time.Time{})}}
	i, err := b.Close(t.Context(), staff.Person{ID: "sv"}, "i", Finding{Outcome: Harassment, Review: yes()}, abuse())
	if err != nil || i.Stated != nil || i.Proposed == nil || len(i.Proposed.MHLW9) != 1 {
		t.Errorf("%+v %v", i, err)
	}
	if n := Count([]Incident{i}, abuse().All); n.Stated != 0 || n.Harassment != 1 || row(n, "mhlw9.abuse").Stated != 0 || row(n, "mhlw9.abuse").Proposed != 1 {
		t.Errorf("%+v", n)
	}
}

// A legitimate complaint, and whatever else is no harassment, has no official types: not at its closing, and not later (E-10).
func TestE10AComplaintHasNoOfficialTypes(t *testing.T) {
	for _, o := range Outcomes() {
		if o == Harassment {
			continue
		}
		s := shelf{"i": Draft("i", judge.Abuse, judge.Severe, time.Time{})}
		b := &Book{Store: s}
		f := Finding{Outcome: o, Review: Review{Conduct: Yes, Beyond: No, Harmed: Yes}, Types: &Types{}}
		if _, err := b.Close(t.Context(), staff.Person{ID: "sv"}, "i", f, abuse()); !errors.Is(err, ErrNoTypes) || s["i"].Status != New {
			t.Errorf("%s: %v", o, err)
		}
		f.Types = nil
		if _, err := b.Close(t.Context(), staff.Person{ID: "sv"}, "i", f, abuse()); err != nil {
			t.Fatal(err)
		}
		if i, err := b.State(t.Context(), staff.Person{ID: "sv"}, "i", 0, abuse().Proposed, abuse()); !errors.Is(err, ErrNoTypes) || i.Stated != nil {
			t.Errorf("%s: %v", o, err)
		}
	}
}

// A person may state other types than those proposed, and none; never one that is in no list.
func TestAPersonStatesTypes(t *testing.T) {
	s := shelf{"i": Draft("i", judge.Abuse, judge.Severe, time.Time{})}
	b := &Book{Store: s}
	f := Finding{Outcome: Harassment, Review: yes(), Types: &Types{MHLW9: []string{"mhlw9.net", "mhlw9.time", "mhlw9.net"}, CCAJ: []string{"その他"}}}
	for name, wrong := range map[string]Types{"unknown": {MHLW9: []string{"mhlw9.none"}}, "of another list": {MHLW9: []string{"tokyo.mental"}}, "not entered": {CCAJ: []string{"無い"}}} {
		g := f
		g.Types = &wrong
		if _, err := b.Close(t.Context(), staff.Person{ID: "sv"}, "i", g, abuse()); !errors.Is(err, ErrType) || s["i"].Status != New {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.State(t.Context(), staff.Person{ID: "sv"}, "i", 0, Types{}, abuse()); !errors.Is(err, ErrState) {
		t.Errorf("of a case that is not closed: %v", err)
	}
	i, err := b.Close(t.Context(), staff.Person{ID: "sv"}, "i", f, abuse())
	if err != nil || i.Stated.Version != 1 || i.Stated.By != "sv" || i.Stated.At.IsZero() || !slices.Equal(i.Stated.Types.MHLW9, []string{"mhlw9.time", "mhlw9.net"}) || len(i.Stated.Types.Tokyo) != 0 {
		t.Fatalf("%+v %v", i.Stated, err)
	}

	// The list loses a name that the case has: it may stay there and in the count, and no other case may get it.
	later := OfferFor([]judge.Category{judge.Abuse}, ccaj()[:1])
	if _, err := b.State(t.Context(), staff.Person{ID: "m"}, "i", 0, i.Stated.Types, later); !errors.Is(err, ErrTypesVersion) {
		t.Errorf("over a statement that was not read: %v", err)
	}
	again := i.Stated.Types
	again.Tokyo = []string{"tokyo.mental"}
	if i, err = b.State(t.Context(), staff.Person{ID: "m"}, "i", 1, again, later); err != nil || i.Stated.Version != 2 || i.Stated.By != "m" || i.Stated.Types.CCAJ[0] != "その他" {
		t.Errorf("%+v %v", i.Stated, err)
	}
	n := Count([]Incident{i}, later.All)
	if r := row(n, "その他"); !r.Gone || r.Stated != 1 || r.Proposed != 0 {
		t.Errorf("%+v", r)
	}
	if r := row(n, "mhlw9.abuse"); r.Gone || r.Stated != 0 || r.Proposed != 1 || r.Both != 0 {
		t.Errorf("%+v", r)
	}
	if r := row(n, "tokyo.mental"); r.Stated != 1 || r.Proposed != 1 || r.Both != 1 {
		t.Errorf("%+v", r)
	}
	s["j"] = Draft("j", judge.Abuse, judge.Severe, time.Time{})
	if _, err := b.Close(t.Context(), staff.Person{ID: "sv"}, "j", f, later); !errors.Is(err, ErrType) {
		t.Errorf("a name that has left the list, in another case: %v", err)
	}
}

func row(n Tally, name string) TallyRow {
	for _, r := range n.Rows {
		if r.Type == name {
			return r
		}
	}
	return TallyRow{}
}
