package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"commusafe/internal/bus"
	"commusafe/internal/config"
	"commusafe/internal/judge"
	"commusafe/internal/replay"
)

// ReplayCmd judges a call folder once more.
type ReplayCmd struct {
	Folder   string `arg:"" help:"Call folder." type:"path"`
	Settings string `help:"Settings snapshot with the lexicon of that time (default: the one kept below data_dir, else the shipped one)." type:"path"`
	JSON     bool   `name:"json" help:"Print every judgement, plan and turn, one JSON object a line."`
}

// Run fails when a judgement, plan or turn comes out otherwise than the journal says.
func (c *ReplayCmd) Run(cli *commands) error {
	rules, err := c.rules(cli)
	if err != nil {
		return err
	}
	r, err := replay.Folder(c.Folder, rules)
	if err != nil {
		return err
	}
	if c.JSON {
		for _, o := range r.Again {
			if err := json.NewEncoder(os.Stdout).Encode(o); err != nil {
				return err
			}
		}
	}
	if r.Differs != "" {
		return fmt.Errorf("%s: %s", c.Folder, r.Differs)
	}
	for _, d := range r.Dialogues {
		fmt.Fprintf(os.Stderr, "voicebot: left by %s after %d questions, repeated at most %d times; %.1f s to the transfer\n", d.Exit, d.Questions, d.Repeats, d.LeftMS.Duration().Seconds())
	}
	fmt.Fprintf(os.Stderr, "%d lines, %d judgements, %d plans and %d turns of the voicebot: the same, byte for byte\n", r.Lines, r.Judgements, r.Plans, r.Turns)
	return nil
}

func (c *ReplayCmd) rules(cli *commands) (*judge.Rules, error) {
	path := c.Settings
	if path == "" {
		cfg, err := config.Load(cli.Config)
		if err != nil {
			return nil, err
		}
		path = filepath.Join(cfg.Settings(), "snapshot.json")
		if _, err := os.Stat(path); err != nil {
			return judge.ShippedRules()
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var s bus.Settings
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return judge.NewRules(s.Lexicon, s.Thresholds)
}
