package telephony

import "sync"

// A group counts what runs, until it is waited for: then nothing new begins.
type group struct {
	running sync.WaitGroup
	mu      sync.Mutex // guards below
	closed  bool
}

// Go runs f unless the group is being waited for.
func (g *group) Go(f func()) bool {
	if !g.enter() {
		return false
	}
	go func() {
		defer g.leave()
		f()
	}()
	return true
}

// enter counts the caller's own goroutine until leave.
func (g *group) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.running.Add(1)
	return true
}

func (g *group) leave() { g.running.Done() }

// Wait lets nothing more in and waits for what runs.
func (g *group) Wait() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.running.Wait()
}
