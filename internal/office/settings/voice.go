package settings

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"commusafe/internal/office/staff"
)

// A Voice says that voices are registered and compared, what for and for how long they are kept. Two people want it (E-31).
type Voice struct {
	Purpose    string    `json:"purpose"` // as it is published; each version of the settings keeps its own
	Days       int       `json:"days"`    // for which a voice is kept at most
	AskedBy    staff.ID  `json:"asked_by"`
	Asked      time.Time `json:"asked"`
	ApprovedBy staff.ID  `json:"approved_by,omitempty"`
	Approved   time.Time `json:"approved,omitzero"`
}

// Bounds of a Voice.
const (
	MaxVoiceDays   = 180
	leastPurpose   = 10 // letters
	longestPurpose = 2000
)

// Errors of turning voices on, each with a sentence in the text catalogue.
var (
	ErrVoice       = errors.New("a purpose of 10 to 2,000 letters and 1 to 180 days are needed")
	ErrVoiceState  = errors.New("nothing of the kind was asked for, or it is decided already")
	ErrVoicePerson = errors.New("a second, different person must agree that voices are registered")
)

// keep is how long a voice may be kept; 0 while none are.
func (v *Voice) keep() time.Duration {
	if v == nil {
		return 0
	}
	return time.Duration(v.Days) * 24 * time.Hour
}

// AskVoice asks for voices to be registered and compared from now on, or for another purpose or time. It is nothing until
// ApproveVoice; what was in force before stays so. version is the one that was read.
func (k *Keeper) AskVoice(ctx context.Context, by staff.Person, version int64, purpose string, days int) (Version, error) {
	v := &Voice{Purpose: strings.TrimSpace(purpose), Days: days, AskedBy: by.ID, Asked: time.Now().UTC().Truncate(time.Millisecond)}
	if n := utf8.RuneCountInString(v.Purpose); n < leastPurpose || n > longestPurpose || days < 1 || days > MaxVoiceDays {
		return Version{}, ErrVoice
	}
	if err := k.VoiceReady(); err != nil {
		return Version{}, err
	}
	return k.changeVoice(ctx, by, version, "trail.voice_ask", func(d *Data) error {
		d.VoiceAsked = v
		return nil
	})
}

// ApproveVoice puts in force what another person asked for.
func (k *Keeper) ApproveVoice(ctx context.Context, by staff.Person, version int64) (Version, error) {
	if err := k.VoiceReady(); err != nil {
		return Version{}, err
	}
	return k.changeVoice(ctx, by, version, "trail.voice_on", func(d *Data) error {
		switch {
		case d.VoiceAsked == nil:
			return ErrVoiceState
		case d.VoiceAsked.AskedBy == by.ID:
			return ErrVoicePerson
		}
		v := *d.VoiceAsked
		v.ApprovedBy, v.Approved = by.ID, time.Now().UTC().Truncate(time.Millisecond)
		d.Voice, d.VoiceAsked = &v, nil
		return nil
	})
}

// VoiceOff ends the registering and comparing of voices, by one person; all that are registered are erased.
func (k *Keeper) VoiceOff(ctx context.Context, by staff.Person, version int64) (Version, error) {
	return k.changeVoice(ctx, by, version, "trail.voice_off", func(d *Data) error {
		if d.Voice == nil && d.VoiceAsked == nil {
			return ErrVoiceState
		}
		d.Voice, d.VoiceAsked = nil, nil
		return nil
	})
}

// changeVoice puts a version in force that differs in the voices only, before who wanted it has the answer.
func (k *Keeper) changeVoice(ctx context.Context, by staff.Person, version int64, what string, change func(*Data) error) (Version, error) {
	old, err := k.Current(ctx)
	if err != nil {
		return old, err
	}
	if version != old.Version {
		return old, ErrVersion
	}
	next := Version{Version: old.Version + 1, Author: by.ID, At: time.Now().UTC().Truncate(time.Millisecond), Reason: old.Reason, Data: old.Data}
	if err := change(&next.Data); err != nil {
		return old, err
	}
	ok, err := k.Store.PutSettings(ctx, next, by.By(what, fmt.Sprint(next.Version), next.Data.aboutVoice()))
	if err == nil && !ok {
		err = ErrVersion
	}
	if err != nil {
		return old, err
	}
	if err := k.Renew(ctx); err != nil {
		k.Log.Error("what was decided about voices is saved and will be in force in a minute", slog.Any("error", err))
		k.Poke()
	}
	return next, nil
}

// aboutVoice says for the trail how long voices are kept; the purpose stands in the version of the settings.
func (d Data) aboutVoice() string {
	of := func(v *Voice) string {
		if v == nil {
			return "no"
		}
		return fmt.Sprintf("%d days", v.Days)
	}
	return "in force: " + of(d.Voice) + "; asked for: " + of(d.VoiceAsked)
}

// voices brings the registered voices in line with what is decided. One that can't be is no reason to hold the settings back.
func (k *Keeper) voices(ctx context.Context, v *Voice) map[string]int {
	if k.Voices == nil {
		return nil
	}
	counts, err := k.Voices(ctx, v != nil, v.keep())
	if err != nil && ctx.Err() == nil {
		k.Log.Error("the registered voices can't be brought up to date; tried again in a minute", slog.Any("error", err))
	}
	return counts
}
