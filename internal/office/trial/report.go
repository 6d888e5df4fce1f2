package trial

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
	"commusafe/internal/replay"
)

// What a shadow report must cover before 自動 may be turned on by it (contracts §8, E-62): a stretch of days, and on
// enough of them calls that somebody listened to. A centre that is open five days a week has ten in two weeks.
const (
	ShadowDays = 14
	HeardDays  = 8
)

// A Report says what 自動 would have done over a stretch of past calls, by the rules of one version.
type Report struct {
	ID       string      `json:"id"`
	At       time.Time   `json:"at"`
	By       staff.ID    `json:"by"`
	Versions string      `json:"versions"`
	Enough   bool        `json:"enough"`
	From     time.Time   `json:"from,omitzero"` // the oldest call that was heard
	To       time.Time   `json:"to,omitzero"`   // the newest
	Days     int         `json:"days"`          // from the one to the other, both counted, in Japan
	Heard    int         `json:"heard_days"`    // days with a call that was heard
	Sum      replay.Sum  `json:"sum"`
	Alerts   float64     `json:"alerts_per_200"` // calls with an alert, for 200 calls that were heard
	Calls    []TriedCall `json:"calls"`          // in which something would have been done, the newest first
	days     map[string]bool
}

// Versions names everything that a shadow report stands on: lexicon, thresholds, and rules whatever their preset and the days on which the
// desk is away.
func Versions(j *judge.Rules, t judge.Thresholds, p policy.Rules) string {
	p.Preset, p.Closed = policy.PresetAuto, nil
	b, err := json.Marshal([]any{t, p})
	if err != nil {
		return "" // numbers and strings always marshal
	}
	sum := sha256.Sum256(b)
	return j.Version() + " " + hex.EncodeToString(sum[:8])
}

// inForce is the change that judges past calls with the rules in force and the preset 自動. Whether the desk was away on its day is what a
// call's journal says.
func inForce(j *judge.Rules, p policy.Rules) (replay.Change, error) {
	p.Preset, p.Closed = policy.PresetAuto, nil
	rules, err := json.Marshal(p)
	if err != nil {
		return replay.Change{}, err
	}
	thresholds, err := json.Marshal(j.Thresholds)
	own, trade := j.Own(), j.Trade()
	return replay.Change{Lexicon: j, Rules: rules, Thresholds: thresholds, Own: &own, Trade: &trade, Ready: &replay.Ready{}}, err
}

func newReport(j *Job, rules *judge.Rules, p policy.Rules) Report {
	return Report{ID: uuid.Must(uuid.NewV7()).String(), At: time.Now().UTC().Truncate(time.Millisecond), By: j.By, Versions: Versions(rules, rules.Thresholds, p), Calls: []TriedCall{},
		days: map[string]bool{}}
}

// jst is the time in Japan, by which days are counted.
func jst(t time.Time) time.Time { return t.UTC().Add(9 * time.Hour) }

// add counts a call. One that nobody listened to shows nothing.
func (r *Report) add(c Past, t replay.Tried) {
	if !t.Heard {
		return
	}
	if r.From.IsZero() || c.Began.Before(r.From) {
		r.From = c.Began
	}
	if c.Began.After(r.To) {
		r.To = c.Began
	}
	r.days[jst(c.Began).Format(time.DateOnly)] = true
	var did []replay.Event
	for _, e := range t.After.Events {
		if e.What == replay.EventDone {
			did = append(did, e)
		}
	}
	if len(did) == 0 {
		return
	}
	r.Calls = append([]TriedCall{{ID: c.ID, Began: c.Began, Before: t.Before.Peak, After: t.After.Peak, Gone: []replay.Event{}, New: did}}, r.Calls...)
	r.Calls = r.Calls[:min(len(r.Calls), mostShown)]
}

func (r *Report) finish(sum replay.Sum) {
	r.Sum, r.Heard, r.Alerts = sum, len(r.days), replay.Per200(sum.After.Alerted, sum.Heard)
	if !r.From.IsZero() {
		day := 24 * time.Hour
		r.Days = int(jst(r.To).Truncate(day).Sub(jst(r.From).Truncate(day))/day) + 1
	}
	r.Enough = r.Days >= ShadowDays && r.Heard >= HeardDays
}
