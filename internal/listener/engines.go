package listener

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"

	"commusafe/internal/call"
	"commusafe/internal/config"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
	"commusafe/internal/listener/remote"
	"commusafe/internal/listener/sherpa"
	"commusafe/internal/models"
)

// A Recognition is an engine of full recognition, as the configuration wants it.
type Recognition struct {
	Budget  int
	Parties []call.Party
	Open    func(context.Context) (hear.Recogniser, error)
}

// recognitions are the engines of full recognition by the name they have in the configuration.
func recognitions() map[string]func(Wiring) Recognition {
	return map[string]func(Wiring) Recognition{
		"sherpa":   sherpaOf,
		"amivoice": amiVoiceOf,
	}
}

// A Wiring is what engines of full recognition are made of.
type Wiring struct {
	Config   config.Config
	Probe    []string // the command that tries a model in a child process
	Tokenise hear.Tokenise
	Log      *slog.Logger
}

// RecognitionOf gives an engine of full recognition.
func RecognitionOf(name string, w Wiring) (Recognition, error) {
	wire, ok := recognitions()[name]
	if !ok {
		return Recognition{}, fmt.Errorf("engine %q is not one of full recognition", name)
	}
	return wire(w), nil
}

func parties(names []string) (out []call.Party) {
	for _, n := range names {
		out = append(out, call.Party(n))
	}
	return out
}

func amiVoiceOf(w Wiring) Recognition {
	a := w.Config.Listener.AmiVoice
	return Recognition{Budget: a.Budget, Parties: parties(a.Parties), Open: func(context.Context) (hear.Recogniser, error) {
		key, err := config.Secret(a.KeyFile, a.KeyEnv)
		if err != nil {
			return nil, ErrEngine{Why: "engine.remote_refused", Err: fmt.Errorf("listener.amivoice: %w", err)}
		}
		r, err := remote.NewAmiVoice(remote.Config{URL: a.URL, Profile: a.Profile, Key: key, Private: a.Private, Log: w.Log}, w.Tokenise)
		if err != nil {
			return nil, ErrEngine{Why: "engine.remote_refused", Err: err}
		}
		return r, nil
	}}
}

func sherpaOf(w Wiring) Recognition {
	s := w.Config.Listener.Sherpa
	return Recognition{Budget: s.Budget, Parties: parties(s.Parties), Open: func(ctx context.Context) (hear.Recogniser, error) {
		c, err := SherpaConfig(w.Config)
		if err != nil {
			return nil, err
		}
		if _, err := sherpa.Probe(ctx, w.Probe, c); err != nil {
			return nil, ErrEngine{Why: "engine.refused", Err: err}
		}
		e, err := sherpa.OpenEngine(c, w.Tokenise)
		if err != nil {
			return nil, ErrEngine{Why: "engine.refused", Err: err}
		}
		return e, nil
	}}
}

// SherpaConfig turns the configuration's IDs into files. The error says what has to be installed.
func SherpaConfig(cfg config.Config) (sherpa.Config, error) {
	s := cfg.Listener.Sherpa
	known, err := models.Known(filepath.Join(cfg.Models(), "manifest.yaml"))
	if err != nil {
		return sherpa.Config{}, ErrEngine{Why: "engine.no_model", Err: err}
	}
	store := &models.Store{Dir: cfg.Models(), Manifest: known}
	out := sherpa.Config{HotWords: s.HotWords, Workers: s.Workers}
	if out.Library, err = sherpa.Find(s.Library, store.RuntimePath()); err != nil {
		return out, ErrEngine{Why: "engine.no_library", Err: err}
	}
	m, err := store.Ready(s.Model, models.UseWords)
	if err != nil {
		return out, ErrEngine{Why: "engine.no_model", Err: err}
	}
	part := func(name string) string { return store.Part(m, name) }
	out.Words = sherpa.Model{ID: m.ID, Kind: sherpa.Kind(m.Kind), Encoder: part("encoder"), Decoder: part("decoder"), Joiner: part("joiner"), Net: part("net"),
		Tokens: part("tokens"), BPE: part("bpe"), Unit: m.Unit, Language: m.Language}
	for _, x := range []struct {
		id, use string
		to      *string
	}{{s.Activity, models.UseActivity, &out.Activity}, {s.Denoiser, models.UseDenoise, &out.Denoiser}, {s.Voice, models.UseVoice, &out.Voice}} {
		if x.id == "" {
			continue
		}
		m, err := store.Ready(x.id, x.use)
		if err != nil {
			return out, ErrEngine{Why: "engine.no_model", Err: err}
		}
		*x.to = store.Part(m, "net")
	}
	if err := out.Compatible(); err != nil {
		return out, ErrEngine{Why: "engine.denoiser", Err: err}
	}
	used := []string{s.Model, s.Activity, s.Denoiser, s.Voice}
	if out.Library == store.RuntimePath() {
		used = append(used, filepath.Base(out.Library))
	}
	for _, id := range used {
		if id == "" {
			continue
		}
		if err := store.Verify(id); err != nil {
			return out, ErrEngine{Why: "engine.refused", Err: err}
		}
	}
	return out, nil
}

// A Transcriber transcribes finished recordings.
type Transcriber interface {
	Transcribe(ctx context.Context, who call.Party, pcm []int16, progress func(float64)) ([]evidence.Utterance, error)
	Source() string
	Close()
}

// CanTranscribe tells whether the configuration has an engine for finished recordings.
func CanTranscribe(cfg config.Config) bool {
	return cfg.Office.Transcribe.URL != "" || slices.Contains(cfg.Listener.Engines, "sherpa")
}

// OpenTranscriber opens the engine for finished recordings: the configured service, else the sherpa engine.
func OpenTranscriber(ctx context.Context, cfg config.Config, probe []string) (Transcriber, error) {
	t := cfg.Office.Transcribe
	if t.URL == "" {
		r, err := sherpaOf(Wiring{Config: cfg, Probe: probe}).Open(ctx)
		if err != nil {
			return nil, err
		}
		return sherpaTranscriber{r.(*sherpa.Engine)}, nil
	}
	key := ""
	if t.KeyFile != "" || t.KeyEnv != "" {
		var err error
		if key, err = config.Secret(t.KeyFile, t.KeyEnv); err != nil {
			return nil, fmt.Errorf("office.transcribe: %w", err)
		}
	}
	language := t.Language
	if language == "" {
		language = "ja"
	}
	return remote.NewTranscriber(remote.TranscriberConfig{URL: t.URL, Model: t.Model, Language: language, Key: key, Private: t.Private}, nil)
}

type sherpaTranscriber struct{ *sherpa.Engine }

// Close frees the engine's models.
func (s sherpaTranscriber) Close() { _ = s.Engine.Close() }
