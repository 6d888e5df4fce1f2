// Package demo plays five calls through the whole product with real SIP and RTP and judges by the folders, the phones
// and the office whether each ended as expected.
//
// Owns: the five scripts, their sound, their expectations; a product of its own for the time of the demonstration.
// Never: tells the product what to find. It dials, speaks, listens and reads what the product wrote.
// Goroutines: those of the phones, one a call, the product's process; all are waited for.
package demo

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/goccy/go-yaml"

	"commusafe/internal/audio"
)

//go:embed sound/*.wav sound/sound.yaml
var shipped embed.FS

// A Sound is one party's part of a call.
type Sound struct {
	File   string `yaml:"file"`
	Call   string `yaml:"call"`
	Party  string `yaml:"party"`
	Voice  string `yaml:"voice"`
	Credit string `yaml:"credit"`
	SHA256 string `yaml:"sha256"`
	Lines  []struct {
		FromMS int64  `yaml:"from_ms"`
		ToMS   int64  `yaml:"to_ms"`
		Text   string `yaml:"text"`
	} `yaml:"lines"`

	Octets []byte `yaml:"-"` // mu-law
}

// Sounds gives the shipped parts by file name.
func Sounds() (map[string]Sound, error) {
	b, err := shipped.ReadFile("sound/sound.yaml")
	if err != nil {
		return nil, err
	}
	var list struct {
		Sounds []Sound `yaml:"sounds"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&list); err != nil {
		return nil, fmt.Errorf("sound.yaml: %w", err)
	}
	out := map[string]Sound{}
	for _, s := range list.Sounds {
		b, err := shipped.ReadFile("sound/" + s.File)
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != s.SHA256 {
			return nil, fmt.Errorf("%s is not the file that sound.yaml names", s.File)
		}
		if s.Octets, err = muLaw(b); err != nil {
			return nil, fmt.Errorf("%s: %w", s.File, err)
		}
		out[s.File] = s
	}
	return out, nil
}

// muLaw gives the octets of a G.711 WAV file in mu-law.
func muLaw(wav []byte) ([]byte, error) {
	codec, octets, err := audio.ParseG711(wav)
	if err != nil {
		return nil, err
	}
	return codec.Transcode(nil, octets, audio.PCMU), nil
}

// soundFile reads a WAV file of any kind as mu-law at 8 kHz.
func soundFile(path string) ([]byte, error) {
	if b, err := shipped.ReadFile("sound/" + path); err == nil {
		return muLaw(b)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	w, err := audio.ReadWAVFile(path)
	if err != nil {
		return nil, err
	}
	return audio.PCMU.Encode(nil, audio.To8k(w.Channels[0], w.Rate)), nil
}
