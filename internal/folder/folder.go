// Package folder keeps one call as a folder: the sound of both sides as received, a hash-chained journal of
// everything that led to a judgement and everything that was done, and a seal. The folder is the truth.
//
// Owns: the files of a call, the hash chain, the seal, verification, recovery after a crash.
// Never: overwrites what is written; understands the data of a journal line.
// Goroutines: one for each operation on the disk, while it lasts: a disk that hangs holds none of those who write. A Writer is used by
// the call's owner (journal) and the recorder (sound) at once.
//
// Layout (contracts §2):
//
//	calls/2026/11/23/<call id>/
//	  caller.wav agent.wav   G.711 as received, gaps filled with the codec's silence
//	  journal.jsonl          one object a line, each with the hash of the line before
//	  after.jsonl            what was added after the seal, chained on from it
//	  seal.json              sizes and hashes; its presence ends the folder
package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"commusafe/internal/call"
)

// Names of the files.
const (
	JournalFile = "journal.jsonl"
	AfterFile   = "after.jsonl"
	SealFile    = "seal.json"
	CallerWAV   = "caller.wav"
	AgentWAV    = "agent.wav"
)

// A Kind is the kind of a journal line.
type Kind string

// The kinds of journal lines.
const (
	KindCall      Kind = "call"      // began, leg up, hold, resume, leg gone, ended
	KindNotice    Kind = "notice"    // recording notice played, text version
	KindEvidence  Kind = "evidence"  // one item
	KindJudgement Kind = "judgement" // when it changed
	KindPlan      Kind = "plan"      // what the policy wants done
	KindAction    Kind = "action"    // begun, done, failed
	KindCommand   Kind = "command"   // of a person
	KindTimer     Kind = "timer"     // a ladder or stalemate timer fired
	KindSettings  Kind = "settings"  // versions in force
	KindGap       Kind = "gap"       // what was not heard or recorded
	KindClock     Kind = "clock"     // the wall clock was stepped
	KindDialogue  Kind = "dialogue"  // what happened to the voicebot that no evidence says
	KindTurn      Kind = "turn"      // what the voicebot does next
)

// A Line is one line of the journal.
type Line struct {
	Seq  int             `json:"seq"`
	AtMS call.Millis     `json:"at_ms"`
	Wall time.Time       `json:"wall"`
	Kind Kind            `json:"kind"`
	V    int             `json:"v"`
	Data json.RawMessage `json:"data"`
	Prev string          `json:"prev"` // SHA-256 of the line before, without its newline; of nothing for the first
}

// A FileSum is the size and hash of one file at the seal.
type FileSum struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// States of a folder.
const (
	Open      = "open"
	Sealed    = "sealed"
	Recovered = "recovered" // closed after a crash; says so
)

// A Seal ends a folder.
type Seal struct {
	V       int             `json:"v"`
	Call    call.ID         `json:"call"`
	State   string          `json:"state"`
	At      time.Time       `json:"at"`
	Files   []FileSum       `json:"files"`
	Lines   int             `json:"lines"`
	Last    string          `json:"last"` // hash of the last journal line
	Program string          `json:"program"`
	Account json.RawMessage `json:"account,omitempty"` // the call's account, for lists
	Lost    []string        `json:"lost,omitempty"`    // what could not be written
}

// Hash gives the hash of a line as the chain uses it.
func Hash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// Dir gives the folder of a call below the calls directory, by the UTC day it began.
func Dir(calls string, id call.ID, began time.Time) string {
	return filepath.Join(calls, began.UTC().Format("2006/01/02"), string(id))
}

// WAVName gives the sound file of a party.
func WAVName(p call.Party) string {
	if p == call.Agent {
		return AgentWAV
	}
	return CallerWAV
}

// ErrBroken is the cause of every error that says a folder's proof doesn't hold.
var ErrBroken = errors.New("broken")

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBroken, fmt.Sprintf(format, args...))
}
