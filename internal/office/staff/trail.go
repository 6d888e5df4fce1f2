package staff

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// A Deed is what somebody does, for the trail. It is written in the same transaction as what it changes.
type Deed struct {
	By      ID     // empty for the machine
	What    string // key of the text catalogue, trail.…
	Subject string // ID of what it was done to
	Detail  string // never a telephone number, never words of a call
	At      time.Time
}

// By begins a deed of a person, now.
func (p Person) By(what, subject, detail string) Deed {
	return Deed{By: p.ID, What: what, Subject: subject, Detail: detail, At: time.Now()}
}

// An Entry is a deed in the trail. Prev is the hash of the entry before, empty for the first.
type Entry struct {
	Seq     int64
	At      time.Time
	By      ID
	What    string
	Subject string
	Detail  string
	Prev    string
	Hash    string
}

// Follow makes the entry that comes after prev; the zero Entry stands before the first.
func (d Deed) Follow(prev Entry) Entry {
	e := Entry{Seq: prev.Seq + 1, At: d.At.UTC().Truncate(time.Millisecond), By: d.By, What: d.What, Subject: d.Subject, Detail: d.Detail, Prev: prev.Hash}
	e.Hash = e.sum()
	return e
}

// sum hashes everything but the hash itself, unambiguously.
func (e Entry) sum() string {
	b, err := json.Marshal([]any{e.Seq, e.At.UnixMilli(), e.By, e.What, e.Subject, e.Detail, e.Prev})
	if err != nil {
		return "" // strings and numbers always marshal
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// Follows tells whether the entry stands in the chain right after prev and is unchanged.
func (e Entry) Follows(prev Entry) bool {
	return e.Seq == prev.Seq+1 && e.Prev == prev.Hash && e.Hash == e.sum()
}
