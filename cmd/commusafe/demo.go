package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"commusafe/internal/proof/demo"
)

// DemoCmd plays the demonstration.
type DemoCmd struct {
	Headless bool              `help:"End the product afterwards; the exit code tells whether every call ended as expected."`
	JSON     bool              `name:"json" help:"Print the result as one JSON object."`
	Data     string            `help:"Data directory (default: a new one below the system's temporary directory when headless, a new one below ./var/demo otherwise)." type:"path"`
	Sound    map[string]string `help:"Other sound for a caller: abuse=FILE.wav (innocent.wav is shipped)."`
	Without  string            `help:"Leave a process out, to see that the result is not scripted." enum:",listener" default:""`
	Only     []string          `help:"Play only these calls."`
}

// Run plays the calls; an unexpected end is an error.
func (c *DemoCmd) Run(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	opt := demo.Options{Program: program, Data: c.Data, Replace: c.Sound, Without: c.Without, Only: c.Only, Headless: c.Headless, Out: os.Stdout}
	if c.JSON {
		opt.Out = os.Stderr
	}
	if opt.Data == "" {
		if c.Headless {
			if opt.Data, err = os.MkdirTemp("", "commusafe-demo-"); err != nil {
				return err
			}
			defer os.RemoveAll(opt.Data)
		} else {
			opt.Data = filepath.Join("var", "demo", time.Now().Format("20060102-150405"))
		}
	}
	if opt.Data, err = filepath.Abs(opt.Data); err != nil {
		return err
	}
	var hold func(demo.Report)
	if !c.Headless {
		hold = func(r demo.Report) { c.hold(ctx, r) }
	}
	r, err := demo.Run(ctx, opt, hold)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
			return err
		}
	}
	if !r.OK {
		return errors.New("the demonstration did not end as expected")
	}
	return nil
}

// hold leaves the product running until somebody ends it.
func (c *DemoCmd) hold(ctx context.Context, r demo.Report) {
	result := "5件とも期待どおりです / all calls ended as expected"
	if !r.OK {
		result = "期待と違う通話があります / some calls did not end as expected"
	}
	fmt.Printf("\n%s (%.0f s)\n\n製品は動き続けています / the product goes on running\n  画面 / console   %s\n  ログイン / log-in  %s / %s\n  通話 / calls     %s\nCtrl-C で終了 / Ctrl-C ends it\n",
		result, r.Seconds, r.Console, r.Login.User, r.Secret, r.Folder)
	<-ctx.Done()
}
