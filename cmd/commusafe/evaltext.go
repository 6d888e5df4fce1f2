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
	Set    string    `required:"" help:"Set of lines (.jsonl or .tsv)." type:"path"`
	Folds  int       `help:"Also judge each line with rules that have never seen it: the lexicon without what was taken from the lines of its fold."`
	Errors []float64 `placeholder:"SHARE" help:"Judge the lines with errors of recognition instead, as they come at 8 kHz, in this share of phonemes (0.05,0.1,0.15): another kanji of the same sound, a sound taken for another, one lost, one added; by letters alone and with what finds entries by their sound. 0 leaves the lines as they are. The seed is fixed."`
	Trade  []string  `placeholder:"NAME" help:"Judge with the packs of these trades, apart by commas; all for every one."`
	Detail bool      `help:"List every line with its findings and guards."`
	JSON   bool      `name:"json" help:"Print one JSON object."`
}

// Run prints the figures.
func (c *EvalTextCmd) Run() error {
	in, err := eval.InputOf(c.Set)
	if err != nil {
		return inputError{err}
	}
	if len(c.Errors) > 0 {
		return c.spoiled(in)
	}
	trade, err := packsNamed(c.Trade)
	if err != nil {
		return err
	}
	m, err := eval.RunText(c.Set, trade)
	if err != nil {
		return inputError{err}
	}
	var folded *eval.Text
	if c.Folds != 0 {
		if folded, err = eval.RunTextFolds(c.Set, c.Folds, trade); err != nil {
			return inputError{err}
		}
	}
	if c.JSON {
		return c.object(in, m, folded)
	}
	if err := c.table(m); err != nil || folded == nil {
		return err
	}
	fmt.Printf("\nin %d folds: each line judged without what was taken from the lines of its fold\n", c.Folds)
	return c.table(folded)
}

// spoiled prints what is found in spite of errors of recognition.
func (c *EvalTextCmd) spoiled(in eval.Input) error {
	var all []*eval.Spoiled
	for _, rate := range c.Errors {
		m, err := eval.RunTextErrors(c.Set, rate, c.Folds)
		if err != nil {
			return inputError{err}
		}
		if all = append(all, m); c.JSON {
			continue
		}
		if err := m.Table(os.Stdout); err != nil {
			return err
		}
	}
	if !c.JSON {
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"measure": "eval text --errors", "program": "commusafe " + version,
		"machine": eval.ThisMachine(), "input": in, "rows": all})
}

func (c *EvalTextCmd) object(in eval.Input, m, folded *eval.Text) error {
	out := map[string]any{"measure": "eval text", "program": "commusafe " + version, "versions": m.Versions,
		"machine": eval.ThisMachine(), "input": in, "rows": m.Rows, "total": m.Total}
	if folded != nil {
		out["folds"] = map[string]any{"n": c.Folds, "rows": folded.Rows, "total": folded.Total}
	}
	if c.Detail {
		out["detail"] = m.Detail
		if folded != nil {
			out["folds_detail"] = folded.Detail
		}
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

func (c *EvalTextCmd) table(m *eval.Text) error {
	if c.Detail {
		for _, d := range m.Detail {
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
