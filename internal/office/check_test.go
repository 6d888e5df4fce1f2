package office

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"commusafe/internal/config"
)

// What an office would not start with is told before.
func TestCheck(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*config.Office){
		"":                           func(*config.Office) {},
		"office.webhook.secret_file": func(o *config.Office) { o.Webhook = config.Webhook{URL: "https://a.test/"} },
		"office.webhook: the secret": func(o *config.Office) { o.Webhook = config.Webhook{URL: "https://a.test/", SecretFile: secret} },
		"office.webhook: the address": func(o *config.Office) {
			o.Webhook = config.Webhook{URL: "a.test", SecretFile: secret}
		},
		"office.second_opinion": func(o *config.Office) {
			o.SecondOpinion = config.SecondOpinion{URL: "https://a.test/", Model: "m", KeyFile: secret + "x"}
		},
	} {
		c := config.Default()
		change(&c.Office)
		if err := Check(c); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
