package edge

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// logRoom is how many lines of the log wait for a slow reader or disk.
const logRoom = 10000

// closeWait is how long the end of the process waits for the lines that are left.
const closeWait = time.Second

// A LogWriter writes lines beside those who log: a log on a disk that hangs, or one that nobody reads, holds no call. Lines for which there
// is no room are lost and counted.
type LogWriter struct {
	to    io.Writer
	ended chan struct{} // closed when all is written after Close

	mu     sync.Mutex // guards below
	lines  chan []byte
	lost   int
	closed bool
}

// NewLogWriter begins to write to w. Close ends it.
func NewLogWriter(w io.Writer) *LogWriter {
	l := &LogWriter{to: w, ended: make(chan struct{}), lines: make(chan []byte, logRoom)}
	go l.run()
	return l
}

// Write takes a line; it never waits and gives no error.
func (l *LogWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return len(b), nil
	}
	select {
	case l.lines <- slices.Clone(b):
	default:
		l.lost++
	}
	return len(b), nil
}

// run writes what comes. There is nowhere to tell of an error.
func (l *LogWriter) run() {
	defer close(l.ended)
	for b := range l.lines {
		l.mu.Lock()
		lost := l.lost
		l.lost = 0
		l.mu.Unlock()
		if _, err := l.to.Write(b); err == nil && lost > 0 {
			_, _ = fmt.Fprintf(l.to, "commusafe: %d lines of the log are lost; it was not written fast enough\n", lost)
		}
	}
}

// Close writes what is left, as far as that takes no longer than a second.
func (l *LogWriter) Close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.lines)
	}
	l.mu.Unlock()
	within(closeWait, func() { <-l.ended })
}
