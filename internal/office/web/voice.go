package web

import (
	"context"
	"time"

	"commusafe/internal/office/limits"
	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/voices"
)

// A VoiceSettings says whether voices are registered and compared, what for, and who wanted it.
type VoiceSettings struct {
	On         bool       `json:"on"`
	Purpose    string     `json:"purpose,omitempty" doc:"As it is published."`
	Days       int        `json:"days,omitempty" doc:"For which a voice is kept at most."`
	AskedBy    string     `json:"asked_by,omitempty" doc:"Name."`
	ApprovedBy string     `json:"approved_by,omitempty" doc:"Name; another person."`
	Approved   time.Time  `json:"approved_at,omitzero"`
	Waiting    *VoiceWish `json:"waiting,omitempty" doc:"What was asked for and waits for a second person."`
	Ready      bool       `json:"ready" doc:"Whether the office has the key with which voices are encrypted (office.voices.key_file)."`
	Registered int        `json:"registered" doc:"Voices that can be compared with now."`
}

// A VoiceWish waits for a second person.
type VoiceWish struct {
	Purpose    string    `json:"purpose"`
	Days       int       `json:"days"`
	By         string    `json:"by" doc:"Name."`
	At         time.Time `json:"at"`
	MayApprove bool      `json:"may_approve" doc:"Whether who asks may be the second person."`
}

// A VoiceAsk asks for voices to be registered. Version must be that of the settings that were read.
type VoiceAsk struct {
	Version int64  `json:"version"`
	Purpose string `json:"purpose" maxLength:"4000"`
	Days    int    `json:"days"`
}

// A VoiceDecision approves what was asked for, or turns voices off. Version must be that of the settings that were read.
type VoiceDecision struct {
	Version int64 `json:"version"`
}

// A LimitVoice is the voice that belongs to a limit: a candidate for people (参考), never a reason for anything.
type LimitVoice struct {
	ID      string    `json:"id" doc:"As evidence names it."`
	State   string    `json:"state" enum:"waiting,registered,erased" doc:"A voice is made when the limit is approved."`
	Source  string    `json:"source,omitempty" doc:"What made its vector."`
	Expires time.Time `json:"expires,omitzero"`
	Why     string    `json:"why,omitempty" enum:"lifted,ended,off" doc:"Of an erasure."`
}

func (s *Server) voiceSettings(d settings.Data, n names, p staff.Person) VoiceSettings {
	v := VoiceSettings{On: d.Voice != nil, Ready: s.Voices.Ready() == nil}
	if w := d.Voice; w != nil {
		v.Purpose, v.Days, v.AskedBy, v.ApprovedBy, v.Approved = w.Purpose, w.Days, n[w.AskedBy], n[w.ApprovedBy], w.Approved
	}
	if w := d.VoiceAsked; w != nil {
		v.Waiting = &VoiceWish{Purpose: w.Purpose, Days: w.Days, By: n[w.AskedBy], At: w.Asked, MayApprove: w.AskedBy != p.ID && p.May(staff.ApproveVoices)}
	}
	for _, n := range s.Settings.Snapshot().Voices {
		v.Registered += n
	}
	return v
}

func (s *Server) askVoice(ctx context.Context, in *body[VoiceAsk]) (*body[SettingsView], error) {
	v, err := s.Settings.AskVoice(ctx, who(ctx), in.Body.Version, in.Body.Purpose, in.Body.Days)
	if err != nil {
		return nil, err
	}
	return s.settingsAnswer(ctx, v)
}

func (s *Server) approveVoice(ctx context.Context, in *body[VoiceDecision]) (*body[SettingsView], error) {
	v, err := s.Settings.ApproveVoice(ctx, who(ctx), in.Body.Version)
	if err != nil {
		return nil, err
	}
	return s.settingsAnswer(ctx, v)
}

func (s *Server) voiceOff(ctx context.Context, in *body[VoiceDecision]) (*body[SettingsView], error) {
	v, err := s.Settings.VoiceOff(ctx, who(ctx), in.Body.Version)
	if err != nil {
		return nil, err
	}
	s.LimitsChanged() // their voices are erased
	return s.settingsAnswer(ctx, v)
}

// facts are what the view of a limit needs beside it.
type facts struct {
	names  names
	voices map[string]voices.Print // by limit
}

func (s *Server) facts(ctx context.Context) (facts, error) {
	n, err := s.Staff.Names(ctx)
	if err != nil {
		return facts{}, err
	}
	all, err := s.Store.ListVoices(ctx)
	f := facts{n, map[string]voices.Print{}}
	for _, p := range all {
		f.voices[p.Limit] = p
	}
	return f, err
}

// voice gives the voice of a limit; nil where none belongs to it.
func (f facts) voice(e limits.Entry, state string) *LimitVoice {
	if e.Voice == "" {
		return nil
	}
	p, made := f.voices[e.ID]
	v := &LimitVoice{ID: e.Voice, State: "registered", Source: p.Source, Expires: p.Expires, Why: p.Why}
	switch {
	case !made && state == limits.Proposed:
		v.State = "waiting"
	case !made:
		v.State, v.Why = "erased", voices.Lifted // taken back before it was approved
	case p.Sealed == "":
		v.State = "erased"
	}
	return v
}
