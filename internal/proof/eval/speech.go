package eval

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/builtin"
	"commusafe/internal/text"
)

// SpeechOptions say what to measure of a recogniser.
type SpeechOptions struct {
	// Set is a TSV with the columns path and kana (of what is said) or transcript; clips with neither are heard for the
	// speed only.
	Set      string
	Wideband bool
	// Engine transcribes whole clips; nil is the built-in engine's rough reading.
	Engine Transcriber
}

// A Transcriber is an engine of full recognition for finished recordings.
type Transcriber interface {
	Transcribe(ctx context.Context, who call.Party, pcm []int16, progress func(float64)) ([]evidence.Utterance, error)
	Source() string
}

// A SpeechRow is the measure over some clips.
type SpeechRow struct {
	Name     string  `json:"name"`
	N        int     `json:"n"`        // clips
	Measured int     `json:"measured"` // of them with kana
	KanaER   float64 `json:"kana_er"`  // errors a kana of the rough reading; long vowels are not told apart
	PER      float64 `json:"per"`      // errors a phoneme
	RTF      float64 `json:"rtf"`      // time of hearing a second of sound, in seconds
	Delay    int64   `json:"delay_ms"` // until the reading of a moment is known
	CER      any     `json:"cer"`      // errors a character, width, case and marks left out; null: there is no transcript
	Final    any     `json:"final_ms"` // null: there is no final text, or the clip was given whole
}

// A Speech is what the built-in engine gives instead of a transcript.
type Speech struct {
	Row SpeechRow
}

// NoTranscript is what the measure says of the built-in engine.
const NoTranscript = "The built-in engine gives no transcript (簡易検知・語句照合): there is no CER. What follows is its rough kana reading, which nothing is judged by."

// RunSpeech measures the rough reading of the built-in engine.
func RunSpeech(ctx context.Context, o SpeechOptions) (*Speech, error) {
	t, err := readTable(o.Set, "path")
	if err != nil {
		return nil, err
	}
	if !t.has("kana", "transcript") {
		return nil, fmt.Errorf("%w: %s:1: column kana or transcript is needed", ErrInput, o.Set)
	}
	if o.Engine != nil {
		return transcribed(ctx, o, t)
	}
	net, err := builtin.Load()
	if err != nil {
		return nil, err
	}
	m := SpeechRow{Name: "builtin", N: len(t.rows), Delay: builtin.NewSpotter(net).Latency().Milliseconds()}
	var busy time.Duration
	var seconds float64
	var kanaWrong, kanaAll, wrong, all int
	for _, r := range t.rows {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		pcm, err := r.sound(r.get("path"), o.Wideband)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		got := net.RoughPhonemes(pcm)
		busy += time.Since(began)
		seconds += float64(len(pcm)) / audio.SampleRate
		kana := r.get("kana")
		if kana == "" {
			continue
		}
		want, err := text.PhonemesOf(kana)
		if err != nil {
			return nil, r.fault("kana: %w", err)
		}
		m.Measured++
		wrong, all = wrong+distance(got, want), all+len(want)
		a, b := strings.Split(text.KanaOf(got), ""), strings.Split(text.KanaOf(want), "")
		kanaWrong, kanaAll = kanaWrong+distance(a, b), kanaAll+len(b)
	}
	m.KanaER, m.PER, m.RTF = share(kanaWrong, kanaAll), share(wrong, all), busy.Seconds()/max(1e-9, seconds)
	return &Speech{m}, nil
}

// transcribed measures an engine of full recognition against the transcripts.
func transcribed(ctx context.Context, o SpeechOptions, t *table) (*Speech, error) {
	if !t.has("transcript") {
		return nil, fmt.Errorf("%w: %s:1: column transcript is needed for an engine that transcribes", ErrInput, o.Set)
	}
	m := SpeechRow{Name: o.Engine.Source(), N: len(t.rows)}
	var busy time.Duration
	var seconds float64
	var wrong, all int
	for _, r := range t.rows {
		pcm, err := r.sound(r.get("path"), o.Wideband)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		got, err := o.Engine.Transcribe(ctx, call.Caller, pcm, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.get("path"), err)
		}
		busy += time.Since(began)
		seconds += float64(len(pcm)) / audio.SampleRate
		want := characters(r.get("transcript"))
		if len(want) == 0 {
			continue
		}
		var heard strings.Builder
		for _, u := range got {
			heard.WriteString(u.Text)
		}
		m.Measured++
		wrong, all = wrong+distance(characters(heard.String()), want), all+len(want)
	}
	m.CER, m.RTF = share(wrong, all), busy.Seconds()/max(1e-9, seconds)
	return &Speech{m}, nil
}

// characters gives what counts of a text: letters and digits, without width and case.
func characters(s string) (out []string) {
	for _, c := range strings.ToLower(norm.NFKC.String(s)) {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			out = append(out, string(c))
		}
	}
	return out
}

// distance is the least number of insertions, deletions and replacements (Levenshtein) that makes a of b.
func distance(a, b []string) int {
	d := make([]int, len(b)+1)
	for j := range d {
		d[j] = j
	}
	for i, p := range a {
		last := d[0]
		d[0] = i + 1
		for j, q := range b {
			replaced := last
			if p != q {
				replaced++
			}
			last = d[j+1]
			d[j+1] = min(d[j+1]+1, d[j]+1, replaced)
		}
	}
	return d[len(b)]
}

// Text writes the table for people.
func (m *Speech) Text(out io.Writer) error {
	if cer, ok := m.Row.CER.(float64); ok {
		_, err := fmt.Fprintf(out, "%s: %d clips, %d with a transcript, %sRTF %.4f\n", m.Row.Name, m.Row.N, m.Row.Measured, figure(m.Row.Measured, "CER %.1f %%, ", 100*cer), m.Row.RTF)
		return err
	}
	fmt.Fprintln(out, NoTranscript)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "engine\tclips\twith kana\tkana errors\tphoneme errors\tRTF\tdelay ms\t")
	r := m.Row
	fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%.4f\t%d\t\n", r.Name, r.N, r.Measured, figure(r.Measured, "%.1f%%", 100*r.KanaER), figure(r.Measured, "%.1f%%", 100*r.PER), r.RTF, r.Delay)
	return t.Flush()
}

// Result gives what the measure prints as JSON.
func (m *Speech) Result() Result {
	r := Result{Measure: "eval speech", Versions: map[string]string{"engine": m.Row.Name}, Rows: []SpeechRow{m.Row}, Total: m.Row,
		More: map[string]any{"transcript": m.Row.CER != nil}}
	if m.Row.CER == nil {
		r.Versions, r.More["note"] = map[string]string{"net": builtin.Source}, NoTranscript
	}
	return r
}
