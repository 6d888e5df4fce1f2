// Package voices keeps the registered voices: whose may be registered, how it is kept, which of them a caller's is like.
//
// Owns: the conditions of registering (E-31, E-32), the cipher of the vectors (key.go), the galleries in memory and their
// search, the end of a voice (gallery.go).
// Never: making vectors (a child process and the listeners do); deciding anything about a call: a match is a candidate for
// people (参考); SQL, HTTP; a vector in a log or in clear on a disk.
// Goroutines: none of its own. A Book is used by several.
//
// Flow: a limit with a voice is proposed → May; a second person approves → Take: recording → vector → sealed → store.
// Settings renewed → Renew: store → galleries, and what has ended is erased. Listener → bus → Search → candidates.
package voices

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/staff"
	"commusafe/internal/voiceprint"
)

// MaxKeep is the longest a voice may be kept (E-32).
const MaxKeep = 180 * 24 * time.Hour

// Why a voice was erased; keys of the text catalogue below voice_erased.
const (
	Lifted = "lifted" // its limit was lifted
	Ended  = "ended"  // its limit or its time ended
	Off    = "off"    // the registering of voices was turned off
)

// A Print is a registered voice. It has no name: only the limit and the case that it belongs to.
type Print struct {
	ID      string
	Limit   string
	Case    incident.ID
	Source  string // what made the vector; vectors of different sources are never compared
	Sealed  string // see Key.Seal; empty once it is erased: what remains is a tombstone
	Made    time.Time
	Expires time.Time // with the limit
	Erased  time.Time
	Why     string // of the erasure
}

// A Vector is a voice as numbers, and what made it.
type Vector struct {
	Source string    `json:"source"`
	Vector []float32 `json:"vector"`
}

// Errors that somebody decides on.
var (
	ErrOff   = errors.New("voices are not registered: an administrator has to turn that on, and another person to agree")
	ErrCase  = errors.New("a voice can be registered only from a call whose case is closed as harassment")
	ErrShort = errors.New("too little of the caller's speech is in the recording for a voice")
	ErrKeep  = errors.New("the limit would last longer than voices may be kept")
	ErrKey   = errors.New("the key for voices is missing or wrong")
	ErrEmbed = errors.New("the voice can't be taken from the recording")
)

// A Store keeps voices. EraseVoice leaves a tombstone and tells whether there was something to erase; Scrub takes what was erased out of
// what the database keeps beside its tables.
type Store interface {
	ListVoices(ctx context.Context) ([]Print, error)
	EraseVoice(ctx context.Context, id, why string, d staff.Deed) (bool, error)
	Scrub(ctx context.Context) error
	IncidentOf(ctx context.Context, id call.ID) (incident.Incident, error)
	AppendTrail(ctx context.Context, d staff.Deed) error
}

// A Book is all registered voices. Fill the fields; Renew makes it work.
type Book struct {
	Store Store
	// Key seals the vectors; nil while there is none that can be used, and NoKey says what to do.
	Key   *Key
	NoKey error
	// Embed makes the vector of the caller's voice in a folder, in a process of its own. ErrShort: too little speech.
	Embed func(ctx context.Context, dir string) (Vector, error)
	// Folder gives the folder of a call.
	Folder func(ctx context.Context, id call.ID) (string, error)
	Now    func() time.Time
	Log    *slog.Logger

	renewing sync.Mutex      // one Renew at a time; guards the next three
	trouble  map[string]bool // prints that can't be opened, told once
	told     bool            // that the key is missing
	scrubbed map[string]bool // tombstones of which nothing is left

	mu        sync.RWMutex // guards below
	on        bool
	keep      time.Duration
	known     map[string]Print               // those in the galleries, without what is sealed
	galleries map[string]*voiceprint.Gallery // by source
}

// Ready tells whether vectors can be sealed; the error says what to do.
func (b *Book) Ready() error {
	if b.Key == nil {
		return errors.Join(ErrKey, b.NoKey)
	}
	return nil
}

// On tells whether voices are registered and compared.
func (b *Book) On() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.on && b.Key != nil
}

// May tells whether the voice of a call can be registered for so long, trying it: nothing of it is kept.
func (b *Book) May(ctx context.Context, id call.ID, length time.Duration) error {
	v, _, err := b.take(ctx, id, length)
	clear(v.Vector)
	return err
}

// Take makes the print of a call's caller for a limit, sealed, to be stored with the approval of the limit.
func (b *Book) Take(ctx context.Context, voice, limit string, id call.ID, until time.Time) (Print, error) {
	now := b.Now().UTC().Truncate(time.Millisecond)
	v, c, err := b.take(ctx, id, until.Sub(now))
	defer clear(v.Vector)
	if err != nil {
		return Print{}, err
	}
	p := Print{ID: voice, Limit: limit, Case: c, Source: v.Source, Made: now, Expires: until}
	p.Sealed, err = b.Key.Seal(p, v.Vector)
	return p, err
}

// take gives the vector of a call's caller, and the case.
func (b *Book) take(ctx context.Context, id call.ID, length time.Duration) (Vector, incident.ID, error) {
	b.mu.RLock()
	on, keep := b.on, b.keep
	b.mu.RUnlock()
	if !on {
		return Vector{}, "", ErrOff
	}
	if err := b.Ready(); err != nil {
		return Vector{}, "", err
	}
	if length > min(keep, MaxKeep) {
		return Vector{}, "", ErrKeep
	}
	i, err := b.Store.IncidentOf(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return Vector{}, "", ErrCase
	}
	if err != nil {
		return Vector{}, "", err
	}
	if i.Status != incident.Closed || i.Outcome != incident.Harassment {
		return Vector{}, "", ErrCase
	}
	dir, err := b.Folder(ctx, id)
	if err != nil {
		return Vector{}, "", err
	}
	v, err := b.Embed(ctx, dir)
	if err != nil && !errors.Is(err, ErrShort) {
		err = fmt.Errorf("%w: %w", ErrEmbed, err)
	}
	if _, known := voiceprint.Threshold(v.Source); err == nil && !known {
		err = fmt.Errorf("%w: nobody has measured when vectors of %q are alike", ErrEmbed, v.Source)
	}
	return v, i.ID, err
}
