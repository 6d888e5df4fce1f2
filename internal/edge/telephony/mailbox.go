package telephony

import "sync"

// A mailbox holds what a call's actor has still to do, in the order it came. Posting never waits, because
// sipgo posts with its transaction locked.
type mailbox struct {
	ready chan struct{} // holds one signal while there are letters

	mu      sync.Mutex // guards below
	letters []func()
	closed  bool
}

func newMailbox() *mailbox { return &mailbox{ready: make(chan struct{}, 1)} }

// post adds f, or gives false when the actor has gone.
func (m *mailbox) post(f func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.letters = append(m.letters, f)
	select {
	case m.ready <- struct{}{}:
	default:
	}
	return true
}

// take gives what has come since the last time.
func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	letters := m.letters
	m.letters = nil
	return letters
}

// closeIfEmpty ends the mailbox unless something came in between.
func (m *mailbox) closeIfEmpty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.letters) > 0 {
		return false
	}
	m.closed = true
	return true
}

// close ends the mailbox whatever is in it.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}
