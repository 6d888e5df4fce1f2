package main

import (
	"context"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"commusafe/internal/proof/analyze"
)

// AnalyzeCmd hears a recording and shows what was noticed in it.
type AnalyzeCmd struct {
	File   string `arg:"" help:"WAV file. One channel: the caller. Two: caller, agent." type:"path"`
	Agent  string `help:"WAV file of the agent, when FILE holds the caller only." type:"path"`
	Engine string `help:"Hearing engine." default:"builtin"`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

// Run prints the timeline on standard output and the progress, on a terminal, on standard error.
func (c *AnalyzeCmd) Run(ctx context.Context) error {
	o := analyze.Options{File: c.File, Agent: c.Agent, Engine: c.Engine}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		bar := progressbar.NewOptions(100, progressbar.OptionSetWriter(os.Stderr),
			progressbar.OptionSetDescription("聞き取り中"), progressbar.OptionClearOnFinish())
		defer bar.Close()
		o.Progress = func(share float64) { _ = bar.Set(int(share * 100)) }
	}
	r, err := analyze.Run(ctx, o)
	if err != nil {
		return err
	}
	if c.JSON {
		return r.JSON(os.Stdout)
	}
	return r.Text(os.Stdout)
}
