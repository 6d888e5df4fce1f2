package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/folder"
	"commusafe/internal/listener"
	"commusafe/internal/office/voices"
)

// VoiceCmd makes the vector of the caller's voice in a sealed recording and writes it as JSON; the office starts it when two people
// have agreed that the voice is registered.
type VoiceCmd struct {
	Dir string `arg:"" help:"Sealed call folder." type:"path"`
}

// Run writes the vector, or why there is none, to standard output, which must be no terminal and no file: a vector is kept sealed only.
func (c *VoiceCmd) Run() error {
	if st, err := os.Stdout.Stat(); err != nil || st.Mode()&os.ModeNamedPipe == 0 {
		return fmt.Errorf("the vector of a voice is written to a pipe only (the office reads it)")
	}
	var m voices.Message
	switch v, err := voiceOf(c.Dir); {
	case errors.Is(err, listener.ErrShort):
		m.Short = true
	case err != nil:
		m.Error = err.Error()
	default:
		m.Vector = voices.Vector{Source: v.Source, Vector: v.Vector}
	}
	return json.NewEncoder(os.Stdout).Encode(m)
}

func voiceOf(dir string) (listener.Voice, error) {
	if _, err := folder.Verify(dir); err != nil {
		return listener.Voice{}, err
	}
	codec, octets, err := audio.ReadG711File(filepath.Join(dir, folder.WAVName(call.Caller)))
	if err != nil {
		return listener.Voice{}, err
	}
	return listener.VoiceOf(codec.Decode(nil, octets))
}
