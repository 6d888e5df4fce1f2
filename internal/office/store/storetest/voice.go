package storetest

import (
	"context"
	"testing"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
	"commusafe/internal/office/voices"
	"commusafe/internal/policy"
)

// voiceprints exercises a voice from the approval of its limit to its tombstone.
func voiceprints(t *testing.T, s *store.Store) {
	ctx, now := context.Background(), time.Now().UTC().Truncate(time.Millisecond)
	deed := func(who staff.ID, what string) staff.Deed {
		return staff.Deed{By: who, What: what, Subject: "l-voice", At: now}
	}
	entry := func(id, number, take string) limits.Entry {
		return limits.Entry{Limit: policy.Limit{ID: id, Number: number, Voice: "voice-of-" + id, Take: take, From: now, Until: now.Add(time.Hour), Review: now,
			Call: call.ID("c-voice"), Reason: "r", Elsewhere: "letter"}, ProposedBy: "p1", Proposed: now}
	}
	of := func(e limits.Entry) *voices.Print {
		return &voices.Print{ID: e.Voice, Limit: e.ID, Case: "case", Source: "x/1", Sealed: "sealed-vector-of-" + e.ID, Made: now, Expires: e.Until}
	}
	alone, beside := entry("l-voice", "", policy.TakeCandidate), entry("l-both", "+81355550177", policy.TakeVoicebot)
	for _, e := range []limits.Entry{alone, beside} {
		yes(t, must[bool](t)(s.PutLimit(ctx, e, deed("p1", "trail.limit_propose"))))
		same(t, "proposed", must[limits.Entry](t)(s.Limit(ctx, e.ID)), e)
		same(t, "no voice before two people agreed", len(voicesOf(t, s, e.ID)), 0)
		e.ApprovedBy, e.Approved, e.Approvers = "p2", now, []string{"p1", "p2"}
		yes(t, !must[bool](t)(s.ApproveLimit(ctx, with(e, "p1"), of(e), deed("p1", "trail.limit_approve"))))
		same(t, "one person alone registers nothing", len(voicesOf(t, s, e.ID)), 0)
		yes(t, must[bool](t)(s.ApproveLimit(ctx, e, of(e), deed("p2", "trail.limit_approve"))))
		same(t, "registered", voicesOf(t, s, e.ID), []voices.Print{*of(e)})
	}
	var ids []string
	for _, l := range must[[]policy.Limit](t)(s.LimitsInForce(ctx, now)) {
		if l.Voice != "" {
			ids = append(ids, l.ID)
		}
	}
	same(t, "edges are told of the number, not of a voice alone", ids, []string{"l-both"})

	revision := must[int64](t)(s.Revision(ctx))
	yes(t, must[bool](t)(s.LiftLimit(ctx, "l-both", "why", deed("p3", "trail.limit_lift"))))
	yes(t, must[bool](t)(s.EraseVoice(ctx, alone.Voice, voices.Ended, staff.Deed{What: "trail.voice_erase", Subject: alone.Voice, At: now})))
	yes(t, !must[bool](t)(s.EraseVoice(ctx, alone.Voice, voices.Ended, staff.Deed{What: "trail.voice_erase", Subject: alone.Voice, At: now})))
	yes(t, must[int64](t)(s.Revision(ctx)) == revision+2)
	for id, why := range map[string]string{"l-voice": voices.Ended, "l-both": voices.Lifted} {
		p := voicesOf(t, s, id)[0]
		if p.Sealed != "" || p.Why != why || !p.Erased.Equal(now) || p.Case != "case" {
			t.Errorf("%s: no tombstone: %+v", id, p)
		}
		for what, want := range map[string]int{"trail.voice_enrol": 1, "trail.voice_erase": 1} {
			if n := len(must[[]staff.Entry](t)(s.TrailOf(ctx, p.ID, what))); n != want {
				t.Errorf("%s: %s stands in the trail %d times", id, what, n)
			}
		}
	}
}

func with(e limits.Entry, approver staff.ID) limits.Entry {
	e.ApprovedBy = approver
	return e
}

// voicesOf gives the voices of a limit.
func voicesOf(t *testing.T, s *store.Store, limit string) (out []voices.Print) {
	t.Helper()
	for _, p := range must[[]voices.Print](t)(s.ListVoices(context.Background())) {
		if p.Limit == limit {
			out = append(out, p)
		}
	}
	return out
}

func yes(t *testing.T, ok bool) {
	t.Helper()
	if !ok {
		t.Error("not so")
	}
}
