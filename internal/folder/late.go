package folder

import "sync"

// A lateFile is a file that is made with the first use for which the disk lets it be made. Writer.Make may make it at the same time.
type lateFile struct {
	open func() (File, error)

	mu   sync.Mutex // guards below
	file File       // nil until it is there
}

var _ File = (*lateFile)(nil)

// there makes the file, if it isn't there.
func (l *lateFile) there() (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		var f File
		if f, err = l.open(); err == nil {
			l.file = f
		}
	}
	return err
}

// Write is that of the file.
func (l *lateFile) Write(b []byte) (int, error) {
	if err := l.there(); err != nil {
		return 0, err
	}
	return l.file.Write(b)
}

// WriteAt is that of the file.
func (l *lateFile) WriteAt(b []byte, at int64) (int, error) {
	if err := l.there(); err != nil {
		return 0, err
	}
	return l.file.WriteAt(b, at)
}

// Sync is that of the file.
func (l *lateFile) Sync() error {
	if err := l.there(); err != nil {
		return err
	}
	return l.file.Sync()
}

// Truncate is that of the file.
func (l *lateFile) Truncate(size int64) error {
	if err := l.there(); err != nil {
		return err
	}
	return l.file.Truncate(size)
}

// Close closes the file, if it is there.
func (l *lateFile) Close() error {
	l.mu.Lock()
	f := l.file
	l.mu.Unlock()
	if f == nil {
		return nil
	}
	return f.Close()
}
