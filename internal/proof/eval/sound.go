package eval

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/mewkiz/flac"

	"commusafe/internal/audio"
)

// ReadSound reads the first channel of a WAV or FLAC file at 8 kHz, through G.711 mu-law unless wideband is set.
func ReadSound(path string, wideband bool) ([]int16, error) {
	all, err := ReadChannels(path, wideband)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// ReadChannels is ReadSound for all channels of a file.
func ReadChannels(path string, wideband bool) ([][]int16, error) {
	all, rate, err := readAny(path)
	if err != nil {
		return nil, err
	}
	for i, pcm := range all {
		pcm = audio.To8k(pcm, rate)
		if !wideband {
			pcm = audio.PCMU.Decode(nil, audio.PCMU.Encode(nil, pcm))
		}
		all[i] = pcm
	}
	return all, nil
}

func readAny(path string) ([][]int16, int, error) {
	if !strings.EqualFold(filepath.Ext(path), ".flac") {
		w, err := audio.ReadWAVFile(path)
		if err != nil {
			return nil, 0, err
		}
		return w.Channels, w.Rate, nil
	}
	s, err := flac.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	defer s.Close()
	all := make([][]int16, max(1, int(s.Info.NChannels)))
	shift := int(s.Info.BitsPerSample) - 16
	for {
		f, err := s.ParseNext()
		if errors.Is(err, io.EOF) {
			return all, int(s.Info.SampleRate), nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", path, err)
		}
		for c, sub := range f.Subframes[:min(len(f.Subframes), len(all))] {
			for _, v := range sub.Samples {
				if shift >= 0 {
					v >>= shift
				} else {
					v <<= -shift
				}
				all[c] = append(all[c], int16(v))
			}
		}
	}
}
