package edge

import (
	"sync"
	"sync/atomic"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// A forwarder is the state of one call's way to a listener. It belongs to the goroutine of run, but for the channels
// and what is atomic.
type forwarder struct {
	c        *live
	heard    chan bus.Heard
	claims   chan bus.Claimed
	over     atomic.Bool // evidence came faster than the guard took it
	asking   atomic.Bool
	claiming sync.WaitGroup

	senders   map[call.Party]*sender
	listener  string // who hears the call; empty: nobody
	engine    string // what it hears with
	lastHeard time.Time
	upTo      call.Millis     // how far the caller has been heard
	unread    bool            // that it says what is not understood was told
	looked    time.Time       // when it was last looked whether the listener is gone
	unsent    int             // batches that the bus did not take
	told      []evidence.Item // what the listener said of the last five seconds
	before    []evidence.Item // the same of those before it: who has the call after them hears that sound again
}
