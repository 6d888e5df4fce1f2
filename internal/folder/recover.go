package folder

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// Unsealed finds the folders below calls that have a journal and no seal.
func Unsealed(calls string) ([]string, error) {
	return find(calls, func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, SealFile))
		return errors.Is(err, fs.ErrNotExist)
	})
}

// All finds all folders below calls.
func All(calls string) ([]string, error) {
	return find(calls, func(string) bool { return true })
}

func find(calls string, want func(dir string) bool) ([]string, error) {
	journals, err := filepath.Glob(filepath.Join(calls, "*", "*", "*", "*", JournalFile))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, j := range journals {
		if dir := filepath.Dir(j); want(dir) {
			out = append(out, dir)
		}
	}
	return out, nil
}

// recoverWait is how long a recovery waits for the disk: nobody waits for it, and a second one beside the first would spoil the journal.
const recoverWait = 24 * time.Hour

// Recover closes the folder of a call whose edge died: a journal line that ends in the middle is cut off, a line
// says what happened, the sound's headers get their true sizes, the seal says recovered. ErrBroken is the cause of an error that another
// try can't mend; after any other it may be called again.
func Recover(dir, program string, now time.Time) (Seal, error) {
	id, err := call.ParseID(filepath.Base(dir))
	if err != nil {
		return Seal{}, broken("recover: %v", err)
	}
	path := filepath.Join(dir, JournalFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return Seal{}, fmt.Errorf("recover: %w", err)
	}
	whole := b[:bytes.LastIndexByte(b, '\n')+1]
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return Seal{}, fmt.Errorf("recover: %w", err)
	}
	if err := f.Truncate(int64(len(whole))); err != nil {
		return Seal{}, firstError(err, f.Close())
	}
	j := &Journal{file: f, size: int64(len(whole)), prev: Hash(nil)}
	var end call.Millis
	told := false // by an earlier try
	err = scanRaw(path, Hash(nil), 0, func(l Line, raw []byte) error {
		j.seq, j.prev, end = j.seq+1, Hash(raw), max(end, l.AtMS)
		told = l.Kind == KindGap && bytes.Contains(l.Data, []byte(`"gap.edge_died"`))
		return nil
	})
	if err != nil {
		return Seal{}, firstError(err, f.Close())
	}
	for _, p := range []call.Party{call.Caller, call.Agent} {
		n, err := mendWAV(filepath.Join(dir, WAVName(p)))
		if err != nil {
			return Seal{}, firstError(err, f.Close())
		}
		end = max(end, call.Millis(n/audio.SamplesPerMS))
	}
	lost := fmt.Sprintf("the edge ended without closing the call; up to one second of sound and %d bytes of the journal are missing", len(b)-len(whole))
	if !told {
		if _, err := j.Append(end, now, KindGap, map[string]any{"what": "recording", "why": "gap.edge_died", "from_ms": end, "to_ms": end}); err != nil {
			return Seal{}, firstError(err, f.Close())
		}
	}
	if err := firstError(j.disk.do(recoverWait, j.sync), f.Close()); err != nil {
		return Seal{}, err
	}
	s := Seal{V: 1, Call: id, State: Recovered, At: now.UTC().Truncate(time.Millisecond), Lines: j.seq, Last: j.prev, Program: program, Lost: []string{lost}}
	return s, writeSeal(dir, &s)
}

// mendWAV writes the true size into the header of a recording and gives the number of octets.
func mendWAV(path string) (int64, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return 0, fmt.Errorf("recover: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		return 0, firstError(err, f.Close())
	}
	n := st.Size() - audio.WAVHeaderSize
	if n < 0 {
		return 0, firstError(f.Truncate(0), f.Close())
	}
	codec := audio.PCMU
	tag := make([]byte, 1)
	if _, err := f.ReadAt(tag, 20); err == nil && tag[0] == 6 {
		codec = audio.PCMA
	}
	_, err = f.WriteAt(audio.WAVHeader(codec, uint32(n)), 0)
	return n, firstError(err, f.Sync(), f.Close())
}
