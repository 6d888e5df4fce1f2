package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"commusafe/internal/config"
)

// A key that isn't there is named by its place in the configuration, with what to do.
func TestCheckNamesMissingKeys(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	absent, empty, good := filepath.Join(dir, "absent"), file("empty", "\n"), file("good", "0123456789abcdef\n")
	for name, c := range map[string]struct {
		set  func(*config.Config)
		says []string // in what is printed
		err  []string
	}{
		"amivoice": {func(c *config.Config) {
			c.Listener.Engines = []string{"builtin", "amivoice"}
			c.Listener.AmiVoice.KeyFile = absent
		}, []string{"listener.amivoice: key_file", absent, "write the key"}, nil},
		"transcribe by file": {func(c *config.Config) {
			c.Office.Transcribe = config.Transcribe{URL: "https://a.test/", KeyFile: empty}
		}, []string{"office.transcribe: key_file", empty, "write the key"}, nil},
		"transcribe by environment": {func(c *config.Config) {
			c.Office.Transcribe = config.Transcribe{URL: "https://a.test/", KeyEnv: "UNSET_BY_TEST"}
		}, []string{"office.transcribe: key_env", "UNSET_BY_TEST", "set it"}, nil},
		"voices": {func(c *config.Config) { c.Office.Voices.KeyFile = good }, []string{"office.voices", "openssl rand -base64 32"}, nil},
		"second opinion": {func(c *config.Config) {
			c.Office.SecondOpinion = config.SecondOpinion{URL: "https://a.test/", KeyFile: absent}
		}, nil, []string{"the office will not start", "office.second_opinion: key_file", absent, "write the key"}},
		"webhook": {func(c *config.Config) { c.Office.Webhook = config.Webhook{URL: "https://a.test/", SecretFile: absent} },
			nil, []string{"office.webhook.secret_file", absent, "16 characters"}},
		"short secret": {func(c *config.Config) { c.Office.Webhook = config.Webhook{URL: "https://a.test/", SecretFile: empty} },
			nil, []string{"office.webhook", "16 characters"}},
		"all there": {func(c *config.Config) {
			c.Office.Transcribe = config.Transcribe{URL: "https://a.test/", KeyFile: good}
			c.Office.SecondOpinion = config.SecondOpinion{URL: "https://a.test/", Model: "m", KeyFile: good}
			c.Office.Webhook = config.Webhook{URL: "https://a.test/", SecretFile: good}
		}, []string{"configuration is in order"}, nil},
	} {
		cfg := config.Default()
		c.set(&cfg)
		var out bytes.Buffer
		err := checked(&out, cfg)
		if (err != nil) != (c.err != nil) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range c.says {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is not said in:\n%s", name, want, out.String())
			}
		}
		for _, want := range c.err {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not said in: %v", name, want, err)
			}
		}
		if lines := strings.Count(out.String(), "\n"); name == "all there" && lines != 2 {
			t.Errorf("%s: %d lines:\n%s", name, lines, out.String())
		}
		if strings.Contains(out.String(), "0123456789abcdef") {
			t.Errorf("%s: the key is shown", name)
		}
	}
}
