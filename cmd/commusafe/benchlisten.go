package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"commusafe/internal/proof/bench"
)

// BenchListenCmd measures how many legs a core can hear.
type BenchListenCmd struct {
	Legs      int  `default:"100" help:"Legs at once on the SIMD path; a leg is one direction of sound."`
	PlainLegs int  `default:"0" help:"Legs at once on the generic path (0: a third of --legs)."`
	Seconds   int  `default:"10" help:"How long a run is."`
	Rounds    int  `default:"5" help:"How often each path is measured, in turn."`
	Cores     int  `default:"1" help:"Threads that may hear at once."`
	JSON      bool `name:"json" help:"Print one JSON object."`
}

// Run measures and prints.
func (c *BenchListenCmd) Run(ctx context.Context) error {
	if c.Legs < 1 || c.Seconds < 1 || c.Rounds < 1 || c.Cores < 1 || c.PlainLegs < 0 {
		return fmt.Errorf("at least one leg, second, round and core are needed: %w", errUsage)
	}
	if c.PlainLegs == 0 {
		c.PlainLegs = max(1, c.Legs/3)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program itself: %w", err)
	}
	r, err := bench.CompareListen(ctx, self, bench.ListenOptions{Legs: c.Legs, Seconds: c.Seconds, Cores: c.Cores}, c.PlainLegs, c.Rounds, os.Stderr)
	if err != nil {
		return err
	}
	if !c.JSON {
		return r.Text(os.Stdout)
	}
	return printMeasure("bench listen", spoken("abuse-caller.wav"), r.Rows, r)
}

// BenchListenTargetCmd is one run in a process of its own.
type BenchListenTargetCmd struct {
	Legs    int `default:"1"`
	Seconds int `default:"1"`
	Cores   int `default:"1"`
	Plain   bool
}

// Run hears and prints its account.
func (c *BenchListenTargetCmd) Run(ctx context.Context) error {
	r, err := bench.Listen(ctx, bench.ListenOptions{Legs: c.Legs, Seconds: c.Seconds, Cores: c.Cores, Plain: c.Plain})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
