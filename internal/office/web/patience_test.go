package web

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// A lineTo is a listener that gives one connection.
type lineTo struct {
	conns chan net.Conn
}

func (l lineTo) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l lineTo) Close() error   { close(l.conns); return nil }
func (l lineTo) Addr() net.Addr { return &net.TCPAddr{} }

// served asks a server for a large file over a line without buffers; ended is closed when it is served.
func served(t *testing.T, use func(line net.Conn, ended <-chan struct{})) {
	t.Helper()
	ended := make(chan struct{})
	srv := &http.Server{ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), ReadHeaderTimeout: time.Second,
		Handler: patient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			http.ServeContent(w, r, "x.wav", time.Time{}, bytes.NewReader(make([]byte, 1<<20)))
		}))}
	l := lineTo{make(chan net.Conn, 1)}
	ours, theirs := net.Pipe()
	l.conns <- theirs
	stopped := make(chan error, 1)
	go func() { stopped <- srv.Serve(l) }()
	if _, err := io.WriteString(ours, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	use(ours, ended)
	ours.Close()
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	<-stopped
}

// Who reads nothing any more holds nothing for ever; who reads slowly gets everything.
func TestReadersOfFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		served(t, func(_ net.Conn, ended <-chan struct{}) {
			time.Sleep(2 * patience)
			synctest.Wait()
			select {
			case <-ended:
			default:
				t.Error("a reader that takes nothing is still waited for")
			}
		})
	})
	synctest.Test(t, func(t *testing.T) {
		served(t, func(line net.Conn, _ <-chan struct{}) {
			began := time.Now()
			slow := reads(func(b []byte) (int, error) {
				time.Sleep(patience / 20)
				return line.Read(b[:min(len(b), 4<<10)])
			})
			resp, err := http.ReadResponse(bufio.NewReaderSize(slow, 4<<10), nil)
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, resp.Body)
			if n != 1<<20 || err != nil || time.Since(began) < 2*patience {
				t.Errorf("%d bytes came in %v (%v)", n, time.Since(began), err)
			}
			resp.Body.Close()
		})
	})
}

type reads func([]byte) (int, error)

func (r reads) Read(b []byte) (int, error) { return r(b) }
