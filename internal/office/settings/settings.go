// Package settings keeps what the centre has decided, in versions, and gives the edges their snapshot.
//
// Owns: versions of rules and thresholds, the condition for 自動, the snapshot.
// Never: judging, SQL, HTTP.
// Goroutines: Keeper.Run, which renews the snapshot when something changed and once a minute.
//
// Flow: an administrator puts rules → a new version → Renew → the snapshot with limits in force and today's cuts is
// published to the edges and served to those that ask.
package settings

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
)

// Data is what one version holds. The centre's own words have versions of their own (package lexicon).
type Data struct {
	Rules      policy.Rules     `json:"rules"`
	Thresholds judge.Thresholds `json:"thresholds"`
	Exempt     string           `json:"exempt,omitempty"` // why 自動 runs without a shadow report
	CCAJ       []CCAJType       `json:"ccaj,omitempty"`
	Voice      *Voice           `json:"voice,omitempty"`       // nil: voices are neither registered nor compared
	VoiceAsked *Voice           `json:"voice_asked,omitempty"` // waits for a second person
}

// A Version is one state of the settings. The zero Author is what is shipped.
type Version struct {
	Version int64
	Author  staff.ID
	At      time.Time
	Reason  string
	Data    Data
}

// A Store keeps versions. PutSettings gives false when somebody else has put that version meanwhile.
type Store interface {
	PutSettings(ctx context.Context, v Version, d staff.Deed) (bool, error)
	LastSettings(ctx context.Context) (Version, error)
	Revision(ctx context.Context) (int64, error)
	LimitsInForce(ctx context.Context, now time.Time) ([]policy.Limit, error)
	CutsOn(ctx context.Context, day string) (int, error)
}

// Errors that somebody decides on.
var (
	ErrVersion = errors.New("somebody else has changed the settings")
	ErrRules   = errors.New("a value of the settings is not right")
	ErrReason  = errors.New("自動 without a shadow report needs an administrator's reason")
	ErrTypes   = errors.New("the types of the CCAJ guideline are not right")
)

// Shipped is what is in force before anybody has decided: 確認してから. What an old version of the settings does not have
// is as shipped.
func Shipped() Data {
	return Data{Rules: policy.ShippedRules(policy.PresetAsk), Thresholds: judge.ShippedThresholds()}
}

// Current gives the version in force.
func (k *Keeper) Current(ctx context.Context) (Version, error) {
	v, err := k.Store.LastSettings(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return Version{Data: Shipped()}, nil
	}
	return v, err
}

// A Change is what an administrator puts. Version is the one that was read.
type Change struct {
	Version    int64
	Rules      policy.Rules
	Thresholds *judge.Thresholds
	Reason     string
}

// Change puts a new version in force, without the closed days that are over. 自動 needs a shadow report of 14 days or a reason (contracts §8, E-62).
func (k *Keeper) Change(ctx context.Context, by staff.Person, c Change) (Version, error) {
	old, err := k.Current(ctx)
	if err != nil {
		return old, err
	}
	if c.Version != old.Version {
		return old, ErrVersion
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	next := Version{Version: old.Version + 1, Author: by.ID, At: now, Reason: c.Reason, Data: Data{Rules: c.Rules, Thresholds: old.Data.Thresholds, CCAJ: old.Data.CCAJ,
		Voice: old.Data.Voice, VoiceAsked: old.Data.VoiceAsked}}
	if c.Thresholds != nil {
		next.Data.Thresholds = *c.Thresholds
	}
	if err := k.check(next.Data); err != nil {
		return old, errors.Join(ErrRules, err)
	}
	next.Data.Rules.Closed = comingClosed(c.Rules.Closed, now)
	if c.Rules.Preset == policy.PresetAuto && !k.ShadowReport(ctx, next.Data) {
		if next.Data.Exempt = old.Data.Exempt; next.Data.Exempt != "" && k.ShadowReport(ctx, old.Data) {
			next.Data.Exempt = "" // it ended with the report
		}
		if c.Reason != "" {
			next.Data.Exempt = c.Reason
		}
		if next.Data.Exempt == "" {
			return old, ErrReason
		}
	}
	detail := fmt.Sprintf("version %d, preset %s, exempt %t: %s", next.Version, c.Rules.Preset, next.Data.Exempt != "", c.Reason)
	ok, err := k.Store.PutSettings(ctx, next, by.By("trail.settings", fmt.Sprint(next.Version), detail))
	if err == nil && !ok {
		err = ErrVersion
	}
	if err != nil {
		return old, err
	}
	k.Poke()
	return next, nil
}

func (k *Keeper) check(d Data) error {
	if err := d.Rules.Check(); err != nil {
		return err
	}
	if err := d.Thresholds.Check(); err != nil {
		return fmt.Errorf("thresholds: %w", err)
	}
	_, err := judge.NewRules(k.Snapshot().Lexicon, d.Thresholds)
	return err
}
