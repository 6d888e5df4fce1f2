// Package staff knows who works here, what they may do, and what they did.
//
// Owns: people, roles, permissions, passwords, the rate of log-ins, the trail's entries and their chain.
// Never: HTTP, SQL, names or passwords in a log.
// Goroutines: none.
//
// Flow: the web wing asks Book.LogIn who somebody is and Role.May what they may; whoever changes something writes it
// into the trail in the same call.
package staff

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// An ID names a person.
type ID string

// A Person is somebody who works here.
type Person struct {
	ID       ID
	Login    string // what is typed at the log-in
	Name     string // what is shown
	Role     Role
	Rights   []Right
	Password string // argon2id, PHC string
	Disabled bool
	// MustChange is set while the password is one that somebody else has seen.
	MustChange bool
	Created    time.Time
}

// PasswordMark changes with the password and tells nothing of it: a session carries it, so that a new password ends every
// session that the old one opened.
func (p Person) PasswordMark() string {
	sum := sha256.Sum256([]byte(p.Password))
	return hex.EncodeToString(sum[:8])
}

// May tells whether the person may do it.
func (p Person) May(what Permission) bool { return !p.Disabled && p.Role.May(what) }
