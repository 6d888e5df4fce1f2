package listener

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"commusafe/internal/config"
	"commusafe/internal/models"
)

// A denoiser beside a streaming model is named as that, and not as a model that is damaged; beside another kind of model it is none of
// the things that are wrong.
func TestADenoiserBesideAStreamingModelIsNamed(t *testing.T) {
	const own = `models:
  - {id: flowing, use: words, kind: online_transducer, asset: a/flowing.tar.gz, size_mb: 1, licence: Toy, commercial: "yes", files: {encoder: e.onnx, decoder: d.onnx, joiner: j.onnx, tokens: t.txt}}
  - {id: finished, use: words, kind: nemo_ctc, asset: a/finished.tar.gz, size_mb: 1, licence: Toy, commercial: "yes", files: {net: n.onnx, tokens: t.txt}}
  - {id: quiet, use: denoise, asset: quiet.onnx, size_mb: 1, licence: Toy, commercial: "yes", files: {net: quiet.onnx}}
`
	dir, from := t.TempDir(), t.TempDir()
	cfg := config.Config{DataDir: dir}
	write := func(path, body string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(body), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(cfg.Models(), "manifest.yaml"), own)
	for _, f := range []string{"flowing/e.onnx", "flowing/d.onnx", "flowing/j.onnx", "flowing/t.txt", "finished/n.onnx", "finished/t.txt", "quiet.onnx",
		"library/libsherpa-onnx-c-api.so", "library/libonnxruntime.so"} {
		write(filepath.Join(from, f), f)
	}
	known, err := models.Known(filepath.Join(cfg.Models(), "manifest.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	store := &models.Store{Dir: cfg.Models(), Manifest: known, By: "tester"}
	if err := store.Accept("Toy"); err != nil {
		t.Fatal(err)
	}
	if ids, err := store.Import(t.Context(), from); err != nil || len(ids) != 3 {
		t.Fatal(ids, err)
	}
	cfg.Listener.Sherpa.Library, cfg.Listener.Sherpa.Denoiser = filepath.Join(from, "library"), "quiet"
	cfg.Listener.Sherpa.Model = "finished"
	if _, err := SherpaConfig(cfg); err != nil {
		t.Errorf("beside a model of finished stretches: %v", err)
	}
	cfg.Listener.Sherpa.Model = "flowing"
	_, err = SherpaConfig(cfg)
	var e ErrEngine
	if !errors.As(err, &e) || e.Why != "engine.denoiser" || !strings.Contains(err.Error(), "flowing") {
		t.Errorf("beside a streaming model: %v", err)
	}
	cfg.Listener.Sherpa.Denoiser = ""
	if _, err := SherpaConfig(cfg); err != nil {
		t.Errorf("a streaming model alone: %v", err)
	}
}
