package main

import (
	"context"
	"path/filepath"

	"commusafe/internal/proof/eval"
)

// EvalCallsCmd measures the whole path over recorded calls.
type EvalCallsCmd struct {
	Dir      string `required:"" help:"Folder of recordings with expect.tsv: columns path (WAV, caller on the first channel) or caller and agent; expect (ordinary, alert, warn1, warn2, announce, final, cut); optional from_ms, at_ms, within_ms, preset." type:"path"`
	Wideband bool   `help:"Leave G.711 out."`
	JSON     bool   `name:"json" help:"Print one JSON object."`
}

// Run prints the tables or the JSON object.
func (c *EvalCallsCmd) Run(ctx context.Context) error {
	m, err := eval.RunCalls(ctx, eval.CallsOptions{Dir: c.Dir, Wideband: c.Wideband})
	return printEval(m, err, filepath.Join(c.Dir, "expect.tsv"), c.JSON)
}
