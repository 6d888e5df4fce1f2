package sherpa

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"commusafe/internal/audio"
)

// Toy models: nets of a few numbers in the formats that the library reads, written here. They tell a low tone (ア) from
// a high one (カ) by the energy in two bands, so the real library's recognisers run for real, streams and all.

// pb is a protobuf message being written.
type pb []byte

func (m pb) str(field int, s string) pb {
	return protowire.AppendString(protowire.AppendTag(m, protowire.Number(field), protowire.BytesType), s)
}

func (m pb) sub(field int, s pb) pb { return m.str(field, string(s)) }

func (m pb) num(field int, v int) pb {
	return protowire.AppendVarint(protowire.AppendTag(m, protowire.Number(field), protowire.VarintType), uint64(v))
}

const (
	float = 1 // TensorProto.DataType
	long  = 7
	whole = 6
)

func value(name string, kind int, dims ...string) pb {
	var shape pb
	for _, d := range dims {
		shape = shape.sub(1, pb(nil).str(2, d))
	}
	return pb(nil).str(1, name).sub(2, pb(nil).sub(1, pb(nil).num(1, kind).sub(2, shape)))
}

func tensor(name string, dims []int, x ...float32) pb {
	m := pb(nil)
	for _, d := range dims {
		m = m.num(1, d)
	}
	raw := make([]byte, 0, 4*len(x))
	for _, v := range x {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return m.num(2, float).str(8, name).str(9, string(raw))
}

// tensor64 is a list of whole numbers.
func tensor64(name string, x ...int64) pb {
	raw := make([]byte, 0, 8*len(x))
	for _, v := range x {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	return pb(nil).num(1, len(x)).num(2, long).str(8, name).str(9, string(raw))
}

// fourth takes every fourth frame, as the library believes of transducers.
func fourth(in, out string) pb { return node("Slice", in+" from to axis by", out) }

func fourthWeights() []pb {
	return []pb{tensor64("from", 0), tensor64("to", math.MaxInt32), tensor64("axis", 1), tensor64("by", 4)}
}

func node(op, in, out string, attrs ...pb) pb {
	m := pb(nil)
	for s := range strings.FieldsSeq(in) {
		m = m.str(1, s)
	}
	for s := range strings.FieldsSeq(out) {
		m = m.str(2, s)
	}
	m = m.str(4, op)
	for _, a := range attrs {
		m = m.sub(5, a)
	}
	return m
}

func ints(name string, v ...int) pb {
	m := pb(nil).str(1, name)
	for _, n := range v {
		m = m.num(8, n)
	}
	return m.num(20, 7)
}

func integer(name string, v int) pb { return pb(nil).str(1, name).num(3, v).num(20, 2) }

type net struct {
	in, out, weights, nodes []pb
	meta                    map[string]string
}

func (n net) write(t *testing.T, path string) string {
	t.Helper()
	graph := pb(nil)
	for _, x := range n.nodes {
		graph = graph.sub(1, x)
	}
	graph = graph.str(2, "toy")
	for field, list := range map[int][]pb{5: n.weights, 11: n.in, 12: n.out} {
		for _, x := range list {
			graph = graph.sub(field, x)
		}
	}
	m := pb(nil).num(1, 8).sub(7, graph).sub(8, pb(nil).str(1, "").num(2, 13))
	for k, v := range n.meta {
		m = m.sub(14, pb(nil).str(1, k).str(2, v))
	}
	if err := os.WriteFile(path, m, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A filters says where a front end's mel filters put the two tones, and how much louder it finds white noise at the
// higher one.
type filters struct {
	low, high   int
	tilt        float32
	word, blank int // places in the vocabulary: of the low tone, with the high one behind, and of "no tone"
}

func kaldi() filters { return filters{low: 15, high: 47, tilt: 3, word: 1, blank: 0} }
func nemo() filters  { return filters{low: 11, high: 49, tilt: 0, word: 0, blank: 2} }

// bands gives weights from mel bins to scores of the words of a vocabulary, for frames of so many stacked ones.
func (f filters) bands(vocabulary, stacked int) []float32 {
	w := make([]float32, stacked*featureDim*vocabulary)
	for s := range stacked {
		for bin := range 3 {
			v := 1 / float32(3*stacked)
			low, high := (s*featureDim+f.low+bin)*vocabulary, (s*featureDim+f.high+bin)*vocabulary
			w[low+f.word], w[low+f.word+1], w[high+f.word], w[high+f.word+1] = v, -v, -v, v
		}
	}
	return w
}

// offsets put "no tone" before small differences and leave out the words after the tones.
func (f filters) offsets(vocabulary int) []float32 {
	b := make([]float32, vocabulary)
	b[f.blank], b[f.word], b[f.word+1] = 4, f.tilt, -f.tilt
	for i := 3; i < vocabulary; i++ {
		b[i] = -100
	}
	return b
}

func tokens(t *testing.T, dir string, words ...string) string {
	t.Helper()
	var b strings.Builder
	for i, w := range words {
		b.WriteString(w + " " + string(rune('0'+i)) + "\n")
	}
	path := filepath.Join(dir, "tokens.txt")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func toyCTC(t *testing.T) Model {
	t.Helper()
	dir := t.TempDir()
	n := net{in: []pb{value("x", float, "N", "C", "T"), value("len", long, "N")}, out: []pb{value("y", float, "N", "T", "V")},
		weights: []pb{tensor("w", []int{featureDim, 3}, nemo().bands(3, 1)...), tensor("b", []int{3}, nemo().offsets(3)...)},
		nodes:   []pb{node("Transpose", "x", "xt", ints("perm", 0, 2, 1)), node("MatMul", "xt w", "s"), node("Add", "s b", "sb"), node("LogSoftmax", "sb", "y", integer("axis", 2))},
		meta:    map[string]string{"vocab_size": "3", "subsampling_factor": "1", "normalize_type": ""}}
	return Model{ID: "toy-ctc", Kind: NemoCTC, Net: n.write(t, filepath.Join(dir, "model.onnx")), Tokens: tokens(t, dir, "ア", "カ", "<blk>")}
}

func toySense(t *testing.T) Model {
	t.Helper()
	const v = 7
	dir := t.TempDir()
	head := make([]float32, 4*v)
	for frame, word := range []int{3, 4, 5, 6} {
		head[frame*v+word] = 100
	}
	many := func(x string) string { return strings.TrimSuffix(strings.Repeat(x+",", 7*featureDim), ",") }
	n := net{in: []pb{value("x", float, "N", "T", "C"), value("len", whole, "N"), value("language", whole, "N"), value("norm", whole, "N")},
		out: []pb{value("logits", float, "N", "U", "V")},
		weights: []pb{tensor("w", []int{7 * featureDim, v}, kaldi().bands(v, 7)...), tensor("b", []int{v}, kaldi().offsets(v)...),
			tensor("head", []int{1, 4, v}, head...), tensor("zero", []int{1}, 0)},
		nodes: []pb{node("MatMul", "x w", "s"), node("Add", "s b", "sb"), node("ReduceMean", "x", "m", ints("axes", 1, 2), integer("keepdims", 1)),
			node("Mul", "m zero", "m0"), node("Add", "m0 head", "h"), node("Concat", "h sb", "logits", integer("axis", 1))},
		meta: map[string]string{"vocab_size": "7", "lfr_window_size": "7", "lfr_window_shift": "6", "normalize_samples": "1", "with_itn": "14", "without_itn": "15", "comment": "",
			"lang_auto": "0", "lang_zh": "3", "lang_en": "4", "lang_ja": "11", "lang_ko": "12", "lang_yue": "7", "neg_mean": many("0"), "inv_stddev": many("1")}}
	return Model{ID: "toy-sense", Kind: SenseVoice, Language: "ja", Net: n.write(t, filepath.Join(dir, "model.onnx")),
		Tokens: tokens(t, dir, "<unk>", "ア", "カ", "<|ja|>", "<|ANGRY|>", "<|Speech|>", "<|withitn|>")}
}

// toyJoint writes decoder and joiner of a transducer that lets the encoder decide.
func toyJoint(t *testing.T, m *Model, dir string) {
	t.Helper()
	m.Decoder = net{in: []pb{value("y", long, "N", "2")}, out: []pb{value("d", float, "N", "V")}, weights: []pb{tensor("z", []int{2, 3}, make([]float32, 6)...)},
		nodes: []pb{node("Cast", "y", "yf", integer("to", float)), node("MatMul", "yf z", "d")},
		meta:  map[string]string{"vocab_size": "3", "context_size": "2"}}.write(t, filepath.Join(dir, "decoder.onnx"))
	m.Joiner = net{in: []pb{value("e", float, "N", "V"), value("d", float, "N", "V")}, out: []pb{value("j", float, "N", "V")},
		nodes: []pb{node("Add", "e d", "j")}, meta: map[string]string{"joiner_dim": "3"}}.write(t, filepath.Join(dir, "joiner.onnx"))
	m.Tokens = tokens(t, dir, "<blk>", "ア", "カ")
}

func toyTransducer(t *testing.T) Model {
	t.Helper()
	dir := t.TempDir()
	m := Model{ID: "toy-transducer", Kind: Transducer}
	m.Encoder = net{in: []pb{value("x", float, "N", "T", "C"), value("len", long, "N")}, out: []pb{value("e", float, "N", "T", "V"), value("elen", long, "N")},
		weights: append(fourthWeights(), tensor("w", []int{featureDim, 3}, kaldi().bands(3, 1)...), tensor("b", []int{3}, kaldi().offsets(3)...)),
		nodes:   []pb{fourth("x", "x4"), node("MatMul", "x4 w", "s"), node("Add", "s b", "e"), node("Div", "len by", "elen")},
		meta:    map[string]string{"model_type": "zipformer2"}}.write(t, filepath.Join(dir, "encoder.onnx"))
	toyJoint(t, &m, dir)
	return m
}

func toyOnline(t *testing.T) Model {
	t.Helper()
	dir := t.TempDir()
	m := Model{ID: "toy-online", Kind: OnlineTransducer}
	m.Encoder = net{in: []pb{value("x", float, "N", "T", "C"), value("a", float, "1", "1", "N", "V"), value("c", float, "1", "1", "N", "V"), value("p", long, "N")},
		out:     []pb{value("e", float, "N", "T", "V"), value("a2", float, "1", "1", "N", "V"), value("c2", float, "1", "1", "N", "V")},
		weights: append(fourthWeights(), tensor("w", []int{featureDim, 3}, kaldi().bands(3, 1)...), tensor("b", []int{3}, kaldi().offsets(3)...)),
		nodes:   []pb{fourth("x", "x4"), node("MatMul", "x4 w", "s"), node("Add", "s b", "e"), node("Identity", "a", "a2"), node("Identity", "c", "c2")},
		meta: map[string]string{"model_type": "conformer", "num_encoder_layers": "1", "T": "8", "decode_chunk_len": "8", "left_context": "1", "encoder_dim": "3",
			"pad_length": "0", "cnn_module_kernel": "2"}}.write(t, filepath.Join(dir, "encoder.onnx"))
	toyJoint(t, &m, dir)
	return m
}

func toyVoice(t *testing.T) string {
	t.Helper()
	return net{in: []pb{value("x", float, "N", "T", "C")}, out: []pb{value("v", float, "N", "C")},
		nodes: []pb{node("ReduceMean", "x", "v", ints("axes", 1), integer("keepdims", 0))},
		meta:  map[string]string{"framework": "wespeaker", "language": "ja", "output_dim": "80", "sample_rate": "16000", "normalize_samples": "1"}}.write(t, filepath.Join(t.TempDir(), "voice.onnx"))
}

// toyDenoiser lets pass what is below 1600 Hz, in the form of GTCRN: a spectrum of 257 bins and three states in, the same out.
func toyDenoiser(t *testing.T) string {
	t.Helper()
	const bins, pass = 257, 51
	mask := make([]float32, bins)
	for i := range pass {
		mask[i] = 1
	}
	shapes := map[string][]string{"conv_cache": {"2", "1", "16", "16", "33"}, "tra_cache": {"2", "3", "1", "1", "16"}, "inter_cache": {"2", "1", "33", "16"}}
	n := net{in: []pb{value("mix", float, "1", "257", "1", "2")}, out: []pb{value("enh", float, "1", "257", "1", "2")},
		weights: []pb{tensor("mask", []int{1, bins, 1, 1}, mask...)}, nodes: []pb{node("Mul", "mix mask", "enh")},
		meta: map[string]string{"model_type": "gtcrn", "sample_rate": "16000", "version": "1", "n_fft": "512", "hop_length": "256", "window_length": "512", "window_type": "hann_sqrt"}}
	for _, name := range []string{"conv_cache", "tra_cache", "inter_cache"} { // in the order that the library reads them
		n.in = append(n.in, value(name, float, shapes[name]...))
		n.out = append(n.out, value(name+"_out", float, shapes[name]...))
		n.nodes = append(n.nodes, node("Identity", name, name+"_out"))
		n.meta[name+"_shape"] = strings.Join(shapes[name], ",")
	}
	return n.write(t, filepath.Join(t.TempDir(), "gtcrn.onnx"))
}

// tones gives half a second of faint noise and a tone for each letter: a is low, k high, m both, a space is a second of noise.
func tones(letters string) []int16 {
	var pcm []int16
	seed := uint32(1)
	add := func(ms int, hz float64) {
		for i := range ms * audio.SamplesPerMS {
			seed = seed*1664525 + 1013904223
			x := float64(int32(seed>>24)-128) / 8
			if hz > 0 {
				fade := min(1, float64(min(i, ms*audio.SamplesPerMS-i))/160) // a click would sound in all bands
				x += fade * 9000 * math.Sin(2*math.Pi*hz*float64(i)/audio.SampleRate)
			}
			pcm = append(pcm, int16(x))
		}
	}
	add(500, 0)
	for _, l := range letters {
		switch l {
		case 'a':
			add(400, 500)
			add(120, 0)
		case 'k':
			add(400, 2500)
			add(120, 0)
		case 'm':
			from := len(pcm)
			add(400, 500)
			high := mixed(len(pcm) - from)
			for i := range high {
				pcm[from+i] += high[i]
			}
			add(120, 0)
		default:
			add(1000, 0)
		}
	}
	return pcm
}

// mixed is the high tone of an m.
func mixed(n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		fade := min(1, float64(min(i, n-i))/160)
		out[i] = int16(fade * 6000 * math.Sin(2*math.Pi*2500*float64(i)/audio.SampleRate))
	}
	return out
}
