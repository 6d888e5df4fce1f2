package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"commusafe/internal/call"
)

// A File is what a journal and a recorder write to; *os.File is one, tests have one that fills up.
type File interface {
	io.WriteCloser
	io.WriterAt
	Sync() error
	Truncate(size int64) error
}

// A Journal appends hash-chained lines. Append and Sync may be called by several goroutines. What they ask of the disk goes on beside
// them, so that a disk that hangs holds nobody.
type Journal struct {
	file File
	disk disk

	mu   sync.Mutex // guards below
	size int64
	seq  int
	prev string
	// waiting are lines that the disk has not taken yet; they are written before anything newer, as soon as it takes them.
	waiting []byte
	dirty   bool
}

// Append writes one line and gives the bytes that stand in the file. An error means that the line is kept in memory
// and will be written with the next one that succeeds; the chain stays whole. A disk that is slow is no error yet.
func (j *Journal) Append(at call.Millis, wall time.Time, kind Kind, data any) ([]byte, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", kind, err)
	}
	line, err := j.add(Line{AtMS: at, Wall: wall.UTC().Truncate(time.Millisecond), Kind: kind, V: 1, Data: raw})
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", kind, err)
	}
	err = j.disk.do(lineWait, j.flush)
	if errors.Is(err, ErrUnanswered) && !j.disk.late() {
		err = nil
	}
	return line, err
}

// add chains a line on.
func (j *Journal) add(l Line) ([]byte, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	l.Seq, l.Prev = j.seq, j.prev
	line, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	j.seq++
	j.prev = Hash(line)
	j.waiting = append(append(j.waiting, line...), '\n')
	return line, nil
}

// flush writes what waits. A write that got only part of it through is cut back, so that the file never ends
// inside a line while the writer lives. Only the disk calls it.
func (j *Journal) flush() error {
	j.mu.Lock()
	b, size := j.waiting, j.size
	j.mu.Unlock()
	if len(b) == 0 {
		return nil
	}
	n, err := j.file.WriteAt(b, size)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		if n > 0 {
			err = firstError(err, j.file.Truncate(size))
		}
		return fmt.Errorf("write journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.size += int64(n)
	j.dirty = true
	if j.waiting = j.waiting[n:]; len(j.waiting) == 0 {
		j.waiting = nil
	}
	return nil
}

// Sync brings the lines to the disk (fdatasync), if there are new ones. It waits two seconds at most.
func (j *Journal) Sync() error { return j.disk.do(syncWait, j.sync) }

// sync is what Sync has the disk do.
func (j *Journal) sync() error {
	if err := j.flush(); err != nil {
		return err
	}
	j.mu.Lock()
	dirty := j.dirty
	j.dirty = false
	j.mu.Unlock()
	if !dirty {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.dirty = true
		return fmt.Errorf("sync journal: %w", err)
	}
	return nil
}

// state gives the number of lines and the last hash.
func (j *Journal) state() (int, string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.seq, j.prev
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// OpenFile is how files of a folder are opened: os.OpenFile, or what a test puts in its place.
type OpenFile func(path string) (File, error)

// createNew opens a file that must not be there yet: nothing of a folder is ever overwritten.
func createNew(path string) (File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o640)
}
