// Package outward is how this product reaches services on a network: only those that the operator configured, and by his rules.
//
// Owns: what addresses may be configured, the look at the address that is really dialled, errors that hide addresses.
// Never: deciding that something is sent; redirections.
// Goroutines: those of the HTTP client.
package outward

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// ErrPrivate means that a public address was configured and a private one was about to be called.
var ErrPrivate = errors.New("the address is a private one; allow it in the configuration if it is meant")

// ErrPlain means that a public address was about to be called without TLS.
var ErrPlain = errors.New("the address is a public one: without TLS only the own network is called")

// DialTime is how long a connection may take to be made.
const DialTime = 5 * time.Second

// CheckAddress wants the secure scheme, or the plain one for an address of the own network.
func CheckAddress(raw, secure, plain string, private bool) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return fmt.Errorf("the address is not like %s://host/path", secure)
	}
	if u.Scheme != secure && (u.Scheme != plain || !private) {
		return fmt.Errorf("the address needs %s:// (%s:// only with private: true)", secure, plain)
	}
	return nil
}

// Transport dials with limits. Without private it refuses addresses of the own machine and network, so that who may set an address
// can't reach into the house.
func Transport(private bool, answer time.Duration) *http.Transport {
	d := &net.Dialer{Timeout: DialTime}
	if !private {
		d.Control = RefusePrivate
	}
	return &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: DialTime, ResponseHeaderTimeout: answer, MaxIdleConns: 4, IdleConnTimeout: 30 * time.Second,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
}

// TransportTo is Transport for one address: what goes there without TLS reaches the own machine and network only.
func TransportTo(address string, private bool, answer time.Duration) *http.Transport {
	t := Transport(private, answer)
	if u, err := url.Parse(address); private && (err != nil || u.Scheme == "http" || u.Scheme == "ws") {
		t.DialContext = (&net.Dialer{Timeout: DialTime, Control: refusePublic}).DialContext
	}
	return t
}

func refusePublic(network, address string, c syscall.RawConn) error {
	if err := RefusePrivate(network, address, c); !errors.Is(err, ErrPrivate) {
		return cmp.Or(err, ErrPlain)
	}
	return nil
}

// RefusePrivate looks at the address that is really dialled, after names are resolved; for net.Dialer.Control.
func RefusePrivate(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return errors.New("the address can't be read")
	}
	a := ap.Addr().Unmap()
	if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || a.IsMulticast() || a.IsInterfaceLocalMulticast() ||
		netip.MustParsePrefix("100.64.0.0/10").Contains(a) {
		return ErrPrivate
	}
	return nil
}

// NoRedirect is for http.Client.CheckRedirect: a redirection is an answer like any other.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Hidden drops the address from an error: its path or query may hold a key.
func Hidden(err error) error {
	for _, refused := range []error{ErrPrivate, ErrPlain} {
		if errors.Is(err, refused) {
			return refused
		}
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		if u.Timeout() {
			return errors.New("the service did not answer in time")
		}
		return errors.New("the service can't be reached")
	}
	return err
}
