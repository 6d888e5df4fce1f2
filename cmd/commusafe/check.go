package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"commusafe/internal/config"
	"commusafe/internal/edge"
	"commusafe/internal/listener"
	"commusafe/internal/office"
	"commusafe/internal/office/voices"
)

// CheckCmd checks the machine's configuration.
type CheckCmd struct{}

// Run prints what is in force, or names the first fault.
func (c *CheckCmd) Run(cli *commands) error {
	cfg, err := config.Load(cli.Config)
	if err != nil {
		return err
	}
	return checked(os.Stdout, cfg)
}

// checked says what of a configuration will not work, and what to do. What keeps a process from starting is its error.
func checked(w io.Writer, cfg config.Config) error {
	if err := edge.Check(cfg); err != nil {
		return fmt.Errorf("the telephone process will not start: %w", err)
	}
	if err := office.Check(cfg); err != nil {
		return fmt.Errorf("the office will not start: %w", err)
	}
	from := cfg.Path
	if from == "" {
		from = "no file, built-in defaults"
	}
	said := []string{fmt.Sprintf("configuration is in order (%s)\nsite %s, data in %s, SIP on %v, console on %s", from, cfg.Site, cfg.DataDir, cfg.SIP.Listen, cfg.Office.Listen)}
	say := func(what string, err error) {
		if err != nil {
			said = append(said, what+": "+err.Error())
		}
	}
	if cfg.Listener.Budget < 1 {
		said = append(said, fmt.Sprintf("nothing will be heard: listener.budget is %d calls at once", cfg.Listener.Budget))
	}
	if slices.Contains(cfg.Listener.Engines, "sherpa") {
		_, err := listener.SherpaConfig(cfg)
		say("the sherpa engine will not hear yet", err)
	}
	if a := cfg.Listener.AmiVoice; slices.Contains(cfg.Listener.Engines, "amivoice") {
		say("the amivoice engine will not hear: listener.amivoice", key(a.KeyFile, a.KeyEnv))
	}
	if t := cfg.Office.Transcribe; t.URL != "" && (t.KeyFile != "" || t.KeyEnv != "") {
		say("no recording will be transcribed again: office.transcribe", key(t.KeyFile, t.KeyEnv))
	}
	if v := cfg.Office.Voices; v.KeyFile != "" || v.KeyEnv != "" {
		text, err := config.Secret(v.KeyFile, v.KeyEnv)
		if err == nil {
			_, err = voices.NewKey(text)
		}
		say("voices will be neither registered nor compared: office.voices", err)
	}
	_, err := fmt.Fprintln(w, strings.Join(said, "\n"))
	return err
}

func key(file, variable string) error {
	_, err := config.Secret(file, variable)
	return err
}
