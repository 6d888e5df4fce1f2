// Package models keeps the models and the library of the recognition engines on this machine: what is known, where it
// comes from, what was accepted, and whether the files are still those that were installed.
//
// Owns: the manifest, data_dir/models with its records, pins and licences, download and unpacking.
// Never: fetching anything that the operator didn't ask for by a command; loading a model.
// Goroutines: none of its own.
//
// Flow: Manifest → Store.Pull or Import → archive → expected files into a new folder → record → rename.
package models

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"commusafe/internal/yamlfile"
)

// ErrInput marks what the operator wrote wrongly: an unknown name, a malformed manifest.
var ErrInput = errors.New("input")

// input makes an error that is ErrInput without saying so: its sentence stands alone.
func input(format string, args ...any) error { return wrongInput{fmt.Errorf(format, args...)} }

type wrongInput struct{ error }

// Is tells that it is ErrInput.
func (wrongInput) Is(target error) bool { return target == ErrInput }

// Unwrap gives the cause.
func (w wrongInput) Unwrap() error { return w.error }

// Uses of a model.
const (
	UseWords    = "words"
	UseActivity = "activity"
	UseVoice    = "voice"
	UseDenoise  = "denoise"
)

// A Model is one entry of the manifest.
type Model struct {
	ID         string            `yaml:"id" json:"id"`
	Use        string            `yaml:"use" json:"use"`
	Kind       string            `yaml:"kind" json:"kind,omitempty"` // of words: package sherpa's kinds
	Asset      string            `yaml:"asset" json:"asset"`         // below the source: an archive or the one file
	SizeMB     int64             `yaml:"size_mb" json:"size_mb"`     // of the files used
	SHA256     string            `yaml:"sha256" json:"sha256,omitempty"`
	Licence    string            `yaml:"licence" json:"licence"`
	Commercial string            `yaml:"commercial" json:"commercial"` // yes, no, read
	Files      map[string]string `yaml:"files" json:"files"`           // part → name in the archive
	Unit       string            `yaml:"unit" json:"unit,omitempty"`
	Language   string            `yaml:"language" json:"language,omitempty"`
	Figures    string            `yaml:"figures" json:"figures"`
}

// A Manifest lists the known models.
type Manifest struct {
	Source string  `yaml:"source"`
	Models []Model `yaml:"models"`
}

//go:embed manifest.yaml
var shipped []byte

// Known gives the shipped manifest, with the operator's own entries (a file, may be missing) over it.
func Known(own string) (Manifest, error) {
	m, err := ParseManifest(shipped)
	if err != nil {
		return m, fmt.Errorf("shipped manifest: %w", err)
	}
	b, err := os.ReadFile(own)
	if errors.Is(err, fs.ErrNotExist) || own == "" {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("manifest: %w", err)
	}
	more, err := ParseManifest(b)
	if err != nil {
		return m, input("manifest %s: %w", own, err)
	}
	if more.Source != "" {
		m.Source = more.Source
	}
	for _, x := range more.Models {
		if i := slices.IndexFunc(m.Models, func(y Model) bool { return y.ID == x.ID }); i >= 0 {
			m.Models[i] = x
		} else {
			m.Models = append(m.Models, x)
		}
	}
	return m, nil
}

// Find gives the model with an ID.
func (m Manifest) Find(id string) (Model, error) {
	for _, x := range m.Models {
		if x.ID == id {
			return x, nil
		}
	}
	var ids []string
	for _, x := range m.Models {
		ids = append(ids, x.ID)
	}
	return Model{}, input("model %q is not known (known: %s)", id, strings.Join(ids, ", "))
}

// ParseManifest reads a manifest. Unknown keys, unsafe names and missing parts are errors that say where.
func ParseManifest(b []byte) (Manifest, error) {
	var m Manifest
	if err := yamlfile.Decode(b, &m); err != nil {
		return Manifest{}, err
	}
	seen := map[string]bool{}
	for i, x := range m.Models {
		if err := x.check(); err != nil {
			return Manifest{}, fmt.Errorf("models[%d] %s: %w", i, x.ID, err)
		}
		if seen[x.ID] {
			return Manifest{}, fmt.Errorf("models[%d]: %s stands there twice", i, x.ID)
		}
		seen[x.ID] = true
	}
	return m, nil
}

var (
	idForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	nameForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$`)
	hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// mostMB is the largest model that is believed.
const mostMB = 8000

func (x Model) check() error {
	switch {
	case !idForm.MatchString(x.ID) || x.ID == runtimeID:
		return fmt.Errorf("id %q may have a-z, 0-9 and - only", x.ID)
	case !slices.Contains([]string{UseWords, UseActivity, UseVoice, UseDenoise}, x.Use):
		return fmt.Errorf("use %q is not one of words, activity, voice, denoise", x.Use)
	case x.SizeMB < 1 || x.SizeMB > mostMB:
		return fmt.Errorf("size_mb %d is not between 1 and %d", x.SizeMB, mostMB)
	case x.SHA256 != "" && !hashForm.MatchString(x.SHA256):
		return errors.New("sha256 is not 64 hexadecimal digits")
	case !nameForm.MatchString(x.Licence):
		return errors.New("licence is missing or not a short name")
	case !slices.Contains([]string{"yes", "no", "read"}, x.Commercial):
		return fmt.Errorf("commercial %q is not one of yes, no, read", x.Commercial)
	case !slices.Contains([]string{"", "cjkchar", "bpe", "cjkchar+bpe"}, x.Unit):
		return fmt.Errorf("unit %q is not one of cjkchar, bpe, cjkchar+bpe", x.Unit)
	case len(x.Files) == 0:
		return errors.New("files are missing")
	}
	for part := range strings.SplitSeq(x.Asset, "/") {
		if !nameForm.MatchString(part) {
			return fmt.Errorf("asset %q is not a plain path", x.Asset)
		}
	}
	names := map[string]bool{}
	for part, name := range x.Files {
		if !nameForm.MatchString(name) || !nameForm.MatchString(part) || name == recordFile || names[name] {
			return fmt.Errorf("files: %q is not a plain name, or stands there twice", name)
		}
		names[name] = true
	}
	return x.checkParts()
}

func (x Model) checkParts() error {
	need := []string{"net"}
	if x.Use == UseWords {
		switch x.Kind {
		case "transducer", "nemo_transducer", "online_transducer":
			need = []string{"encoder", "decoder", "joiner", "tokens"}
		case "nemo_ctc", "sense_voice":
			need = []string{"net", "tokens"}
		default:
			return fmt.Errorf("kind %q is not known", x.Kind)
		}
	}
	for _, p := range need {
		if x.Files[p] == "" {
			return fmt.Errorf("files lack %s", p)
		}
	}
	return nil
}

// archived tells whether the asset has the files in it, rather than being the one file.
func (x Model) archived() bool {
	return strings.HasSuffix(x.Asset, ".tar.bz2") || strings.HasSuffix(x.Asset, ".tar.gz") || strings.HasSuffix(x.Asset, ".tgz")
}

func (x Model) assetName() string { return filepath.Base(x.Asset) }
