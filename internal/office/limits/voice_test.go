package limits_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/voices"
	"commusafe/internal/policy"
)

// A desk registers voices, or says why it can't.
type desk struct {
	err   error
	tried int
	made  []string
}

func (d *desk) May(context.Context, call.ID, time.Duration) error {
	d.tried++
	return d.err
}

func (d *desk) Take(_ context.Context, voice, limit string, _ call.ID, until time.Time) (voices.Print, error) {
	if d.err == nil {
		d.made = append(d.made, voice)
	}
	return voices.Print{ID: voice, Limit: limit, Case: "case", Source: "x/1", Sealed: "sealed", Made: time.Now(), Expires: until}, d.err
}

// Who has asked for an accommodation is talked with first, be it his voice alone that is registered (E-22).
func TestE22AVoiceAfterAnAccommodation(t *testing.T) {
	l := ledger(t, "+81355550123")
	l.Voices = &desk{}
	p := limits.Proposal{Voice: true, Take: policy.TakeCandidate, For: time.Hour, Reason: "r", Elsewhere: "letter", Call: "c", Caller: number}
	if _, err := l.Propose(t.Context(), person("a"), p); !errors.Is(err, limits.ErrDialogue) {
		t.Errorf("without a talk: %v", err)
	}
	p.Dialogue = "話し合った内容"
	if e, err := l.Propose(t.Context(), person("a"), p); err != nil || e.Number != "" {
		t.Errorf("%+v %v", e, err)
	}
}

// A voice is registered when the second person agrees, and not before; it ends with the limit. What can't be registered is neither
// proposed nor approved (E-32).
func TestE32AVoiceNeedsTwoPeople(t *testing.T) {
	l, d := ledger(t), &desk{}
	p := limits.Proposal{Voice: true, Take: policy.TakeCandidate, For: 30 * 24 * time.Hour, Reason: "r", Elsewhere: "letter", Call: "c"}
	if _, err := l.Propose(t.Context(), person("a"), p); !errors.Is(err, voices.ErrOff) {
		t.Errorf("nothing registers voices: %v", err)
	}
	l.Voices = d
	d.err = voices.ErrCase
	if _, err := l.Propose(t.Context(), person("a"), p); !errors.Is(err, voices.ErrCase) {
		t.Errorf("an open case: %v", err)
	}
	d.err = nil
	for name, change := range map[string]func(*limits.Proposal){
		"no call": func(p *limits.Proposal) { p.Call = "" }, "no voice": func(p *limits.Proposal) { p.Voice = false },
		"a number": func(p *limits.Proposal) { p.Number = number }, "a kind": func(p *limits.Proposal) { p.Withheld = call.Withheld },
		"refused": func(p *limits.Proposal) { p.Take = policy.TakeRefuse }, "181 days": func(p *limits.Proposal) { p.For = 181 * 24 * time.Hour },
	} {
		q := p
		change(&q)
		if _, err := l.Propose(t.Context(), person("a"), q); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	alone, err := l.Propose(t.Context(), person("a"), p)
	if err != nil || alone.Voice == "" || !alone.VoiceOnly() || len(d.made) != 0 {
		t.Fatalf("%+v %v %v", alone, err, d.made)
	}
	p.Number, p.Take = number, policy.TakeVoicebot
	beside, err := l.Propose(t.Context(), person("a"), p)
	if err != nil || beside.Voice == "" || beside.VoiceOnly() || beside.Voice == alone.Voice {
		t.Fatalf("%+v %v", beside, err)
	}
	if _, err := l.Approve(t.Context(), person("a"), alone.ID); !errors.Is(err, limits.ErrSamePerson) || len(d.made) != 0 {
		t.Errorf("one person alone: %v %v", err, d.made)
	}
	d.err = voices.ErrShort
	if _, err := l.Approve(t.Context(), person("b"), alone.ID); !errors.Is(err, voices.ErrShort) {
		t.Errorf("no voice: %v", err)
	}
	if e, err := l.Store.Limit(t.Context(), alone.ID); err != nil || e.State(time.Now()) != limits.Proposed {
		t.Errorf("approved without its voice: %+v %v", e, err)
	}
	d.err = nil
	for _, e := range []limits.Entry{alone, beside} {
		if _, err := l.Approve(t.Context(), person("b"), e.ID); err != nil || d.made[len(d.made)-1] != e.Voice {
			t.Errorf("%v %v", err, d.made)
		}
	}
	prints := func() (live int) {
		all, err := l.Store.(voices.Store).ListVoices(t.Context())
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v %v", all, err)
		}
		for _, p := range all {
			if p.Sealed != "" {
				live++
			}
		}
		return live
	}
	if prints() != 2 {
		t.Error("what was approved is not registered")
	}
	if _, err := l.Lift(t.Context(), person("c"), alone.ID, "why"); err != nil || prints() != 1 {
		t.Errorf("lifted: %v, %d voices", err, prints())
	}
}
