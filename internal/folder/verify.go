package folder

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxLine bounds one line of a journal.
const maxLine = 1 << 20

// ReadSeal reads a folder's seal. fs.ErrNotExist means that the folder is still open.
func ReadSeal(dir string) (Seal, error) {
	var s Seal
	b, err := os.ReadFile(filepath.Join(dir, SealFile))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, broken("%s can't be read: %v", SealFile, err)
	}
	return s, nil
}

var errNoFolder = errors.New("not a call folder (no " + JournalFile + " in it)")

// Verify proves a sealed folder, or says what is broken first: which file, which line.
func Verify(dir string) (Seal, error) {
	s, err := ReadSeal(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if _, jerr := os.Stat(filepath.Join(dir, JournalFile)); jerr != nil {
			return s, errNoFolder
		}
		return s, broken("no %s: the folder is open (a call that runs, or one that was not recovered)", SealFile)
	}
	if err != nil {
		return s, err
	}
	lines, last, err := checkJournal(filepath.Join(dir, JournalFile), Hash(nil))
	if err != nil {
		return s, err
	}
	if lines != s.Lines || last != s.Last {
		return s, broken("%s has %d lines, the seal says %d, or its last line was changed", JournalFile, lines, s.Lines)
	}
	for _, want := range s.Files {
		got, err := sumFile(dir, want.Name)
		if err != nil {
			return s, broken("%s: %v", want.Name, err)
		}
		if got != want {
			return s, broken("%s is not what was sealed (%d bytes, %d at the seal)", want.Name, got.Bytes, want.Bytes)
		}
	}
	after := filepath.Join(dir, AfterFile)
	if _, err := os.Stat(after); err == nil {
		b, err := os.ReadFile(filepath.Join(dir, SealFile))
		if err != nil {
			return s, err
		}
		if _, _, err := checkJournal(after, Hash(b)); err != nil {
			return s, err
		}
	}
	return s, nil
}

// Read calls each for every line of a folder's journal, in order, with the chain checked.
func Read(dir string, each func(Line) error) error {
	err := scan(filepath.Join(dir, JournalFile), Hash(nil), 0, each)
	if errors.Is(err, fs.ErrNotExist) {
		return errNoFolder
	}
	return err
}

func checkJournal(path, prev string) (int, string, error) {
	n, last := 0, prev
	err := scanRaw(path, prev, 0, func(l Line, raw []byte) error {
		n, last = n+1, Hash(raw)
		return nil
	})
	return n, last, err
}

func scan(path, prev string, seq int, each func(Line) error) error {
	return scanRaw(path, prev, seq, func(l Line, _ []byte) error { return each(l) })
}

// scanRaw walks a chained file. Its errors name the file and the line.
func scanRaw(path, prev string, seq int, each func(Line, []byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open journal: %w", err)
	}
	defer f.Close()
	name := filepath.Base(path)
	r := bufio.NewReaderSize(f, maxLine)
	for n := 1; ; n++ {
		raw, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			if len(raw) > 0 {
				return broken("%s line %d ends in the middle", name, n)
			}
			return nil
		}
		if err != nil {
			return broken("%s line %d: %v", name, n, err)
		}
		raw = bytes.TrimSuffix(raw, []byte("\n"))
		var l Line
		if err := json.Unmarshal(raw, &l); err != nil {
			return broken("%s line %d is no journal line: %v", name, n, err)
		}
		if l.Prev != prev {
			return broken("%s line %d doesn't follow the line before it (hash)", name, n)
		}
		if l.Seq != seq {
			return broken("%s line %d has number %d, want %d", name, n, l.Seq, seq)
		}
		prev, seq = Hash(raw), seq+1
		if err := each(l, raw); err != nil {
			return err
		}
	}
}

func sumFile(dir, name string) (FileSum, error) {
	if name != filepath.Base(name) {
		return FileSum{}, fmt.Errorf("%q is not a file of the folder", name)
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return FileSum{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return FileSum{}, err
	}
	return FileSum{Name: name, Bytes: n, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}
