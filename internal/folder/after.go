package folder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// KindTranscript is the kind of lines that a later transcription adds after the seal.
const KindTranscript Kind = "transcript"

// An Addition is one line to be added after the seal.
type Addition struct {
	Kind Kind
	Data any
}

// AppendAfter adds lines to after.jsonl, chained on from the seal; either all of them are there afterwards or none. The
// sealed files are not touched. A folder that doesn't prove itself gets nothing added.
func AppendAfter(dir string, wall time.Time, lines []Addition) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("call folder: %w", err)
	}
	defer d.Close()
	if err := unix.Flock(int(d.Fd()), unix.LOCK_EX); err != nil { // of two writers one waits
		return fmt.Errorf("lock %s: %w", dir, err)
	}
	if _, err := Verify(dir); err != nil {
		return err
	}
	seal, err := os.ReadFile(filepath.Join(dir, SealFile))
	if err != nil {
		return err
	}
	path := filepath.Join(dir, AfterFile)
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	seq, prev := 0, Hash(seal)
	if len(old) > 0 {
		if seq, prev, err = checkJournal(path, prev); err != nil {
			return err
		}
	}
	b := bytes.NewBuffer(old)
	for _, l := range lines {
		raw, err := json.Marshal(l.Data)
		if err != nil {
			return fmt.Errorf("after the seal, %s: %w", l.Kind, err)
		}
		line, err := json.Marshal(Line{Seq: seq, Wall: wall.UTC().Truncate(time.Millisecond), Kind: l.Kind, V: 1, Data: raw, Prev: prev})
		if err != nil {
			return fmt.Errorf("after the seal, %s: %w", l.Kind, err)
		}
		if len(line) >= maxLine {
			return fmt.Errorf("after the seal, %s: a line of %d bytes", l.Kind, len(line))
		}
		b.Write(line)
		b.WriteByte('\n')
		seq, prev = seq+1, Hash(line)
	}
	return replaceFile(path, b.Bytes())
}

// ReadAfter calls each for every line that was added after the seal, with the chain checked; none is no error.
func ReadAfter(dir string, each func(Line) error) error {
	seal, err := os.ReadFile(filepath.Join(dir, SealFile))
	if err != nil {
		return err
	}
	err = scan(filepath.Join(dir, AfterFile), Hash(seal), 0, each)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// replaceFile writes beside and renames, so that a crash leaves the old or the new.
func replaceFile(path string, b []byte) error {
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := firstError(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}
