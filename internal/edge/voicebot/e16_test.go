package voicebot

import (
	"strings"
	"testing"
)

// What limited and refused callers hear names the way to object, and to the limited the key that leads to a person when
// lives are in danger (E-16, E-15). That it is heard: TestEveryExitOfTheVoicebot.
func TestE16ALimitedCallerHearsHowToObject(t *testing.T) {
	p, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	limited, err := p.Get("limited")
	if err != nil || !strings.Contains(limited.Text, "異議") || !strings.Contains(limited.Text, "ゼロ") || len(limited.Octets) == 0 {
		t.Errorf("%q %v", limited.Text, err)
	}
	refused, err := p.Get("refused")
	if err != nil || !strings.Contains(refused.Text, "異議") || len(refused.Octets) == 0 {
		t.Errorf("%q %v", refused.Text, err)
	}
}
