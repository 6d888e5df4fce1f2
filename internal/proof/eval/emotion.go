package eval

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/listener/builtin"
	"commusafe/internal/listener/hear"
)

// EmotionOptions say what to measure of the anger reader.
type EmotionOptions struct {
	// Set is a TSV with the columns path, speaker, class3 (anger, neutral, other) and corpus; where a column from_ms
	// stands, only readings from there on count and those before it are the calm baseline.
	Set      string
	Wideband bool
	Baseline bool // take the calm baseline of the part before from_ms off each reading
}

// An EmotionRow is the measure over one corpus.
type EmotionRow struct {
	Name             string  `json:"name"`
	N                int     `json:"n"`
	Anger            int     `json:"anger"`
	Neutral          int     `json:"neutral"`
	Unread           int     `json:"unread"` // clips with too little speech for a reading; they count as not angry
	AUCNeutral       float64 `json:"auc_anger_neutral"`
	AUCRest          float64 `json:"auc_anger_rest"`
	TPR              float64 `json:"tpr_shipped"`
	FPRNeutral       float64 `json:"fpr_neutral_shipped"`
	FPRRest          float64 `json:"fpr_rest_shipped"`
	anger, calm, all []float64
	unread           int
}

// An Emotion is the measure of the anger reader.
type Emotion struct {
	Engine    string
	Threshold float64
	RTF       float64
	Rows      []EmotionRow
	Total     EmotionRow
}

// unreadScore stands for a clip without a reading.
const unreadScore = -1e9

// RunEmotion measures the anger reader at its shipped setting.
func RunEmotion(ctx context.Context, o EmotionOptions) (*Emotion, error) {
	t, err := readTable(o.Set, "path", "speaker", "class3", "corpus")
	if err != nil {
		return nil, err
	}
	reader, err := builtin.LoadAnger()
	if err != nil {
		return nil, err
	}
	m := &Emotion{Engine: reader.Source(), Threshold: reader.Threshold(), Total: EmotionRow{Name: "total"}}
	rows := map[string]*EmotionRow{}
	var busy time.Duration
	var seconds float64
	for _, r := range t.rows {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		class := r.get("class3")
		if !slices.Contains([]string{"anger", "neutral", "other"}, class) {
			return nil, r.fault("class3 %q is not anger, neutral or other", class)
		}
		from := 0
		if v := r.get("from_ms"); v != "" {
			if from, err = strconv.Atoi(v); err != nil || from < 0 {
				return nil, r.fault("from_ms %q is no number of milliseconds", v)
			}
		}
		pcm, err := r.sound(r.get("path"), o.Wideband)
		if err != nil {
			return nil, err
		}
		seconds += float64(len(pcm)) / audio.SampleRate
		began := time.Now()
		score := clipAnger(reader, pcm, from, o.Baseline)
		busy += time.Since(began)
		name := r.get("corpus")
		if rows[name] == nil {
			rows[name] = &EmotionRow{Name: name}
		}
		rows[name].add(class, score)
		m.Total.add(class, score)
	}
	for _, r := range rows {
		m.Rows = append(m.Rows, r.figures(m.Threshold))
	}
	slices.SortFunc(m.Rows, func(a, b EmotionRow) int { return compareNames(a.Name, b.Name) })
	m.Total = m.Total.figures(m.Threshold)
	m.RTF = busy.Seconds() / max(1e-9, seconds)
	return m, nil
}

// clipAnger is the mean of the readings of a clip, from a time on; with baseline the calm part before it is taken off as
// in a call.
func clipAnger(e hear.EmotionReader, pcm []int16, fromMS int, baseline bool) float64 {
	s := e.Open()
	var readings []hear.Reading
	for part := range slices.Chunk(pcm, 100*audio.SamplesPerMS) {
		readings = s.Feed(part, readings)
	}
	readings = s.Close(readings)
	var calm hear.Calm
	sum, n := 0.0, 0
	for _, r := range readings {
		switch {
		case int(r.ToMS) <= fromMS:
			calm.Learn(r.Odds)
		case int(r.FromMS) >= fromMS || fromMS == 0 || int(r.ToMS)-fromMS > hear.EmotionSpanMS/2:
			odds := r.Odds
			if baseline {
				odds = calm.Relative(r, e.Threshold())
			}
			sum += odds
			n++
		}
	}
	if n == 0 {
		return unreadScore
	}
	return sum / float64(n)
}

func (r *EmotionRow) add(class string, score float64) {
	r.N++
	if score == unreadScore {
		r.unread++
	}
	r.all = append(r.all, score)
	switch class {
	case "anger":
		r.anger = append(r.anger, score)
	case "neutral":
		r.calm = append(r.calm, score)
	}
}

func (r EmotionRow) figures(threshold float64) EmotionRow {
	var rest []float64
	rest = append(rest, r.all...)
	for _, a := range r.anger {
		rest = slices.Delete(rest, slices.Index(rest, a), slices.Index(rest, a)+1)
	}
	r.Anger, r.Neutral, r.Unread = len(r.anger), len(r.calm), r.unread
	r.AUCNeutral, r.AUCRest = areaUnder(r.anger, r.calm), areaUnder(r.anger, rest)
	r.TPR, r.FPRNeutral, r.FPRRest = from(r.anger, threshold), from(r.calm, threshold), from(rest, threshold)
	return r
}

// areaUnder is the chance that one of the first scores is over one of the second, ties half.
func areaUnder(yes, no []float64) float64 {
	if len(yes) == 0 || len(no) == 0 {
		return 0
	}
	sum := 0.0
	for _, a := range yes {
		for _, b := range no {
			switch {
			case a > b:
				sum++
			case a == b:
				sum += 0.5
			}
		}
	}
	return sum / float64(len(yes)*len(no))
}

// from is the share of scores at or over t.
func from(scores []float64, t float64) float64 {
	n := 0
	for _, s := range scores {
		n += count(s >= t)
	}
	return share(n, len(scores))
}

func compareNames(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Text writes the table for people.
func (m *Emotion) Text(out io.Writer) error {
	fmt.Fprintf(out, "anger reader %s at odds %.2f, RTF %.5f\n", m.Engine, m.Threshold, m.RTF)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "corpus\tclips\tanger\tneutral\tunread\tAUC anger/neutral\tAUC anger/rest\tTPR\tFPR neutral\tFPR rest\t")
	for _, r := range append(slices.Clone(m.Rows), m.Total) {
		of := func(n int, figure float64) string { // a figure of nothing is none
			if n == 0 {
				return ""
			}
			return fmt.Sprintf("%.3f", figure)
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t\n", r.Name, r.N, r.Anger, r.Neutral, r.Unread, of(r.Anger*r.Neutral, r.AUCNeutral),
			of(r.Anger*(r.N-r.Anger), r.AUCRest), of(r.Anger, r.TPR), of(r.Neutral, r.FPRNeutral), of(r.N-r.Anger, r.FPRRest))
	}
	return t.Flush()
}

// Result gives what the measure prints as JSON.
func (m *Emotion) Result() Result {
	return Result{Measure: "eval emotion", Versions: map[string]string{"net": m.Engine}, Rows: m.Rows, Total: m.Total,
		More: map[string]any{"threshold": m.Threshold, "rtf": m.RTF}}
}
