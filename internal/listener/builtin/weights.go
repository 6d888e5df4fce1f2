package builtin

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
)

//go:embed weights/spotter.bin
var shippedWeights []byte

// magic begins a weights file: magic, uint32 length of a JSON header, the header, then float16 numbers little-endian
// in the order of the header's list, and at last the background (see background), one byte a number.
const magic = "CSNET1\n\x00"

// A header describes a weights file.
type header struct {
	Phonemes []string `json:"phonemes"`
	Stack    int      `json:"stack"`
	Width    int      `json:"width"`
	Blocks   int      `json:"blocks"`
	Past     int      `json:"past"`
	Ahead    int      `json:"ahead"`
	Inputs   int      `json:"inputs,omitempty"`   // numbers a step; 0 is a stack of log-mel frames
	Dilation []int    `json:"dilation,omitempty"` // steps between the taps of each block's convolution; none is 1
	// Flat is how much of the net's doubt is taken off each emission, see stream.emissions.
	Flat       float32 `json:"flat,omitempty"`
	Background int     `json:"background"` // frames of innocent speech for calibration
	Made       string  `json:"made"`       // what it was trained by
}

// Limits of a weights file; what lies outside is refused before anything is allocated.
const (
	maxHeader     = 1 << 16
	maxWidth      = 1024
	maxBlocks     = 64
	maxReach      = 32
	maxBackground = 1 << 20
)

func (h *header) check() error {
	switch {
	case len(h.Phonemes) < 2 || len(h.Phonemes) > 255 || h.Phonemes[0] != "_":
		return fmt.Errorf("weights with %d phonemes can't be right", len(h.Phonemes))
	case h.Stack < 1 || h.Stack > 8, h.Width < 1 || h.Width > maxWidth || h.Width%panel != 0, h.Blocks < 0 || h.Blocks > maxBlocks:
		return fmt.Errorf("weights of stack %d, width %d, %d blocks can't be right", h.Stack, h.Width, h.Blocks)
	case !(h.Flat >= 0 && h.Flat <= 2):
		return fmt.Errorf("weights with a flatness of %v can't be right", h.Flat)
	case h.Past < 0 || h.Past > maxReach || h.Ahead < 0 || h.Ahead > maxReach:
		return fmt.Errorf("weights with a reach of %d and %d frames can't be right", h.Past, h.Ahead)
	case h.Inputs < 0 || h.Inputs > maxWidth || len(h.Dilation) != 0 && len(h.Dilation) != h.Blocks:
		return fmt.Errorf("weights of %d inputs and %d dilations for %d blocks can't be right", h.Inputs, len(h.Dilation), h.Blocks)
	case slices.ContainsFunc(h.Dilation, func(d int) bool { return d < 1 || d > maxReach }):
		return fmt.Errorf("weights with dilations %v can't be right", h.Dilation)
	case h.Background < 0 || h.Background > maxBackground:
		return fmt.Errorf("weights with %d background frames can't be right", h.Background)
	}
	return nil
}

// A block is one layer: depthwise convolution over time, two linear maps with ReLU between, added to its input.
type block struct {
	deep     []float32 // [past+1+ahead][width]
	dilation int       // steps between its taps
	one, two linear
}

// A Net is the trained phoneme net. It is read-only and may be used by any number of streams at once.
type Net struct {
	header
	into, out  linear
	blocks     []block
	index      map[string]uint8
	background []heard
	bank       *melBank
	simd       bool
	benches    *sync.Pool // of *bench, for the streams
}

// Plain gives the same net on the generic path, for measuring.
func (n *Net) Plain() *Net {
	c := *n
	c.simd, c.into, c.out, c.blocks = false, n.into.plain(), n.out.plain(), slices.Clone(n.blocks)
	for i := range c.blocks {
		c.blocks[i].one, c.blocks[i].two = c.blocks[i].one.plain(), c.blocks[i].two.plain()
	}
	return &c
}

// SIMD tells whether the net runs on the SIMD path of this machine.
func (n *Net) SIMD() bool { return n.simd }

// Load reads the net that comes with the product, which takes some tens of milliseconds; keep it.
func Load() (*Net, error) { return ParseNet(shippedWeights) }

// ParseNet reads a weights file as train/export.py writes it (gzip around the format of magic).
func ParseNet(b []byte) (*Net, error) { return parse(b, false) }

// parse is ParseNet; exact asks for a net that doesn't calculate in whole numbers.
func parse(b []byte, exact bool) (*Net, error) {
	n := &Net{benches: new(sync.Pool), bank: newMelBank(window, bands, lowHz, highHz), index: map[string]uint8{}, simd: simdReady()}
	r, err := begun(b, magic, &n.header)
	if err != nil {
		return nil, err
	}
	if err := n.check(); err != nil {
		return nil, err
	}
	for i, p := range n.Phonemes {
		n.index[p] = uint8(i)
	}
	return n, n.fill(r, exact || n.Blocks == 0)
}

// begun reads what weights begin with, magic, the length of a JSON header and the header, and gives what is behind it.
func begun(b []byte, magic string, header any) (io.Reader, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, errors.New("not a weights file (no gzip header)")
	}
	r := io.LimitReader(z, 64<<20)
	head := make([]byte, len(magic)+4)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:len(magic)]) != magic {
		return nil, fmt.Errorf("not a weights file (no %s header)", strings.TrimRight(magic, "\n\x00"))
	}
	size := binary.LittleEndian.Uint32(head[len(magic):])
	if size > maxHeader {
		return nil, fmt.Errorf("weights header of %d bytes can't be right", size)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, errors.New("weights file ends inside its header")
	}
	if err := json.Unmarshal(text, header); err != nil {
		return nil, fmt.Errorf("read weights header: %w", err)
	}
	return r, nil
}

// parseFor is ParseNet for a net that must have so many inputs and outputs a step.
func parseFor(b []byte, inputs, outputs int) (*Net, error) {
	n, err := ParseNet(b)
	if err != nil {
		return nil, err
	}
	if n.Inputs != inputs || len(n.Phonemes) != outputs {
		return nil, fmt.Errorf("net of %d inputs and %d outputs where %d and %d are needed", n.Inputs, len(n.Phonemes), inputs, outputs)
	}
	return n, nil
}

// fill reads the numbers in the order that train/export.py writes them. A net without blocks looks at numbers of very different sizes once a
// second: it is exact.
func (n *Net) fill(r io.Reader, exact bool) error {
	in := numbers{r: r, exact: exact}
	if n.Inputs == 0 {
		n.Inputs = bands * n.Stack
	}
	n.into = in.linear(n.Inputs, n.Width)
	n.blocks = nil
	for i := range n.Blocks {
		dilation := 1
		if len(n.Dilation) > 0 {
			dilation = n.Dilation[i]
		}
		n.blocks = append(n.blocks, block{
			dilation: dilation,
			deep:     in.take((n.Past + 1 + n.Ahead) * n.Width),
			one:      in.linear(n.Width, n.Width).rectified(),
			two:      in.linear(n.Width, n.Width).sparse(),
		})
		if in.err != nil {
			return in.err
		}
	}
	n.out = in.linear(n.Width, len(n.Phonemes))
	if in.err != nil {
		return in.err
	}
	raw := make([]byte, n.Background*len(n.Phonemes))
	if _, err := io.ReadFull(r, raw); err != nil {
		return errors.New("weights file ends inside its background")
	}
	for row := range slices.Chunk(raw, len(n.Phonemes)) {
		e := make(emission, len(row))
		for i, q := range row {
			e[i] = -float32(q) / backgroundStep
		}
		n.background = append(n.background, heardOf(e, nil))
	}
	return nil
}

// numbers reads float16 arrays and keeps the first error.
type numbers struct {
	r     io.Reader
	err   error
	exact bool // linear maps without whole numbers
}

func (in *numbers) linear(from, to int) linear {
	w, b := in.take(from*to), in.take(to)
	if in.err != nil {
		return linear{}
	}
	if in.exact {
		return newExact(w, b, from)
	}
	return newLinear(w, b, from)
}

func (in *numbers) take(n int) []float32 {
	if in.err != nil {
		return nil
	}
	raw := make([]byte, 2*n)
	if _, err := io.ReadFull(in.r, raw); err != nil {
		in.err = errors.New("weights file ends inside its numbers")
		return nil
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = half(binary.LittleEndian.Uint16(raw[2*i:]))
		if v := float64(out[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			in.err = errors.New("weights file has a number that is not finite")
			return nil
		}
	}
	return out
}

// half widens an IEEE 754 binary16 number.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&0x1F, uint32(h)&0x3FF
	switch exp {
	case 0:
		v := float32(frac) / (1 << 24)
		if sign != 0 {
			v = -v
		}
		return v
	case 0x1F:
		return math.Float32frombits(sign | 0xFF<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
