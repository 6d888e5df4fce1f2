package eval

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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
}

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
	levels         [5]int
	right          int
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
}

// RunText judges each line as one utterance of the caller in an otherwise calm call, with the shipped rules.
func RunText(path string) (*Text, error) {
	lines, err := readLines(path)
	if err != nil {
		return nil, err
	}
	rules, err := judge.ShippedRules()
	if err != nil {
		return nil, err
	}
	m := &Text{Versions: map[string]string{"lexicon": rules.Version(), "rules": "shipped"}, Total: TextRow{Name: "total"}}
	rows := map[string]*TextRow{}
	for _, l := range lines {
		name := l.Kind + "/" + l.Category
		if rows[name] == nil {
			rows[name] = &TextRow{Name: name}
		}
		d := judgeLine(rules, l)
		rows[name].add(d)
		m.Total.add(d)
		m.Detail = append(m.Detail, d)
	}
	for _, r := range rows {
		m.Rows = append(m.Rows, r.shares())
	}
	slices.SortFunc(m.Rows, func(a, b TextRow) int { return strings.Compare(a.Name, b.Name) })
	m.Total = m.Total.shares()
	return m, nil
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

func (r *TextRow) add(d TextDetail) {
	r.N++
	for l := judge.Caution; l <= d.Level; l++ {
		r.levels[l]++
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
}

func (r TextRow) shares() TextRow {
	n := float64(max(1, r.N))
	r.AtS1, r.AtS2, r.AtS3, r.AtS4 = float64(r.levels[1])/n, float64(r.levels[2])/n, float64(r.levels[3])/n, float64(r.levels[4])/n
	r.CategoryRight = float64(r.right) / n
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
	}
	if l.Text == "" || l.Kind == "" {
		return l, fmt.Errorf("text and kind (or source) are needed")
	}
	return l, nil
}

// Table writes the figures for people.
func (m *Text) Table(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "row\tn\t≥S1\t≥S2\t≥S3\tS4\tcategory\tcustomer-facing\t")
	for _, r := range append(slices.Clone(m.Rows), m.Total) {
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%d\t\n", r.Name, r.N, r.AtS1, r.AtS2, r.AtS3, r.AtS4, r.CategoryRight, r.CustomerFacing)
	}
	return t.Flush()
}
