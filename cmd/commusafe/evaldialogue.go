package main

import (
	"encoding/json"
	"fmt"
	"os"

	"commusafe/internal/proof/eval"
)

// EvalDialogueCmd judges whole conversations in media time.
type EvalDialogueCmd struct {
	Set      string   `help:"Conversations with what is expected of each (.jsonl)." type:"path"`
	Ordinary int      `help:"Also put this many synthetic ordinary calls together from the sets of --lines and count what is done to them."`
	Lines    []string `help:"Sets of text whose benign lines make the ordinary calls (.tsv)." type:"path"`
	Seed     uint64   `default:"7" help:"Seed of the ordinary calls."`
	Kinds    bool     `help:"Print a line a kind of call, by its name up to the last dash, in place of one a call."`
	JSON     bool     `name:"json" help:"Print one JSON object."`
}

// Run prints the figures.
func (c *EvalDialogueCmd) Run() error {
	if c.Set == "" && c.Ordinary == 0 {
		return fmt.Errorf("%w: name a set (--set) or a number of ordinary calls (--ordinary, with --lines)", errUsage)
	}
	out := map[string]any{"measure": "eval dialogue", "program": "commusafe " + version, "machine": eval.ThisMachine()}
	if c.Set != "" {
		in, err := eval.InputOf(c.Set)
		if err != nil {
			return inputError{err}
		}
		m, err := eval.RunDialogues(c.Set)
		if err != nil {
			return inputError{err}
		}
		out["input"], out["versions"], out["rows"] = in, m.Versions, m.Rows
		out["kinds"] = m.Kinds
		out["total"] = map[string]int{"calls": m.Calls, "right": m.Right, "cuts": m.Cuts}
		table := m.Table
		if c.Kinds {
			table = m.Summary
		}
		if !c.JSON {
			if err := table(os.Stdout); err != nil {
				return err
			}
		}
	}
	if c.Ordinary > 0 {
		m, err := eval.RunOrdinary(c.Lines, c.Ordinary, c.Seed)
		if err != nil {
			return inputError{err}
		}
		out["ordinary"], out["versions"] = m, m.Versions
		if !c.JSON {
			return m.Table(os.Stdout)
		}
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(out)
	}
	return nil
}
