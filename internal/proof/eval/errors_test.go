package eval

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"commusafe/internal/judge"
	"commusafe/internal/text"
)

func spoilerOf(t *testing.T, rate float64) *spoiler {
	t.Helper()
	s, err := newSpoiler(rate)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The same line is always spoiled in the same way, another round in another way, and not at all at a rate of 0.
func TestSpoilingIsFixed(t *testing.T) {
	const line = "弁護士に相談して連絡します、ＳＮＳにも書きますからね。"
	s := spoilerOf(t, 0.15)
	if a, b := s.spoil(line, 0), spoilerOf(t, 0.15).spoil(line, 0); a != b || a == line {
		t.Errorf("%s, %s", a, b)
	}
	if s.spoil(line, 0) == s.spoil(line, 1) {
		t.Error("both rounds are the same")
	}
	if got := spoilerOf(t, 0).spoil(line, 0); got != line {
		t.Error(got)
	}
}

// The rate is that of phonemes: a line of kana, two phonemes each, changes by about twice the rate of its kana. What is
// changed goes beyond what the judge takes for near.
func TestErrorsAreAsManyAndWiderThanTheJudgeAllows(t *testing.T) {
	s, like := spoilerOf(t, 0.1), text.NewLikeness()
	const line, n = "かきくけこたちつてと", 400
	changed, far := 0, 0
	var c text.Cells
	for round := range n {
		got := []rune(s.spoil(line, round))
		for i, r := range []rune(line) {
			if len(got) == 10 && got[i] != r {
				changed++
				var l text.Lattice
				s.readings.Fill(&l, got[i:i+1])
				p, err := text.Phones(string(r))
				if err == nil && like.Distance(&c, &l, p) >= text.Whole*3/4 {
					far++
				}
			}
		}
	}
	if share := float64(changed) / (10 * n); share < 0.05 || share > 0.2 {
		t.Errorf("%.3f of the kana are changed", share)
	}
	if float64(far) < 0.2*float64(changed) {
		t.Errorf("only %d of %d changes are more than the judge allows for", far, changed)
	}
}

// Whatever is misheard, what only sounds like an entry is S1 at most, makes no strike and reaches nobody by itself; where
// only letters are read it is not there at all.
func TestASoundAloneNeverActs(t *testing.T) {
	lines, err := readLines(filepath.Join("testdata", "seed.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	s, found := spoilerOf(t, 0.12), 0
	bySound := func(f judge.Finding) bool { return f.Because == "because.sounds" }
	letters := rules.ByLetters()
	for i := range 2 * len(lines) {
		l := lines[i/2]
		l.Text = s.spoil(l.Text, i%2)
		d := judgeLine(rules, l)
		for _, f := range d.Findings {
			if bySound(f) {
				found++
				if f.Level > judge.Caution || f.Confidence > 1 {
					t.Errorf("%s: %+v", l.Text, f)
				}
			}
		}
		if slices.ContainsFunc(d.Findings, bySound) && len(d.Acts) > 0 {
			t.Errorf("%s: %v", l.Text, d.Acts)
		}
		if without := judgeLine(letters, l); slices.ContainsFunc(append(without.Findings, without.Counter...), bySound) {
			t.Errorf("%s: %+v", l.Text, without)
		}
	}
	if found < 20 {
		t.Errorf("only %d lines were found by their sound", found)
	}
}

// Lines without errors are judged as without listening to sounds, every one of the seed.
func TestTheSeedWithoutErrorsIsJudgedTheSame(t *testing.T) {
	m, err := RunTextErrors(filepath.Join("testdata", "seed.jsonl"), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range m.Rows {
		if r.Letters != r.Sounds {
			t.Errorf("%s: %+v %+v", r.Name, r.Letters, r.Sounds)
		}
	}
}

// With errors, what is found by sound comes on top: more of the positives, hardly more of the others.
func TestSoundsFindWhatLettersMiss(t *testing.T) {
	m, err := RunTextErrors(filepath.Join("testdata", "seed.jsonl"), 0.1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range m.Rows {
		switch r.Name {
		case "positive":
			if r.Sounds.AtS1 < r.Letters.AtS1+0.03 || r.Sounds.AtS2 < r.Letters.AtS2-0.01 { // an entry that only sounds so is a sign, and statistics don't speak over it
				t.Errorf("%+v", r)
			}
		case "near_miss", "guard":
			if r.Sounds.AtS1 > r.Letters.AtS1+0.01 || r.Sounds.AtS2 > r.Letters.AtS2 || r.Sounds.CustomerFacing > 0 {
				t.Errorf("%+v", r)
			}
		}
	}
}

func TestAWrongRateIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.jsonl")
	if err := os.WriteFile(path, []byte(`{"id":"1","category":"ABUSE","kind":"positive","text":"ふざけんな"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, rate := range []float64{-0.1, 1, 2} {
		if _, err := RunTextErrors(path, rate, 0); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "errors a phoneme") {
			t.Errorf("%v: %v", rate, err)
		}
	}
	var b strings.Builder
	m, err := RunTextErrors(path, 0.05, 0)
	if err == nil {
		err = m.Table(&b)
	}
	if err != nil || !strings.Contains(b.String(), "positive/ABUSE") {
		t.Errorf("%v %s", err, b.String())
	}
}
