package folder

import (
	"encoding/json"
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

// A Journal appends hash-chained lines. Append and Sync may be called by several goroutines.
type Journal struct {
	mu   sync.Mutex // guards below
	file File
	size int64
	seq  int
	prev string
	// waiting are lines that the disk refused; they are written before anything newer, as soon as it takes them.
	waiting []byte
	failed  error
	dirty   bool
}

// Append writes one line and gives the bytes that stand in the file. An error means that the line is kept in memory
// and will be written with the next one that succeeds; the chain stays whole.
func (j *Journal) Append(at call.Millis, wall time.Time, kind Kind, data any) ([]byte, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", kind, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	line, err := json.Marshal(Line{Seq: j.seq, AtMS: at, Wall: wall.UTC().Truncate(time.Millisecond), Kind: kind, V: 1, Data: raw, Prev: j.prev})
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", kind, err)
	}
	j.seq++
	j.prev = Hash(line)
	j.waiting = append(append(j.waiting, line...), '\n')
	return line, j.flushLocked()
}

// flushLocked writes what waits. A write that got only part of it through is cut back, so that the file never ends
// inside a line while the writer lives.
func (j *Journal) flushLocked() error {
	if len(j.waiting) == 0 {
		return nil
	}
	n, err := j.file.WriteAt(j.waiting, j.size)
	if err == nil && n < len(j.waiting) {
		err = io.ErrShortWrite
	}
	if err != nil {
		if n > 0 {
			err = firstError(err, j.file.Truncate(j.size))
		}
		j.failed = err
		return fmt.Errorf("write journal: %w", err)
	}
	j.size += int64(n)
	j.waiting, j.failed, j.dirty = j.waiting[:0], nil, true
	return nil
}

// Flush tries again to write lines that the disk refused.
func (j *Journal) Flush() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.flushLocked()
}

// Sync brings the lines to the disk (fdatasync), if there are new ones.
func (j *Journal) Sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.flushLocked(); err != nil {
		return err
	}
	if !j.dirty {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("sync journal: %w", err)
	}
	j.dirty = false
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
