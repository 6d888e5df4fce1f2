package models

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// A Store is the folder below data_dir where models are.
type Store struct {
	Dir      string
	Manifest Manifest
	// By is who works, for the record of accepted licences.
	By string
	// Progress is told how many bytes of an asset have come; total is 0 when nobody knows. It may be nil.
	Progress func(name string, done, total int64)
}

const (
	recordFile = "installed.json"
	pinsFile   = "pins.json"
	acceptFile = "licences.json"
	runtimeID  = "runtime"
)

// A Record says what was installed, beside the files.
type Record struct {
	ID      string            `json:"id"`
	Licence string            `json:"licence"`
	From    string            `json:"from"`
	At      time.Time         `json:"at"`
	By      string            `json:"by"`
	Asset   string            `json:"asset_sha256,omitempty"`
	Files   map[string]string `json:"files"` // name → SHA-256
}

// An Acceptance says who accepted a licence, and when.
type Acceptance struct {
	Licence string    `json:"licence"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
}

// Path gives the folder of a model.
func (s *Store) Path(id string) string { return filepath.Join(s.Dir, id) }

// Installed reads a model's record; fs.ErrNotExist when it isn't installed.
func (s *Store) Installed(id string) (Record, error) {
	var r Record
	err := readJSON(filepath.Join(s.Path(id), recordFile), &r)
	if err == nil && r.ID != id {
		err = fmt.Errorf("the record of %s is one of %q", id, r.ID)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: remove %s and install it again", err, id)
	}
	return r, err
}

// Verify compares an installed model's files with their checksums. The error names the first that differs.
func (s *Store) Verify(id string) error {
	r, err := s.Installed(id)
	if errors.Is(err, fs.ErrNotExist) {
		return input("%s is not installed", id)
	}
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		if !nameForm.MatchString(name) {
			return fmt.Errorf("%s: the record names %q", id, name)
		}
		sum, err := sumFile(filepath.Join(s.Path(id), name))
		if err != nil {
			return fmt.Errorf("%s: %s can't be read: %w", id, name, err)
		}
		if sum != r.Files[name] {
			return fmt.Errorf("%s: %s is not the file that was installed (checksum differs); remove %s and install it again", id, name, id)
		}
	}
	return nil
}

// Remove deletes a model, also one whose record is damaged. What was pinned and accepted stays.
func (s *Store) Remove(id string) error {
	if _, err := s.Installed(id); errors.Is(err, fs.ErrNotExist) || !idForm.MatchString(id) {
		return input("%s is not installed", id)
	}
	release, err := s.alone(id)
	if err != nil {
		return err
	}
	defer release()
	gone := filepath.Join(s.Dir, removed(id))
	if err := os.Rename(s.Path(id), gone); err != nil {
		return fmt.Errorf("remove %s: %w", id, err)
	}
	return os.RemoveAll(gone)
}

// Accept records that the operator accepts a licence.
func (s *Store) Accept(licence string) error {
	if !nameForm.MatchString(licence) {
		return input("licence %q is not one of the manifest's", licence)
	}
	return s.exclusively(func() error {
		all, err := s.accepted()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(a Acceptance) bool { return a.Licence == licence }) {
			return nil
		}
		return s.writeJSON(acceptFile, append(all, Acceptance{Licence: licence, By: s.By, At: time.Now().UTC()}))
	})
}

func (s *Store) accepted() (all []Acceptance, err error) {
	err = readJSON(filepath.Join(s.Dir, acceptFile), &all)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return all, err
}

// mayUse refuses a model whose licence was not accepted.
func (s *Store) mayUse(m Model) error {
	all, err := s.accepted()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(a Acceptance) bool { return a.Licence == m.Licence }) {
		return nil
	}
	return fmt.Errorf("%s is under the licence %s (commercial use: %s), which nobody here has accepted: read it, then say --accept-licence %s", m.ID, m.Licence, m.Commercial, m.Licence)
}

// checkPin compares a checksum with the one of the manifest, or else with the one of the first time.
func (s *Store) checkPin(id, want, sum string) error {
	pins, err := s.pins()
	if err != nil {
		return err
	}
	advice := "fetch it again, or from another source"
	if want == "" {
		want = pins[id]
		advice = "fetch it again; if its publisher has replaced it and you trust that, take its line out of " + filepath.Join(s.Dir, pinsFile)
	}
	if want != "" && want != sum {
		return fmt.Errorf("%s has the checksum %s…, expected is %s…: it is damaged or not what it was; nothing was installed; %s", id, sum[:12], want[:min(12, len(want))], advice)
	}
	return nil
}

// pin keeps checksums for all later times: of what proved to be whole, for nothing else is taken afterwards.
func (s *Store) pin(sums map[string]string) error {
	return s.exclusively(func() error {
		pins, err := s.pins()
		if err != nil {
			return err
		}
		maps.Copy(pins, sums)
		return s.writeJSON(pinsFile, pins)
	})
}

func (s *Store) pins() (map[string]string, error) {
	pins := map[string]string{}
	if err := readJSON(filepath.Join(s.Dir, pinsFile), &pins); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return pins, nil
}

// place turns a folder with all files of a model into the installed model: record, sync, one exchange of names. Whoever ends it when,
// the old model or the new one is there.
func (s *Store) place(fresh string, r Record) error {
	for name := range r.Files {
		sum, err := sumFile(filepath.Join(fresh, name))
		if err != nil {
			return err
		}
		r.Files[name] = sum
	}
	r.At, r.By = time.Now().UTC(), s.By
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(fresh, recordFile), b); err != nil {
		return err
	}
	err = unix.Renameat2(unix.AT_FDCWD, fresh, unix.AT_FDCWD, s.Path(r.ID), unix.RENAME_EXCHANGE)
	switch {
	case err == nil:
		return os.RemoveAll(fresh) // it has the name of what is unfinished: the next command clears away what stays
	case !errors.Is(err, fs.ErrNotExist): // a file system that can't exchange
		if err := os.RemoveAll(s.Path(r.ID)); err != nil {
			return err
		}
	}
	if err := os.Rename(fresh, s.Path(r.ID)); err != nil {
		return fmt.Errorf("install %s: %w", r.ID, err)
	}
	return nil
}

// fresh makes an empty folder beside the models. It wants the model's lock.
func (s *Store) fresh(id string) (string, error) { return os.MkdirTemp(s.Dir, unfinished(id)) }

func (s *Store) writeJSON(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(s.Dir, name)
	if err := writeSynced(path+".part", b); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s can't be read: %w", path, err)
	}
	return nil
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func sumFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
