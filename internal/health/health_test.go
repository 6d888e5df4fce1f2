package health

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	b, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(b)
}

func TestPages(t *testing.T) {
	var missing error
	h := Handler(func() error { return missing }, []Gauge{{Name: "calls", Help: "Live calls.", Read: func() float64 { return 3 }}})
	if code, _ := get(t, h, "/healthz"); code != 200 {
		t.Errorf("healthz %d", code)
	}
	if code, _ := get(t, h, "/readyz"); code != 200 {
		t.Errorf("readyz %d", code)
	}
	missing = errors.New("the bus is not connected")
	if code, body := get(t, h, "/readyz"); code != 503 || !strings.Contains(body, "bus") {
		t.Errorf("readyz %d %s", code, body)
	}
	if _, body := get(t, h, "/metrics"); !strings.Contains(body, "commusafe_calls 3") {
		t.Errorf("metrics: %s", body)
	}
}

func TestAnOccupiedPortIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = Serve(context.Background(), l.Addr().String(), func() error { return nil }, nil, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("got %v", err)
	}
}
