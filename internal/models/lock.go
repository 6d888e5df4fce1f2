package models

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// unfinished begins the names of folders in which a model is being put together.
func unfinished(id string) string { return "." + id + ".new-" }

// removed is the name of a model's folder while it is deleted.
func removed(id string) string { return "." + id + ".gone" }

// alone takes a model's lock: of two commands one installs or removes it, and the other one says so. What a killed
// command had not finished is cleared away.
func (s *Store) alone(id string) (release func(), err error) {
	if err := os.MkdirAll(s.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	path := filepath.Join(s.Dir, "."+id+".lock")
	f, err := lock(path)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, fmt.Errorf("another command installs or removes %s: wait until it has ended", id)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	release = func() {
		_ = os.Remove(path) // a lock file that stays is taken by the next command
		f.Close()
	}
	if err := s.clear(id); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// lock opens and locks a file that its holder removes: a lock of a file that is no longer there counts for nothing.
func lock(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o640)
		if err != nil {
			return nil, err
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			f.Close()
			return nil, err
		}
		held, err := f.Stat()
		there, gone := os.Stat(path)
		if err == nil && gone == nil && os.SameFile(held, there) {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
}

func (s *Store) clear(id string) error {
	list, err := os.ReadDir(s.Dir)
	if err != nil {
		return fmt.Errorf("models: %w", err)
	}
	for _, e := range list {
		if strings.HasPrefix(e.Name(), unfinished(id)) || e.Name() == removed(id) {
			if err := os.RemoveAll(filepath.Join(s.Dir, e.Name())); err != nil {
				return fmt.Errorf("models: %w", err)
			}
		}
	}
	return nil
}

// exclusively reads and writes what all models share; of two commands one waits.
func (s *Store) exclusively(change func() error) error {
	if err := os.MkdirAll(s.Dir, 0o750); err != nil {
		return fmt.Errorf("models: %w", err)
	}
	d, err := os.Open(s.Dir)
	if err != nil {
		return fmt.Errorf("models: %w", err)
	}
	defer d.Close()
	if err := unix.Flock(int(d.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", s.Dir, err)
	}
	return change()
}
