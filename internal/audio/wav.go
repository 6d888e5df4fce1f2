package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// A WAV is a sound file in memory: one or more channels of 16-bit samples at Rate.
type WAV struct {
	Rate     int
	Channels [][]int16
}

// Seconds is the length of the sound.
func (w *WAV) Seconds() float64 {
	if len(w.Channels) == 0 || w.Rate == 0 {
		return 0
	}
	return float64(len(w.Channels[0])) / float64(w.Rate)
}

// maxWAV bounds what is read into memory: four hours of two channels at 48 kHz.
const maxWAV = 4 * 3600 * 48000 * 4

// WAV format tags (RFC 2361).
const (
	wavPCM        = 1
	wavFloat      = 3
	wavALaw       = 6
	wavMuLaw      = 7
	wavExtensible = 0xFFFE
)

// ReadWAVFile reads a WAV file of PCM (8, 16, 24, 32 bit), float, A-law or mu-law sound.
// The error says in one sentence what is wrong with which file.
func ReadWAVFile(path string) (*WAV, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w, err := ReadWAV(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return w, nil
}

// ReadWAV reads a WAV stream. A data chunk that ends early (a recorder that died) gives what is there.
func ReadWAV(r io.Reader) (*WAV, error) {
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil || string(riff[:4]) != "RIFF" || string(riff[8:]) != "WAVE" {
		return nil, errors.New("not a WAV file (no RIFF/WAVE header)")
	}
	var format *wavFormat
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, errors.New("WAV file has no sound in it (no data chunk)")
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "fmt ":
			f, err := readFormat(r, size)
			if err != nil {
				return nil, err
			}
			format = f
		case "data":
			if format == nil {
				return nil, errors.New("WAV file has its data before its format")
			}
			data, err := io.ReadAll(io.LimitReader(r, min(size, maxWAV)))
			if err != nil {
				return nil, fmt.Errorf("read WAV data: %w", err)
			}
			return format.decode(data)
		default:
			if _, err := io.CopyN(io.Discard, r, size+size%2); err != nil {
				return nil, errors.New("WAV file ends inside a chunk, before its data")
			}
		}
	}
}

type wavFormat struct {
	tag, channels, bits int
	rate                int
}

func readFormat(r io.Reader, size int64) (*wavFormat, error) {
	if size < 16 || size > 1024 {
		return nil, fmt.Errorf("WAV format chunk of %d bytes can't be right", size)
	}
	b := make([]byte, size+size%2)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, errors.New("WAV file ends inside its format chunk")
	}
	f := &wavFormat{
		tag:      int(binary.LittleEndian.Uint16(b)),
		channels: int(binary.LittleEndian.Uint16(b[2:])),
		rate:     int(binary.LittleEndian.Uint32(b[4:])),
		bits:     int(binary.LittleEndian.Uint16(b[14:])),
	}
	if f.tag == wavExtensible && size >= 26 {
		f.tag = int(binary.LittleEndian.Uint16(b[24:]))
	}
	if f.channels < 1 || f.channels > 8 {
		return nil, fmt.Errorf("WAV file with %d channels is not supported (1 to 8 are)", f.channels)
	}
	if f.rate < 4000 || f.rate > 192000 {
		return nil, fmt.Errorf("WAV file at %d Hz is not supported (4,000 to 192,000 are)", f.rate)
	}
	switch {
	case f.tag == wavPCM && (f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32):
	case f.tag == wavFloat && f.bits == 32:
	case (f.tag == wavALaw || f.tag == wavMuLaw) && f.bits == 8:
	default:
		return nil, fmt.Errorf("WAV format %d with %d bits is not supported (PCM, float, A-law and mu-law are)", f.tag, f.bits)
	}
	return f, nil
}

func (f *wavFormat) decode(data []byte) (*WAV, error) {
	step := f.bits / 8
	n := len(data) / (step * f.channels)
	w := &WAV{Rate: f.rate, Channels: make([][]int16, f.channels)}
	for c := range w.Channels {
		pcm := make([]int16, n)
		for i := range pcm {
			pcm[i] = f.sample(data[(i*f.channels+c)*step:])
		}
		w.Channels[c] = pcm
	}
	if n == 0 {
		return nil, errors.New("WAV file has no sound in it (0 samples)")
	}
	return w, nil
}

func (f *wavFormat) sample(b []byte) int16 {
	switch {
	case f.tag == wavMuLaw:
		return ulawToLinear[b[0]]
	case f.tag == wavALaw:
		return alawToLinear[b[0]]
	case f.tag == wavFloat:
		v := float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) * 32768
		if math.IsNaN(v) {
			return 0
		}
		return int16(max(-32768, min(32767, v)))
	case f.bits == 8:
		return (int16(b[0]) - 128) << 8
	case f.bits == 16:
		return int16(binary.LittleEndian.Uint16(b))
	case f.bits == 24:
		return int16(binary.LittleEndian.Uint16(b[1:]))
	default:
		return int16(binary.LittleEndian.Uint16(b[2:]))
	}
}

// WAVHeaderSize is the size of the header that WAVHeader writes.
const WAVHeaderSize = 58

// WAVHeader gives the header of a one-channel G.711 file at 8 kHz with n octets of sound
// (format 7 mu-law, 6 A-law, with the fact chunk that RFC 2361 asks for).
func WAVHeader(c Codec, n uint32) []byte {
	tag := uint16(wavMuLaw)
	if c == PCMA {
		tag = wavALaw
	}
	h := make([]byte, 0, WAVHeaderSize)
	le := binary.LittleEndian
	h = append(h, "RIFF"...)
	h = le.AppendUint32(h, n+n%2+WAVHeaderSize-8)
	h = append(h, "WAVEfmt "...)
	h = le.AppendUint32(h, 18)
	h = le.AppendUint16(h, tag)
	h = le.AppendUint16(h, 1)
	h = le.AppendUint32(h, SampleRate)
	h = le.AppendUint32(h, SampleRate)
	h = le.AppendUint16(h, 1)
	h = le.AppendUint16(h, 8)
	h = le.AppendUint16(h, 0)
	h = append(h, "fact"...)
	h = le.AppendUint32(h, 4)
	h = le.AppendUint32(h, n)
	h = append(h, "data"...)
	return le.AppendUint32(h, n)
}

// ReadG711File reads a one-channel G.711 WAV file at 8 kHz without decoding it: a prompt or a leg of a call folder.
func ReadG711File(path string) (Codec, []byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, nil, err
	}
	c, octets, err := ParseG711(b)
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, octets, nil
}

// ParseG711 gives the octets of a one-channel G.711 WAV file at 8 kHz.
func ParseG711(b []byte) (Codec, []byte, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return 0, nil, errors.New("not a WAV file (no RIFF/WAVE header)")
	}
	b = b[12:]
	codec, known := PCMU, false
	for len(b) >= 8 {
		size := int64(binary.LittleEndian.Uint32(b[4:]))
		body := b[8:]
		switch string(b[:4]) {
		case "fmt ":
			if size < 16 || int64(len(body)) < size {
				return 0, nil, errors.New("WAV file ends inside its format chunk")
			}
			tag, channels := binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint16(body[2:])
			rate := binary.LittleEndian.Uint32(body[4:])
			if tag != wavMuLaw && tag != wavALaw || channels != 1 || rate != SampleRate {
				return 0, nil, fmt.Errorf("WAV file is format %d, %d channels, %d Hz; a G.711 file of one channel at 8,000 Hz is needed", tag, channels, rate)
			}
			codec, known = PCMU, true
			if tag == wavALaw {
				codec = PCMA
			}
		case "data":
			if !known {
				return 0, nil, errors.New("WAV file has its data before its format")
			}
			return codec, body[:min(size, int64(len(body)))], nil
		}
		if size+size%2 > int64(len(body)) {
			break
		}
		b = body[size+size%2:]
	}
	return 0, nil, errors.New("WAV file has no sound in it (no data chunk)")
}

// WriteG711File writes a one-channel G.711 WAV file, whole or not at all.
func WriteG711File(path string, c Codec, octets []byte) error {
	b := append(WAVHeader(c, uint32(len(octets))), octets...)
	if len(octets)%2 == 1 {
		b = append(b, 0)
	}
	tmp := path + ".part"
	if err := os.WriteFile(tmp, b, 0o640); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// PCMHeader gives the header of a one-channel file of 16-bit PCM at 8 kHz with n samples.
func PCMHeader(n uint32) []byte {
	h := make([]byte, 0, 44)
	le := binary.LittleEndian
	h = append(h, "RIFF"...)
	h = le.AppendUint32(h, 36+2*n)
	h = append(h, "WAVEfmt "...)
	h = le.AppendUint32(h, 16)
	h = le.AppendUint16(h, wavPCM)
	h = le.AppendUint16(h, 1)
	h = le.AppendUint32(h, SampleRate)
	h = le.AppendUint32(h, 2*SampleRate)
	h = le.AppendUint16(h, 2)
	h = le.AppendUint16(h, 16)
	h = append(h, "data"...)
	return le.AppendUint32(h, 2*n)
}
