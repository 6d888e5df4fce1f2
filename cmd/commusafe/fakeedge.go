package main

import (
	"context"

	"commusafe/internal/config"
	"commusafe/internal/proof/recorded"
)

// FakeEdgeCmd plays recorded calls on the bus as an edge would, for building the console without telephones.
type FakeEdgeCmd struct {
	Folder  []string `arg:"" optional:"" help:"Call folders below data_dir/calls; the committed one without any." type:"path"`
	Speed   float64  `default:"1" help:"How fast call time runs."`
	Unheard bool     `default:"true" negatable:"" help:"Do not wait for a listener."`
}

// Run plays one call after the other and offers each folder.
func (c *FakeEdgeCmd) Run(ctx context.Context, cli *commands) error {
	cfg, err := config.Load(cli.Config)
	if err != nil {
		return err
	}
	link, err := connect(cfg, "fake-edge", newLog(cfg, "fake-edge"))
	if err != nil {
		return err
	}
	defer link.Close()
	var calls []*recorded.Call
	for _, dir := range c.Folder {
		k, err := recorded.Open(dir)
		if err != nil {
			return err
		}
		calls = append(calls, k)
	}
	if len(calls) == 0 {
		k, err := recorded.Shipped(cfg.Calls())
		if err != nil {
			return err
		}
		calls = append(calls, k)
	}
	for _, k := range calls {
		e := recorded.Edge{Call: k, Link: link, Name: "fake-edge", Speed: c.Speed, Unheard: c.Unheard}
		if err := e.Run(ctx); err != nil {
			return err
		}
	}
	return nil
}
