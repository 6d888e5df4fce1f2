package sherpa

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// A Found is what the probe learned.
type Found struct {
	Version   string `json:"version"`
	Embedding int    `json:"embedding,omitempty"` // dimensions of the speaker embedding
}

// probeTime is how long a probe may take; the largest model of the manifest loads in a quarter of it.
const probeTime = 2 * time.Minute

// A step is a line that the child writes before it does something that may end it.
type step struct {
	Step  string `json:"step,omitempty"`
	Found *Found `json:"found,omitempty"`
	Error string `json:"error,omitempty"`
}

// Probe tries library and models in a child process, because a truncated or wrong model ends the process that loads it.
// command is the program and its arguments that lead to ProbeChild. The error is one sentence that says what is wrong.
func Probe(ctx context.Context, command []string, c Config) (Found, error) {
	if err := c.Check(); err != nil {
		return Found{}, err
	}
	in, err := json.Marshal(c)
	if err != nil {
		return Found{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin = bytes.NewReader(in)
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout = &out
	runErr := cmd.Run()
	last, found, said := readSteps(out.Bytes())
	switch {
	case said != "":
		return Found{}, errors.New(said)
	case found != nil && runErr == nil:
		return *found, nil
	case ctx.Err() != nil:
		return Found{}, fmt.Errorf("%s took longer than %v", last, probeTime)
	default:
		return Found{}, fmt.Errorf("%s can't be loaded: it ends the process (%w); the file is damaged or made for something else", last, runErr)
	}
}

// readSteps reads the child's lines: the last step begun, what was found, the error told.
func readSteps(out []byte) (last string, found *Found, said string) {
	last = "the library"
	for line := range bytes.Lines(out) {
		var s step
		if json.Unmarshal(line, &s) != nil {
			continue
		}
		switch {
		case s.Step != "":
			last = s.Step
		case s.Error != "":
			said = s.Error
		case s.Found != nil:
			found = s.Found
		}
	}
	return last, found, said
}

// ProbeChild does the probe in the child process: it reads a Config from in and writes its steps to out.
func ProbeChild(in io.Reader, out io.Writer) error {
	var c Config
	if err := json.NewDecoder(io.LimitReader(in, 1<<20)).Decode(&c); err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	w := json.NewEncoder(out)
	found, err := probe(c, func(what string) { _ = w.Encode(step{Step: what}) }) // the parent that is gone reads nothing
	if err != nil {
		return w.Encode(step{Error: err.Error()})
	}
	return w.Encode(step{Found: &found})
}

func probe(c Config, begin func(string)) (Found, error) {
	begin("the library")
	l, err := Open(c.Library)
	if err != nil {
		return Found{}, err
	}
	found := Found{Version: l.version()}
	begin("the library's self-test")
	if err := l.SelfTest(); err != nil {
		return found, err
	}
	if c.Activity != "" {
		begin("the voice activity model")
		v, err := l.NewActivity(c.Activity)
		if err != nil {
			return found, err
		}
		v.Feed(make([]int16, 8000), nil)
		v.Close()
	}
	if c.Denoiser != "" {
		begin("the denoiser model")
		d, err := l.NewDenoiser(c.Denoiser)
		if err != nil {
			return found, err
		}
		d.Run(make([]int16, 8000))
		d.Close()
	}
	if c.Voice != "" {
		begin("the speaker embedding model")
		e, err := l.NewEmbedder(c.Voice)
		if err != nil {
			return found, err
		}
		found.Embedding = e.Dim()
		e.Close()
	}
	if c.Words.Kind != "" {
		begin("model " + c.Words.ID)
		if err := probeWords(l, c); err != nil {
			return found, err
		}
	}
	return found, nil
}

// probeWords recognises a second of noise, expecting a word where words are expected: a model of the wrong kind, or with
// another unit than its tokens have, often loads and fails only then.
func probeWords(l *Library, c Config) error {
	d, err := l.newDecoder(c)
	if err != nil {
		return err
	}
	defer d.close()
	s, err := d.open("あ")
	if err != nil {
		return err
	}
	defer s.close()
	pcm := make([]int16, 8000)
	for i := range pcm {
		pcm[i] = int16((i * 7919) % 601)
	}
	d.decode([]*work{{stream: s, pcm: pcm, last: true}})
	return nil
}
