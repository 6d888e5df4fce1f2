package voicebot

import (
	"strings"
	"testing"
)

// What a limited caller hears names the way to object, and the key that leads to a person when lives are in danger
// (E-16, E-15).
func TestE16ALimitedCallerHearsHowToObject(t *testing.T) {
	p, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	limited, err := p.Get("limited")
	if err != nil || !strings.Contains(limited.Text, "異議") || !strings.Contains(limited.Text, "ゼロ") || len(limited.Octets) == 0 {
		t.Errorf("%q %v", limited.Text, err)
	}
}
