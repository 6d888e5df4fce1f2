package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/config"
	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/listener"
	"commusafe/internal/office/after"
)

// TranscribeCmd transcribes a sealed recording once more and writes JSON lines; the office starts it and adds what it
// gives behind the folder's seal.
type TranscribeCmd struct {
	Dir string `arg:"" help:"Sealed call folder." type:"path"`
}

// Run writes progress and utterances to standard output.
func (c *TranscribeCmd) Run(ctx context.Context, cli *commands) error {
	cfg, err := config.Load(cli.Config)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	source, err := transcribe(ctx, cfg, c.Dir, func(m after.Message) { _ = out.Encode(m) }) // a parent that is gone reads nothing
	if err != nil {
		return errors.Join(err, out.Encode(after.Message{Error: err.Error()}))
	}
	return out.Encode(after.Message{Done: source})
}

func transcribe(ctx context.Context, cfg config.Config, dir string, say func(after.Message)) (source string, err error) {
	if _, err := folder.Verify(dir); err != nil {
		return "", err
	}
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	t, err := listener.OpenTranscriber(ctx, cfg, []string{program, "probe-engine"})
	if err != nil {
		return "", err
	}
	defer t.Close()
	for n, who := range []call.Party{call.Caller, call.Agent} {
		codec, octets, err := audio.ReadG711File(filepath.Join(dir, folder.WAVName(who)))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		found, err := t.Transcribe(ctx, who, codec.Decode(nil, octets), func(share float64) {
			share = (float64(n) + share) / 2
			say(after.Message{Share: &share})
		})
		if err != nil {
			return "", fmt.Errorf("the %s: %w", who, err)
		}
		for _, u := range found {
			raw, err := evidence.Marshal(u)
			if err != nil {
				return "", err
			}
			say(after.Message{Utterance: raw})
		}
	}
	return t.Source(), nil
}
