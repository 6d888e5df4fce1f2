package main

import (
	"context"
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"commusafe/internal/config"
	"commusafe/internal/office"
)

// ReindexCmd rebuilds the office's index from the call folders.
type ReindexCmd struct{}

// Run takes every folder in again.
func (c *ReindexCmd) Run(ctx context.Context, cli *commands) error {
	cfg, err := config.Load(cli.Config)
	if err != nil {
		return err
	}
	var progress func(done, all int)
	if term.IsTerminal(int(os.Stderr.Fd())) {
		var bar *progressbar.ProgressBar
		progress = func(done, all int) {
			if bar == nil {
				bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(os.Stderr),
					progressbar.OptionSetDescription("索引を作り直しています"), progressbar.OptionClearOnFinish(), progressbar.OptionShowCount())
			}
			_ = bar.Set(done)
		}
	}
	n, broken, err := office.Reindex(ctx, cfg, newLog(cfg, "reindex"), progress)
	if err != nil {
		return err
	}
	fmt.Printf("%d call folders in the index", n)
	if broken > 0 {
		fmt.Printf(", %d of them broken (commusafe verify says why)", broken)
	}
	fmt.Println()
	return nil
}
