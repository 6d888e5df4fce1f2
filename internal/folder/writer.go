package folder

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// A Writer is the folder of a call that runs.
type Writer struct {
	*Journal
	Dir     string
	id      call.ID
	program string
	sound   map[call.Party]*Recorder
	lost    []string
}

// Options say how a folder is made.
type Options struct {
	Program string   // name and version, for the seal
	Open    OpenFile // nil: a new file on disk
}

// Create makes the folder of a call. It must not be there yet.
func Create(calls string, id call.ID, began time.Time, opt Options) (*Writer, error) {
	dir := Dir(calls, id, began)
	if err := os.MkdirAll(filepath.Dir(dir), 0o750); err != nil {
		return nil, fmt.Errorf("make call folder: %w", err)
	}
	if err := os.Mkdir(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make call folder: %w", err)
	}
	open := opt.Open
	if open == nil {
		open = createNew
	}
	w := &Writer{Dir: dir, id: id, program: opt.Program, sound: map[call.Party]*Recorder{}}
	f, err := open(filepath.Join(dir, JournalFile))
	if err != nil {
		return nil, fmt.Errorf("make journal: %w", err)
	}
	w.Journal = &Journal{file: f, prev: Hash(nil)}
	for _, p := range []call.Party{call.Caller, call.Agent} {
		f, err := open(filepath.Join(dir, WAVName(p)))
		if err != nil {
			return nil, fmt.Errorf("make recording: %w", err)
		}
		w.sound[p] = &Recorder{file: f, lostAt: -1}
	}
	return w, nil
}

// Recorder gives the recorder of a party's sound.
func (w *Writer) Recorder(p call.Party) *Recorder { return w.sound[p] }

// Lose notes for the seal that something could not be kept.
func (w *Writer) Lose(what string) { w.lost = append(w.lost, what) }

// Seal closes the folder: sound padded to the end of the call, journal flushed, hashes written. After it nothing in
// the folder changes but after.jsonl. The recorders must be idle.
func (w *Writer) Seal(end call.Millis, at time.Time, account any) (Seal, error) {
	var errs []error
	for _, p := range []call.Party{call.Caller, call.Agent} {
		if err := w.sound[p].close(int64(end) * audio.SamplesPerMS); err != nil {
			errs = append(errs, err)
			w.Lose(WAVName(p) + ": the end of the recording")
		}
	}
	if err := w.Journal.close(); err != nil {
		return Seal{}, fmt.Errorf("seal %s: %w", w.id, err)
	}
	lines, last := w.Journal.state()
	acc, err := json.Marshal(account)
	if err != nil {
		return Seal{}, fmt.Errorf("seal %s: %w", w.id, err)
	}
	s := Seal{V: 1, Call: w.id, State: Sealed, At: at.UTC().Truncate(time.Millisecond), Lines: lines, Last: last, Program: w.program, Account: acc, Lost: w.lost}
	if err := writeSeal(w.Dir, &s); err != nil {
		return Seal{}, err
	}
	return s, firstError(errs...)
}

// writeSeal sums the files and writes the seal, whole or not at all.
func writeSeal(dir string, s *Seal) error {
	for _, name := range []string{CallerWAV, AgentWAV, JournalFile} {
		sum, err := sumFile(dir, name)
		if err != nil {
			return fmt.Errorf("seal: %w", err)
		}
		s.Files = append(s.Files, sum)
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	path := filepath.Join(dir, SealFile)
	if err := writeSynced(path+".part", append(b, '\n')); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return syncDir(dir)
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, werr := f.Write(b)
	return firstError(werr, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return firstError(d.Sync(), d.Close())
}
