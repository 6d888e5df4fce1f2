package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSpotOnDemonstrationSound(t *testing.T) {
	dir, err := filepath.Abs(filepath.Join("..", "demo", "sound"))
	if err != nil {
		t.Fatal(err)
	}
	set := write(t, "set.tsv", "kana\tpath\n"+
		"せんじつのけんまだおへんじをいただいておりませんがおかえりはおひとりでしょうよみちにはきをつけろよといっておきます\t"+filepath.Join(dir, "threat-caller.wav")+"\n"+
		"\t"+filepath.Join(dir, "limited-caller.wav")+"\n")
	phrases := write(t, "phrases.txt", "# a remark\nよみちにはきをつけろよ\nおかえりはおひとりでしょう\n\nふざけんなてめえ\n")
	m, err := RunSpot(t.Context(), SpotOptions{Set: set, Phrases: phrases})
	if err != nil {
		t.Fatal(err)
	}
	if m.Total.N != 2 || m.Total.Negatives != 4 || m.Total.RecallShipped != 1 || m.Total.FAShipped != 0 || m.Total.EER != 0 {
		t.Errorf("%+v", m.Total)
	}
	var b bytes.Buffer
	if err := m.Text(&b); err != nil || !strings.Contains(b.String(), "length/17-") {
		t.Errorf("%s (%v)", b.String(), err)
	}
	b.Reset()
	in, err := InputOf(set)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.JSON(&b, "dev", in, in); err != nil || !json.Valid(b.Bytes()) {
		t.Errorf("%s (%v)", b.String(), err)
	}
}

func TestMalformedSets(t *testing.T) {
	good := write(t, "p.txt", "ばかやろう\n")
	sound := filepath.Join("..", "demo", "sound", "limited-caller.wav")
	abs, err := filepath.Abs(sound)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ set, phrases, says string }{
		"no set":          {"/nowhere.tsv", good, "nowhere.tsv"},
		"no columns":      {write(t, "s.tsv", "file\ttext\nx\ty\n"), good, ":1:"},
		"short line":      {write(t, "s.tsv", "path\tkana\n"+abs+"\n"), good, ":2:"},
		"no clips":        {write(t, "s.tsv", "path\tkana\n"), good, "no lines"},
		"missing clip":    {write(t, "s.tsv", "path\tkana\nx.wav\tか\n"), good, "x.wav"},
		"its line":        {write(t, "s.tsv", "path\tkana\n"+abs+"\tか\nx.wav\tか\n"), good, "s.tsv:3: "},
		"kanji":           {write(t, "s.tsv", "path\tkana\n"+abs+"\t漢字\n"), good, "limited-caller"},
		"kanji's line":    {write(t, "s.tsv", "path\ttranscript\n"+abs+"\tか\n"+abs+"\t漢字\n"), good, "s.tsv:3: transcript"},
		"phrase's line":   {write(t, "s.tsv", "path\tkana\n"+abs+"\t\n"), write(t, "p.txt", "# \nばか\n漢字\n"), "p.txt:3: "},
		"no phrases":      {write(t, "s.tsv", "path\tkana\n"+abs+"\t\n"), write(t, "p.txt", "\n"), "no phrases"},
		"phrase in kanji": {write(t, "s.tsv", "path\tkana\n"+abs+"\t\n"), write(t, "p.txt", "漢字\n"), "漢"},
	} {
		_, err := RunSpot(t.Context(), SpotOptions{Set: c.set, Phrases: c.phrases})
		if !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A manifest may come from a spreadsheet, have a transcript in kana, and clips of more kana than a phrase may have.
func TestSetsAsTheyAre(t *testing.T) {
	sound, said := demoSound(t, "threat-caller.wav"), strings.Repeat("あいうえお", 20)+"ばかやろう"
	phrases := write(t, "p.txt", "\ufeffばかやろう\n")
	for name, set := range map[string]string{
		"byte order mark": "\ufeffpath\tkana\r\n" + sound + "\tばかやろう\r\n", "transcript": "path\ttranscript\n" + sound + "\tこのばかやろう。\n",
		"long": "path\tkana\n" + sound + "\t" + said + "\n",
	} {
		m, err := RunSpot(t.Context(), SpotOptions{Set: write(t, "s.tsv", set), Phrases: phrases})
		if err != nil || m.Total.N != 1 {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	m, err := RunSpeech(t.Context(), SpeechOptions{Set: write(t, "s.tsv", "path\tkana\n"+sound+"\t"+said+"\n")})
	if err != nil || m.Row.Measured != 1 {
		t.Errorf("speech: %+v, %v", m, err)
	}
}

// Nothing that was measured on nothing stands in a table, least of all as an error rate of 0.
func TestFiguresOfNothing(t *testing.T) {
	sound := demoSound(t, "limited-caller.wav")
	spot, err := RunSpot(t.Context(), SpotOptions{Set: write(t, "s.tsv", "path\tkana\n"+sound+"\t\n"), Phrases: write(t, "p.txt", "ふざけんなてめえ\n")})
	if err != nil {
		t.Fatal(err)
	}
	speaker, err := RunSpeaker(t.Context(), SpeakerOptions{Trials: write(t, "t.tsv", "target\tenrol\ttest\tkind\n1\t"+sound+"\t"+sound+"\tk\n")})
	if err != nil {
		t.Fatal(err)
	}
	speech, err := RunSpeech(t.Context(), SpeechOptions{Set: write(t, "s.tsv", "path\tkana\n"+sound+"\t\n")})
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]interface{ Text(io.Writer) error }{"spot": spot, "speaker": speaker, "speech": speech} {
		var b bytes.Buffer
		if err := m.Text(&b); err != nil || strings.Contains(b.String(), " 0.0%") {
			t.Errorf("%s: %v\n%s", name, err, b.String())
		}
	}
}

func TestRates(t *testing.T) {
	yes, no := []float64{-3, -1, -0.5, -0.2}, []float64{-4, -3.5, -3.2, -2}
	if r := equalErrorRate(yes, no); r != 0.125 {
		t.Errorf("EER %v", r)
	}
	if r := recallAt(yes, no, 0.01); r != 0.75 {
		t.Errorf("recall %v", r)
	}
	if equalErrorRate(nil, no) != 0 || recallAt(yes, nil, 0.01) != 0 || over(nil, 0) != 0 {
		t.Error("empty lists")
	}
}

// The interval holds the rate, is wider with fewer clips, and pairs of one clip count as one draw.
func TestInterval(t *testing.T) {
	set := func(clips int) (out []pair) {
		r := rand.New(rand.NewPCG(1, 1))
		for c := range clips {
			for k := range 20 {
				said := k < 4
				score := r.NormFloat64()
				if said {
					score += 2
				}
				out = append(out, pair{clip: c, score: score, said: said})
			}
		}
		return out
	}
	fewLow, fewHigh := interval(set(5))
	low, high := interval(set(200))
	if low > 0.16 || high < 0.15 || high-low > 0.06 || fewHigh-fewLow < 2*(high-low) {
		t.Errorf("of 5 clips %.3f–%.3f, of 200 %.3f–%.3f", fewLow, fewHigh, low, high)
	}
	if low, high := interval(nil); low != 0 || high != 0 {
		t.Error("of nothing")
	}
}

// Another net is measured when one is named; what is none is an input error that names the file.
func TestAnotherNet(t *testing.T) {
	set := write(t, "s.tsv", "path\tkana\n"+demoSound(t, "limited-caller.wav")+"\t\n")
	phrases := write(t, "p.txt", "なんどもでんわした\n")
	if _, err := RunSpot(t.Context(), SpotOptions{Set: set, Phrases: phrases, Net: "../../listener/builtin/weights/spotter.bin"}); err != nil {
		t.Error(err)
	}
	junk := write(t, "junk.bin", "no net")
	for _, net := range []string{junk, "nowhere.bin"} {
		if _, err := RunSpot(t.Context(), SpotOptions{Set: set, Phrases: phrases, Net: net}); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), net) {
			t.Errorf("%s: %v", net, err)
		}
	}
}
