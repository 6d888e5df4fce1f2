package edge

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

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

// newFolder makes the folder of a call. late tells that the disk refuses it or does not answer: then it is made as soon as the disk lets it.
func (e *Edge) newFolder(log *slog.Logger, in call.Incoming) (w *folder.Writer, late bool) {
	w = folder.Late(e.cfg.Calls(), in.ID, in.Began, folder.Options{Program: e.program, Open: e.openFile})
	e.recovery.isMine(w.Dir)
	if err := w.Make(); err != nil {
		log.Error("no folder for this call yet; what is to be written waits, and sound is lost until the disk gives one", slog.Any("error", err))
		late = true
	}
	return w, late
}

// syncEverySecond brings the journals of all live calls to the disk together (contracts §2, durability).
func (e *Edge) syncEverySecond(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			<-e.unsealed.retry()
			return
		case <-t.C:
			e.unsealed.retry()
			e.diskRefuses.Store(e.syncAll() != nil || e.unsealed.len() > 0)
		}
	}
}

// syncAll brings the journals of live calls to the disk, all at once, and gives the first error.
func (e *Edge) syncAll() error {
	var all errgroup.Group
	for _, w := range e.writers.list() {
		all.Go(w.Sync)
	}
	err := all.Wait()
	if err != nil {
		e.log.Warn("journal is not on disk", slog.Any("error", err))
	}
	return err
}

// sealWait is how long the end of a call waits until its folder is sealed, and the end of the edge for all that the disk has to do.
const sealWait = 5 * time.Second

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
	later := func(err error) {
		log.Error("folder can't be sealed yet; it is tried again every second", slog.Any("error", err))
	}
	again := func() bool {
		err := seal()
		if err == nil {
			log.Warn("folder is sealed after all")
		}
		return err == nil
	}
	var first error
	done := make(chan struct{})
	if !within(sealWait, func() { defer close(done); first = seal() }) {
		later(folder.ErrUnanswered)
		e.unsealed.add(func() bool { <-done; return first == nil || again() })
	} else if first != nil {
		later(first)
		e.unsealed.add(again)
	}
}

// unsealed are the folders of ended calls that the disk has not let be closed.
type unsealed struct {
	mu     sync.Mutex // guards below
	seal   []func() bool
	trying chan struct{} // closed when all were tried; nil: nothing is
	tried  int           // how many are being tried
}

func (u *unsealed) add(seal func() bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seal = append(u.seal, seal)
}

// retry tries each again, beside the caller, unless the disk is still busy with the last try; those that can't be closed stay. The
// channel is closed when all were tried.
func (u *unsealed) retry() <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.trying != nil {
		return u.trying
	}
	done, try := make(chan struct{}), u.seal
	u.trying, u.tried, u.seal = done, len(try), nil
	go func() {
		var left []func() bool
		for _, seal := range try {
			if !seal() {
				left = append(left, seal)
			}
		}
		u.mu.Lock()
		defer u.mu.Unlock()
		u.trying, u.tried, u.seal = nil, 0, append(left, u.seal...)
		close(done)
	}()
	return done
}

// len is how many wait.
func (u *unsealed) len() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.seal) + u.tried
}

// within does something that may wait for the disk, for at most limit; false when it was not done by then. It goes on then.
func within(limit time.Duration, f func()) bool {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}
