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
	pcm, rate, err := readAny(path)
	if err != nil {
		return nil, err
	}
	pcm = audio.To8k(pcm, rate)
	if !wideband {
		pcm = audio.PCMU.Decode(nil, audio.PCMU.Encode(nil, pcm))
	}
	return pcm, nil
}

func readAny(path string) ([]int16, int, error) {
	if !strings.EqualFold(filepath.Ext(path), ".flac") {
		w, err := audio.ReadWAVFile(path)
		if err != nil {
			return nil, 0, err
		}
		return w.Channels[0], w.Rate, nil
	}
	s, err := flac.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	defer s.Close()
	var pcm []int16
	shift := int(s.Info.BitsPerSample) - 16
	for {
		f, err := s.ParseNext()
		if errors.Is(err, io.EOF) {
			return pcm, int(s.Info.SampleRate), nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", path, err)
		}
		for _, v := range f.Subframes[0].Samples {
			if shift >= 0 {
				v >>= shift
			} else {
				v <<= -shift
			}
			pcm = append(pcm, int16(v))
		}
	}
}
