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
	cfg.Listener.Sherpa.Model = "finished"
	write(filepath.Join(store.Path("quiet"), "quiet.onnx"), "another net")
	if _, err := SherpaConfig(cfg); !errors.As(err, &e) || e.Why != "engine.refused" || !strings.Contains(err.Error(), "quiet.onnx") {
		t.Errorf("a denoiser that is not the file that was installed: %v", err)
	}
	cfg.Listener.Sherpa.Model, cfg.Listener.Sherpa.Denoiser = "flowing", ""
	if _, err := SherpaConfig(cfg); err != nil {
		t.Errorf("a streaming model alone: %v", err)
	}
}

// The library that was installed is compared with its checksums before it is loaded: it is code.
func TestAChangedLibraryIsNotLoaded(t *testing.T) {
	brought := "../../.cache/sherpa"
	if _, err := os.Stat(filepath.Join(brought, models.RuntimeAsset)); err != nil {
		t.Skip("the package of the library is not in .cache/sherpa: .ci/runtime puts it there (npm is needed)")
	}
	cfg := config.Config{DataDir: t.TempDir()}
	own := `models: [{id: toy, use: words, kind: nemo_ctc, asset: a/toy.tar.gz, size_mb: 1, licence: Toy, commercial: "yes", files: {net: n.onnx, tokens: t.txt}}]`
	from := t.TempDir()
	if err := errors.Join(os.MkdirAll(cfg.Models(), 0o700), os.WriteFile(filepath.Join(cfg.Models(), "manifest.yaml"), []byte(own), 0o600),
		os.MkdirAll(filepath.Join(from, "toy"), 0o700), os.WriteFile(filepath.Join(from, "toy", "n.onnx"), []byte("n"), 0o600), os.WriteFile(filepath.Join(from, "toy", "t.txt"), []byte("t"), 0o600)); err != nil {
		t.Fatal(err)
	}
	known, err := models.Known(filepath.Join(cfg.Models(), "manifest.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	store := &models.Store{Dir: cfg.Models(), Manifest: known}
	if err := errors.Join(store.Accept("Toy"), store.InstallRuntime(t.Context(), brought)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Import(t.Context(), from); err != nil {
		t.Fatal(err)
	}
	cfg.Listener.Sherpa.Model = "toy"
	if _, err := SherpaConfig(cfg); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(store.RuntimePath(), "libonnxruntime.so"), []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := SherpaConfig(cfg); err == nil || !strings.Contains(err.Error(), "libonnxruntime.so") {
		t.Errorf("a changed library: %v", err)
	}
}
