package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"commusafe/internal/outward"
)

const (
	tries     = 6
	stallTime = 60 * time.Second // in which leastCome must come: otherwise the connection is given up and resumed
	leastCome = 64 << 10
)

// A download brings one file by HTTP and goes on where it was cut off (RFC 9110 §14).
type download struct {
	url      string
	path     string // what has come lies here until it is whole
	most     int64  // bytes
	proved   bool   // two halves of different files would be noticed: it has its own checksum, or there is one to compare with
	pause    time.Duration
	progress func(done, total int64)
	client   *http.Client
}

// checkURL allows HTTPS, and HTTP to the own machine or network.
func checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return input("the source is not an address like https://host/folder/")
	}
	switch u.Scheme {
	case "https":
		return nil
	case "http":
		a, err := netip.ParseAddr(u.Hostname())
		if u.Hostname() == "localhost" || err == nil && (a.IsLoopback() || a.IsPrivate()) {
			return nil
		}
		return input("the source needs https, unless it is an address of the own network")
	}
	return input("the source is neither https nor http")
}

// newClient gives a client for one source. A redirection leads into the own network only from there: who answers on the
// internet doesn't choose what is asked inside the house.
func newClient(source string) *http.Client {
	g := &guard{host: hostOf(source), proxies: proxies()}
	return &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: g.dial,
			TLSHandshakeTimeout: 15 * time.Second, ResponseHeaderTimeout: 30 * time.Second, DisableCompression: true},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			switch {
			case len(via) > 5:
				return errors.New("too many redirections")
			case r.URL.Scheme == "http" && via[0].URL.Scheme == "https":
				return input("the source leads from https to http")
			}
			return checkURL(r.URL.String())
		},
	}
}

// A guard dials for one client.
type guard struct {
	host    string   // of the source
	proxies []string // hosts of the configured proxies
	inside  atomic.Bool
}

// dial lets the source and proxies be anywhere, and others in the own network only when the source is there.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: 15 * time.Second}
	host, _, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		return nil, err
	case host == g.host:
		d.Control = func(network, address string, c syscall.RawConn) error {
			g.inside.Store(errors.Is(outward.RefusePrivate(network, address, c), outward.ErrPrivate))
			return nil
		}
	case !g.inside.Load() && !slices.Contains(g.proxies, host):
		d.Control = func(network, address string, c syscall.RawConn) error {
			if outward.RefusePrivate(network, address, c) != nil {
				return input("the source leads into the own network")
			}
			return nil
		}
	}
	return d.DialContext(ctx, network, address)
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// proxies gives the hosts of the proxies that the environment names.
func proxies() (hosts []string) {
	for _, scheme := range []string{"http", "https"} {
		if p, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: scheme, Host: "host.invalid"}}); err == nil && p != nil {
			hosts = append(hosts, p.Hostname())
		}
	}
	return hosts
}

// run downloads until the file is whole, with growing pauses between tries.
func (d *download) run(ctx context.Context) error {
	if err := checkURL(d.url); err != nil {
		return err
	}
	defer d.client.CloseIdleConnections()
	pause := d.pause
	var err error
	for n := range tries {
		if n > 0 {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(pause):
			}
			pause *= 2
		}
		var final bool
		if final, err = d.try(ctx); err == nil || final || ctx.Err() != nil {
			return err
		}
	}
	return fmt.Errorf("the download was cut off %d times (%w); what has come is kept, the same command goes on with it", tries, err)
}

// try asks for what is missing; final errors are not tried again.
func (d *download) try(ctx context.Context) (final bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	f, err := os.OpenFile(d.path, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return true, err
	}
	defer f.Close()
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return true, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url, nil)
	if err != nil {
		return true, err
	}
	req.Header.Set("User-Agent", "commusafe")
	mark, err := d.mark()
	if err != nil {
		return true, err
	}
	if have > 0 && (mark != "" || d.proved) { // otherwise nobody can say whether the source still has the same file
		req.Header.Set("Range", "bytes="+strconv.FormatInt(have, 10)+"-")
		if mark != "" {
			req.Header.Set("If-Range", mark)
		}
	}
	resp, err := d.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the address: a key may be in it
		}
		return errors.Is(err, ErrInput), fmt.Errorf("the source %s can't be used: %w", hostOf(d.url), err)
	}
	defer resp.Body.Close()
	total, final, err := d.begin(f, resp, &have)
	if err != nil || total == have && total > 0 {
		return final, err
	}
	return d.copy(cancel, f, resp.Body, have, total)
}

// begin looks at the answer and puts the file where its body goes.
func (d *download) begin(f *os.File, resp *http.Response, have *int64) (total int64, final bool, err error) {
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind == "text/html" && resp.StatusCode < 300 {
		return 0, true, errors.New("the source answered with a web page, not with a file: the address is another, or a log-in page stands before it")
	}
	switch resp.StatusCode {
	case http.StatusOK:
		if total = max(0, resp.ContentLength); total <= d.most {
			*have = 0
			if err = f.Truncate(0); err == nil {
				err = d.setMark(resp.Header)
			}
		}
	case http.StatusPartialContent:
		from, size, ok := contentRange(resp.Header.Get("Content-Range"))
		if !ok || from != *have {
			return 0, false, errors.Join(errors.New("the source answered another part than the one asked for"), f.Truncate(0))
		}
		total = size
	case http.StatusRequestedRangeNotSatisfiable:
		if _, size, _ := contentRange(resp.Header.Get("Content-Range")); size == *have && size > 0 {
			return size, false, nil
		}
		return 0, false, errors.Join(errors.New("the source has less than what has come; it begins anew"), f.Truncate(0))
	default:
		final = resp.StatusCode < 500 && resp.StatusCode != 429 && resp.StatusCode != 408
		return 0, final, fmt.Errorf("the source answered %s", resp.Status)
	}
	if err == nil && total > d.most {
		return 0, true, fmt.Errorf("the source offers %d MB: %w", total>>20, errTooLarge)
	}
	if err == nil {
		_, err = f.Seek(*have, io.SeekStart)
	}
	return total, true, err
}

// markPath is where it stands beside a download by what its source tells one version of the file from another.
func markPath(part string) string { return part + ".mark" }

func (d *download) mark() (string, error) {
	b, err := os.ReadFile(markPath(d.path))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return strings.TrimSpace(string(b)), err
}

// setMark keeps what goes into If-Range (RFC 9110 §13.1.5): a strong ETag, else the date.
func (d *download) setMark(h http.Header) error {
	mark := h.Get("ETag")
	if mark == "" || strings.HasPrefix(mark, "W/") {
		mark = h.Get("Last-Modified")
	}
	if mark == "" {
		if err := os.Remove(markPath(d.path)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	return writeSynced(markPath(d.path), []byte(mark))
}

// dropPart removes a download and its mark.
func dropPart(part string) error {
	err := os.Remove(markPath(part))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(os.Remove(part), err)
}

func (d *download) copy(cancel context.CancelCauseFunc, f *os.File, body io.Reader, have, total int64) (final bool, err error) {
	stalled := time.AfterFunc(stallTime, func() { cancel(fmt.Errorf("less than %d kB came in a minute", leastCome>>10)) })
	defer stalled.Stop()
	come := 0
	buf := make([]byte, 256<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if come += n; come >= leastCome {
				come = 0
				stalled.Reset(stallTime)
			}
			if have += int64(n); have > d.most || total > 0 && have > total {
				return true, errTooLarge
			}
			if _, werr := f.Write(buf[:n]); werr != nil {
				return true, errors.Join(werr, errKept)
			}
			if d.progress != nil {
				d.progress(have, total)
			}
		}
		if errors.Is(err, io.EOF) {
			if total > 0 && have < total {
				return false, io.ErrUnexpectedEOF
			}
			return true, f.Sync()
		}
		if err != nil {
			return false, err
		}
	}
}

// contentRange reads "bytes 5-9/10" and "bytes */10".
func contentRange(s string) (from, size int64, ok bool) {
	span, all, _ := strings.Cut(strings.TrimPrefix(s, "bytes "), "/")
	size, err := strconv.ParseInt(all, 10, 64)
	if err != nil || size < 0 {
		return 0, 0, false
	}
	first, _, _ := strings.Cut(span, "-")
	from, err = strconv.ParseInt(first, 10, 64)
	return from, size, err == nil && from >= 0
}
