package sherpa

import (
	"fmt"
	"sync"
)

// mostEars is how many ears one engine may have open.
const mostEars = 512

// batchSize is how many ears' work is recognised in one call of the library.
const batchSize = 8

// A pool recognises what ears have to do with a fixed number of workers. An ear waits in ready at most once, and is
// worked on by one worker at a time, so no stream of the library is ever used by two goroutines.
type pool struct {
	dec   decoder
	ready chan *ear
	stop  chan struct{} // closed: nothing more is begun
	ended chan struct{} // closed: nothing is worked on any more
	once  sync.Once
	wait  sync.WaitGroup
}

func newPool(d decoder, workers int) *pool {
	p := &pool{dec: d, ready: make(chan *ear, mostEars), stop: make(chan struct{}), ended: make(chan struct{})}
	for range max(1, workers) {
		p.wait.Go(p.work)
	}
	return p
}

// close ends the workers after what they are doing.
func (p *pool) close() {
	p.once.Do(func() {
		close(p.stop)
		p.wait.Wait()
		close(p.ended)
	})
}

func (p *pool) work() {
	for {
		select {
		case <-p.stop:
			return
		case e := <-p.ready:
			p.serve(p.more(e))
		}
	}
}

// more takes what else waits, as far as one batch goes.
func (p *pool) more(e *ear) []*ear {
	ears := []*ear{e}
	for len(ears) < batchSize {
		select {
		case e := <-p.ready:
			ears = append(ears, e)
		default:
			return ears
		}
	}
	return ears
}

func (p *pool) serve(ears []*ear) {
	batch, whose := make([]*work, 0, len(ears)), make([]*ear, 0, len(ears))
	for _, e := range ears {
		if w := e.next(); w != nil {
			batch, whose = append(batch, w), append(whose, e)
		}
	}
	if len(batch) > 0 {
		p.decode(batch)
	}
	for i, e := range whose {
		if e.finish(batch[i]) {
			p.ready <- e // never blocks: room for every ear, each at most once
		}
	}
}

// decode turns a panic into an error of the whole batch.
func (p *pool) decode(batch []*work) {
	defer func() {
		if r := recover(); r != nil {
			for _, w := range batch {
				w.err = fmt.Errorf("recognition broke: %v", r)
			}
		}
	}()
	p.dec.decode(batch)
}
