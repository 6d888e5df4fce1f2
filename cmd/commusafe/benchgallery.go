package main

import (
	"context"
	"fmt"
	"os"

	"commusafe/internal/proof/bench"
	"commusafe/internal/proof/eval"
)

// BenchGalleryCmd measures identification against many registered voices.
type BenchGalleryCmd struct {
	Voices     int  `default:"100000" help:"Registered voices."`
	Dimensions int  `default:"256" help:"Dimensions of an embedding."`
	Rounds     int  `default:"31" help:"Searches of each kind, in turn."`
	JSON       bool `name:"json" help:"Print one JSON object."`
}

// Run measures and prints.
func (c *BenchGalleryCmd) Run(ctx context.Context) error {
	if c.Voices < 1 || c.Dimensions < 1 || c.Rounds < 1 {
		return fmt.Errorf("at least one voice, dimension and round are needed: %w", errUsage)
	}
	r, err := bench.RunGallery(ctx, bench.GalleryOptions{Voices: c.Voices, Dimensions: c.Dimensions, Rounds: c.Rounds, Best: 10}, os.Stderr)
	if err != nil {
		return err
	}
	if !c.JSON {
		return r.Text(os.Stdout)
	}
	return printMeasure("bench gallery", eval.Input{Path: "made by a fixed seed"}, r.Rows, r)
}
