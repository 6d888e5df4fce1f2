// Package intake takes in what the edges tell: sealed call folders into the index, live updates into the live table.
//
// Owns: reading a folder into rows, the index's rebuild, the table of live calls, what follows from a live call at once
// (notices, automatic cuts, provisional limits).
// Never: SQL, HTTP; trusting a folder that doesn't prove itself; changing a folder.
// Goroutines: Live.Run, one. Offers and updates come in the bus's goroutines.
//
// Flow: offer → verify → Read → store → acknowledge. Update → newest view of the call → consoles; new level → notice.
// What comes from folders only is the same after a rebuild.
package intake

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/folder"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// Broken is the state of a folder that does not prove itself; the others are those of package folder.
const Broken = "broken"

// A Call is one row of the index.
type Call struct {
	Incoming   call.Incoming
	Duration   call.Millis
	Peak       judge.Level
	Categories []judge.Category // in the order of the taxonomy
	Stage      policy.Stage     // the highest that was reached
	Actions    []policy.Do      // done to the end, in order
	Ended      call.EndReason
	Preset     policy.Preset
	Lexicon    string
	Program    string
	Dir        string // below the calls directory
	State      string
	Why        string // what is broken first
	Sealed     time.Time
	Lines      int
	Last       string // hash of the last journal line
	Lost       []string
	Marks      []string // of people, each once, in the order in which they came
}

// A WrongFlag is a moment at which a person called the judgement wrong, with the judgement as it was.
type WrongFlag struct {
	AtMS     call.Millis
	Level    judge.Level
	Category judge.Category
	By       string // staff ID
	Note     string
	At       time.Time
}

// A Line is one thing that happened in a call. Data is a bus.ViewLine, or a judge.Judgement for kind judgement.
type Line struct {
	Seq, Part int
	AtMS      call.Millis
	Kind      string
	Words     string // folded, for search
	Data      json.RawMessage
}

// A Folder is what one call folder says.
type Folder struct {
	Call    Call
	Lines   []Line
	AutoCut time.Time      // when the machine cut the call; zero: it did not
	Limits  []policy.Limit // provisional ones that the call led to
	Wrong   []WrongFlag    // examples for later rules
	Suggest bool           // the machine proposed a limit on later calls of this number, for two people to decide
}

// Incident tells whether the call is to be looked at by people afterwards, and for what.
func (f Folder) Incident() (judge.Category, bool) {
	var c judge.Category
	if len(f.Call.Categories) > 0 {
		c = f.Call.Categories[0]
	}
	cut := false
	for _, d := range f.Call.Actions {
		cut = cut || d == policy.Cut
	}
	return c, cut || f.Call.Peak >= judge.Severe
}

// Suggested gives the limit that the machine proposed: only after a cut, and only for a number that is shown.
func (f Folder) Suggested() (policy.Limit, bool) {
	if !f.Suggest || !slices.Contains(f.Call.Actions, policy.Cut) {
		return policy.Limit{}, false
	}
	return policy.Suggested(f.Call.Incoming, f.Call.Incoming.Began.Add(f.Call.Duration.Duration()).Truncate(time.Millisecond))
}

// Fold makes words comparable: full and half width, case.
func Fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// A Store keeps the index. PutFolder replaces the rows of a call, whole or not at all.
type Store interface {
	PutFolder(ctx context.Context, f Folder) error
	CallIDs(ctx context.Context) ([]call.ID, error)
	DropCall(ctx context.Context, id call.ID) error
}

// A Shelf is the index of all call folders below Calls.
type Shelf struct {
	Calls string
	Store Store
	Rules *judge.Rules // for the surface of spotted phrases
	// Limit takes in a provisional limit, Suggest one that is proposed; Taken is told of each folder that is in the index now.
	Limit   func(context.Context, policy.Limit) error
	Suggest func(context.Context, policy.Limit) error
	Taken   func(Folder)
	Log     *slog.Logger
}

// Offer takes a folder in. The answer's Error is empty when the edge need not offer it again.
func (s *Shelf) Offer(ctx context.Context, o bus.Offer) bus.Reply {
	log := s.Log.With(slog.String("call_id", string(o.Call)))
	dir, err := s.inside(o)
	if err != nil {
		log.Error("folder is not below the calls directory", slog.Any("error", err))
		return bus.Reply{V: bus.Version, Error: "error.folder_other"}
	}
	seal, err := folder.ReadSeal(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return bus.Reply{V: bus.Version, Error: "error.folder_open"}
	case err == nil && (seal.Call != o.Call || seal.Last != o.Last):
		log.Error("another folder lies where the offered one should")
		return bus.Reply{V: bus.Version, Error: "error.folder_other"}
	}
	f, err := s.take(ctx, dir)
	switch {
	case err != nil:
		log.Error("folder can't be taken in; it will be offered again", slog.Any("error", err))
		return bus.Reply{V: bus.Version, Error: "error.unavailable"}
	case f.Call.State == Broken:
		log.Error("folder is broken; it is listed so", slog.String("why", f.Call.Why))
		return bus.Reply{V: bus.Version, Error: "error.folder_broken"}
	}
	log.Info("folder taken in", slog.String("peak", f.Call.Peak.String()), slog.String("state", f.Call.State))
	return bus.Reply{V: bus.Version}
}

// inside gives the offered directory if it is a call folder's place below Calls.
func (s *Shelf) inside(o bus.Offer) (string, error) {
	if _, err := call.ParseID(string(o.Call)); err != nil {
		return "", err
	}
	rel, err := filepath.Rel(s.Calls, filepath.Clean(o.Dir))
	if err != nil || !filepath.IsLocal(rel) || filepath.Base(rel) != string(o.Call) {
		return "", errors.New("not a place for this call")
	}
	return filepath.Join(s.Calls, rel), nil
}

// take reads a folder and puts it into the index.
func (s *Shelf) take(ctx context.Context, dir string) (Folder, error) {
	f, err := Read(s.Calls, dir, s.Rules)
	if err != nil {
		return f, err
	}
	if err := s.Store.PutFolder(ctx, f); err != nil {
		return f, err
	}
	for _, l := range f.Limits {
		if err := s.Limit(ctx, l); err != nil {
			return f, err
		}
	}
	if l, ok := f.Suggested(); ok {
		if err := s.Suggest(ctx, l); err != nil {
			return f, err
		}
	}
	s.Taken(f)
	return f, nil
}

// Reindex takes every folder in again and drops rows whose folder is gone. It gives the number of folders and of broken
// ones; progress may be nil.
func (s *Shelf) Reindex(ctx context.Context, progress func(done, all int)) (n, broken int, err error) {
	dirs, err := folder.All(s.Calls)
	if err != nil {
		return 0, 0, err
	}
	there := map[call.ID]bool{}
	for i, dir := range dirs {
		if err := ctx.Err(); err != nil {
			return n, broken, err
		}
		if progress != nil {
			progress(i, len(dirs))
		}
		if _, err := os.Stat(filepath.Join(dir, folder.SealFile)); errors.Is(err, fs.ErrNotExist) {
			continue // a call that runs, or one that its edge will recover
		}
		f, err := s.take(ctx, dir)
		if err != nil {
			return n, broken, err
		}
		n, there[f.Call.Incoming.ID] = n+1, true
		if f.Call.State == Broken {
			broken++
		}
	}
	return n, broken, s.dropMissing(ctx, there)
}

func (s *Shelf) dropMissing(ctx context.Context, there map[call.ID]bool) error {
	ids, err := s.Store.CallIDs(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !there[id] {
			if err := s.Store.DropCall(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}
