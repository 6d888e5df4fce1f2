package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/notify"
	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
)

// most is how many limits, notices and incidents a list shows.
const most = 200

type names map[staff.ID]string

func limitView(e limits.Entry, f facts, p staff.Person, now time.Time) LimitView {
	state, n := e.State(now), f.names
	return LimitView{ID: e.ID, Number: numberOf(call.Number{E164: e.Number, Withheld: e.Withheld}), Matter: e.Matter, Take: e.Take, State: state, Provisional: e.Provisional, From: e.From, Until: e.Until,
		Review: e.Review, Reason: e.Reason, Elsewhere: e.Elsewhere, Call: e.Call, ProposedBy: n[e.ProposedBy], ApprovedBy: n[e.ApprovedBy],
		LiftedBy: n[e.LiftedBy], LiftedWhy: e.LiftedWhy, Dialogue: e.Dialogue, Voice: f.voice(e, state), MayApprove: state == limits.Proposed && e.ProposedBy != p.ID && p.May(staff.ApproveLimit)}
}

func (s *Server) limitViews(ctx context.Context, p staff.Person) ([]LimitView, error) {
	all, err := s.Store.ListLimits(ctx, most)
	if err != nil {
		return nil, err
	}
	f, err := s.facts(ctx)
	return limitList(all, f, p, time.Now()).Limits, err
}

func (s *Server) listLimits(ctx context.Context, _ *none) (*body[Limits], error) {
	v, err := s.limitViews(ctx, who(ctx))
	return &body[Limits]{Limits{v}}, err
}

func (s *Server) proposeLimit(ctx context.Context, in *body[LimitProposal]) (*body[LimitView], error) {
	p := limits.Proposal{Number: in.Body.Number, Withheld: in.Body.Withheld, Matter: in.Body.Matter, Take: in.Body.Take, For: time.Duration(in.Body.Days) * 24 * time.Hour, Reason: in.Body.Reason,
		Elsewhere: in.Body.Elsewhere, Dialogue: in.Body.Dialogue, Call: in.Body.Call, Voice: in.Body.Voice}
	if p.Number == "" && p.Withheld == call.Shown && p.Call != "" && p.Take != policy.TakeCandidate {
		n, err := s.numberOfCall(ctx, p.Call)
		if err != nil {
			return nil, err
		}
		p.Number = n
	}
	if p.Take == policy.TakeCandidate && p.Call != "" {
		p.Caller, _ = s.numberOfCall(ctx, p.Call) // who has shown none is nobody known
	}
	return s.limitAnswer(ctx, func(by staff.Person) (limits.Entry, error) { return s.Limits.Propose(ctx, by, p) })
}

// numberOfCall gives the caller's number of a call that runs or is over.
func (s *Server) numberOfCall(ctx context.Context, id call.ID) (string, error) {
	from := call.Number{}
	if v, ok := s.Live.Find(id); ok {
		from = v.Incoming.From
	} else {
		c, err := s.Store.Call(ctx, id)
		if err != nil {
			return "", err
		}
		from = c.Incoming.From
	}
	if !from.Shown() {
		return "", problem(http.StatusUnprocessableEntity, "error.limit_number", "")
	}
	return from.E164, nil
}

func (s *Server) approveLimit(ctx context.Context, in *byID) (*body[LimitView], error) {
	return s.limitAnswer(ctx, func(by staff.Person) (limits.Entry, error) { return s.Limits.Approve(ctx, by, in.ID) })
}

func (s *Server) liftLimit(ctx context.Context, in *onID[Reason]) (*body[LimitView], error) {
	return s.limitAnswer(ctx, func(by staff.Person) (limits.Entry, error) { return s.Limits.Lift(ctx, by, in.ID, in.Body.Reason) })
}

func (s *Server) limitAnswer(ctx context.Context, do func(by staff.Person) (limits.Entry, error)) (*body[LimitView], error) {
	p := who(ctx)
	e, err := do(p)
	if err != nil {
		return nil, err
	}
	f, err := s.facts(ctx)
	return &body[LimitView]{limitView(e, f, p, time.Now())}, err
}

func noticeView(x notify.Notice, n names) NoticeView {
	return NoticeView{ID: x.ID, Call: x.Call, Level: x.Level, Category: x.Category, State: string(x.State), At: x.At, Escalated: x.Escalated,
		AcknowledgedBy: n[x.AcknowledgedBy], Acknowledged: x.Acknowledged, Note: x.Note}
}

func (s *Server) noticeViews(ctx context.Context) ([]NoticeView, error) {
	all, err := s.Store.ListNotices(ctx, most)
	if err != nil {
		return nil, err
	}
	n, err := s.Staff.Names(ctx)
	out := []NoticeView{}
	for _, x := range all {
		out = append(out, noticeView(x, n))
	}
	return out, err
}

func (s *Server) listNotices(ctx context.Context, _ *none) (*body[Notices], error) {
	v, err := s.noticeViews(ctx)
	return &body[Notices]{Notices{v}}, err
}

func (s *Server) acknowledge(ctx context.Context, in *onID[Note]) (*body[NoticeView], error) {
	x, err := s.Notices.Acknowledge(ctx, who(ctx), in.ID, in.Body.Note)
	if err != nil {
		return nil, err
	}
	n, err := s.Staff.Names(ctx)
	return &body[NoticeView]{noticeView(x, n)}, err
}

func incidentView(i incident.Incident, n names) IncidentView {
	v := IncidentView{ID: string(i.ID), Call: i.Call, Category: i.Category, Level: i.Level, Status: string(i.Status), Created: i.Created, Outcome: string(i.Outcome), Proposed: i.Proposed}
	if i.Status == incident.Closed {
		v.Review = &ReviewView{Conduct: i.Review.Conduct, Beyond: i.Review.Beyond, Harmed: i.Review.Harmed, Note: i.Review.Note}
	}
	if st := i.Stated; st != nil {
		v.Types = &TypesStated{Version: st.Version, Types: st.Types, By: n[st.By], At: st.At}
	}
	return v
}

// caseView is the view of one case, with what the product would propose of official types while none is noted.
func (s *Server) caseView(ctx context.Context, i incident.Incident) (IncidentView, error) {
	n, err := s.Staff.Names(ctx)
	if err != nil {
		return IncidentView{}, err
	}
	v := incidentView(i, n)
	if v.Proposed == nil {
		o, err := s.offerFor(ctx, i)
		if err != nil {
			return v, err
		}
		v.Proposed = &o.Proposed
	}
	return v, nil
}

func (s *Server) listIncidents(ctx context.Context, _ *none) (*body[Incidents], error) {
	all, err := s.Store.ListIncidents(ctx, most)
	if err != nil {
		return nil, err
	}
	n, err := s.Staff.Names(ctx)
	out := Incidents{Incidents: []IncidentView{}}
	for _, i := range all {
		out.Incidents = append(out.Incidents, incidentView(i, n))
	}
	return &body[Incidents]{out}, err
}

// onIncident does something with a case, with what is offered of official types for it, and answers with the case.
func (s *Server) onIncident(ctx context.Context, id string, do func(by staff.Person, i incident.Incident, o incident.Offer) (incident.Incident, error)) (*body[IncidentView], error) {
	i, err := s.Store.Incident(ctx, incident.ID(id))
	if err != nil {
		return nil, err
	}
	o, err := s.offerFor(ctx, i)
	if err != nil {
		return nil, err
	}
	if i, err = do(who(ctx), i, o); err != nil {
		return nil, err
	}
	v, err := s.caseView(ctx, i)
	return &body[IncidentView]{v}, err
}

// moveIncident takes a case up, or closes it with what people found.
func (s *Server) moveIncident(ctx context.Context, in *onID[IncidentStatus]) (*body[IncidentView], error) {
	b := in.Body
	return s.onIncident(ctx, in.ID, func(by staff.Person, i incident.Incident, o incident.Offer) (incident.Incident, error) {
		if incident.Status(b.Status) != incident.Closed {
			return s.Incidents.Take(ctx, by, i.ID)
		}
		f := incident.Finding{Outcome: incident.Outcome(b.Outcome), Types: b.Types}
		if b.Review != nil {
			f.Review = incident.Review{Conduct: b.Review.Conduct, Beyond: b.Review.Beyond, Harmed: b.Review.Harmed, Note: b.Review.Note}
		}
		i, err := s.Incidents.Close(ctx, by, i.ID, f, o)
		if err != nil || i.Outcome != incident.WrongFlag {
			return i, err
		}
		var p *Problem // a call that was cut without a judgement has nothing to be wrong
		if err := s.example(ctx, by, i.Call, 0, i.Review.Note); err != nil && !errors.As(err, &p) {
			return i, err
		}
		return i, nil
	})
}

// openIncident makes a case of a past call. While it is open, further calls of the number are calls on its matter.
func (s *Server) openIncident(ctx context.Context, in *onID[NewIncident]) (*body[IncidentView], error) {
	c, err := s.Store.Call(ctx, call.ID(in.ID))
	if err != nil {
		return nil, err
	}
	i, err := s.Incidents.Open(ctx, who(ctx), c.Incoming.ID, in.Body.Category, c.Peak)
	if err != nil {
		return nil, err
	}
	v, err := s.caseView(ctx, i)
	return &body[IncidentView]{v}, err
}

func (s *Server) getSettings(ctx context.Context, _ *none) (*body[SettingsView], error) {
	v, err := s.Settings.Current(ctx)
	if err != nil {
		return nil, err
	}
	return s.settingsAnswer(ctx, v)
}

func (s *Server) settingsAnswer(ctx context.Context, v settings.Version) (*body[SettingsView], error) {
	n, err := s.Staff.Names(ctx)
	snap := s.Settings.Snapshot()
	return &body[SettingsView]{SettingsView{Version: v.Version, Author: n[v.Author], At: v.At, Reason: v.Reason, Rules: v.Data.Rules, Thresholds: v.Data.Thresholds, Shipped: judge.ShippedThresholds(), CCAJ: ccajView(v.Data.CCAJ),
		Lexicon: snap.Lexicon.Name(), CutsToday: snap.CutsToday, Exempt: v.Data.Exempt, AutoNeedsReason: !s.Settings.ShadowReport(ctx, v.Data), Voice: s.voiceSettings(v.Data, n, who(ctx))}}, err
}

func (s *Server) putSettings(ctx context.Context, in *body[SettingsChange]) (*body[SettingsView], error) {
	v, err := s.Settings.Change(ctx, who(ctx), settings.Change{Version: in.Body.Version, Rules: in.Body.Rules, Thresholds: in.Body.Thresholds, Reason: in.Body.Reason})
	if err != nil {
		return nil, err
	}
	return s.settingsAnswer(ctx, v)
}

func (s *Server) brief() SettingsBrief {
	x := s.Settings.Snapshot()
	preset := x.Rules.Preset
	if preset == "" {
		preset = policy.PresetAsk
	}
	return SettingsBrief{Version: x.Version, Preset: preset, Exempt: x.Exempt, CutsToday: x.CutsToday, CutCap: x.Rules.CutCap, Voices: s.Voices.On()}
}

func (s *Server) health(ctx context.Context) HealthView {
	return HealthView{Processes: filled(s.Processes()), Bus: s.BusUp(), Database: s.Store.Ping(ctx) == nil}
}

func (s *Server) getHealth(ctx context.Context, _ *none) (*body[HealthView], error) {
	return &body[HealthView]{s.health(ctx)}, nil
}

type trailIn struct {
	Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Before int64 `query:"before" minimum:"0"`
}

func (s *Server) listTrail(ctx context.Context, in *trailIn) (*body[TrailPage], error) {
	found, err := s.Store.ListTrail(ctx, in.Before, in.Limit)
	if err != nil {
		return nil, err
	}
	broken, err := s.Store.ProveTrail(ctx)
	if err != nil {
		return nil, err
	}
	n, err := s.Staff.Names(ctx)
	out := TrailPage{Entries: []TrailEntry{}, Whole: broken == 0, Broken: broken}
	for _, e := range found {
		out.Entries = append(out.Entries, TrailEntry{Seq: e.Seq, At: e.At, By: n[e.By], What: e.What, Subject: e.Subject, Detail: e.Detail, Hash: e.Hash})
	}
	if len(found) == in.Limit && found[len(found)-1].Seq > 1 {
		out.Next = found[len(found)-1].Seq
	}
	return &body[TrailPage]{out}, err
}
