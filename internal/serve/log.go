package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// logMost is how large a log may grow in octets, and lookEvery how often that is looked at: two logs of each child stay on the disk.
const (
	logMost   = 64 << 20
	lookEvery = time.Minute
)

// keepLog bounds the log of the child until ctx ends.
func (k *keeper) keepLog(ctx context.Context) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if _, err := turn(filepath.Join(k.run, k.role.Name+".log"), logMost); err != nil {
			k.log.Error("a log that has grown large can't be put aside", slog.Any("error", err))
		}
	}
}

// turn puts a log aside that is larger than most: it becomes PATH.1 in place of the one before. The child holds its log open for appending, so the
// log is copied and emptied; a line that is written between the two is lost.
func turn(path string, most int64) (did bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || st.Size() <= most {
		return false, err
	}
	aside := path + ".1"
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) { // first, so that there is room
		return false, err
	}
	to, err := os.OpenFile(aside, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return false, err
	}
	_, err = io.Copy(to, f)
	if err = errors.Join(err, to.Close()); err != nil {
		return false, fmt.Errorf("%s: %w", aside, err)
	}
	return true, f.Truncate(0)
}
