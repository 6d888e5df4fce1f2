package edge

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"commusafe/internal/folder"
)

// A recovery finds the folders that an earlier edge left, closes those that it left open, and has all that no office has acknowledged
// offered. A disk that is away meanwhile is asked again after growing pauses.
type recovery struct {
	e       *Edge
	waiting atomic.Int64 // folders that are not closed yet; 1 where it is not even known which there are

	mu    sync.Mutex
	known bool            // which folders there are
	mine  map[string]bool // folders of this edge's calls, until that is known
}

// The first and the longest pause between two tries.
const (
	firstRecovery   = time.Second
	longestRecovery = 5 * time.Minute
)

// isMine tells that a folder is of a call of this edge, which closes it by itself.
func (r *recovery) isMine(dir string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.known {
		r.mine[dir] = true
	}
}

// run goes on until every folder is closed or can't ever be.
func (r *recovery) run(ctx context.Context) {
	open, known := r.find()
	for pause := firstRecovery; ; pause = min(2*pause, longestRecovery) {
		open = r.closeAll(open)
		if known && len(open) == 0 {
			r.waiting.Store(0)
			return
		}
		r.waiting.Store(max(1, int64(len(open))))
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if !known {
			open, known = r.find()
		}
	}
}

// find gives the folders that are open, and queues all that were never acknowledged. known is false while the disk does not tell.
func (r *recovery) find() (open []string, known bool) {
	calls := r.e.cfg.Calls()
	_, err := os.ReadDir(calls) // what looks for folders in it takes a directory that can't be read for an empty one
	var all []string
	if err == nil {
		all, err = folder.All(calls)
	}
	if err == nil {
		open, err = folder.Unsealed(calls)
	}
	if err != nil {
		r.e.log.Error("folders of earlier calls can't be looked for yet", slog.Any("error", err))
		return nil, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	mine := func(dir string) bool { return r.mine[dir] }
	all, open = slices.DeleteFunc(all, mine), slices.DeleteFunc(open, mine)
	r.known, r.mine = true, nil
	for _, dir := range all {
		if !r.e.offers.acked[filepath.Base(dir)] && !slices.Contains(open, dir) {
			r.e.offers.add(dir)
		}
	}
	return open, true
}

// closeAll recovers folders and gives those that are to be tried again.
func (r *recovery) closeAll(open []string) (again []string) {
	for _, dir := range open {
		log := r.e.log.With(slog.String("call_id", filepath.Base(dir)))
		_, err := folder.Recover(dir, r.e.program, time.Now())
		switch {
		case err == nil:
			log.Warn("recovered the folder of a call that a killed edge left")
			r.e.offers.add(dir)
		case errors.Is(err, folder.ErrBroken):
			log.Error("a folder of a killed edge can't be recovered", slog.Any("error", err))
		default:
			log.Error("a folder of a killed edge can't be recovered yet; it is tried again", slog.Any("error", err))
			again = append(again, dir)
		}
	}
	return again
}
