package eval

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"commusafe/internal/judge"
)

// spoilRounds is how often each line is spoiled.
const spoilRounds = 5

// A SpoiledRow compares reading by letters with reading by letters and sounds, on lines with errors of recognition.
type SpoiledRow struct {
	Name    string  `json:"name"`
	N       int     `json:"n"` // lines, each spoiled in several ways
	Letters TextRow `json:"letters"`
	Sounds  TextRow `json:"sounds"`
}

// A Spoiled is the result of eval text --errors.
type Spoiled struct {
	Versions map[string]string `json:"versions"`
	Rate     float64           `json:"rate"` // of phonemes
	Rows     []SpoiledRow      `json:"rows"`
}

// RunTextErrors judges each line as a bad recogniser might have written it, by its letters alone and with the shipped rules
// as they are; with folds, by rules that have never seen the line (see RunTextFolds). A rate of 0 leaves the lines as they are.
func RunTextErrors(path string, rate float64, folds int) (*Spoiled, error) {
	if rate < 0 || rate >= 1 {
		return nil, fmt.Errorf("%w: %v errors a phoneme; at least 0 and less than 1 are needed", ErrInput, rate)
	}
	lines, err := readLines(path)
	if err != nil {
		return nil, err
	}
	rules, err := rulesOfFolds(lines, folds)
	if err != nil {
		return nil, err
	}
	s, err := newSpoiler(rate)
	if err != nil {
		return nil, err
	}
	rounds := spoilRounds
	if rate == 0 {
		rounds = 1
	}
	seed, rows, letters := seedLevels(), map[string]*SpoiledRow{}, map[*judge.Rules]*judge.Rules{}
	for i, l := range lines {
		if letters[rules[i]] == nil {
			letters[rules[i]] = rules[i].ByLetters()
		}
		for round := range rounds {
			spoiled := l
			spoiled.Text = s.spoil(l.Text, round)
			a, b := judgeLine(letters[rules[i]], spoiled), judgeLine(rules[i], spoiled)
			for _, name := range rowsOf(l) {
				if rows[name] == nil {
					rows[name] = &SpoiledRow{Name: name}
				}
				rows[name].Letters.add(a, seed)
				rows[name].Sounds.add(b, seed)
			}
		}
	}
	m := &Spoiled{Rate: rate, Versions: map[string]string{"lexicon": rules[0].Version(), "rules": fmt.Sprintf("shipped, %d folds", folds)}}
	for _, r := range rows {
		r.N, r.Letters, r.Sounds = r.Letters.N/rounds, r.Letters.shares(), r.Sounds.shares()
		m.Rows = append(m.Rows, *r)
	}
	slices.SortFunc(m.Rows, func(a, b SpoiledRow) int { return strings.Compare(a.Name, b.Name) })
	return m, nil
}

func rulesOfFolds(lines []Line, folds int) ([]*judge.Rules, error) {
	if folds != 0 {
		return unseenRules(lines, folds, nil)
	}
	rules, err := judge.ShippedRules()
	return slices.Repeat([]*judge.Rules{rules}, len(lines)), err
}

// Table writes the figures for people.
func (m *Spoiled) Table(out io.Writer) error {
	fmt.Fprintf(out, "\n%g errors a phoneme\n", m.Rate)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "row\tn\t≥S1 by letters\twith sounds\t≥S2 by letters\twith sounds\tcategory by letters\twith sounds\tcustomer-facing by letters\twith sounds\t")
	for _, r := range m.Rows {
		fmt.Fprintf(t, "%s\t%d\t%.4f\t%.4f\t%.4f\t%.4f\t%.3f\t%.3f\t%d\t%d\t\n", r.Name, r.N, r.Letters.AtS1, r.Sounds.AtS1, r.Letters.AtS2, r.Sounds.AtS2,
			r.Letters.CategoryRight, r.Sounds.CategoryRight, r.Letters.CustomerFacing, r.Sounds.CustomerFacing)
	}
	return t.Flush()
}
