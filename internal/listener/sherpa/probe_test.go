package sherpa

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The self-test is one of the library, not of us: it goes through a child and needs no model.
func TestTheLibraryPassesItsSelfTest(t *testing.T) {
	found, err := Probe(t.Context(), child(t), Config{Library: runtimeDir(t)})
	if err != nil || found.Version != Version {
		t.Errorf("%+v %v", found, err)
	}
}

// altered gives a directory whose library has one text changed for another of the same length.
func altered(t *testing.T, old, now string) string {
	t.Helper()
	from, dir := runtimeDir(t), t.TempDir()
	b, err := os.ReadFile(filepath.Join(from, apiFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte(old)) || len(old) != len(now) {
		t.Fatalf("%q is not in the library", old)
	}
	if err := os.WriteFile(filepath.Join(dir, apiFile), bytes.ReplaceAll(b, []byte(old), []byte(now)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(from, runtimeFile), filepath.Join(dir, runtimeFile)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Another version is refused before one of its structs is touched, and a library that finds fields elsewhere fails.
func TestAnotherLibraryIsRefused(t *testing.T) {
	dir := runtimeDir(t)
	junk := t.TempDir()
	for _, f := range []string{apiFile, runtimeFile} {
		if err := os.WriteFile(filepath.Join(junk, f), []byte("no library"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	half := t.TempDir()
	for _, f := range []string{apiFile, runtimeFile} {
		b, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(half, f), b[:len(b)/2], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct{ dir, want string }{
		"another version": {altered(t, Version+"\x00", "1.13.7\x00"), `version "1.13.7"`},
		"another layout":  {altered(t, "decoding_method=", "decoding_manner="), "layout of "},
		"a symbol less":   {altered(t, "SherpaOnnxOnlineStreamReset", "SherpaOnnxOnlineStreamRaset"), "lacks OnlineStreamReset"},
		"junk":            {junk, "can't be loaded"},
		"truncated":       {half, "can't be loaded"},
		"none":            {t.TempDir(), "not installed"},
	} {
		_, err := Probe(t.Context(), child(t), Config{Library: c.dir})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", name, c.want, err)
		}
	}
}

// Every broken model is a sentence, and ends at most the child.
func TestBrokenModelsEndTheChildOnly(t *testing.T) {
	dir, good := runtimeDir(t), toySense(t)
	vad := silero(t)
	b, err := os.ReadFile(vad)
	if err != nil {
		t.Fatal(err)
	}
	at := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(at, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	junk, half, empty := write("junk.onnx", bytes.Repeat([]byte("junk"), 1000)), write("half.onnx", b[:len(b)/2]), write("empty.onnx", nil)
	badTokens, wrong, badUnit := good, good, toyTransducer(t)
	badUnit.Unit = "letters"
	badTokens.Tokens = write("tokens.txt", []byte("no number\nat all"))
	wrong.Kind = NemoCTC
	net := func(path string) Model { m := good; m.Net = path; return m }
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"missing model":           {Config{Words: net(filepath.Join(at, "none.onnx"))}, "none.onnx is missing"},
		"empty model":             {Config{Words: net(empty)}, "empty.onnx is empty"},
		"a folder":                {Config{Words: net(at)}, "is not a file"},
		"junk model":              {Config{Words: net(junk)}, "model toy-sense can't be loaded"},
		"truncated model":         {Config{Words: net(half)}, "model toy-sense can't be loaded"},
		"model of another kind":   {Config{Words: wrong}, "model toy-sense can't be loaded"},
		"voice activity as words": {Config{Words: net(vad)}, "model toy-sense can't be loaded"},
		"bad tokens":              {Config{Words: badTokens}, "model toy-sense can't be loaded"},
		"hot words of no unit":    {Config{Words: badUnit, HotWords: 1}, "can't be loaded"},
		"unknown kind":            {Config{Words: Model{ID: "x", Kind: "magic"}}, `kind "magic" is not known`},
		"missing voice activity":  {Config{Activity: filepath.Join(at, "none.onnx")}, "none.onnx is missing"},
		"junk voice activity":     {Config{Activity: junk}, "the voice activity model can't be loaded"},
		"half voice activity":     {Config{Activity: half}, "the voice activity model can't be loaded"},
		"wrong voice activity":    {Config{Activity: good.Net}, "the voice activity model can't be loaded"},
		"wrong embedder":          {Config{Voice: vad}, "the speaker embedding model can't be loaded"},
		"denoiser and streaming":  {Config{Words: toyOnline(t), Denoiser: vad}, "is a streaming one"},
		"wrong denoiser":          {Config{Denoiser: vad}, "the denoiser model can't be loaded"},
		"junk denoiser":           {Config{Denoiser: junk}, "the denoiser model can't be loaded"},
	} {
		c.cfg.Library = dir
		_, err := Probe(t.Context(), child(t), c.cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: want %q, got %v", name, c.want, err)
		}
	}
	if _, err := Probe(t.Context(), child(t), Config{Library: dir, Words: good, Activity: vad, Voice: toyVoice(t)}); err != nil {
		t.Errorf("after all that a good one: %v", err)
	}
}

func TestAProbeHasALimit(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Probe(ctx, []string{"/bin/sleep", "30"}, Config{}); err == nil || !strings.Contains(err.Error(), "took longer") {
		t.Errorf("got %v", err)
	}
	if _, err := Probe(t.Context(), []string{"/nowhere/commusafe"}, Config{}); err == nil {
		t.Error("no program, no error")
	}
}

func FuzzSteps(f *testing.F) {
	f.Add([]byte("{\"step\":\"the library\"}\n{\"found\":{\"version\":\"1\"}}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if last, _, _ := readSteps(b); last == "" {
			t.Error("no step")
		}
	})
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	if _, err := Find("", dir); err == nil {
		t.Skip("a library is installed on this machine")
	}
	if _, err := Find(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("%v", err)
	}
	for _, f := range []string{apiFile, runtimeFile} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Find("", t.TempDir(), dir); err != nil || got != dir {
		t.Errorf("%q %v", got, err)
	}
}
