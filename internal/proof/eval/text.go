package eval

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// A Line is one utterance of a set.
type Line struct {
	ID       string `json:"id"`
	Category string `json:"category"`
	Kind     string `json:"kind"`
	Style    string `json:"style"`
	Text     string `json:"text"`
	heard    string // of a table: whether those who labelled it heard anger in it
}

// The labels of what was heard: most of those who labelled a line did, or at most half of them.
const (
	heardAnger = "anger"
	heardNone  = "no anger"
)

// A TextRow is the figures of one kind and category, or of one source and label.
type TextRow struct {
	Name           string  `json:"name"`
	N              int     `json:"n"`
	AtS1           float64 `json:"at_s1"`
	AtS2           float64 `json:"at_s2"`
	AtS3           float64 `json:"at_s3"`
	AtS4           float64 `json:"at_s4"`
	CategoryRight  float64 `json:"category_right"`
	CustomerFacing int     `json:"customer_facing"` // lines on whose evidence alone 自動 would act on the caller
	Alarmed        float64 `json:"alarmed"`         // share with a crisis, which alarms people and is no harassment
	// AtLevel is the share that reached the level which the product's own copy of the seed gives; SevereN and SevereAtS3
	// are the lines of S3 and S4 among them, and the share of those at S3 or above.
	LevelN     int     `json:"level_n,omitempty"`
	AtLevel    float64 `json:"at_level,omitempty"`
	SevereN    int     `json:"severe_n,omitempty"`
	SevereAtS3 float64 `json:"severe_at_s3,omitempty"`
	levels     [5]int
	right      int
	alarms     int
	reached    int
	severe     int
}

// A TextDetail is one line with what was found in it.
type TextDetail struct {
	Line
	Level    judge.Level     `json:"level"`
	Findings []judge.Finding `json:"findings,omitempty"`
	Counter  []judge.Finding `json:"counter,omitempty"`
	Acts     []policy.Do     `json:"acts,omitempty"`
}

// A Text is the result of eval text.
type Text struct {
	Versions map[string]string `json:"versions"`
	Rows     []TextRow         `json:"rows"`
	Total    TextRow           `json:"total"`
	Detail   []TextDetail      `json:"detail,omitempty"`
	seed     map[string]judge.Level
}

// RunText judges each line as one utterance of the caller in an otherwise calm call, with the shipped rules and the packs
// of some trades.
func RunText(path string, trade []string) (*Text, error) {
	return runText(path, func(lines []Line) ([]*judge.Rules, error) {
		rules, err := judge.ShippedRules()
		if err == nil {
			rules, err = rules.With(judge.Own{}, trade)
		}
		return slices.Repeat([]*judge.Rules{rules}, len(lines)), err
	}, "shipped")
}

// RunTextFolds judges each line with rules that have never seen it: the lexicon without what was, or may have been,
// taken from the lines of its fold (see unseen). The classifier is trained without any line of the seed, so it is the same for all folds.
func RunTextFolds(path string, folds int, trade []string) (*Text, error) {
	if folds < 2 {
		return nil, fmt.Errorf("%w: %d folds; at least 2 are needed", ErrInput, folds)
	}
	return runText(path, func(lines []Line) ([]*judge.Rules, error) { return unseenRules(lines, folds, trade) }, fmt.Sprintf("shipped, %d folds", folds))
}

// unseenRules gives rules for each line that have never seen it.
func unseenRules(lines []Line, folds int, trade []string) ([]*judge.Rules, error) {
	l, err := judge.ShippedLexicon()
	if err != nil {
		return nil, err
	}
	l = l.Trading(trade)
	all, err := judge.NewRules(l, judge.ShippedThresholds())
	if err != nil {
		return nil, err
	}
	fold := foldsOf(lines, folds)
	rules := make([]*judge.Rules, folds)
	for f := range rules {
		var held, others []Line
		for i, line := range lines {
			if fold[i] == f {
				held = append(held, line)
			} else {
				others = append(others, line)
			}
		}
		sounds := sounding(all, held)
		for id := range sounding(all, others) {
			delete(sounds, id)
		}
		if rules[f], err = judge.NewRules(unseen(l, held, others, sounds), judge.ShippedThresholds()); err != nil {
			return nil, err
		}
	}
	out := make([]*judge.Rules, len(lines))
	for i := range lines {
		out[i] = rules[fold[i]]
	}
	return out, nil
}

// foldsOf deals the lines of each kind and category out in turn.
func foldsOf(lines []Line, folds int) []int {
	out, dealt := make([]int, len(lines)), map[string]int{}
	for i, l := range lines {
		k := l.Kind + "/" + l.Category
		out[i] = dealt[k] % folds
		dealt[k]++
	}
	return out
}

func runText(path string, rulesFor func([]Line) ([]*judge.Rules, error), name string) (*Text, error) {
	lines, err := readLines(path)
	if err != nil {
		return nil, err
	}
	rules, err := rulesFor(lines)
	if err != nil {
		return nil, err
	}
	m := &Text{Versions: map[string]string{"lexicon": rules[0].Version(), "rules": name}, Total: TextRow{Name: "total"}, seed: seedLevels()}
	rows := map[string]*TextRow{}
	for i, l := range lines {
		d := judgeLine(rules[i], l)
		m.Detail = append(m.Detail, d)
		m.Total.add(d, m.seed)
		for _, name := range rowsOf(l) {
			if rows[name] == nil {
				rows[name] = &TextRow{Name: name}
			}
			rows[name].add(d, m.seed)
		}
	}
	for _, r := range rows {
		m.Rows = append(m.Rows, r.shares())
	}
	slices.SortFunc(m.Rows, func(a, b TextRow) int { return strings.Compare(a.Name, b.Name) })
	m.Total = m.Total.shares()
	return m, nil
}

// rowsOf names the rows that a line counts in: its kind and category; its kind; the polite ones and what was heard apart;
// of a table all innocent ones together, which are labelled as not toxic, or not labelled for that and no anger was heard.
func rowsOf(l Line) []string {
	out := []string{l.Kind + "/" + l.Category, l.Kind}
	if l.Style == "o" {
		out = append(out, l.Kind+"/polite")
	}
	if l.heard != "" {
		out = append(out, l.Kind+"/"+l.heard)
	}
	if l.Category == "toxic=0" || l.Category == "toxic=?" && l.heard == heardNone {
		out = append(out, "innocent")
	}
	return out
}

//go:embed testdata/seed.jsonl
var seedFile []byte

// seedLevels gives the level of each line of the seed, by its ID and text.
func seedLevels() map[string]judge.Level {
	out := map[string]judge.Level{}
	for b := range bytes.SplitSeq(bytes.TrimSpace(seedFile), []byte("\n")) {
		var l struct {
			Line
			Level judge.Level `json:"level"`
		}
		if json.Unmarshal(b, &l) == nil {
			out[l.ID+"\t"+l.Text] = l.Level
		}
	}
	return out
}

func judgeLine(rules *judge.Rules, l Line) TextDetail {
	c := course.New(rules, policy.ShippedRules(policy.PresetAuto), call.Ability{Announce: true, Voicebot: true, Rejoin: true, Cut: true}, 0)
	head := evidence.Head{Party: call.Caller, FromMS: 18000, ToMS: 20000, Source: "text"}
	step := c.Evidence(20000, evidence.Utterance{Head: head, Text: l.Text, Confidence: 1, Final: true})
	j := c.Judgement()
	d := TextDetail{Line: l, Level: j.Level, Findings: j.Findings, Counter: j.Counter}
	for _, a := range step.Actions {
		if a.Mode == policy.Auto && a.Do != policy.Notify && a.Do != policy.Alert {
			d.Acts = append(d.Acts, a.Do)
		}
	}
	return d
}

func (r *TextRow) add(d TextDetail, seed map[string]judge.Level) {
	r.N++
	reached := judge.None
	for _, f := range d.Findings {
		if !f.Category.IsGuard() {
			reached = max(reached, f.Level)
		}
	}
	for l := judge.Caution; l <= reached; l++ {
		r.levels[l]++
	}
	if slices.ContainsFunc(d.Findings, func(f judge.Finding) bool { return f.Category == judge.GCrisis }) {
		r.alarms++
	}
	if len(d.Acts) > 0 {
		r.CustomerFacing++
	}
	all := d.Findings
	if d.Kind == "guard" {
		all = d.Counter
	}
	if slices.ContainsFunc(all, func(f judge.Finding) bool { return string(f.Category) == d.Category }) {
		r.right++
	}
	if want, ok := seed[d.ID+"\t"+d.Text]; ok && want > judge.None {
		r.LevelN++
		r.reached += ones(reached >= want)
		r.SevereN += ones(want >= judge.Severe)
		r.severe += ones(want >= judge.Severe && reached >= judge.Severe)
	}
}

func ones(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r TextRow) shares() TextRow {
	n := float64(max(1, r.N))
	r.AtS1, r.AtS2, r.AtS3, r.AtS4 = float64(r.levels[1])/n, float64(r.levels[2])/n, float64(r.levels[3])/n, float64(r.levels[4])/n
	r.CategoryRight, r.Alarmed = float64(r.right)/n, float64(r.alarms)/n
	r.AtLevel = float64(r.reached) / float64(max(1, r.LevelN))
	r.SevereAtS3 = float64(r.severe) / float64(max(1, r.SevereN))
	return r
}

// readLines reads .jsonl {id, category, kind, style, text} or .tsv with a header (id, text, toxic, source …).
func readLines(path string) ([]Line, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	defer f.Close()
	var out []Line
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	tsv := filepath.Ext(path) == ".tsv"
	var head []string
	for n := 1; s.Scan(); n++ {
		if strings.TrimSpace(s.Text()) == "" {
			continue
		}
		if tsv && head == nil {
			head = strings.Split(s.Text(), "\t")
			continue
		}
		l, err := parseLine(s.Text(), head)
		if err != nil {
			return nil, fmt.Errorf("%w: %s:%d: %w", ErrInput, path, n, err)
		}
		out = append(out, l)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrInput, path, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s has no lines", ErrInput, path)
	}
	return out, nil
}

func parseLine(text string, head []string) (Line, error) {
	var l Line
	if head == nil {
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			return l, err
		}
	} else {
		f := strings.Split(text, "\t")
		col := func(name string) string {
			if i := slices.Index(head, name); i >= 0 && i < len(f) {
				return f[i]
			}
			return ""
		}
		l = Line{ID: col("id"), Text: col("text"), Kind: col("source"), Category: "toxic=" + col("toxic")}
		if share := col("anger"); share != "" {
			n, err := strconv.ParseFloat(share, 64)
			if err != nil || !(n >= 0 && n <= 1) {
				return l, fmt.Errorf("anger %q is not a share from 0 to 1", share)
			}
			l.heard = heardNone
			if n > 0.5 {
				l.heard = heardAnger
			}
		}
	}
	if l.Text == "" || l.Kind == "" {
		return l, fmt.Errorf("text and kind (or source) are needed")
	}
	return l, nil
}

// Table writes the figures for people.
func (m *Text) Table(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "row\tn\t≥S1\t≥S2\t≥S3\tS4\tcategory\tcustomer-facing\tat its level\tS3+ of severe\t")
	for _, r := range append(slices.Clone(m.Rows), m.Total) {
		fmt.Fprintf(t, "%s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%d\t%s\t%s\t\n", r.Name, r.N, r.AtS1, r.AtS2, r.AtS3, r.AtS4, r.CategoryRight,
			r.CustomerFacing, shareOf(r.AtLevel, r.LevelN), shareOf(r.SevereAtS3, r.SevereN))
	}
	return t.Flush()
}

func shareOf(share float64, n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", share)
}
