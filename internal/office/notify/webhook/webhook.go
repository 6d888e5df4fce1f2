// Package webhook delivers notices to an address of the centre by HTTP POST, signed.
//
// Owns: the request, its signature, the guard against private addresses.
// Never: secrets or addresses with queries in a log or an error; redirects.
// Goroutines: those of the HTTP client.
//
// A receiver checks X-Commusafe-Signature: "t=<unix seconds>,v1=<hex HMAC-SHA256 of '<t>.<body>'>" and refuses old
// times; Idempotency-Key is the same for each attempt.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"commusafe/internal/office/notify"
	"commusafe/internal/outward"
)

// A Config says where to.
type Config struct {
	URL    string
	Secret []byte
	// Private lets the address be one of the own network or machine. Without it only public addresses are called, so
	// that who may set the address can't reach into the house.
	Private bool
}

// A Hook is the channel.
type Hook struct {
	cfg    Config
	client *http.Client
}

var _ notify.Channel = (*Hook)(nil)

// New checks the configuration.
func New(cfg Config) (*Hook, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("webhook: the address is not http://… or https://…")
	}
	if len(cfg.Secret) < 16 {
		return nil, errors.New("webhook: the secret needs 16 characters")
	}
	const limit = 10 * time.Second
	return &Hook{cfg: cfg, client: &http.Client{Timeout: limit, Transport: outward.Transport(cfg.Private, limit), CheckRedirect: outward.NoRedirect}}, nil
}

// Name is how deliveries name the channel.
func (h *Hook) Name() string { return "webhook" }

// Close ends idle connections.
func (h *Hook) Close() { h.client.CloseIdleConnections() }

// Sign gives the header of a body at a time.
func Sign(secret []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(t + "."))
	m.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(m.Sum(nil))
}

// Deliver posts the message. 2xx is success, 408, 425, 429 and 5xx are tried again, all else is a refusal.
func (h *Hook) Deliver(ctx context.Context, d notify.Delivery) error {
	b, err := json.Marshal(d.Message)
	if err != nil {
		return notify.Refusal{Why: "webhook: the message can't be written"}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.cfg.URL, bytes.NewReader(b))
	if err != nil {
		return notify.Refusal{Why: "webhook: the address can't be used"}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "commusafe")
	req.Header.Set("Idempotency-Key", d.ID)
	req.Header.Set("X-Commusafe-Signature", Sign(h.cfg.Secret, time.Now(), b))
	resp, err := h.client.Do(req)
	if err != nil {
		if errors.Is(err, outward.ErrPrivate) {
			return notify.Refusal{Why: "webhook: " + outward.ErrPrivate.Error()}
		}
		return fmt.Errorf("webhook: %w", outward.Hidden(err))
	}
	_ = resp.Body.Close() // nothing in it is read
	switch s := resp.StatusCode; {
	case s >= 200 && s < 300:
		return nil
	case s == 408 || s == 425 || s == 429 || s >= 500:
		return fmt.Errorf("webhook: the receiver answered %d", s)
	default:
		return notify.Refusal{Why: fmt.Sprintf("webhook: the receiver answered %d", s)}
	}
}
