package bench

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// A Condition is one way to relay the same load.
type Condition struct {
	Name string
	Run  func(context.Context) (RelayResult, error)
}

// A RelayRow holds the medians of a condition over all rounds.
type RelayRow struct {
	Name string `json:"name"`
	RelayResult
}

// A Range is the median of some rounds with the lowest and the highest.
type Range struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// A RatioRow compares a condition with the first one, round by round.
type RatioRow struct {
	Name   string `json:"name"`
	CPU    Range  `json:"cpu"`
	P50    Range  `json:"p50"`
	P99    Range  `json:"p99"`
	Memory Range  `json:"memory_per_call"`
}

// A Comparison is the account of alternating rounds.
type Comparison struct {
	Calls     int        `json:"calls"`
	Seconds   float64    `json:"seconds"`
	Rounds    int        `json:"rounds"`
	Rows      []RelayRow `json:"-"`
	Ratios    []RatioRow `json:"ratios"`
	WorstLoss float64    `json:"worst_loss"` // the highest of any run
}

// Compare runs all conditions in turn, again and again: machines change from minute to minute, so only neighbours in
// time are compared.
func Compare(ctx context.Context, rounds int, conditions []Condition, progress io.Writer) (Comparison, error) {
	results := make([][]RelayResult, len(conditions))
	for n := range rounds {
		for i, c := range conditions {
			r, err := c.Run(ctx)
			if err != nil {
				return Comparison{}, fmt.Errorf("round %d, %s: %w", n+1, c.Name, err)
			}
			fmt.Fprintf(progress, "round %d of %d  %-9s CPU/100 %5.1f %%  p50 %.3f  p99 %.3f  max %.1f ms  loss %.4f %%  heard %d\n",
				n+1, rounds, c.Name, 100*r.CPUPer100, r.P50MS, r.P99MS, r.MaxMS, 100*r.LossShare, r.Heard)
			results[i] = append(results[i], r)
		}
	}
	out := Comparison{Rounds: rounds, Calls: results[0][0].Calls, Seconds: results[0][0].Seconds}
	for i, c := range conditions {
		out.Rows = append(out.Rows, RelayRow{c.Name, medians(results[i])})
		for _, r := range results[i] {
			out.WorstLoss = max(out.WorstLoss, r.LossShare)
		}
		if i > 0 {
			out.Ratios = append(out.Ratios, ratios(c.Name+"/"+conditions[0].Name, results[i], results[0]))
		}
	}
	return out, nil
}

// medians takes the median of each figure that is a measure; counts are those of the last round.
func medians(rs []RelayResult) RelayResult {
	m := rs[len(rs)-1]
	for _, f := range []func(*RelayResult) *float64{
		func(r *RelayResult) *float64 { return &r.CPUPer100 }, func(r *RelayResult) *float64 { return &r.ListenerCPUPer100 },
		func(r *RelayResult) *float64 { return &r.P50MS }, func(r *RelayResult) *float64 { return &r.P99MS },
		func(r *RelayResult) *float64 { return &r.P999MS }, func(r *RelayResult) *float64 { return &r.MaxMS },
		func(r *RelayResult) *float64 { return &r.LossShare }, func(r *RelayResult) *float64 { return &r.GeneratorLagMS },
		func(r *RelayResult) *float64 { return &r.RelayCPUSeconds },
	} {
		*f(&m) = rangeOf(rs, func(r RelayResult) float64 { return *f(&r) }).Median
	}
	m.RSSBytes = int64(rangeOf(rs, func(r RelayResult) float64 { return float64(r.RSSBytes) }).Median)
	m.BytesPerCall = int64(rangeOf(rs, perCall).Median)
	return m
}

func perCall(r RelayResult) float64 { return float64(r.BytesPerCall) }

func rangeOf[T any](rs []T, figure func(T) float64) Range {
	var v []float64
	for _, r := range rs {
		v = append(v, figure(r))
	}
	slices.Sort(v)
	n := len(v)
	return Range{Median: (v[(n-1)/2] + v[n/2]) / 2, Min: v[0], Max: v[n-1]}
}

// ratios compares round by round.
func ratios(name string, a, b []RelayResult) RatioRow {
	type round struct{ a, b RelayResult }
	var rounds []round
	for i := range a {
		rounds = append(rounds, round{a[i], b[i]})
	}
	of := func(f func(RelayResult) float64) Range {
		return rangeOf(rounds, func(r round) float64 {
			if f(r.b) == 0 {
				return 0
			}
			return f(r.a) / f(r.b)
		})
	}
	return RatioRow{Name: name, CPU: of(func(r RelayResult) float64 { return r.CPUPer100 }), P50: of(func(r RelayResult) float64 { return r.P50MS }),
		P99: of(func(r RelayResult) float64 { return r.P99MS }), Memory: of(perCall)}
}

// Text prints the tables for people.
func (c Comparison) Text(out io.Writer) error {
	fmt.Fprintf(out, "%d calls, %.0f s a run, %d rounds in turn; medians (worst loss of any run %.4f %%)\n", c.Calls, c.Seconds, c.Rounds, 100*c.WorstLoss)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tCPU/100 calls\tp50 ms\tp99 ms\tp99.9 ms\tmax ms\tloss\tMB\tKB/call\tlistener CPU/100\tcalls heard\tevidence\tjudgements\tsender late ms\t")
	for _, r := range c.Rows {
		fmt.Fprintf(t, "%s\t%.1f %%\t%.3f\t%.3f\t%.3f\t%.1f\t%.4f %%\t%.1f\t%.0f\t%.1f %%\t%d\t%d\t%d\t%.1f\t\n", r.Name, 100*r.CPUPer100, r.P50MS, r.P99MS, r.P999MS, r.MaxMS,
			100*r.LossShare, float64(r.RSSBytes)/1e6, float64(r.BytesPerCall)/1e3, 100*r.ListenerCPUPer100, r.Heard, r.Evidence, r.Judgements, r.GeneratorLagMS)
	}
	if err := t.Flush(); err != nil || len(c.Ratios) == 0 {
		return err
	}
	for _, r := range c.Rows {
		if len(r.GivenUp) > 0 {
			fmt.Fprintf(out, "%s: hearing gave up, steps over all calls: %v; taken back: %d\n", r.Name, r.GivenUp, r.TakenBack)
		}
	}
	t = tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "ratio, median (range)\tCPU\tp50\tp99\tmemory a call\t")
	for _, r := range c.Ratios {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", r.Name, r.CPU, r.P50, r.P99, r.Memory)
	}
	return t.Flush()
}

// String gives the median with its range.
func (r Range) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", r.Median, r.Min, r.Max) }
