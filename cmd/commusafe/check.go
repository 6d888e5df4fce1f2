package main

import (
	"fmt"
	"slices"

	"commusafe/internal/config"
	"commusafe/internal/edge"
	"commusafe/internal/listener"
	"commusafe/internal/office"
)

// CheckCmd checks the machine's configuration.
type CheckCmd struct{}

// Run says what was read, or what is wrong.
func (c *CheckCmd) Run(cli *commands) error {
	cfg, err := config.Load(cli.Config)
	if err != nil {
		return err
	}
	for _, check := range []func(config.Config) error{edge.Check, office.Check} {
		if err := check(cfg); err != nil {
			return fmt.Errorf("configuration: %w", err)
		}
	}
	from := cfg.Path
	if from == "" {
		from = "no file, built-in defaults"
	}
	fmt.Printf("configuration is in order (%s)\nsite %s, data in %s, SIP on %v, console on %s\n", from, cfg.Site, cfg.DataDir, cfg.SIP.Listen, cfg.Office.Listen)
	if cfg.Listener.Budget < 1 {
		fmt.Printf("nothing will be heard: listener.budget is %d calls at once\n", cfg.Listener.Budget)
	}
	if slices.Contains(cfg.Listener.Engines, "sherpa") {
		if _, err := listener.SherpaConfig(cfg); err != nil {
			fmt.Printf("the sherpa engine will not hear yet: %v\n", err)
		}
	}
	if a := cfg.Listener.AmiVoice; slices.Contains(cfg.Listener.Engines, "amivoice") {
		if _, err := config.Secret(a.KeyFile, a.KeyEnv); err != nil {
			fmt.Printf("the amivoice engine will not hear: listener.amivoice: %v\n", err)
		}
	}
	return nil
}
