package folder

import (
	"encoding/json"
	"errors"
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
	late    []*lateFile // of a folder that is made late
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
	if err := w.make(open); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir)) // empty files of ours
	}
	return w, nil
}

// make makes the files, or closes those it has made.
func (w *Writer) make(open OpenFile) error {
	var made []File
	for _, name := range []string{JournalFile, CallerWAV, AgentWAV} {
		f, err := open(filepath.Join(w.Dir, name))
		if err != nil {
			for _, m := range made {
				_ = m.Close() // nothing was written
			}
			return fmt.Errorf("make %s: %w", name, err)
		}
		made = append(made, f)
	}
	w.use(made[0], &patientFile{file: made[1]}, &patientFile{file: made[2]})
	return nil
}

func (w *Writer) use(journal File, caller, agent *patientFile) {
	w.Journal = &Journal{file: journal, prev: Hash(nil)}
	w.sound[call.Caller] = &Recorder{file: caller, lostAt: -1}
	w.sound[call.Agent] = &Recorder{file: agent, lostAt: -1}
}

// Late gives the folder of a call for which Create could make none: lines wait in memory, sound is lost, and with each of them the
// disk is asked again.
func Late(calls string, id call.ID, began time.Time, opt Options) *Writer {
	dir := Dir(calls, id, began)
	open := opt.Open
	if open == nil {
		open = createNew
	}
	late := func(name string) *lateFile {
		return &lateFile{open: func() (File, error) {
			if err := os.MkdirAll(dir, 0o750); err != nil {
				return nil, err
			}
			return open(filepath.Join(dir, name))
		}}
	}
	w := &Writer{Dir: dir, id: id, program: opt.Program, sound: map[call.Party]*Recorder{}}
	journal, caller, agent := late(JournalFile), late(CallerWAV), late(AgentWAV)
	w.use(journal, &patientFile{file: caller}, &patientFile{file: agent})
	w.late = []*lateFile{journal, caller, agent}
	return w
}

// Make asks the disk for the files of a late folder. What it refuses, or does not give within half a second, is made with the first
// use for which it does.
func (w *Writer) Make() error {
	return w.disk.do(makeWait, func() error {
		for _, l := range w.late {
			if err := l.there(); err != nil {
				return err
			}
		}
		return nil
	})
}

// Recorder gives the recorder of a party's sound.
func (w *Writer) Recorder(p call.Party) *Recorder { return w.sound[p] }

// Lose notes for the seal that something could not be kept.
func (w *Writer) Lose(what string) { w.lost = append(w.lost, what) }

// LoseSound notes for the seal that a stretch of a party's sound could not be kept.
func (w *Writer) LoseSound(p call.Party, l LostStretch) {
	w.Lose(fmt.Sprintf("%s: %d-%d ms", WAVName(p), l.From/audio.SamplesPerMS, l.To/audio.SamplesPerMS))
}

// Seal closes the folder: sound padded to the end of the call, journal flushed, hashes written. After it nothing in
// the folder changes but after.jsonl. The recorders must be idle. An error means that the disk refuses: everything that
// waits is kept, and Seal may be called again with the same end.
func (w *Writer) Seal(end call.Millis, at time.Time, account any) (Seal, error) {
	for _, p := range []call.Party{call.Caller, call.Agent} {
		lost, err := w.sound[p].finish(int64(end) * audio.SamplesPerMS)
		if err != nil {
			return Seal{}, fmt.Errorf("seal %s: %w", w.id, err)
		}
		if lost == nil {
			continue
		}
		w.LoseSound(p, *lost)
		gap := map[string]any{"what": "recording", "party": p, "why": "gap.disk_refused", "from_ms": lost.From / audio.SamplesPerMS, "to_ms": lost.To / audio.SamplesPerMS}
		if _, err := w.Append(end, at, KindGap, gap); err != nil {
			return Seal{}, fmt.Errorf("seal %s: %w", w.id, err)
		}
	}
	if err := w.Sync(); err != nil {
		return Seal{}, fmt.Errorf("seal %s: %w", w.id, err)
	}
	lines, last := w.state()
	acc, err := json.Marshal(account)
	if err != nil {
		return Seal{}, fmt.Errorf("seal %s: %w", w.id, err)
	}
	s := Seal{V: 1, Call: w.id, State: Sealed, At: at.UTC().Truncate(time.Millisecond), Lines: lines, Last: last, Program: w.program, Account: acc, Lost: w.lost}
	if err := writeSeal(w.Dir, &s); err != nil {
		return Seal{}, err
	}
	w.close()
	return s, nil
}

// close gives the files back. What they hold is on the disk, so an error loses nothing and leaves nothing to be tried again.
func (w *Writer) close() {
	_ = w.disk.do(soundWait, w.Journal.file.Close)
	_ = w.sound[call.Caller].file.Close()
	_ = w.sound[call.Agent].file.Close()
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
