// Command commusafe protects people who answer the telephone: one binary, its sub-commands are its processes and tools.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the Makefile.
var version = "dev"

type commands struct {
	Config string `help:"Configuration file (default: ./commusafe.yaml, then /etc/commusafe/commusafe.yaml)." type:"path" env:"COMMUSAFE_CONFIG"`

	Serve    ServeCmd    `cmd:"" help:"Start and watch everything on this machine: edge, listener, office and the bus."`
	Edge     EdgeCmd     `cmd:"" help:"The telephone wing alone: SIP, relay, recording, guard."`
	Listener ListenerCmd `cmd:"" help:"The hearing wing alone."`

	Demo DemoCmd `cmd:"" help:"Start the product, play five calls through real SIP and RTP, and judge how each ended."`

	Check  CheckCmd  `cmd:"" help:"Check the configuration and say what is wrong with it."`
	Replay ReplayCmd `cmd:"" help:"Judge a call folder once more and compare, byte for byte."`
	Verify VerifyCmd `cmd:"" help:"Prove a call folder, or name the first thing that is broken."`

	Analyze AnalyzeCmd `cmd:"" help:"Hear a recording and show what was noticed in it."`
	Phone   PhoneCmd   `cmd:"" help:"A telephone: place or answer calls, for demonstrations and tests."`
	Bench   BenchCmd   `cmd:"" help:"Measure speed."`
	Eval    EvalCmd    `cmd:"" help:"Measure the quality on a test set."`

	Models ModelsCmd `cmd:"" help:"Models and library of the recognition engines."`

	Probe ProbeEngineCmd `cmd:"" name:"probe-engine" hidden:"" help:"Try the models of an engine; a listener process starts it."`

	Transcribe TranscribeCmd `cmd:"" hidden:"" help:"Transcribe a sealed recording; the office starts it."`

	Voice VoiceCmd `cmd:"" hidden:"" help:"Make the vector of the caller's voice in a sealed recording; the office starts it."`

	OpenAPI OpenAPICmd  `cmd:"" name:"openapi" help:"Print the description of the HTTP API."`
	Office  OfficeCmd   `cmd:"" help:"The office wing alone: console, API, notices, index of calls."`
	Reindex ReindexCmd  `cmd:"" help:"Rebuild the index of calls from the call folders."`
	Staff   StaffCmd    `cmd:"" help:"People who may log in."`
	Fake    FakeEdgeCmd `cmd:"" name:"fake-edge" hidden:"" help:"Play recorded calls on the bus as an edge would."`

	Version kong.VersionFlag `help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cli commands
	k := kong.Parse(&cli, kong.Name("commusafe"), kong.Exit(func(code int) { os.Exit(exitOf(code)) }), kong.Vars{"version": version}, kong.UsageOnError(),
		kong.Description("Notices harassment on the telephone from the caller's own voice, and acts on it."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&cli))
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "commusafe:", err)
		stop()
		os.Exit(exitCode(err))
	}
}

// errUsage marks errors of input for which exit code 2 is promised (measures).
var errUsage = errors.New("input")

// kongUsage is what the parser of options exits with when it can't read them.
const kongUsage = 80

// exitOf gives wrong options the code of every other input that can't be used.
func exitOf(code int) int {
	if code == kongUsage {
		return 2
	}
	return code
}

func exitCode(err error) int {
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}
