package web

import (
	"testing"
	"time"

	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/voices"
	"commusafe/internal/policy"
)

// refused has somebody ask for what is refused for a reason.
func (b *browser) refused(why, path string, in any) {
	b.k.t.Helper()
	if status, p := b.do("POST", path, in); status < 400 || p.Title != why {
		b.k.t.Errorf("POST %s: %d %s, want %s", path, status, p.Title, why)
	}
}

// From off to a registered voice and back, as people see it: two people turn it on, a closed case is needed, two people register, and
// turning it off erases.
func TestAVoiceThroughTheAPI(t *testing.T) {
	k := newKit(t)
	admin, manager, sv := k.as(staff.Administrator), k.as(staff.Manager), k.as(staff.Supervisor)
	read := func() SettingsView { return answer[SettingsView](t, manager, "GET", "/settings", nil) }
	if v := read().Voice; v.On || v.Waiting != nil || !v.Ready || v.Registered != 0 {
		t.Errorf("shipped: %+v", v)
	}
	proposal := LimitProposal{Call: "c", Voice: true, Take: policy.TakeCandidate, Days: 30, Reason: "r", Elsewhere: "e"}
	sv.refused("error.voice_off", "/limits", proposal)

	ask := VoiceAsk{Version: read().Version, Purpose: "終了した事案の発信者に似た声を示す", Days: 90}
	admin.refused("error.voice_input", "/voices/ask", VoiceAsk{Version: ask.Version, Purpose: "短い", Days: 90})
	key := k.server.Voices.Key
	k.server.Voices.Key = nil
	admin.refused("error.voice_key", "/voices/ask", ask)
	k.server.Voices.Key = key
	v := answer[SettingsView](t, admin, "POST", "/voices/ask", ask)
	if w := v.Voice.Waiting; v.Voice.On || w == nil || w.MayApprove || w.Days != 90 || w.By != "administrator" {
		t.Fatalf("%+v", v.Voice)
	}
	admin.refused("error.voice_person", "/voices/approve", VoiceDecision{v.Version})
	if v = read(); !v.Voice.Waiting.MayApprove {
		t.Error("a manager may not approve")
	}
	manager.refused("error.version", "/voices/approve", VoiceDecision{v.Version - 1})
	v = answer[SettingsView](t, manager, "POST", "/voices/approve", VoiceDecision{v.Version})
	if !v.Voice.On || v.Voice.Waiting != nil || v.Voice.ApprovedBy != "manager" || v.Voice.AskedBy != "administrator" || v.Voice.Purpose != ask.Purpose {
		t.Errorf("%+v", v.Voice)
	}
	if !k.server.brief().Voices {
		t.Error("the consoles are not told")
	}

	sv.refused("error.voice_case", "/limits", proposal)
	i := incident.Draft("c", judge.Abuse, judge.Severe, time.Now())
	d := staff.Deed{What: "trail.incident_open", At: time.Now()}
	if ok, err := k.server.Store.OpenIncident(t.Context(), i, d); !ok || err != nil {
		t.Fatal(ok, err)
	}
	sv.refused("error.voice_case", "/limits", proposal)
	i.Status, i.Outcome = incident.Closed, incident.Harassment
	if ok, err := k.server.Store.MoveIncident(t.Context(), i, d); !ok || err != nil {
		t.Fatal(ok, err)
	}
	long := proposal
	long.Days = 91
	sv.refused("error.voice_keep", "/limits", long)
	refuse := proposal
	refuse.Take = policy.TakeRefuse
	if status, _ := sv.do("POST", "/limits", refuse); status < 400 {
		t.Error("a voice alone refuses")
	}
	l := answer[LimitView](t, sv, "POST", "/limits", proposal)
	if l.Voice == nil || l.Voice.State != "waiting" || l.Take != policy.TakeCandidate || l.Number != (NumberView{}) {
		t.Fatalf("%+v %+v", l, l.Voice)
	}
	l = answer[LimitView](t, manager, "POST", "/limits/"+l.ID+"/approve", nil)
	if l.Voice.State != "registered" || l.Voice.Source != "builtin-voice/1" || !l.Voice.Expires.Equal(l.Until) {
		t.Errorf("%+v", l.Voice)
	}
	if err := k.server.Settings.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v = read(); v.Voice.Registered != 1 || len(k.server.Settings.Snapshot().Limits) != 0 {
		t.Errorf("%+v, edges are told of %+v", v.Voice, k.server.Settings.Snapshot().Limits)
	}
	v = answer[SettingsView](t, manager, "POST", "/voices/off", VoiceDecision{v.Version})
	all := answer[Limits](t, sv, "GET", "/limits", nil).Limits
	if v.Voice.On || v.Voice.Registered != 0 || len(all) != 1 || all[0].Voice.State != "erased" || all[0].Voice.Why != voices.Off {
		t.Errorf("%+v %+v", v.Voice, all[0].Voice)
	}
}
