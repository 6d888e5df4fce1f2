package models

import (
	"archive/tar"
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// mostEntries is how many entries an archive may have.
const mostEntries = 10_000

// unpack writes the wanted files of an archive into dir; others are passed over. An archive that tries to leave its
// folder, has links or devices in it, or grows past limit bytes is refused. What is written is counted beside what is
// read: a sparse file of a few bytes may stand for any number.
func unpack(r io.Reader, dir string, wanted []string, limit int64) error {
	plain, err := decompressed(bufio.NewReader(r))
	if err != nil {
		return err
	}
	count := &counted{r: plain, left: limit}
	t := tar.NewReader(count)
	written := &counted{r: t, left: limit}
	got := map[string]bool{}
	for n := 0; ; n++ {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return missing(wanted, got)
		case err != nil:
			return fmt.Errorf("archive can't be read: %w", err)
		case n >= mostEntries:
			return fmt.Errorf("archive has more than %d entries", mostEntries)
		}
		if err := checkEntry(h); err != nil {
			return err
		}
		name := path.Base(h.Name)
		if h.Typeflag != tar.TypeReg || !slices.Contains(wanted, name) {
			continue
		}
		if got[name] {
			return fmt.Errorf("archive has %s twice", name)
		}
		got[name] = true
		if err := writeFile(filepath.Join(dir, name), written); err != nil {
			return err
		}
	}
}

// decompressed looks at the first bytes: bzip2 or gzip.
func decompressed(b *bufio.Reader) (io.Reader, error) {
	head, err := b.Peek(3)
	if err != nil {
		return nil, fmt.Errorf("archive is too short: %w", err)
	}
	switch {
	case string(head) == "BZh":
		return bzip2.NewReader(b), nil
	case head[0] == 0x1f && head[1] == 0x8b:
		return gzip.NewReader(b)
	}
	return nil, errors.New("archive is neither tar.bz2 nor tar.gz")
}

func checkEntry(h *tar.Header) error {
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeDir, tar.TypeXGlobalHeader:
	default:
		return fmt.Errorf("archive has something that is neither file nor folder in it: %q", short(h.Name))
	}
	if strings.HasPrefix(h.Name, "/") || strings.Contains(h.Name, `\`) || strings.ContainsRune(h.Name, 0) || slices.Contains(strings.Split(h.Name, "/"), "..") {
		return fmt.Errorf("archive leads out of its folder: %q", short(h.Name))
	}
	return nil
}

func short(s string) string { return s[:min(len(s), 100)] }

func missing(wanted []string, got map[string]bool) error {
	for _, w := range wanted {
		if !got[w] {
			return fmt.Errorf("archive lacks %s", w)
		}
	}
	return nil
}

func writeFile(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Sync(), f.Close())
}

// A counted reader ends with an error when more comes than may.
type counted struct {
	r    io.Reader
	left int64
}

var errTooLarge = errors.New("it is far larger than the manifest says")

// Read gives bytes as long as there may be more.
func (c *counted) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooLarge
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}
