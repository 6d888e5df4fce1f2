package telephony

import (
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
)

// A dialogKey names a dialog from our side (RFC 3261 §12).
type dialogKey struct{ callID, local, remote string }

// A table knows the calls in hand and which leg a request belongs to. Dialogs that are over are remembered for a while,
// so that a BYE which crossed ours is answered 200 and not 481.
type table struct {
	linger time.Duration // 64*T1

	mu    sync.Mutex // guards below
	legs  map[dialogKey]*leg
	past  map[dialogKey]bool
	calls map[call.ID]*Session
	first map[dialogKey]*Session // by Call-ID and From tag of the INVITE that opened the call
}

func newTable(linger time.Duration) *table {
	return &table{linger: linger, legs: map[dialogKey]*leg{}, past: map[dialogKey]bool{},
		calls: map[call.ID]*Session{}, first: map[dialogKey]*Session{}}
}

// addCall enters a call; it gives false when the same INVITE has come by another way (RFC 3261 §8.2.2.2).
func (t *table) addCall(s *Session) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := s.caller.key()
	key.local = ""
	if t.first[key] != nil {
		return false
	}
	t.first[key], t.calls[s.in.ID], t.legs[s.caller.key()] = s, s, s.caller
	return true
}

func (t *table) removeCall(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := s.caller.key()
	key.local = ""
	delete(t.first, key)
	delete(t.calls, s.in.ID)
}

func (t *table) addLeg(l *leg) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.legs[l.key()] = l
}

// removeLeg forgets a dialog, but not at once that it was.
func (t *table) removeLeg(l *leg) {
	key := l.key()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.legs[key] != l {
		return
	}
	delete(t.legs, key)
	t.rememberLocked(key)
}

// rememberLocked keeps a dialog among those that are over, for a while.
func (t *table) rememberLocked(key dialogKey) {
	t.past[key] = true
	time.AfterFunc(t.linger, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.past, key)
	})
}

// bury enters a dialog that ends as it begins; it gives false when that one is over already, so that it is ended once.
func (t *table) bury(key dialogKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.past[key] {
		return false
	}
	t.rememberLocked(key)
	return true
}

// find gives the leg an in-dialog request is for; past tells that it was there until a short while ago.
func (t *table) find(req *sip.Request) (l *leg, past bool) {
	key := dialogKey{req.CallID().Value(), tagOf(req.To().Params), tagOf(req.From().Params)}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.legs[key], t.past[key]
}

// has tells whether a call of this ID is in hand.
func (t *table) has(id call.ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls[id] != nil
}

// all gives the calls in hand.
func (t *table) all() []*Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]*Session, 0, len(t.calls))
	for _, s := range t.calls {
		list = append(list, s)
	}
	return list
}

func (t *table) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.calls)
}
