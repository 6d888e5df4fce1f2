package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"commusafe/internal/outward"
)

// Sherpa says what the sherpa-onnx engine hears with. Models are named by their IDs (commusafe models list).
type Sherpa struct {
	Library  string   `yaml:"library"`   // directory of the library; default: what install-runtime put in place, then the system's
	Model    string   `yaml:"model"`     // recogniser
	Activity string   `yaml:"activity"`  // voice activity; default vad; none: by level
	Denoiser string   `yaml:"denoiser"`  // before recognition; default none
	Voice    string   `yaml:"voice"`     // speaker embedding; default none
	HotWords float64  `yaml:"hot_words"` // bonus of the lexicon's expressions, with a transducer; default 0: off
	Workers  int      `yaml:"workers"`   // stretches recognised at once; default 1
	Budget   int      `yaml:"budget"`    // calls at once; default 10
	Parties  []string `yaml:"parties"`   // caller, agent; default both
}

// AmiVoice says how the network recogniser is reached. Sound of calls leaves the house when it is used.
type AmiVoice struct {
	URL     string   `yaml:"url"`      // wss://…; ws:// needs private
	Profile string   `yaml:"profile"`  // grammar of the service; default -a-general
	KeyFile string   `yaml:"key_file"` // file with the key
	KeyEnv  string   `yaml:"key_env"`  // or the environment variable with it
	Private bool     `yaml:"private"`  // the address is one of the own network
	Budget  int      `yaml:"budget"`   // calls at once; default 10
	Parties []string `yaml:"parties"`  // default caller
}

// Transcribe says who may transcribe sealed recordings again, by an OpenAI-compatible endpoint; no address: nobody.
type Transcribe struct {
	URL      string `yaml:"url"`      // https://…/v1/audio/transcriptions
	Model    string `yaml:"model"`    // as the service names it
	Language string `yaml:"language"` // default ja
	KeyFile  string `yaml:"key_file"`
	KeyEnv   string `yaml:"key_env"`
	Private  bool   `yaml:"private"`
}

// SecondOpinion says which OpenAI-compatible chat service may be asked about a call that is over; no address: none. Masked words of the
// call leave the house when it is used.
type SecondOpinion struct {
	URL     string `yaml:"url"`   // https://…/v1/chat/completions
	Model   string `yaml:"model"` // as the service names it
	KeyFile string `yaml:"key_file"`
	KeyEnv  string `yaml:"key_env"`
	Private bool   `yaml:"private"` // the address is one of the own network
}

func (o SecondOpinion) check() error {
	if o.URL == "" {
		return nil
	}
	if o.Model == "" {
		return errors.New("model is missing")
	}
	if err := outward.CheckAddress(o.URL, "https", "http", o.Private); err != nil {
		return fmt.Errorf("url: %w", err)
	}
	if o.KeyFile == "" && o.KeyEnv == "" && !o.Private {
		return errors.New("key_file or key_env is missing")
	}
	return nil
}

// Engines are the names that listener.engines may have.
func Engines() []string { return []string{"builtin", "sherpa", "amivoice"} }

func (l Listener) check() error {
	seen := map[string]bool{}
	for _, e := range l.Engines {
		if !slices.Contains(Engines(), e) {
			return fmt.Errorf("engines %q is not known (known: %s)", e, strings.Join(Engines(), ", "))
		}
		if seen[e] {
			return fmt.Errorf("engines names %s twice", e)
		}
		seen[e] = true
	}
	if len(l.Engines) == 0 || l.Engines[0] != "builtin" {
		return errors.New("engines begins with builtin: it hears when nothing else does")
	}
	if seen["sherpa"] {
		if err := l.Sherpa.check(); err != nil {
			return fmt.Errorf("sherpa.%w", err)
		}
	}
	if seen["amivoice"] {
		if err := l.AmiVoice.check(); err != nil {
			return fmt.Errorf("amivoice.%w", err)
		}
	}
	return nil
}

func (s Sherpa) check() error {
	switch {
	case s.Model == "":
		return errors.New("model is missing: the ID of a model for words (commusafe models list)")
	case s.Workers < 1 || s.Workers > 64:
		return fmt.Errorf("workers %d is not between 1 and 64", s.Workers)
	case s.Budget < 1 || s.Budget > 200:
		return fmt.Errorf("budget %d is not between 1 and 200", s.Budget)
	case s.HotWords < 0 || s.HotWords > 10:
		return fmt.Errorf("hot_words %v is not between 0 and 10", s.HotWords)
	}
	return checkParties(s.Parties)
}

func (a AmiVoice) check() error {
	if err := outward.CheckAddress(a.URL, "wss", "ws", a.Private); err != nil {
		return fmt.Errorf("url: %w", err)
	}
	if a.Profile == "" || strings.ContainsAny(a.Profile, " \t\n=") {
		return fmt.Errorf("profile %q is not the name of a grammar", a.Profile)
	}
	if a.Budget < 1 || a.Budget > 200 {
		return fmt.Errorf("budget %d is not between 1 and 200", a.Budget)
	}
	if a.KeyFile == "" && a.KeyEnv == "" {
		return errors.New("key_file or key_env is missing")
	}
	return checkParties(a.Parties)
}

func (t Transcribe) check() error {
	if t.URL == "" {
		return nil
	}
	if t.Model == "" {
		return errors.New("model is missing")
	}
	if err := outward.CheckAddress(t.URL, "https", "http", t.Private); err != nil {
		return fmt.Errorf("url: %w", err)
	}
	return nil
}

func checkParties(list []string) error {
	if len(list) == 0 {
		return errors.New("parties is empty")
	}
	for _, p := range list {
		if p != "caller" && p != "agent" {
			return fmt.Errorf("parties %q is neither caller nor agent", p)
		}
	}
	return nil
}

// Secret reads a key from a file or an environment variable. The key never stands in an error, which says what to do.
func Secret(file, variable string) (string, error) {
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("key_file: %w; write the key into that file, readable by commusafe only", err)
		}
		if s := strings.TrimSpace(string(b)); s != "" && !strings.ContainsAny(s, " \t\r\n") {
			return s, nil
		}
		return "", fmt.Errorf("key_file: %s holds no key, or more than one word; write the key alone into it", file)
	}
	if s := os.Getenv(variable); variable != "" && s != "" && !strings.ContainsAny(s, " \t\r\n") {
		return s, nil
	}
	if variable == "" {
		return "", errors.New("key_file or key_env is missing")
	}
	return "", fmt.Errorf("key_env: the environment variable %s holds no key, or more than one word; set it where commusafe is started", variable)
}
