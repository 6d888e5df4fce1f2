package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// utterancesAMinute of both parties together: nobody draws breath.
const utterancesAMinute = 20

// Dialogue is a dense conversation in words, the same every time: calm sentences, and in every fifth utterance one
// entry of the lexicon after the other, from the caller and the agent in turn.
func Dialogue(l judge.Lexicon, minutes int) []evidence.Utterance {
	calm := []string{"先週そちらで買った掃除機のことで、少し教えていただきたいのですが。", "はい、それで結構です。明日の午前中にお願いします。",
		"説明書の十二ページを見ても、よく分からないんです。", "分かりました。では、もう一度かけ直します。"}
	var entries []judge.Entry
	for _, s := range l.Sheets {
		for _, e := range s.Entries {
			if e.Surface != "" {
				entries = append(entries, e)
			}
		}
	}
	out := make([]evidence.Utterance, utterancesAMinute*minutes)
	for i := range out {
		end := call.Millis(i+1) * 60000 / utterancesAMinute
		u := evidence.Utterance{Head: evidence.Head{Party: call.Caller, FromMS: end - 2500, ToMS: end, Source: "bench"},
			Text: calm[i%len(calm)], Confidence: 0.9, Final: true}
		if i%5 == 0 {
			u.Text = fmt.Sprintf("だから、%s、と言っているんです。", entries[i/5%len(entries)].Surface)
		}
		if i%2 == 1 {
			u.Party = call.Agent
		}
		out[i] = u
	}
	return out
}

// A JudgeRow is the cost of judging in one stretch of the hour.
type JudgeRow struct {
	Name   string  `json:"name"`
	N      int     `json:"n"`
	MeanUS float64 `json:"mean_us"`
	P50US  float64 `json:"p50_us"`
	P99US  float64 `json:"p99_us"`
	MaxUS  float64 `json:"max_us"`
}

// A JudgeResult is the cost of judging and planning an hour of talk.
type JudgeResult struct {
	Minutes    int        `json:"minutes"`
	SHA256     string     `json:"-"` // of the dialogue's text
	Utterances int        `json:"utterances"`
	MeanUS     float64    `json:"mean_us"`  // of one utterance
	Allocs     float64    `json:"allocs"`   // an utterance
	Bytes      float64    `json:"bytes"`    // an utterance
	Findings   int        `json:"findings"` // of the last judgement
	Peak       string     `json:"peak"`
	Rows       []JudgeRow `json:"-"`
}

// RunJudge judges and plans one dense call, utterance by utterance, as the guard does, with the packs of some trades.
func RunJudge(minutes int, trade []string) (JudgeResult, error) {
	l, err := judge.ShippedLexicon()
	if err != nil {
		return JudgeResult{}, err
	}
	rules, err := judge.NewRules(l.Trading(trade), judge.ShippedThresholds())
	if err != nil {
		return JudgeResult{}, err
	}
	dialogue := Dialogue(l, minutes)
	took := make([]time.Duration, len(dialogue))
	c := course.New(rules, policy.ShippedRules(policy.PresetAsk), call.Ability{Announce: true, Voicebot: true, Rejoin: true, Cut: true}, 0)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i, u := range dialogue {
		begun := time.Now()
		c.Evidence(u.ToMS, u)
		took[i] = time.Since(begun)
	}
	runtime.ReadMemStats(&after)
	n := float64(len(dialogue))
	text := sha256.New()
	for _, u := range dialogue {
		fmt.Fprintf(text, "%s\t%s\n", u.Party, u.Text)
	}
	out := JudgeResult{Minutes: minutes, SHA256: hex.EncodeToString(text.Sum(nil)), Utterances: len(dialogue), Allocs: float64(after.Mallocs-before.Mallocs) / n,
		Bytes: float64(after.TotalAlloc-before.TotalAlloc) / n, Findings: len(c.Judgement().Findings), Peak: c.Peak().String()}
	const stretch = 10 * utterancesAMinute
	for from := 0; from < len(took); from += stretch {
		to := min(from+stretch, len(took))
		out.Rows = append(out.Rows, judgeRow(fmt.Sprintf("minutes %d–%d", from/utterancesAMinute, to/utterancesAMinute), took[from:to]))
	}
	out.MeanUS = judgeRow("", took).MeanUS
	return out, nil
}

func judgeRow(name string, took []time.Duration) JudgeRow {
	v := slices.Sorted(slices.Values(took))
	us := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	var sum time.Duration
	for _, d := range v {
		sum += d
	}
	n := len(v)
	return JudgeRow{Name: name, N: n, MeanUS: us(sum) / float64(n), P50US: us(v[n/2]), P99US: us(v[n*99/100]), MaxUS: us(v[n-1])}
}

// Text prints the table for people.
func (r JudgeResult) Text(out io.Writer) error {
	fmt.Fprintf(out, "%d minutes, %d utterances: %.1f µs, %.1f allocations and %.0f octets an utterance (peak %s)\n", r.Minutes, r.Utterances, r.MeanUS, r.Allocs, r.Bytes, r.Peak)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tn\tmean µs\tp50\tp99\tmax\t")
	for _, w := range r.Rows {
		fmt.Fprintf(t, "%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t\n", w.Name, w.N, w.MeanUS, w.P50US, w.P99US, w.MaxUS)
	}
	return t.Flush()
}
