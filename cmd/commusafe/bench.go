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
	"commusafe/internal/proof/demo"
	"commusafe/internal/proof/eval"
)

// BenchCmd measures speed, each load generator in a process of its own.
type BenchCmd struct {
	Relay        BenchRelayCmd        `cmd:"" help:"RTP both ways through the relay: CPU, added delay, loss, memory."`
	Reaction     BenchReactionCmd     `cmd:"" help:"From the caller's words to evidence, judgement, warning and cut, through the whole product."`
	Listen       BenchListenCmd       `cmd:"" help:"All built-in listeners at real-time pace, the SIMD path and the generic path in turn."`
	ListenTarget BenchListenTargetCmd `cmd:"" hidden:"" help:"One run of bench listen."`
	Judge        BenchJudgeCmd        `cmd:"" help:"Judging and planning an hour of dense dialogue."`
	Gallery      BenchGalleryCmd      `cmd:"" help:"Identification against many registered voices, exact and coded."`
	RelayTarget  BenchRelayTargetCmd  `cmd:"" hidden:"" help:"The relay that bench relay measures."`
}

// BenchRelayCmd measures the edge of a whole product, with guard work and without, or the media engine alone.
type BenchRelayCmd struct {
	Calls      int  `default:"100" help:"Calls at once."`
	Seconds    int  `default:"10" help:"How long to send."`
	Rounds     int  `default:"5" help:"How often each condition is measured, in turn."`
	EngineOnly bool `help:"Measure the media engine alone, once."`
	Workers    int  `default:"1" help:"Relay threads of the engine alone."`
	Taps       bool `help:"Let the engine alone be read as by a recorder."`
	Overload   bool `help:"Measure with nobody hearing, half of what one core can hear, and twice what it can (--calls is found by itself)."`
	JSON       bool `name:"json" help:"Print one JSON object."`
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
	if c.Calls < 1 || c.Seconds < 1 || c.Rounds < 1 {
		return fmt.Errorf("at least one call, one second and one round are needed: %w", errUsage)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program itself: %w", err)
	}
	runtime.GOMAXPROCS(runtime.NumCPU() + 2) // sender and receiver never wait for the rest
	length := time.Duration(c.Seconds) * time.Second
	engine := bench.Condition{Name: "engine", Run: func(ctx context.Context) (bench.RelayResult, error) {
		target := exec.Command(self, "bench", "relay-target", "--workers="+strconv.Itoa(c.Workers), "--taps="+strconv.FormatBool(c.Taps || !c.EngineOnly))
		target.Stderr = os.Stderr
		return bench.Engine{Calls: c.Calls, Duration: length, Target: target}.Run(ctx)
	}}
	product := func(name string, guarded bool) bench.Condition {
		return bench.Condition{Name: name, Run: bench.Relay{Calls: c.Calls, Duration: length, Program: self, Guarded: guarded}.Run}
	}
	conditions := []bench.Condition{product("recorded", false), product("guarded", true), engine}
	if c.EngineOnly {
		conditions, c.Rounds = []bench.Condition{engine}, 1
	}
	if c.Overload {
		o, err := bench.MeasureOverload()
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "a core can hear %d calls: %d are set up\n", o.Hears, o.Calls)
		conditions = o.Conditions(length, calmAfterOverload, self)
	}
	r, err := bench.Compare(ctx, c.Rounds, conditions, os.Stderr)
	if err != nil {
		return err
	}
	if !c.JSON {
		return r.Text(os.Stdout)
	}
	return printMeasure("bench relay", spoken("abuse-caller.wav"), r.Rows, r)
}

// calmAfterOverload is how long a few calls go on: hearing takes back a step each ten seconds.
const calmAfterOverload = 70 * time.Second

// BenchReactionCmd measures how soon the whole product answers.
type BenchReactionCmd struct {
	Calls int    `default:"5" help:"Abusive callers at once."`
	Keep  string `placeholder:"DIR" help:"Leave the product's data directory below this one." type:"existingdir"`
	JSON  bool   `name:"json" help:"Print one JSON object."`
}

// Run measures and prints.
func (c *BenchReactionCmd) Run(ctx context.Context) error {
	if c.Calls < 1 {
		return fmt.Errorf("at least one call is needed: %w", errUsage)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program itself: %w", err)
	}
	r, err := bench.Reaction{Calls: c.Calls, Program: self, Dir: c.Keep, Keep: c.Keep, Progress: os.Stderr}.Run(ctx)
	if err != nil {
		return err
	}
	if !c.JSON {
		return r.Text(os.Stdout)
	}
	return printMeasure("bench reaction", spoken("abuse-caller.wav"), r.Rows, r)
}

// BenchJudgeCmd measures judging.
type BenchJudgeCmd struct {
	Minutes int      `default:"60" help:"How long the dialogue is."`
	Trade   []string `placeholder:"NAME" help:"Judge with the packs of these trades, apart by commas; all for every one."`
	JSON    bool     `name:"json" help:"Print one JSON object."`
}

// Run measures and prints.
func (c *BenchJudgeCmd) Run() error {
	if c.Minutes < 1 {
		return fmt.Errorf("at least one minute is needed: %w", errUsage)
	}
	trade, err := packsNamed(c.Trade)
	if err != nil {
		return err
	}
	r, err := bench.RunJudge(c.Minutes, trade)
	if err != nil {
		return err
	}
	if !c.JSON {
		return r.Text(os.Stdout)
	}
	return printMeasure("bench judge", eval.Input{Path: "made of the shipped lexicon", SHA256: r.SHA256}, r.Rows, r)
}

// printMeasure writes the object that every measure prints.
func printMeasure(name string, input eval.Input, rows, total any) error {
	v, err := bench.Versions()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"measure": name, "program": "commusafe " + version, "versions": v,
		"machine": eval.ThisMachine(), "input": input, "rows": rows, "total": total})
}

// spoken names a part of the demonstration's sound as input.
func spoken(file string) eval.Input {
	sounds, err := demo.Sounds()
	if err != nil {
		return eval.Input{Path: file}
	}
	return eval.Input{Path: "internal/proof/demo/sound/" + file, SHA256: sounds[file].SHA256}
}
