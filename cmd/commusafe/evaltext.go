package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"commusafe/internal/proof/eval"
)

// EvalTextCmd judges lines of text.
type EvalTextCmd struct {
	Set    string `required:"" help:"Set of lines (.jsonl or .tsv)." type:"path"`
	Detail bool   `help:"List every line with its findings and guards."`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

// Run prints the figures.
func (c *EvalTextCmd) Run() error {
	in, err := eval.InputOf(c.Set)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	m, err := eval.RunText(c.Set)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	detail := m.Detail
	if !c.Detail {
		m.Detail = nil
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"measure": "eval text", "program": "commusafe " + version, "versions": m.Versions,
			"machine": eval.ThisMachine(), "input": in, "rows": m.Rows, "total": m.Total, "detail": m.Detail})
	}
	if c.Detail {
		for _, d := range detail {
			fmt.Printf("%s\t%s/%s\t%s\t%s\t%s\n", d.ID, d.Kind, d.Category, d.Level, because(d), d.Text)
		}
	}
	return m.Table(os.Stdout)
}

func because(d eval.TextDetail) string {
	var out []string
	for _, f := range d.Findings {
		out = append(out, f.Entry)
	}
	for _, f := range d.Counter {
		out = append(out, fmt.Sprintf("(%s %s)", f.Category, f.Because))
	}
	return strings.Join(out, " ")
}
