// Package voicebot is what the system says: the prompts, and the mouth and ear of a dialogue with a caller who is not
// given to an agent at once. What is said next is package dialogue's business.
//
// Owns: the shipped prompts and those of the centre that stand in for them; playing, listening, barging in.
// Never: judging; SIP; deciding who talks to the voicebot, or what about.
// Goroutines: Run runs in the goroutine of the action that wants it, and plays prompts in one more that ends with it.
package voicebot

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"commusafe/internal/audio"
)

// A Prompt is one text of the centre as sound.
type Prompt struct {
	ID      string `yaml:"id"`
	File    string `yaml:"file"`
	Text    string `yaml:"text"`
	Version int    `yaml:"version"`
	Voice   string `yaml:"voice"`
	Credit  string `yaml:"credit"`
	SHA256  string `yaml:"sha256"` // of the whole WAV file

	Codec  audio.Codec `yaml:"-"`
	Octets []byte      `yaml:"-"`
}

//go:embed prompts/*.wav prompts/prompts.yaml
var shipped embed.FS

// Prompts are all prompts by their id. They don't change; With gives another set.
type Prompts struct{ byID map[string]Prompt }

// ErrNoPrompt means that there is no prompt of that id.
var ErrNoPrompt = errors.New("no such prompt")

// Shipped gives the prompts that come with the product, each checked against its hash.
func Shipped() (*Prompts, error) {
	b, err := shipped.ReadFile("prompts/prompts.yaml")
	if err != nil {
		return nil, err
	}
	var list struct {
		Prompts []Prompt `yaml:"prompts"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&list); err != nil {
		return nil, fmt.Errorf("prompts.yaml: %w", err)
	}
	p := &Prompts{byID: map[string]Prompt{}}
	for _, item := range list.Prompts {
		b, err := shipped.ReadFile("prompts/" + item.File)
		if err != nil {
			return nil, fmt.Errorf("prompt %s: %w", item.ID, err)
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != item.SHA256 {
			return nil, fmt.Errorf("prompt %s: %s is not the file that prompts.yaml names", item.ID, item.File)
		}
		if item.Codec, item.Octets, err = audio.ParseG711(b); err != nil {
			return nil, fmt.Errorf("prompt %s: %w", item.ID, err)
		}
		p.byID[item.ID] = item
	}
	return p, nil
}

// Get gives a prompt.
func (p *Prompts) Get(id string) (Prompt, error) {
	item, ok := p.byID[id]
	if !ok {
		return Prompt{}, fmt.Errorf("%w: %s", ErrNoPrompt, id)
	}
	return item, nil
}

// IDs lists the prompts.
func (p *Prompts) IDs() []string {
	var out []string
	for id := range p.byID {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// With gives a set in which the centre's own recording stands in for one prompt. wav is a G.711 WAV file.
func (p *Prompts) With(id string, wav []byte) (*Prompts, error) {
	if _, err := p.Get(id); err != nil {
		return nil, err
	}
	codec, octets, err := audio.ParseG711(wav)
	if err != nil {
		return nil, fmt.Errorf("prompt %s: %w", id, err)
	}
	sum := sha256.Sum256(wav)
	out := &Prompts{byID: map[string]Prompt{}}
	maps.Copy(out.byID, p.byID)
	out.byID[id] = Prompt{ID: id, Voice: "own", SHA256: hex.EncodeToString(sum[:]), Codec: codec, Octets: octets}
	return out, nil
}
