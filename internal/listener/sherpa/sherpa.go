// Package sherpa hears with the sherpa-onnx C library, loaded at run time without cgo: full recognition, voice
// activity, emotion and event tags, speaker embeddings and noise suppression, with models that the operator installed.
//
// Owns: the binding (one version of the library, layouts tested by the library itself), the probe in a child process,
// recognisers with their streams and worker pool.
// Never: downloading; deciding; running inside the process that hears with the built-in net, because a broken model
// ends the process without a Go error.
// Goroutines: the workers of a pool, ended and waited for by Close. An ear belongs to the goroutine that feeds it; a
// stream of the library is touched by one worker at a time.
//
// Flow: Find → Probe (child) → Open → OpenEngine → Engine.Open → ear.Hear: segment → pool → decoder → evidence.Utterance.
package sherpa

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Version is the only version of the library whose structs this package knows.
const Version = "1.13.8"

// The files of the library.
const (
	runtimeFile = "libonnxruntime.so"
	apiFile     = "libsherpa-onnx-c-api.so"
)

// ErrNoLibrary means that the library is not installed.
var ErrNoLibrary = errors.New("sherpa-onnx is not installed")

// A Kind says how a recogniser's model is built.
type Kind string

// The kinds of recogniser models.
const (
	Transducer       Kind = "transducer"        // offline, zipformer
	NemoTransducer   Kind = "nemo_transducer"   // offline
	NemoCTC          Kind = "nemo_ctc"          // offline
	SenseVoice       Kind = "sense_voice"       // offline, with emotion and event tags
	OnlineTransducer Kind = "online_transducer" // streaming
)

// Kinds lists the kinds of recogniser models.
func Kinds() []Kind { return []Kind{Transducer, NemoTransducer, NemoCTC, SenseVoice, OnlineTransducer} }

// Online tells whether the model hears while it is spoken, without segments.
func (k Kind) Online() bool { return k == OnlineTransducer }

// A Model names the files of a recogniser's model.
type Model struct {
	ID       string `json:"id"`
	Kind     Kind   `json:"kind"`
	Encoder  string `json:"encoder,omitempty"` // transducers
	Decoder  string `json:"decoder,omitempty"`
	Joiner   string `json:"joiner,omitempty"`
	Net      string `json:"net,omitempty"` // all others
	Tokens   string `json:"tokens"`
	BPE      string `json:"bpe,omitempty"`      // vocabulary for hot words, where the tokens are byte pairs
	Unit     string `json:"unit,omitempty"`     // of the tokens: cjkchar, bpe, cjkchar+bpe; needed for hot words
	Language string `json:"language,omitempty"` // where the model wants to be told
}

// A Config is everything one engine process hears with.
type Config struct {
	Library  string  `json:"library"`            // directory of the two files
	Words    Model   `json:"words"`              // recogniser; no kind: none
	Activity string  `json:"activity,omitempty"` // Silero's voice activity; empty: by level
	Denoiser string  `json:"denoiser,omitempty"` // applied before recognition
	Voice    string  `json:"voice,omitempty"`    // speaker embedding
	HotWords float64 `json:"hot_words,omitempty"`
	// Workers is how many segments are recognised at once; 0 is one.
	Workers int `json:"workers,omitempty"`
}

// Find gives the directory with the library: the configured one, else the first of places that has it.
func Find(configured string, places ...string) (string, error) {
	if configured != "" {
		if !hasLibrary(configured) {
			return "", fmt.Errorf("%w: %s and %s are not both in %s", ErrNoLibrary, apiFile, runtimeFile, configured)
		}
		return configured, nil
	}
	for _, dir := range append(places, "/usr/lib/x86_64-linux-gnu", "/usr/local/lib", "/usr/lib") {
		if hasLibrary(dir) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("%w: commusafe models install-runtime puts it in place", ErrNoLibrary)
}

func hasLibrary(dir string) bool {
	for _, f := range []string{apiFile, runtimeFile} {
		if st, err := os.Stat(filepath.Join(dir, f)); err != nil || !st.Mode().IsRegular() {
			return false
		}
	}
	return true
}

// Compatible tells whether the models can work together: a denoiser works on finished stretches, and a streaming model has none.
func (c Config) Compatible() error {
	if c.Denoiser != "" && c.Words.Kind.Online() {
		return fmt.Errorf("the denoiser works on finished stretches, and model %s is a streaming one: leave the denoiser out, or choose another kind of model", c.Words.ID)
	}
	return nil
}

// Check tells which file is missing or empty, by name. It can't tell whether the library will like it: Probe does.
func (c Config) Check() error {
	if err := c.Compatible(); err != nil {
		return err
	}
	named := map[string]string{"voice activity": c.Activity, "denoiser": c.Denoiser, "speaker embedding": c.Voice}
	if c.Words.Kind != "" {
		if err := c.Words.check(); err != nil {
			return err
		}
	}
	for what, path := range named {
		if path != "" {
			if err := checkFile(path); err != nil {
				return fmt.Errorf("model for %s: %w", what, err)
			}
		}
	}
	return nil
}

func (m Model) check() error {
	files := []string{m.Tokens}
	switch m.Kind {
	case Transducer, NemoTransducer, OnlineTransducer:
		files = append(files, m.Encoder, m.Decoder, m.Joiner)
	case NemoCTC, SenseVoice:
		files = append(files, m.Net)
	default:
		return fmt.Errorf("model %s: kind %q is not known", m.ID, m.Kind)
	}
	if m.BPE != "" {
		files = append(files, m.BPE)
	}
	for _, f := range files {
		if f == "" {
			return fmt.Errorf("model %s: a file of kind %s is not named", m.ID, m.Kind)
		}
		if strings.ContainsRune(f, 0) {
			return fmt.Errorf("model %s: a file name with a zero byte in it", m.ID)
		}
		if err := checkFile(f); err != nil {
			return fmt.Errorf("model %s: %w", m.ID, err)
		}
	}
	return nil
}

func checkFile(path string) error {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("file %s is missing", filepath.Base(path))
	case !st.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", filepath.Base(path))
	case st.Size() == 0:
		return fmt.Errorf("file %s is empty", filepath.Base(path))
	}
	return nil
}
