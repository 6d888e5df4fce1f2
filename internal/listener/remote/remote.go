// Package remote hears with recognisers on the network that the operator configured: AmiVoice while a call runs, and any
// OpenAI-compatible transcription service for sealed recordings.
//
// Owns: the two protocols, their time limits and bounded queues, reconnecting, the rules for addresses and TLS.
// Never: keeping sound; keys, words or addresses with queries in a log or an error; following redirections.
// Goroutines: one session an open ear of AmiVoice with one reader of its connection, ended by the ear's or the
// recogniser's Close and waited for.
//
// Flow: ear.Hear → queue (bounded; the oldest gives way and becomes a gap) → session → service → events → evidence.
package remote

import (
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

// errPrivate means that a public address was configured and a private one was about to be called.
var errPrivate = errors.New("the address is a private one; allow it in the configuration if it is meant")

// checkAddress wants the secure scheme, or the plain one for an address of the own network.
func checkAddress(raw, secure, plain string, private bool) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return fmt.Errorf("the address is not like %s://host/path", secure)
	}
	if u.Scheme != secure && (u.Scheme != plain || !private) {
		return fmt.Errorf("the address needs %s:// (%s:// only when it is a private one)", secure, plain)
	}
	return nil
}

// newTransport dials with limits, and looks at the address that is really dialled, after names are resolved.
func newTransport(private bool) *http.Transport {
	d := &net.Dialer{Timeout: dialTime, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return errors.New("the address can't be read")
		}
		if own(ap.Addr().Unmap()) && !private {
			return errPrivate
		}
		return nil
	}}
	return &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: 10 * time.Minute, MaxIdleConns: 4, IdleConnTimeout: 30 * time.Second,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
}

const dialTime = 5 * time.Second

// own tells whether an address is one of the own machine or network.
func own(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || a.IsMulticast() || a.IsInterfaceLocalMulticast() ||
		netip.MustParsePrefix("100.64.0.0/10").Contains(a)
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// withoutAddress drops the address from an error: its path or query may hold a key.
func withoutAddress(err error) error {
	if errors.Is(err, errPrivate) {
		return errPrivate
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		if u.Timeout() {
			return errors.New("the service did not answer in time")
		}
		return errors.New("the service can't be reached")
	}
	return err
}
