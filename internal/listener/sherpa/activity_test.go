package sherpa

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ebitengine/purego"
	"github.com/mewkiz/flac"

	"commusafe/internal/audio"
	"commusafe/internal/listener/hear"
	"commusafe/internal/listener/hear/heartest"
)

// Silero through the library agrees with the true labels of real clips: each clip lies at a known place in noise, and
// where in the clip somebody speaks is read from its level before any noise was added.
func TestActivityAgreesWithTheLabels(t *testing.T) {
	l, model := library(t), silero(t)
	all, err := filepath.Glob(filepath.Join(filepath.Dir(sharedFile(t, "data", "speech", "dev.tsv")), "common_voice*.flac"))
	if err != nil || len(all) < 3 {
		t.Fatal(all, err)
	}
	var hit, miss, wrong int
	for _, f := range all[:3] {
		pcm, labels := clipInNoise(readFLAC(t, f))
		a, err := l.NewActivity(model)
		if err != nil {
			t.Fatal(err)
		}
		got := a.Feed(pcm, nil)
		a.Close()
		for i, speech := range got {
			switch {
			case speech && labels[i]:
				hit++
			case speech:
				wrong++
			case labels[i]:
				miss++
			}
		}
	}
	f1 := 2 * float64(hit) / float64(2*hit+miss+wrong)
	t.Logf("F1 %.3f, precision %.3f, recall %.3f over %d windows of speech", f1, float64(hit)/float64(hit+wrong), float64(hit)/float64(hit+miss), hit+miss)
	if f1 < 0.85 {
		t.Errorf("F1 %.3f", f1)
	}
}

// clipInNoise puts a clip between two seconds of noise, with noise 25 dB under it, through G.711; labels by window.
func clipInNoise(clip []int16) (pcm []int16, labels []bool) {
	const pad = 2 * audio.SampleRate / window * window
	clip = clip[:len(clip)/window*window]
	loudest := audio.Floor
	for at := 0; at < len(clip); at += window {
		loudest = max(loudest, audio.Loudness(clip[at:at+window]))
	}
	labels = make([]bool, (len(clip)+2*pad)/window)
	for at := 0; at < len(clip); at += window {
		labels[(at+pad)/window] = audio.Loudness(clip[at:at+window]) > loudest-30
	}
	for i := 2; i+6 < len(labels); i++ { // pauses under 200 ms belong to the speech
		if labels[i-1] && !labels[i] && (labels[i+2] || labels[i+4] || labels[i+5]) {
			labels[i] = true
		}
	}
	amplitude := 32768 * math.Pow(10, (loudest-25)/20) * math.Sqrt(3)
	seed := uint32(7)
	for i := range len(clip) + 2*pad {
		seed = seed*1664525 + 1013904223
		x := amplitude * (float64(seed)/float64(1<<31) - 1)
		if k := i - pad; k >= 0 && k < len(clip) {
			x += float64(clip[k])
		}
		pcm = append(pcm, int16(max(-32768, min(32767, x))))
	}
	return audio.PCMU.Decode(nil, audio.PCMU.Encode(nil, pcm)), labels
}

func readFLAC(t *testing.T, path string) []int16 {
	t.Helper()
	s, err := flac.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var pcm []int16
	for {
		f, err := s.ParseNext()
		if errors.Is(err, io.EOF) {
			return audio.To8k(pcm, int(s.Info.SampleRate))
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range f.Subframes[0].Samples {
			pcm = append(pcm, int16(x))
		}
	}
}

// The doubled sound is the same sound: a tone keeps level and place.
func TestDoubling(t *testing.T) {
	for _, hz := range []float64{200, 1000, 3000} {
		pcm := make([]int16, 8000)
		for i := range pcm {
			pcm[i] = int16(10000 * math.Sin(2*math.Pi*hz*float64(i)/8000))
		}
		var d doubler
		x := d.double(nil, pcm[:1000])
		x = d.double(x, pcm[1000:])
		var worst float64
		for i := 1000; i < len(x); i++ {
			want := 10000. / 32768 * math.Sin(2*math.Pi*hz*(float64(i)/2-float64(halfTaps)/2)/8000)
			worst = max(worst, math.Abs(float64(x[i])-want))
		}
		if worst > 0.035 {
			t.Errorf("%v Hz: off by %.4f", hz, worst)
		}
	}
}

// Opening and closing leaves nothing behind. COMMUSAFE_TEST_CYCLES=1000 is the long run (make cycles).
func TestOpeningAndClosingDoesNotGrow(t *testing.T) {
	l, model, m := library(t), silero(t), toySense(t)
	n := 15
	if s := os.Getenv("COMMUSAFE_TEST_CYCLES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	dir, say := runtimeDir(t), tones("a ")
	cycle := func() {
		a, err := l.NewActivity(model)
		if err != nil {
			t.Fatal(err)
		}
		a.Feed(say, nil)
		a.Close()
		e, err := OpenEngine(Config{Library: dir, Words: m, Activity: model}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := heard(e, "caller", say, nil); err != nil {
			t.Fatal(err)
		}
		e.Close()
	}
	for range n / 3 {
		cycle()
	}
	trim(t)
	before := resident(t)
	var sizes []int // at forty moments, without what allocators keep for later
	for i := range n {
		cycle()
		if i%max(1, n/40) == 0 {
			trim(t)
			sizes = append(sizes, resident(t)-before)
		}
	}
	// The least of several: now and then some 5 MB can't be given back for a while. An engine or a session that stays open takes 10 MB a cycle.
	early, late := slices.Min(sizes[len(sizes)/4:len(sizes)/2]), slices.Min(sizes[len(sizes)-len(sizes)/4:])
	t.Logf("%d MB resident; over %d cycles, more than at first: %d kB in the second quarter, %d kB in the last", resident(t)>>20, n, early>>10, late>>10)
	if late > 50<<20 {
		t.Errorf("%d kB more after %d cycles", late>>10, n)
	}
	if n >= 400 && late-early > 4<<20 {
		t.Errorf("memory goes on rising: %d kB from the second quarter of %d cycles to the last", (late-early)>>10, n)
	}
}

// trim gives the system back what the allocators of Go and of C keep free (malloc_trim(3)).
func trim(t *testing.T) {
	t.Helper()
	libc, err := purego.Dlopen("libc.so.6", purego.RTLD_NOW)
	if err != nil {
		t.Fatal(err)
	}
	var mallocTrim func(uintptr) int32
	purego.RegisterLibFunc(&mallocTrim, libc, "malloc_trim")
	debug.FreeOSMemory()
	mallocTrim(0)
}

// resident is the process's memory (proc(5), statm).
func resident(t *testing.T) int {
	t.Helper()
	runtime.GC()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// Voices of different colour are far apart, the same voice is near, and half a second is too short.
func TestEmbedding(t *testing.T) {
	e, err := library(t).NewEmbedder(toyVoice(t))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	a, err := e.Embed(tones("aaaaa"))
	if err != nil || len(a) != e.Dim() || e.Dim() != 80 {
		t.Fatal(len(a), err)
	}
	b, _ := e.Embed(tones("aaaaaa"))
	c, _ := e.Embed(tones("kkkkk"))
	if distance(a, b) > distance(a, c)/4 {
		t.Errorf("the same voice is %.2f away, another one %.2f", distance(a, b), distance(a, c))
	}
	if _, err := e.Embed(make([]int16, 4000)); err == nil {
		t.Error("half a second had a voice")
	}
}

// As all listeners know it, the embedding passes their suite; a centre is taken off both sides.
func TestVoiceConforms(t *testing.T) {
	e, err := library(t).NewEmbedder(toyVoice(t))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	v := &Voice{Embedder: e, ID: "toy", Activity: hear.LevelActivity{}}
	same, other := [2][]int16{tones("aaaaa"), tones("aaaka")}, tones("kkkkk")
	heartest.Embedder(t, v, same, other)
	a, _ := v.Embed(same[0])
	b, _ := v.Embed(other)
	before := v.Score([][]float32{a}, b)
	v.Calibrate([][]float32{a, b})
	a, _ = v.Embed(same[0])
	b, _ = v.Embed(other)
	if after := v.Score([][]float32{a}, b); before < -0.9 || math.Abs(after+1) > 1e-3 {
		t.Errorf("two voices about their own centre are opposite: %v, before %v", after, before)
	}
}

func distance(a, b []float32) (sum float64) {
	for i := range a {
		sum += math.Abs(float64(a[i] - b[i]))
	}
	return sum
}
