package policy

import (
	"fmt"
	"slices"
	"time"

	"commusafe/internal/call"
)

// How later calls of a limited number are taken.
const (
	TakeTeam     = "team"     // an agent of the trained team; without one, the voicebot
	TakeVoicebot = "voicebot" // voicebot first, then an agent or a message
	TakeMessage  = "message"  // announcement and a recorded message only
	TakeRefuse   = "refuse"   // not taken: told how to object, and ended; two people, never for public bodies
	// TakeCandidate is that of a limit whose scope is a voice and nothing else: calls are taken as all are, and who looks at one is told
	// of the likeness.
	TakeCandidate = "candidate"
)

// Takes lists the ways in which calls are taken otherwise, the mildest first.
func Takes() []string { return []string{TakeTeam, TakeVoicebot, TakeMessage, TakeRefuse} }

// MaxLimit is the longest a limit may last (E-14).
const MaxLimit = 180 * 24 * time.Hour

// A Limit is a standing restriction on later calls of one number, or of all who withhold theirs in one way; or it is for a voice
// only, and restricts nothing. Every limit ends by itself.
type Limit struct {
	ID     string `json:"id"`
	Number string `json:"number"` // +81…
	// Withheld is the way of withholding a number that is meant in place of one: everybody who calls so. Such calls are not refused.
	Withheld call.Withholding `json:"withheld,omitempty"`
	// Voice is the registered voice that belongs to the limit: a candidate for people (参考), whatever else the limit is for. It
	// decides nothing.
	Voice string `json:"voice,omitempty"`
	// Matter is what the limit is about, for the person who takes the call: only a person or the voicebot learns what a call is about.
	Matter      string    `json:"matter,omitempty"`
	Take        string    `json:"take"` // team, voicebot, message, refuse
	From        time.Time `json:"from"`
	Until       time.Time `json:"until"`
	Provisional bool      `json:"provisional,omitempty"` // set by the machine; ends within a business day
	Call        call.ID   `json:"call,omitempty"`        // the call that led to it
	Reason      string    `json:"reason"`
	Approvers   []string  `json:"approvers,omitempty"` // staff IDs; two for anything that isn't provisional
	Elsewhere   string    `json:"elsewhere,omitempty"` // the other way in that stays open
	Review      time.Time `json:"review,omitzero"`
}

// Check tells the first thing that is wrong with a limit (E-14, E-15).
func (l Limit) Check(publicBody bool) error {
	switch {
	case l.VoiceOnly() != (l.Take == TakeCandidate):
		return fmt.Errorf("limit: a voice alone restricts nothing; take %q is for a limit of a voice alone, and no other", TakeCandidate)
	case l.ID == "" || !l.VoiceOnly() && (l.Number == "") == (l.Withheld == call.Shown):
		return fmt.Errorf("limit: an id and either a number or a way of withholding it are needed")
	case l.Voice != "" && l.Provisional:
		return fmt.Errorf("limit: a voice is registered by two people, never by the machine")
	case !l.VoiceOnly() && !slices.Contains(Takes(), l.Take):
		return fmt.Errorf("limit: take %q is not one of team, voicebot, message, refuse", l.Take)
	case l.Withheld != call.Shown && !slices.Contains(call.Withholdings(), l.Withheld):
		return fmt.Errorf("limit: %q is no way of withholding a number", l.Withheld)
	case l.Withheld != call.Shown && l.Take == TakeRefuse:
		return fmt.Errorf("limit: many people withhold their number, so their calls can't be refused; choose team, voicebot or message")
	case l.Matter != "" && l.Take != TakeTeam && l.Take != TakeVoicebot:
		return fmt.Errorf("limit: what a call is about is known only after it was asked; choose team or voicebot for a limit on one matter")
	case l.Reason == "":
		return fmt.Errorf("limit: a reason is needed")
	case !l.Until.After(l.From) || l.Until.Sub(l.From) > MaxLimit:
		return fmt.Errorf("limit: it must end after it begins and last at most 180 days")
	case l.Take == TakeRefuse && publicBody:
		return fmt.Errorf("limit: a public body or essential service can't refuse calls; choose voicebot or message")
	case l.Provisional && (l.Take == TakeRefuse || l.Until.Sub(l.From) > 96*time.Hour):
		return fmt.Errorf("limit: a provisional limit lasts at most 96 hours and never refuses")
	case !l.Provisional && (len(l.Approvers) != 2 || l.Approvers[0] == l.Approvers[1]):
		return fmt.Errorf("limit: two different people must agree")
	case !l.Provisional && l.Elsewhere == "":
		return fmt.Errorf("limit: another way in must be named")
	}
	return nil
}

// VoiceOnly tells whether the limit is for a voice and nothing else. Such a limit is no edge's business.
func (l Limit) VoiceOnly() bool { return l.Voice != "" && l.Number == "" && l.Withheld == call.Shown }

// InForce tells whether the limit counts at a wall time.
func (l Limit) InForce(now time.Time) bool { return !now.Before(l.From) && now.Before(l.Until) }

// Provisional is the limit that the machine sets after a cut. The zero Limit and false for a number that isn't shown.
func (r Rules) Provisional(in call.Incoming, now time.Time) (Limit, bool) {
	if !in.From.Shown() {
		return Limit{}, false
	}
	return Limit{ID: "provisional-" + string(in.ID), Number: in.From.E164, Take: TakeVoicebot, From: now,
		Until: now.Add(time.Duration(r.LimitFor) * time.Hour), Provisional: true, Call: in.ID, Reason: "cut"}, true
}

// SuggestFor is how long a limit lasts that the machine proposes (domain C1).
const SuggestFor = 30 * 24 * time.Hour

// Suggested is the limit that the machine proposes to two people after a cut at a wall time. The zero Limit and false for
// a number that isn't shown.
func Suggested(in call.Incoming, cut time.Time) (Limit, bool) {
	if !in.From.Shown() {
		return Limit{}, false
	}
	return Limit{ID: "suggested-" + string(in.ID), Number: in.From.E164, Take: TakeVoicebot, From: cut, Until: cut.Add(SuggestFor),
		Call: in.ID, Reason: "after_cut"}, true
}

// covers tells whether a caller is meant.
func (l Limit) covers(from call.Number) bool {
	if l.VoiceOnly() {
		return false
	}
	if l.Withheld != call.Shown {
		return from.Withheld == l.Withheld
	}
	return from.Shown() && from.E164 == l.Number
}

// Admit decides about a call before it is answered. Doubt lets it in. With the preset 見守り no limit works by
// itself; with 確認してから only those that two people agreed on.
func (r Rules) Admit(in call.Incoming, limits []Limit, now time.Time) call.Admission {
	if in.Direction == call.Outbound || r.Preset == PresetWatch {
		return call.Admission{Verdict: call.Accept}
	}
	found := Limit{}
	for _, l := range limits {
		if l.covers(in.From) && l.InForce(now) && (!l.Provisional || r.Preset == PresetAuto) && stricter(l, found) {
			found = l
		}
	}
	adm := call.Admission{Verdict: call.Accept, Limit: found.ID, Matter: found.Matter}
	if found.Take == TakeTeam && r.Team == "" {
		found.Take = TakeVoicebot
	}
	switch found.Take {
	case TakeTeam:
		adm.Team, adm.Why = r.Team, "limit"
	case TakeVoicebot:
		adm.Verdict, adm.Why = call.AnswerWithVoicebot, "limit"
	case TakeMessage:
		adm.Verdict, adm.Why = call.AnswerWithAnnouncement, "limit"
	case TakeRefuse:
		adm.Verdict, adm.Why = call.AnswerWithRefusal, "limit"
		switch {
		case r.Public:
			adm.Verdict = call.AnswerWithAnnouncement
		case r.RefuseSilently:
			adm.Verdict, adm.Status = call.Refuse, 607
		}
	}
	return adm
}

func stricter(a, b Limit) bool {
	return slices.Index(Takes(), a.Take) > slices.Index(Takes(), b.Take)
}
