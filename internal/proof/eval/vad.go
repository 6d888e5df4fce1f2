package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/listener/builtin"
	"commusafe/internal/listener/hear"
)

// vadFrame is the step at which voice activity is measured: 32 ms, in samples.
const vadFrame = 32 * audio.SamplesPerMS

// VADOptions say what to measure of voice activity.
type VADOptions struct {
	// Set is a TSV with the columns path and speech (or spans, labels): the stretches in which somebody speaks, as
	// FROM-TO separated by blanks, commas, semicolons or bars, in milliseconds, or in seconds where a point stands in
	// them. An optional column condition makes a row of its own for each value.
	Set      string
	Wideband bool
	Activity hear.VoiceActivity // nil is the built-in net
	// Beside is another opinion, from a whole clip to a decision for each 32 ms; nil for none. BesideName names it.
	Beside     func(pcm []int16) ([]bool, error)
	BesideName string
}

// A VADRow is the measure over some clips, counted in frames of 32 ms.
type VADRow struct {
	Name      string  `json:"name"`
	N         int     `json:"n"`      // frames
	Speech    int     `json:"speech"` // of them labelled as speech
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	BesideF1  float64 `json:"beside_f1,omitempty"` // of the other opinion, against the same labels
	Agreement float64 `json:"agreement,omitempty"` // frames in which both say the same
	Kappa     float64 `json:"kappa,omitempty"`     // Cohen's: agreement beyond chance
	hit       int
	alarm     int
	miss      int
	beside    *VADRow // the other opinion's counts
	same      int
}

// A VAD is the measure of voice activity.
type VAD struct {
	Engine  string
	Beside  string // name of the other opinion
	Clips   int
	Seconds float64
	RTF     float64
	Rows    []VADRow
	Total   VADRow
}

// RunVAD measures voice activity against labels.
func RunVAD(ctx context.Context, o VADOptions) (*VAD, error) {
	t, err := readTable(o.Set, "path")
	if err != nil {
		return nil, err
	}
	if !t.has("speech", "spans", "labels") {
		return nil, fmt.Errorf("%w: %s:1: column speech is needed (FROM-TO in ms, as many as there are)", ErrInput, o.Set)
	}
	if o.Activity == nil {
		if o.Activity, err = builtin.LoadActivity(); err != nil {
			return nil, err
		}
	}
	m := &VAD{Engine: o.Activity.Source(), Beside: o.BesideName, Clips: len(t.rows), Total: VADRow{Name: "total"}}
	rows := map[string]*VADRow{}
	var busy time.Duration
	for _, r := range t.rows {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		labels, err := spans(r)
		if err != nil {
			return nil, err
		}
		pcm, err := r.sound(r.get("path"), o.Wideband)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		slots := heardSlots(o.Activity, pcm)
		busy += time.Since(began)
		m.Seconds += float64(len(pcm)) / audio.SampleRate
		name := r.get("condition")
		if name == "" {
			name = "all"
		}
		if rows[name] == nil {
			rows[name] = &VADRow{Name: name}
		}
		var beside []bool
		if o.Beside != nil {
			if beside, err = o.Beside(pcm); err != nil {
				return nil, err
			}
		}
		for _, row := range []*VADRow{rows[name], &m.Total} {
			row.count(slots, labels, len(pcm), beside)
		}
	}
	if m.Seconds > 0 {
		m.RTF = busy.Seconds() / m.Seconds
	}
	for _, r := range rows {
		m.Rows = append(m.Rows, r.shares())
	}
	slices.SortFunc(m.Rows, func(a, b VADRow) int { return strings.Compare(a.Name, b.Name) })
	m.Total = m.Total.shares()
	return m, nil
}

// heardSlots feeds a clip in the steps in which a live call comes.
func heardSlots(v hear.VoiceActivity, pcm []int16) []hear.Slot {
	a := v.Open()
	var slots []hear.Slot
	for part := range slices.Chunk(pcm, 100*audio.SamplesPerMS) {
		slots = a.Feed(part, slots)
	}
	return a.Close(slots)
}

// count adds a clip: a frame is speech when most of it is, by the labels and by the slots.
func (r *VADRow) count(slots []hear.Slot, labels [][2]int, samples int, beside []bool) {
	truth, heard := make([]bool, samples), make([]bool, samples)
	for _, l := range labels {
		for i := max(0, l[0]); i < min(samples, l[1]); i++ {
			truth[i] = true
		}
	}
	for k, s := range slots {
		for i := k * hear.SlotMS * audio.SamplesPerMS; s.Speech && i < min(samples, (k+1)*hear.SlotMS*audio.SamplesPerMS); i++ {
			heard[i] = true
		}
	}
	for at := 0; at+vadFrame <= samples; at += vadFrame {
		a, b := most(truth[at:at+vadFrame]), most(heard[at:at+vadFrame])
		r.decide(a, b)
		if k := at / vadFrame; k < len(beside) {
			if r.beside == nil {
				r.beside = &VADRow{}
			}
			r.beside.decide(a, beside[k])
			r.same += count(b == beside[k])
		}
	}
}

// decide counts one frame by its label and what was heard.
func (r *VADRow) decide(label, heard bool) {
	r.N++
	r.Speech += count(label)
	r.hit += count(label && heard)
	r.alarm += count(heard && !label)
	r.miss += count(label && !heard)
}

func most(x []bool) bool {
	n := 0
	for _, v := range x {
		n += count(v)
	}
	return 2*n > len(x)
}

func (r VADRow) shares() VADRow {
	r.Precision = share(r.hit, r.hit+r.alarm)
	r.Recall = share(r.hit, r.hit+r.miss)
	r.F1 = share(2*r.hit, 2*r.hit+r.alarm+r.miss)
	if b := r.beside; b != nil {
		r.BesideF1 = b.shares().F1
		r.Agreement = share(r.same, b.N)
		ours, theirs := share(r.hit+r.alarm, r.N), share(b.hit+b.alarm, b.N)
		if chance := ours*theirs + (1-ours)*(1-theirs); chance < 1 {
			r.Kappa = (r.Agreement - chance) / (1 - chance)
		}
	}
	return r
}

// share is a part of a whole; 0 of nothing.
func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// spans reads the labelled stretches of a line, in samples.
func spans(r row) ([][2]int, error) {
	var out [][2]int
	for _, f := range strings.FieldsFunc(r.first("speech", "spans", "labels"), func(c rune) bool { return strings.ContainsRune(" ,;|", c) }) {
		from, to, ok := strings.Cut(f, "-")
		a, errA := moment(from)
		b, errB := moment(to)
		if err := errors.Join(errA, errB); !ok || err != nil || a < 0 || b < a {
			return nil, r.fault("%q is no stretch (FROM-TO in ms, or in seconds with a point)", f)
		}
		out = append(out, [2]int{a, b})
	}
	return out, nil
}

// moment reads a time: milliseconds, or seconds where it has a point; in samples.
func moment(s string) (int, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err == nil && !(v >= 0 && v < 1e9) {
		err = strconv.ErrRange
	}
	if strings.Contains(s, ".") {
		return int(v * audio.SampleRate), err
	}
	return int(v * audio.SamplesPerMS), err
}

// Text writes the table for people.
func (m *VAD) Text(out io.Writer) error {
	fmt.Fprintf(out, "voice activity %s: %d clips (%.0f s), frames of 32 ms, RTF %.5f\n", m.Engine, m.Clips, m.Seconds, m.RTF)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	head, beside := "condition\tframes\tspeech\tprecision\trecall\tF1\t", m.Beside != ""
	if beside {
		head += m.Beside + " F1\tagreement\tkappa\t"
	}
	fmt.Fprintln(t, head)
	for _, r := range append(slices.Clone(m.Rows), m.Total) {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.3f\t%.3f\t%.3f\t", r.Name, r.N, r.Speech, r.Precision, r.Recall, r.F1)
		if beside {
			fmt.Fprintf(t, "%.3f\t%.3f\t%.3f\t", r.BesideF1, r.Agreement, r.Kappa)
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// Result gives what the measure prints as JSON, beside program, machine and input.
func (m *VAD) Result() Result {
	return Result{Measure: "eval vad", Versions: map[string]string{"net": m.Engine}, Rows: m.Rows, Total: m.Total,
		More: map[string]any{"clips": m.Clips, "seconds": m.Seconds, "rtf": m.RTF, "beside": m.Beside}}
}
