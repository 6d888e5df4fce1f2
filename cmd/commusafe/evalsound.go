package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"commusafe/internal/config"
	"commusafe/internal/listener"
	"commusafe/internal/listener/builtin"
	"commusafe/internal/listener/hear"
	"commusafe/internal/listener/sherpa"
	"commusafe/internal/proof/eval"
)

// A measured is the outcome of a measure of quality.
type measured interface {
	Text(io.Writer) error
	Result() eval.Result
}

// printEval prints a measure as a table or as one JSON object, or its error: a set that can't be used is errUsage.
func printEval(m measured, err error, path string, asJSON bool) error {
	if errors.Is(err, eval.ErrInput) {
		return inputError{err}
	}
	if err != nil {
		return err
	}
	if !asJSON {
		return m.Text(os.Stdout)
	}
	in, err := eval.InputOf(path)
	if err != nil {
		return err
	}
	return m.Result().JSON(os.Stdout, version, in)
}

// EvalVADCmd measures voice activity.
type EvalVADCmd struct {
	Set      string `required:"" help:"TSV with columns path and speech (FROM-TO in ms, as many as there are)." type:"path"`
	Wideband bool   `help:"Leave G.711 out."`
	Level    bool   `help:"Measure the method without a net instead, for comparison."`
	Silero   string `placeholder:"FILE" help:"Ask Silero's voice activity too (silero_vad.onnx); needs sherpa-onnx." type:"existingfile"`
	Runtime  string `placeholder:"DIR" help:"Directory of sherpa-onnx, where the system does not have it." type:"path"`
	JSON     bool   `name:"json" help:"Print one JSON object."`
}

// Run prints the table or the JSON object.
func (c *EvalVADCmd) Run(ctx context.Context) error {
	o := eval.VADOptions{Set: c.Set, Wideband: c.Wideband}
	if c.Level {
		o.Activity = hear.LevelActivity{}
	}
	if c.Silero != "" {
		stop, err := c.beside(&o)
		if err != nil {
			return err
		}
		defer stop()
	}
	m, err := eval.RunVAD(ctx, o)
	return printEval(m, err, c.Set, c.JSON)
}

// openRuntime loads sherpa-onnx from a directory, or from the system's.
func openRuntime(configured string) (*sherpa.Library, error) {
	dir, err := sherpa.Find(configured)
	if err != nil {
		return nil, err
	}
	return sherpa.Open(dir)
}

// beside lets Silero hear the same clips.
func (c *EvalVADCmd) beside(o *eval.VADOptions) (stop func(), err error) {
	l, err := openRuntime(c.Runtime)
	if err != nil {
		return nil, err
	}
	a, err := l.NewActivity(c.Silero)
	if err != nil {
		return nil, err
	}
	o.BesideName = "silero"
	o.Beside = func(pcm []int16) ([]bool, error) {
		a.Reset()
		return a.Feed(pcm, nil), nil
	}
	return a.Close, nil
}

// EvalEmotionCmd measures the anger reader.
type EvalEmotionCmd struct {
	Set      string `required:"" help:"TSV with columns path, speaker, class3 (anger, neutral, other), corpus." type:"path"`
	Wideband bool   `help:"Leave G.711 out."`
	Baseline bool   `help:"Take the speaker's calm before from_ms (a column of the set) off, as in a call."`
	JSON     bool   `name:"json" help:"Print one JSON object."`
}

// Run prints the table or the JSON object.
func (c *EvalEmotionCmd) Run(ctx context.Context) error {
	m, err := eval.RunEmotion(ctx, eval.EmotionOptions{Set: c.Set, Wideband: c.Wideband, Baseline: c.Baseline})
	return printEval(m, err, c.Set, c.JSON)
}

// EvalSpeakerCmd measures the voice embedding.
type EvalSpeakerCmd struct {
	Trials   string `required:"" help:"TSV with columns target, enrol (clips joined by |), test, kind." type:"path"`
	Utts     string `help:"TSV that names the clips (column path)." type:"path"`
	Wideband bool   `help:"Leave G.711 out."`
	Lines    bool   `help:"Bring the test clips over another line: other band, noise and level."`
	Model    string `placeholder:"FILE" help:"Measure this speaker embedding model (ONNX) by sherpa-onnx instead of the built-in one." type:"existingfile"`
	Runtime  string `placeholder:"DIR" help:"Directory of sherpa-onnx, where the system does not have it." type:"path"`
	JSON     bool   `name:"json" help:"Print one JSON object."`
}

// Run prints the table or the JSON object.
func (c *EvalSpeakerCmd) Run(ctx context.Context) error {
	o := eval.SpeakerOptions{Trials: c.Trials, Utts: c.Utts, Wideband: c.Wideband, Lines: c.Lines}
	if c.Model != "" {
		l, err := openRuntime(c.Runtime)
		if err != nil {
			return err
		}
		e, err := l.NewEmbedder(c.Model)
		if err != nil {
			return err
		}
		defer e.Close()
		activity, err := builtin.LoadActivity()
		if err != nil {
			return err
		}
		o.Engine = &sherpa.Voice{Embedder: e, ID: filepath.Base(c.Model), Activity: activity}
	}
	m, err := eval.RunSpeaker(ctx, o)
	return printEval(m, err, c.Trials, c.JSON)
}

// EvalSpeechCmd measures a recogniser.
type EvalSpeechCmd struct {
	Set      string `required:"" help:"TSV with columns path and kana or transcript." type:"path"`
	Engine   string `default:"builtin" enum:"builtin,configured" help:"The engine: builtin (its rough reading), or configured (what the configuration transcribes recordings with)."`
	Wideband bool   `help:"Leave G.711 out."`
	JSON     bool   `name:"json" help:"Print one JSON object."`
}

// Run prints the table or the JSON object.
func (c *EvalSpeechCmd) Run(ctx context.Context, cli *commands) error {
	o := eval.SpeechOptions{Set: c.Set, Wideband: c.Wideband}
	if c.Engine == "configured" {
		cfg, err := config.Load(cli.Config)
		if err != nil {
			return err
		}
		program, err := os.Executable()
		if err != nil {
			return err
		}
		t, err := listener.OpenTranscriber(ctx, cfg, []string{program, "probe-engine"})
		if err != nil {
			return err
		}
		defer t.Close()
		o.Engine = t
	}
	m, err := eval.RunSpeech(ctx, o)
	return printEval(m, err, c.Set, c.JSON)
}
