package edge

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/folder"
)

// writers are the folders of live calls, for the once-a-second sync.
type writers struct {
	mu  sync.Mutex // guards below
	all map[*folder.Writer]struct{}
}

func (w *writers) put(f *folder.Writer) (remove func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[*folder.Writer]struct{}{}
	}
	w.all[f] = struct{}{}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, f)
	}
}

func (w *writers) list() []*folder.Writer {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []*folder.Writer
	for f := range w.all {
		out = append(out, f)
	}
	return out
}

// newFolder makes the folder of a call. late tells that the disk refuses it: then it is made as soon as the disk lets it.
func (e *Edge) newFolder(log *slog.Logger, in call.Incoming) (w *folder.Writer, late bool) {
	opt := folder.Options{Program: e.program, Open: e.openFile}
	w, err := folder.Create(e.cfg.Calls(), in.ID, in.Began, opt)
	if err == nil {
		return w, false
	}
	log.Error("no folder for this call yet; what is to be written waits, and sound is lost until the disk gives one", slog.Any("error", err))
	return folder.Late(e.cfg.Calls(), in.ID, in.Began, opt), true
}

// syncEverySecond brings the journals of all live calls to the disk together (contracts §2, durability).
func (e *Edge) syncEverySecond(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			e.unsealed.retry()
			return
		case <-t.C:
			e.unsealed.retry()
			e.diskRefuses.Store(e.syncAll() != nil || e.unsealed.len() > 0)
		}
	}
}

// syncAll brings the journals of live calls to the disk and gives the first error.
func (e *Edge) syncAll() error {
	var first error
	for _, w := range e.writers.list() {
		if err := w.Sync(); err != nil && first == nil {
			first = err
			e.log.Warn("journal is not on disk", slog.Any("error", err))
		}
	}
	return first
}

// close seals the folder of a call that is over and offers it. What the disk refuses waits in memory and is tried again
// every second; an edge that ends before leaves a folder that is recovered at the next start.
func (e *Edge) close(log *slog.Logger, w *folder.Writer, end call.Millis, acc account) {
	seal := func() error {
		if _, err := w.Seal(end, time.Now(), acc); err != nil {
			return err
		}
		e.offers.add(w.Dir)
		return nil
	}
	if err := seal(); err != nil {
		log.Error("folder can't be sealed yet; it is tried again every second", slog.Any("error", err))
		e.unsealed.add(func() bool {
			err := seal()
			if err == nil {
				log.Warn("folder is sealed after all")
			}
			return err == nil
		})
	}
}

// unsealed are the folders of ended calls that the disk has not let be closed.
type unsealed struct {
	mu   sync.Mutex // guards below
	seal []func() bool
}

func (u *unsealed) add(seal func() bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seal = append(u.seal, seal)
}

// retry tries each again; those that can't be closed stay.
func (u *unsealed) retry() {
	u.mu.Lock()
	try := u.seal
	u.seal = nil
	u.mu.Unlock()
	for _, seal := range try {
		if !seal() {
			u.add(seal)
		}
	}
}

// len is how many wait.
func (u *unsealed) len() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.seal)
}
