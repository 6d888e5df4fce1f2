package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
)

func demoSound(t *testing.T, name string) string {
	t.Helper()
	abs, err := filepath.Abs(filepath.Join("..", "demo", "sound", name))
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// said checks that a measure's table and JSON say something.
func said(t *testing.T, text func(*bytes.Buffer) error, r Result, has string) {
	t.Helper()
	var b bytes.Buffer
	if err := text(&b); err != nil || !strings.Contains(b.String(), has) {
		t.Errorf("table %q (%v)", b.String(), err)
	}
	b.Reset()
	var got map[string]any
	if err := r.JSON(&b, "dev", Input{"x", "y"}); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"measure", "program", "versions", "machine", "input", "rows", "total"} {
		if got[k] == nil {
			t.Errorf("%s is missing in %s", k, b.String())
		}
	}
}

// An activity that says speech from one sample to another, whatever it hears.
type fixedActivity struct{ from, to int }

func (fixedActivity) Source() string        { return "fixed/1" }
func (f fixedActivity) Open() hear.Activity { return &fixedStream{fixedActivity: f} }

type fixedStream struct {
	fixedActivity
	at, given int
}

func (f *fixedStream) Feed(pcm []int16, out []hear.Slot) []hear.Slot {
	for f.at += len(pcm); f.given+160 <= f.at; f.given += 160 {
		out = append(out, hear.Slot{Speech: f.given >= f.from && f.given < f.to})
	}
	return out
}
func (f *fixedStream) Close(out []hear.Slot) []hear.Slot { return out }

// The figures are those of the labels: all right, all missed, half of it, and both ways to write a label.
func TestVADCounts(t *testing.T) {
	for name, c := range map[string]struct {
		labels            string
		activity          fixedActivity
		precision, recall float64
	}{
		"right":    {"960-1920", fixedActivity{960 * 8, 1920 * 8}, 1, 1},
		"seconds":  {"0.96-1.92", fixedActivity{960 * 8, 1920 * 8}, 1, 1},
		"two":      {"960-1280|1280-1920", fixedActivity{960 * 8, 1920 * 8}, 1, 1},
		"nothing":  {"960-1920", fixedActivity{}, 0, 0},
		"too much": {"960-1920", fixedActivity{960 * 8, 2880 * 8}, 0.5, 1},
		"too late": {"960-1920", fixedActivity{1440 * 8, 1920 * 8}, 1, 0.5},
		"unsaid":   {"", fixedActivity{960 * 8, 1920 * 8}, 0, 0},
	} {
		set := write(t, "v.tsv", "path\tspeech\n"+demoSound(t, "limited-caller.wav")+"\t"+c.labels+"\n")
		m, err := RunVAD(t.Context(), VADOptions{Set: set, Activity: c.activity})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(m.Total.Precision-c.precision) > 0.02 || math.Abs(m.Total.Recall-c.recall) > 0.02 {
			t.Errorf("%s: %+v", name, m.Total)
		}
	}
}

// Another opinion is counted against the same labels and against ours: of 2.88 s, ours and the other's agree in all but the
// stretch that only one of them calls speech.
func TestVADBeside(t *testing.T) {
	set := write(t, "v.tsv", "path\tspeech\n"+demoSound(t, "limited-caller.wav")+"\t960-1920\n")
	beside := func(from, to int) func([]int16) ([]bool, error) {
		return func(pcm []int16) ([]bool, error) {
			out := make([]bool, len(pcm)/vadFrame)
			for i := range out {
				out[i] = i*32 >= from && i*32 < to
			}
			return out, nil
		}
	}
	run := func(from, to int) VADRow {
		m, err := RunVAD(t.Context(), VADOptions{Set: set, Activity: fixedActivity{960 * 8, 1920 * 8}, Beside: beside(from, to), BesideName: "other"})
		if err != nil {
			t.Fatal(err)
		}
		said(t, func(b *bytes.Buffer) error { return m.Text(b) }, m.Result(), m.Total.Name)
		return m.Total
	}
	if r := run(960, 1920); r.Agreement != 1 || r.BesideF1 != 1 || r.Kappa != 1 {
		t.Errorf("the same: %+v", r)
	}
	r := run(960, 2880)
	if want := 1 - 30/float64(r.N); math.Abs(r.Agreement-want) > 1e-9 || math.Abs(r.BesideF1-2.0/3) > 1e-9 || r.F1 != 1 || r.Kappa <= 0 || r.Kappa >= r.Agreement {
		t.Errorf("too much by the other: %+v, agreement should be %v", r, want)
	}
	if r := run(0, 0); r.BesideF1 != 0 || r.Kappa != 0 {
		t.Errorf("the other hears nothing: %+v", r)
	}
	broken := errors.New("broken")
	_, err := RunVAD(t.Context(), VADOptions{Set: set, Beside: func([]int16) ([]bool, error) { return nil, broken }})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
}

// An engine that gives the same two utterances whatever it hears.
type fixedText [2]string

func (fixedText) Source() string { return "fixed/1" }
func (f fixedText) Transcribe(_ context.Context, who call.Party, _ []int16, _ func(float64)) ([]evidence.Utterance, error) {
	if who != call.Caller || f[0] == "" {
		return nil, io.ErrUnexpectedEOF
	}
	return []evidence.Utterance{{Text: f[0]}, {Text: f[1]}}, nil
}

// The errors a character are those of letters and digits only, over all clips together.
func TestTranscriptsAreMeasured(t *testing.T) {
	a := demoSound(t, "limited-caller.wav")
	set := write(t, "s.tsv", "path\ttranscript\n"+a+"\tＡｂ、責任者を、出せ。\n"+a+"\t\n"+a+"\tab責任者出して\n")
	m, err := RunSpeech(t.Context(), SpeechOptions{Set: set, Engine: fixedText{"ab 責任者を", "出せ！"}})
	if err != nil {
		t.Fatal(err)
	}
	// 8 characters right; of the other 8, を is too many, せ is another, て is missing.
	if m.Row.CER != 3.0/16 || m.Row.N != 3 || m.Row.Measured != 2 {
		t.Errorf("%+v", m.Row)
	}
	said(t, func(b *bytes.Buffer) error { return m.Text(b) }, m.Result(), "fixed/1")
	if _, err := RunSpeech(t.Context(), SpeechOptions{Set: set, Engine: fixedText{}}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	kana := write(t, "k.tsv", "path\tkana\n"+a+"\tアカ\n")
	if _, err := RunSpeech(t.Context(), SpeechOptions{Set: kana, Engine: fixedText{"a", "b"}}); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
}

func TestMeasuresOfSound(t *testing.T) {
	a, b, c := demoSound(t, "limited-caller.wav"), demoSound(t, "enquiry-caller.wav"), demoSound(t, "abuse-caller.wav")
	v, err := RunVAD(t.Context(), VADOptions{Set: write(t, "v.tsv", "path\tspeech\tcondition\n"+a+"\t1000-2000\tx\n")})
	if err != nil {
		t.Fatal(err)
	}
	said(t, func(b *bytes.Buffer) error { return v.Text(b) }, v.Result(), "recall")
	e, err := RunEmotion(t.Context(), EmotionOptions{Set: write(t, "e.tsv", "path\tspeaker\tclass3\tcorpus\n"+a+"\ts\tneutral\tc\n"+c+"\ts\tanger\tc\n")})
	if err != nil {
		t.Fatal(err)
	}
	if e.Total.N != 2 || e.Total.Anger != 1 || e.Total.Neutral != 1 {
		t.Errorf("%+v", e.Total)
	}
	said(t, func(b *bytes.Buffer) error { return e.Text(b) }, e.Result(), "AUC")
	trials := write(t, "t.tsv", "target\tenrol\ttest\tkind\n1\t"+a+"|"+a+"\t"+a+"\tsame\n0\t"+a+"\t"+b+"\tother\n")
	for _, lines := range []bool{false, true} {
		s, err := RunSpeaker(t.Context(), SpeakerOptions{Trials: trials, Utts: write(t, "u.tsv", "path\n"+a+"\n"+b+"\n"), Lines: lines})
		if err != nil {
			t.Fatal(err)
		}
		if s.Total.Targets != 1 || s.Total.Impostors != 1 || len(s.Rows) != 2 {
			t.Errorf("%+v", s)
		}
		said(t, func(b *bytes.Buffer) error { return s.Text(b) }, s.Result(), "参考")
	}
	p, err := RunSpeech(t.Context(), SpeechOptions{Set: write(t, "s.tsv", "path\tkana\n"+a+"\tもしもし\n"+b+"\t\n")})
	if err != nil {
		t.Fatal(err)
	}
	if p.Row.N != 2 || p.Row.Measured != 1 || p.Row.CER != nil {
		t.Errorf("%+v", p.Row)
	}
	said(t, func(b *bytes.Buffer) error { return p.Text(b) }, p.Result(), "no transcript")
}

func TestMalformedSoundSets(t *testing.T) {
	a := demoSound(t, "limited-caller.wav")
	junk := write(t, "junk.wav", "this is no sound")
	vad := func(set string) error { _, err := RunVAD(t.Context(), VADOptions{Set: set}); return err }
	emotion := func(set string) error { _, err := RunEmotion(t.Context(), EmotionOptions{Set: set}); return err }
	speaker := func(set string) error {
		_, err := RunSpeaker(t.Context(), SpeakerOptions{Trials: set, Utts: write(t, "u.tsv", "path\n"+a+"\n")})
		return err
	}
	speech := func(set string) error { _, err := RunSpeech(t.Context(), SpeechOptions{Set: set}); return err }
	for name, c := range map[string]struct {
		run       func(string) error
		set, says string
	}{
		"no file":        {vad, "", "s.tsv"},
		"empty":          {vad, "", "header"},
		"no labels":      {vad, "path\n" + a + "\n", "speech"},
		"header only":    {vad, "path\tspeech\n", "no lines"},
		"backwards":      {vad, "path\tspeech\n" + a + "\t20-10\n", ":2:"},
		"no number":      {vad, "path\tspeech\n" + a + "\t1-2\n" + a + "\tx-y\n", ":3:"},
		"not finite":     {vad, "path\tspeech\n" + a + "\t0-NaN\n", ":2:"},
		"no such sound":  {vad, "path\tspeech\nnowhere.wav\t\n", ":2:"},
		"no sound in it": {vad, "path\tspeech\n" + junk + "\t\n", ":2:"},
		"no class":       {emotion, "path\tspeaker\tcorpus\n" + a + "\ts\tc\n", "class3"},
		"unknown class":  {emotion, "path\tspeaker\tclass3\tcorpus\n" + a + "\ts\tfury\tc\n", ":2:"},
		"short line":     {emotion, "path\tspeaker\tclass3\tcorpus\n" + a + "\ts\n", ":2:"},
		"bad time":       {emotion, "path\tspeaker\tclass3\tcorpus\tfrom_ms\n" + a + "\ts\tanger\tc\tsoon\n", ":2:"},
		"target":         {speaker, "target\tenrol\ttest\tkind\nyes\t" + a + "\t" + a + "\tk\n", ":2:"},
		"clip not named": {speaker, "target\tenrol\ttest\tkind\n1\t" + a + "\tother.wav\tk\n", "not named"},
		"no kana":        {speech, "path\ttext\n" + a + "\tx\n", "kana"},
		"kanji for kana": {speech, "path\tkana\n" + a + "\t漢字\n", ":2:"},
	} {
		set := "/nowhere/s.tsv"
		if name != "no file" {
			set = write(t, "s.tsv", c.set)
		}
		if err := c.run(set); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDistanceAndArea(t *testing.T) {
	if d := distance(strings.Split("kitten", ""), strings.Split("sitting", "")); d != 3 {
		t.Errorf("distance %d", d)
	}
	if a := areaUnder([]float64{1, 2}, []float64{0, 1}); a != 0.875 {
		t.Errorf("area %v", a)
	}
	if areaUnder(nil, nil) != 0 || from(nil, 0) != 0 || distance(nil, nil) != 0 {
		t.Error("of nothing")
	}
}
