package web

import (
	"net/http"
	"time"
)

// patience is how long a reader may take for one piece of an answer. A long recording over a slow line comes in many.
const patience = time.Minute

// patient ends an answer whose reader takes nothing any more: its goroutine and file would be held for ever. The live feed
// sets limits of its own.
func patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &pieces{ResponseWriter: w, c: http.NewResponseController(w)}
		p.renew() // one of the answer before may be over
		next.ServeHTTP(p, r)
	})
}

// pieces give each write its own time. It has no ReadFrom, so that files come through Write.
type pieces struct {
	http.ResponseWriter
	c   *http.ResponseController
	own bool // the handler sets limits itself
}

func (p *pieces) renew() {
	if !p.own {
		_ = p.c.SetWriteDeadline(time.Now().Add(patience)) // where there are none, nobody waits
	}
}

// SetWriteDeadline is for http.ResponseController.
func (p *pieces) SetWriteDeadline(t time.Time) error {
	p.own = true
	return p.c.SetWriteDeadline(t)
}

// WriteHeader begins the answer.
func (p *pieces) WriteHeader(status int) {
	p.renew()
	p.ResponseWriter.WriteHeader(status)
}

// Write writes a piece.
func (p *pieces) Write(b []byte) (int, error) {
	p.renew()
	return p.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (p *pieces) Unwrap() http.ResponseWriter { return p.ResponseWriter }
