package outward

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

func TestPrivateAddresses(t *testing.T) {
	for address, refused := range map[string]bool{"10.1.2.3:80": true, "192.168.0.1:443": true, "172.16.0.1:80": true, "127.0.0.1:80": true, "169.254.169.254:80": true,
		"[::1]:80": true, "[fd00::1]:80": true, "[fe80::1]:80": true, "[::ffff:10.0.0.1]:80": true, "100.64.1.1:80": true, "0.0.0.0:80": true, "203.0.113.7:443": false, "[2001:db8::1]:443": false} {
		if err := RefusePrivate("tcp", address, nil); errors.Is(err, ErrPrivate) != refused {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := RefusePrivate("tcp", "nonsense", nil); err == nil {
		t.Error("nonsense was let through")
	}
	if _, err := Transport(false, time.Second).DialContext(t.Context(), "tcp", "127.0.0.1:9"); !errors.Is(err, ErrPrivate) {
		t.Errorf("the transport dials %v", err)
	}
}

// Sound and keys don't go over the internet without TLS, whatever the name of the address is.
func TestPlainAddressesAreOfTheOwnNetwork(t *testing.T) {
	for _, address := range []string{"http://a.test/v1", "ws://a.test/v1"} {
		tr := TransportTo(address, true, time.Second)
		if _, err := tr.DialContext(t.Context(), "tcp", "203.0.113.7:80"); !errors.Is(err, ErrPlain) {
			t.Errorf("%s at a public address: %v", address, err)
		}
		if _, err := tr.DialContext(t.Context(), "tcp", "127.0.0.1:1"); err == nil || errors.Is(err, ErrPlain) {
			t.Errorf("%s at a private address: %v", address, err)
		}
	}
	if _, err := TransportTo("https://a.test/v1", false, time.Second).DialContext(t.Context(), "tcp", "127.0.0.1:1"); !errors.Is(err, ErrPrivate) {
		t.Errorf("https at a private address: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for raw, private := range map[string]bool{"https://a.test/v1": false, "http://10.0.0.1/v1": true} {
		if err := CheckAddress(raw, "https", "http", private); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for _, raw := range []string{"", "a.test/v1", "http://a.test/v1", "ftp://a.test/v1", "https://user:word@a.test/v1", "https://"} {
		if err := CheckAddress(raw, "https", "http", false); err == nil {
			t.Errorf("%q was taken", raw)
		}
	}
}

// No error tells the address: a key may be in it.
func TestErrorsHideTheAddress(t *testing.T) {
	for _, inner := range []error{errors.New("x"), os.ErrDeadlineExceeded, ErrPrivate, ErrPlain} {
		if err := Hidden(&url.Error{Op: "Post", URL: "https://a.test/?key=secret", Err: inner}); strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "a.test") {
			t.Error(err)
		}
	}
	if err := Hidden(&url.Error{Op: "Post", URL: "https://a.test", Err: os.ErrDeadlineExceeded}); !strings.Contains(err.Error(), "in time") {
		t.Error(err)
	}
}
