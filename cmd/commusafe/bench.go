package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"commusafe/internal/proof/bench"
)

// BenchCmd measures speed, each load generator in a process of its own.
type BenchCmd struct {
	Relay       BenchRelayCmd       `cmd:"" help:"RTP both ways through the relay: CPU, added delay, loss, memory."`
	RelayTarget BenchRelayTargetCmd `cmd:"" hidden:"" help:"The relay that bench relay measures."`
}

// BenchRelayCmd measures the media engine in a process of its own.
type BenchRelayCmd struct {
	Calls   int  `default:"100" help:"Calls at once."`
	Seconds int  `default:"10" help:"How long to send."`
	Workers int  `default:"1" help:"Relay threads."`
	Taps    bool `help:"Read both parties of each call as a recorder does."`
	JSON    bool `name:"json" help:"Print one JSON object."`
}

// BenchRelayTargetCmd is the measured process.
type BenchRelayTargetCmd struct {
	Workers int `default:"1"`
	Taps    bool
}

// Run serves calls until standard input ends.
func (c *BenchRelayTargetCmd) Run(ctx context.Context) error {
	runtime.GOMAXPROCS(runtime.NumCPU() + c.Workers)
	return bench.ServeRelay(ctx, os.Stdin, os.Stdout, c.Workers, c.Taps)
}

// Run measures and prints.
func (c *BenchRelayCmd) Run(ctx context.Context) error {
	if c.Calls < 1 || c.Seconds < 1 {
		return fmt.Errorf("at least one call and one second are needed: %w", errUsage)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program itself: %w", err)
	}
	target := exec.Command(self, "bench", "relay-target", "--workers="+strconv.Itoa(c.Workers), "--taps="+strconv.FormatBool(c.Taps))
	target.Stderr = os.Stderr
	r, err := bench.Relay{Calls: c.Calls, Duration: time.Duration(c.Seconds) * time.Second, Target: target}.Run(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"measure": "bench relay", "program": version,
			"machine": map[string]any{"cores": runtime.NumCPU(), "arch": runtime.GOARCH}, "rows": []any{}, "total": r})
	}
	fmt.Printf("%d calls, %.0f s, %d packets, loss %.4f %%\n", r.Calls, r.Seconds, r.Sent, 100*r.LossShare)
	fmt.Printf("delay ms   p50 %.3f  p99 %.3f  p99.9 %.3f  max %.3f  (the sender itself was late by up to %.3f)\n", r.P50MS, r.P99MS, r.P999MS, r.MaxMS, r.GeneratorLagMS)
	fmt.Printf("CPU        %.1f %% of a core per 100 calls\nmemory     %.1f MB, %.1f KB a call\n", 100*r.CPUPer100, float64(r.RSSBytes)/1e6, float64(r.BytesPerCall)/1e3)
	return nil
}
