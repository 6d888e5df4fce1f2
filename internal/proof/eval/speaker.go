package eval

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"commusafe/internal/listener/builtin"
	"commusafe/internal/listener/hear"
	"commusafe/internal/voiceprint"
)

// SpeakerOptions say what to measure of the voice embedding.
type SpeakerOptions struct {
	// Trials is a TSV with the columns target (1 or 0), enrol (clips joined by |), test and kind.
	Trials string
	// Utts is a TSV that names the clips (column path); a clip of the trials that it doesn't name is an error. "" is none.
	Utts     string
	Wideband bool
	// Lines brings the test clips over another line than the enrolled ones: other band, other noise, another level.
	Lines bool
	// Engine is what makes the vectors; nil is the built-in one.
	Engine hear.Embedder
}

// A SpeakerRow is the measure over the trials of one kind. Impostors are those of the kind, or all where it has none.
type SpeakerRow struct {
	Name      string  `json:"name"`
	N         int     `json:"n"`
	Targets   int     `json:"targets"`
	Impostors int     `json:"impostors"`
	EER       float64 `json:"eer"`
	TPRAt1    float64 `json:"tpr_at_1_percent_fpr"`
	TPRAt01   float64 `json:"tpr_at_0_1_percent_fpr"`
	// ScoreAt1 and ScoreAt01 are the scores over which that share of the impostors lies.
	ScoreAt1  float64 `json:"score_at_1_percent_fpr"`
	ScoreAt01 float64 `json:"score_at_0_1_percent_fpr"`
	// TPR and FPR are the shares over the threshold that is shipped for the engine; 0 where there is none.
	TPR float64 `json:"tpr_as_shipped"`
	FPR float64 `json:"fpr_as_shipped"`
}

// A Speaker is the measure of the voice embedding.
type Speaker struct {
	Engine string
	Lines  bool
	Short  int // clips with too little speech; their trials score lowest
	Rows   []SpeakerRow
	Total  SpeakerRow
}

type trial struct {
	target bool
	score  float64
	kind   string
}

// RunSpeaker measures an embedding.
func RunSpeaker(ctx context.Context, o SpeakerOptions) (*Speaker, error) {
	t, err := readTable(o.Trials, "target", "enrol", "test", "kind")
	if err != nil {
		return nil, err
	}
	known, err := namedClips(o.Utts)
	if err != nil {
		return nil, err
	}
	e := o.Engine
	if e == nil {
		if e, err = builtin.LoadEmbedder(); err != nil {
			return nil, err
		}
	}
	v := voices{engine: e, options: o, known: known, enrolled: map[string][]float32{}, tested: map[string][]float32{}}
	var trials []trial
	for _, r := range t.rows {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		one, err := v.trial(r)
		if err != nil {
			return nil, err
		}
		trials = append(trials, one)
	}
	m := &Speaker{Engine: e.Source(), Lines: o.Lines, Short: v.short}
	m.rows(trials)
	return m, nil
}

// namedClips reads the table of clips; nil where there is none.
func namedClips(path string) (map[string]bool, error) {
	if path == "" {
		return nil, nil
	}
	t, err := readTable(path, "path")
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, r := range t.rows {
		out[r.get("path")] = true
	}
	return out, nil
}

// voices keeps the vectors of clips that were embedded.
type voices struct {
	engine           hear.Embedder
	options          SpeakerOptions
	known            map[string]bool
	enrolled, tested map[string][]float32
	short            int
}

// lowestScore is that of a trial with a clip that has too little speech in it.
const lowestScore = -1e9

func (v *voices) trial(r row) (trial, error) {
	out := trial{kind: r.get("kind"), score: lowestScore}
	switch r.get("target") {
	case "1":
		out.target = true
	case "0":
	default:
		return out, r.fault("target %q is not 1 or 0", r.get("target"))
	}
	var enrol [][]float32
	for path := range strings.SplitSeq(r.get("enrol"), "|") {
		e, err := v.vector(r, path, v.enrolled, false)
		if err != nil {
			return out, err
		}
		if e != nil {
			enrol = append(enrol, e)
		}
	}
	test, err := v.vector(r, r.get("test"), v.tested, v.options.Lines)
	if err != nil || test == nil || len(enrol) == 0 {
		return out, err
	}
	out.score = v.engine.Score(enrol, test)
	return out, nil
}

// vector embeds a clip once; nil is one with too little speech.
func (v *voices) vector(r row, path string, kept map[string][]float32, line bool) ([]float32, error) {
	if e, ok := kept[path]; ok {
		return e, nil
	}
	if v.known != nil && !v.known[path] {
		return nil, r.fault("clip %s is not named in %s", path, v.options.Utts)
	}
	pcm, err := r.sound(path, v.options.Wideband)
	if err != nil {
		return nil, err
	}
	if line {
		pcm = overLine(pcm, path, v.options.Wideband)
	}
	e, ok := v.engine.Embed(pcm)
	if !ok {
		v.short++
		e = nil
	}
	kept[path] = e
	return e, nil
}

func (m *Speaker) rows(trials []trial) {
	kinds := map[string]bool{}
	for _, t := range trials {
		kinds[t.kind] = true
	}
	of := func(kind string) (yes, no []float64) {
		for _, t := range trials {
			if kind == "" || t.kind == kind {
				if t.target {
					yes = append(yes, t.score)
				} else {
					no = append(no, t.score)
				}
			}
		}
		return yes, no
	}
	allYes, allNo := of("")
	row := func(name string, yes, no []float64) SpeakerRow { return speakerRow(m.Engine, name, yes, no) }
	for kind := range kinds {
		yes, no := of(kind)
		switch {
		case len(no) == 0:
			no = allNo
		case len(yes) == 0:
			yes = allYes
		}
		m.Rows = append(m.Rows, row(kind, yes, no))
	}
	slices.SortFunc(m.Rows, func(a, b SpeakerRow) int { return strings.Compare(a.Name, b.Name) })
	m.Total = row("total", allYes, allNo)
}

func speakerRow(engine, name string, yes, no []float64) SpeakerRow {
	yes, no = slices.Sorted(slices.Values(yes)), slices.Sorted(slices.Values(no))
	r := SpeakerRow{Name: name, N: len(yes) + len(no), Targets: len(yes), Impostors: len(no), EER: equalErrorRate(yes, no),
		TPRAt1: recallAt(yes, no, 0.01), TPRAt01: recallAt(yes, no, 0.001), ScoreAt1: scoreAt(no, 0.01), ScoreAt01: scoreAt(no, 0.001)}
	if least, known := voiceprint.Threshold(engine); known {
		r.TPR, r.FPR = over(yes, float64(least)), over(no, float64(least))
	}
	return r
}

// Text writes the table for people.
func (m *Speaker) Text(out io.Writer) error {
	line := "both clips as they are"
	if m.Lines {
		line = "the test clip over another line, in noise"
	}
	fmt.Fprintf(out, "voice embedding %s (参考: weak by nature, never ground for an action); %s; %d clips too short\n", m.Engine, line, m.Short)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "kind\ttargets\timpostors\tEER\tTPR@1%\tTPR@0.1%\tscore@0.1%\tTPR shipped\tFPR shipped\t")
	for _, r := range append(slices.Clone(m.Rows), m.Total) {
		both := r.Targets * r.Impostors
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t\n", r.Name, r.Targets, r.Impostors, figure(both, "%.1f%%", 100*r.EER), figure(both, "%.1f%%", 100*r.TPRAt1),
			figure(both, "%.1f%%", 100*r.TPRAt01), figure(r.Impostors, "%.3f", r.ScoreAt01), figure(r.Targets, "%.1f%%", 100*r.TPR), figure(r.Impostors, "%.2f%%", 100*r.FPR))
	}
	return t.Flush()
}

// Result gives what the measure prints as JSON.
func (m *Speaker) Result() Result {
	return Result{Measure: "eval speaker", Versions: map[string]string{"net": m.Engine}, Rows: m.Rows, Total: m.Total,
		More: map[string]any{"other_line": m.Lines, "short": m.Short}}
}
