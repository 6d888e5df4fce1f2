package webhook

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"commusafe/internal/office/notify"
)

var secret = []byte("0123456789abcdef")

func hook(t *testing.T, c Config) *Hook {
	t.Helper()
	c.Secret = secret
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func delivery() notify.Delivery {
	return notify.Delivery{ID: "n-triggered-webhook", Channel: "webhook", Message: notify.Message{Call: "c1", Level: 3, Category: "ABUSE", State: notify.Triggered, At: time.Now(), Path: "/calls/c1"}}
}

// The receiver can prove the body and its time, and tells a repeated delivery by its key.
func TestSignature(t *testing.T) {
	var got *http.Request
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}))
	defer srv.Close()
	if err := hook(t, Config{URL: srv.URL + "/hook", Private: true}).Deliver(t.Context(), delivery()); err != nil {
		t.Fatal(err)
	}
	at, _, _ := strings.Cut(strings.TrimPrefix(got.Header.Get("X-Commusafe-Signature"), "t="), ",")
	sec, err := strconv.ParseInt(at, 10, 64)
	if err != nil || got.Header.Get("X-Commusafe-Signature") != Sign(secret, time.Unix(sec, 0), body) || time.Since(time.Unix(sec, 0)) > time.Minute {
		t.Errorf("signature %q", got.Header.Get("X-Commusafe-Signature"))
	}
	if got.Header.Get("Idempotency-Key") != "n-triggered-webhook" || !strings.Contains(string(body), `"level":"S3"`) || !strings.Contains(string(body), `"path":"/calls/c1"`) {
		t.Errorf("%s %s", got.Header, body)
	}
}

// What may be tried again and what may not; no error names the address or the secret.
func TestErrors(t *testing.T) {
	status := 200
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status == 302 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
	}))
	h := hook(t, Config{URL: srv.URL + "/key-in-path", Private: true})
	guarded := hook(t, Config{URL: srv.URL})
	for s, final := range map[int]bool{400: true, 404: true, 302: true, 408: false, 429: false, 500: false, 503: false} {
		status = s
		err := h.Deliver(t.Context(), delivery())
		var r notify.Refusal
		if err == nil || errors.As(err, &r) != final || strings.Contains(err.Error(), "key-in-path") {
			t.Errorf("%d: %v", s, err)
		}
	}
	status = 200
	var r notify.Refusal
	if err := guarded.Deliver(t.Context(), delivery()); !errors.As(err, &r) || !strings.Contains(err.Error(), "private") {
		t.Errorf("an address of the own machine was called: %v", err)
	}
	srv.Close()
	if err := h.Deliver(t.Context(), delivery()); err == nil || errors.As(err, &r) || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("a receiver that is away: %v", err)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []Config{{URL: "ftp://x", Secret: secret}, {URL: "https://x", Secret: []byte("short")}, {URL: "no address", Secret: secret}} {
		if _, err := New(c); err == nil {
			t.Errorf("%q was taken", c.URL)
		}
	}
}
