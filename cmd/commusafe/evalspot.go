package main

import (
	"context"
	"errors"
	"os"

	"commusafe/internal/proof/eval"
)

// EvalSpotCmd measures the built-in phrase spotter.
type EvalSpotCmd struct {
	Set      string `required:"" help:"TSV with columns path and kana (or transcript, in kana) of what is said; empty for none of the phrases." type:"path"`
	Phrases  string `required:"" help:"Phrases in kana, one a line." type:"path"`
	Wideband bool   `help:"Leave G.711 out."`
	Net      string `placeholder:"FILE" help:"Measure this weights file (train/export.py) instead of the shipped net." type:"path"`
	JSON     bool   `name:"json" help:"Print one JSON object."`
}

// Run prints the table or the JSON object.
func (c *EvalSpotCmd) Run(ctx context.Context) error {
	m, err := eval.RunSpot(ctx, eval.SpotOptions{Set: c.Set, Phrases: c.Phrases, Wideband: c.Wideband, Net: c.Net})
	if errors.Is(err, eval.ErrInput) {
		return inputError{err}
	}
	if err != nil {
		return err
	}
	if !c.JSON {
		return m.Text(os.Stdout)
	}
	set, err := eval.InputOf(c.Set)
	if err != nil {
		return err
	}
	phrases, err := eval.InputOf(c.Phrases)
	if err != nil {
		return err
	}
	return m.JSON(os.Stdout, version, set, phrases)
}
