package folder

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrUnanswered means that the disk has not answered in time. What was asked of it may still come to pass.
var ErrUnanswered = errors.New("the disk does not answer")

// How long a disk is waited for. A call's guard waits for each line of its journal, a person's act for what must be on disk before it.
const (
	lineWait  = 50 * time.Millisecond
	makeWait  = 500 * time.Millisecond // a caller waits for the ringing meanwhile
	syncWait  = 2 * time.Second
	soundWait = 4 * time.Second // sound that comes meanwhile waits in the recorder's queue
)

// A disk does one thing after the other beside those who ask for it, so that nobody waits for longer than he wants to. The zero value
// is ready.
type disk struct {
	mu    sync.Mutex    // guards below
	busy  chan struct{} // closed when what is under way has ended; nil: nothing is
	since time.Time     // when that began
}

// do has something done and waits for it. Once what is under way has taken longer than limit, it doesn't wait at all.
func (d *disk) do(limit time.Duration, f func() error) error {
	until := time.Now().Add(limit)
	for {
		d.mu.Lock()
		if d.busy == nil {
			break
		}
		busy, end := d.busy, d.since.Add(limit)
		d.mu.Unlock()
		if until.Before(end) {
			end = until
		}
		if !ends(busy, time.Until(end)) {
			return ErrUnanswered
		}
	}
	done := make(chan struct{})
	d.busy, d.since = done, time.Now()
	d.mu.Unlock()
	var err error
	go func() {
		defer d.free(done)
		err = f()
	}()
	if !ends(done, time.Until(until)) {
		return ErrUnanswered
	}
	return err
}

func (d *disk) free(done chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy = nil
	close(done)
}

// late tells whether what is under way has taken longer than anybody waits for.
func (d *disk) late() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.busy != nil && time.Since(d.since) >= syncWait
}

// ends waits until c is closed, at most for limit.
func ends(c <-chan struct{}, limit time.Duration) bool {
	t := time.NewTimer(max(0, limit))
	defer t.Stop()
	select {
	case <-c:
		return true
	case <-t.C:
		return false
	}
}

// A patientFile is a file of sound whose users the disk can't hold.
type patientFile struct {
	file File
	disk disk
}

var _ File = (*patientFile)(nil)

// Write is that of the file.
func (p *patientFile) Write(b []byte) (int, error) {
	return p.write(b, func(b []byte) (int, error) { return p.file.Write(b) })
}

// WriteAt is that of the file.
func (p *patientFile) WriteAt(b []byte, at int64) (int, error) {
	return p.write(b, func(b []byte) (int, error) { return p.file.WriteAt(b, at) })
}

// write has a copy written, since what is late may still be read when the caller uses b again.
func (p *patientFile) write(b []byte, write func([]byte) (int, error)) (int, error) {
	b = slices.Clone(b)
	n := make(chan int, 1)
	err := p.disk.do(soundWait, func() error {
		wrote, err := write(b)
		n <- wrote
		return err
	})
	if errors.Is(err, ErrUnanswered) {
		return 0, err
	}
	return <-n, err
}

// Sync is that of the file.
func (p *patientFile) Sync() error { return p.disk.do(soundWait, p.file.Sync) }

// Truncate is that of the file.
func (p *patientFile) Truncate(size int64) error {
	return p.disk.do(soundWait, func() error { return p.file.Truncate(size) })
}

// Close is that of the file.
func (p *patientFile) Close() error { return p.disk.do(soundWait, p.file.Close) }
