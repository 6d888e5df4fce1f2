package web

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"commusafe/internal/office/staff"
)

// readerDepth is how many events a browser may be behind before it is dropped; it comes back and gets a snapshot.
const readerDepth = 256

// A Feed gives events to the consoles. Publish never waits.
type Feed struct {
	boot string // tells the numbers of this process from those of another

	mu      sync.Mutex // guards below
	number  int64
	readers map[*reader]struct{}
	closed  bool
}

// A reader is one browser. Its channel is closed when it was too slow or the office stops.
type reader struct {
	person staff.Person
	events chan message
}

// A message is one event. make gives its data for one person where people see different things.
type message struct {
	id   string
	name string
	data []byte
	make func(staff.Person) (any, error)
}

func newFeed() *Feed {
	return &Feed{boot: fmt.Sprint(time.Now().UnixMilli()), readers: map[*reader]struct{}{}}
}

// publish hands an event to all who may see it.
func (f *Feed) publish(name string, needs staff.Permission, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f.hand(needs, message{name: name, data: data})
	return nil
}

// publishFor hands out an event that looks different to each person.
func (f *Feed) publishFor(name string, needs staff.Permission, make func(staff.Person) (any, error)) {
	f.hand(needs, message{name: name, make: make})
}

func (f *Feed) hand(needs staff.Permission, m message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.number++
	m.id = fmt.Sprintf("%s-%d", f.boot, f.number)
	for r := range f.readers {
		if !r.person.May(needs) {
			continue
		}
		select {
		case r.events <- m:
		default:
			f.dropLocked(r)
		}
	}
}

func (f *Feed) dropLocked(r *reader) {
	if _, ok := f.readers[r]; ok {
		delete(f.readers, r)
		close(r.events)
	}
}

// subscribe adds a reader and gives the ID of the newest event before it.
func (f *Feed) subscribe(p staff.Person) (*reader, string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &reader{person: p, events: make(chan message, readerDepth)}
	if f.closed {
		close(r.events)
	} else {
		f.readers[r] = struct{}{}
	}
	return r, fmt.Sprintf("%s-%d", f.boot, f.number)
}

func (f *Feed) leave(r *reader) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropLocked(r)
}

// close ends all readers, so that a server can stop.
func (f *Feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for r := range f.readers {
		f.dropLocked(r)
	}
}

// Readers is how many browsers follow the feed.
func (f *Feed) Readers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.readers)
}
