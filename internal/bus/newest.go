package bus

import "time"

// BackAfter is how long only older settings must have come before they are taken: an office's store was put back from a
// backup. Every office renews its snapshot once a minute, so one that only lags has caught up by then.
const BackAfter = 3 * time.Minute

// Newest tells settings that are to be taken from those that were overtaken on their way: an answer that was on its way
// while news came, or the answer of an office that has not yet renewed its snapshot. The zero value has seen none.
// Not for use by several goroutines.
type Newest struct {
	version int64
	heard   time.Time
}

// Takes tells whether a snapshot of a version that came at a time is to be taken.
func (n *Newest) Takes(version int64, at time.Time) bool {
	if version < n.version && at.Sub(n.heard) < BackAfter {
		return false
	}
	n.version, n.heard = version, at
	return true
}
