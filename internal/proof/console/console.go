// Package console is a person at the console without a browser: it logs in and speaks the HTTP API.
//
// Owns: the log-in with a first password, requests as the console makes them.
// Never: rendering; retrying.
// Goroutines: none.
package console

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Login opens the console.
type Login struct {
	User     string `json:"user"`
	Password string `json:"-"`
}

// FirstLogin reads what the office wrote below data_dir at its first start.
func FirstLogin(dataDir string) (Login, error) {
	f, err := os.Open(filepath.Join(dataDir, "keys", "first-login.txt"))
	if err != nil {
		return Login{}, fmt.Errorf("the first log-in is not there: %w", err)
	}
	defer f.Close()
	var l Login
	s := bufio.NewScanner(f)
	for s.Scan() {
		k, v, ok := strings.Cut(s.Text(), ":")
		if !ok {
			continue
		}
		switch k = strings.TrimSpace(k); {
		case strings.HasSuffix(k, "log-in name"):
			l.User = strings.TrimSpace(v)
		case strings.HasSuffix(k, "password"):
			l.Password = strings.TrimSpace(v)
		}
	}
	if err := s.Err(); err != nil || l.User == "" || l.Password == "" {
		return Login{}, errors.Join(errors.New("the first log-in can't be read"), err)
	}
	return l, nil
}

// A Client is one person's session.
type Client struct {
	Base  string // http://HOST:PORT
	Login Login  // with the password in force

	http *http.Client
}

// Open logs in, and changes a first password as the product asks of everybody.
func Open(ctx context.Context, base string, l Login) (*Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &Client{Base: base, Login: l, http: &http.Client{Timeout: 10 * time.Second, Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}}
	var me struct {
		MustChange bool `json:"must_change_password"`
	}
	if err := c.Do(ctx, http.MethodPost, "/session", map[string]string{"login": l.User, "password": l.Password}, &me); err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	if !me.MustChange {
		return c, nil
	}
	next := strings.ToLower(rand.Text()[:16])
	if err := c.Do(ctx, http.MethodPost, "/me/password", map[string]string{"old": l.Password, "new": next}, nil); err != nil {
		return nil, fmt.Errorf("change the first password: %w", err)
	}
	c.Login.Password = next
	return c, nil
}

// Hire adds somebody and gives that person's session. The client must be an administrator's.
func (c *Client) Hire(ctx context.Context, login, name, role string) (*Client, error) {
	var first struct {
		Password string `json:"password"`
	}
	if err := c.Do(ctx, http.MethodPost, "/staff", map[string]string{"login": login, "name": name, "role": role}, &first); err != nil {
		return nil, fmt.Errorf("add a %s: %w", role, err)
	}
	return Open(ctx, c.Base, Login{User: login, Password: first.Password})
}

// Preset puts a preset of contracts §8 (watch, ask, auto) in force, with the reason that the console shows.
func (c *Client) Preset(ctx context.Context, preset, reason string) error {
	var s struct {
		Version int64          `json:"version"`
		Rules   map[string]any `json:"rules"`
	}
	if err := c.Do(ctx, http.MethodGet, "/settings", nil, &s); err != nil {
		return err
	}
	s.Rules["preset"] = preset
	return c.Do(ctx, http.MethodPut, "/settings", map[string]any{"version": s.Version, "rules": s.Rules, "reason": reason}, nil)
}

// Live gives the stream of live updates until it is closed.
func (c *Client) Live(ctx context.Context) (io.ReadCloser, error) { return c.Stream(ctx, "/live") }

// Stream gives a stream of server-sent events below /api/v1 until it is closed.
func (c *Client) Stream(ctx context.Context, path string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Base+"/api/v1"+path, nil)
	if err != nil {
		return nil, err
	}
	stream := http.Client{Jar: c.http.Jar, Transport: c.http.Transport} // no limit of time
	r, err := stream.Do(req)
	if err != nil {
		return nil, err
	}
	if r.StatusCode != http.StatusOK {
		r.Body.Close()
		return nil, fmt.Errorf("stream %s: %s", path, r.Status)
	}
	return r.Body, nil
}

// Do makes one request of the API below /api/v1; in and out are JSON, nil for none. An answer that is no success is an
// error with the problem's text.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.Base+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	r, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(io.LimitReader(r.Body, 32<<20))
	if err != nil {
		return err
	}
	if r.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, r.Status, b[:min(len(b), 300)])
	}
	if out == nil || len(b) == 0 {
		return nil
	}
	return json.Unmarshal(b, out)
}
