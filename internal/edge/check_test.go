package edge

import (
	"strings"
	"testing"
	"time"

	"commusafe/internal/config"
)

// What an edge would not start with is told before.
func TestCheck(t *testing.T) {
	for want, change := range map[string]func(*config.Config){
		"":                       func(*config.Config) {},
		"can't be advertised":    func(c *config.Config) { c.Media.Address = "0.0.0.0" },
		"is not a SIP address":   func(c *config.Config) { c.SIP.PBX[0].Target = "sip:" },
		"peers must be listed":   func(c *config.Config) { c.SIP.PBX[0] = config.PBX{Name: "p", Target: "sip:pbx.test:5060"} },
		"no listen address is":   func(c *config.Config) { c.SIP.Listen = []string{"tcp:127.0.0.1:5060"} },
		"transport is neither":   func(c *config.Config) { c.SIP.PBX[0].Target += ";transport=tls" },
		"is not a range like 20": func(c *config.Config) { c.Media.Ports = "80-90" },
	} {
		c := config.Default()
		change(&c)
		if err := Check(c); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// A stop that shall not wait for calls does not: serve would kill the edge after fifteen seconds.
func TestNoDrain(t *testing.T) {
	c := config.Default()
	c.SIP.Drain = 0
	cfg, err := telephonyConfig(c)
	if err != nil || cfg.Drain <= 0 || cfg.Drain > time.Second {
		t.Errorf("waits for %v, %v", cfg.Drain, err)
	}
}
